"""Results of long experiments, kept small in ``book/results`` with all it takes to make them again.

An experiment that runs longer than about 20 seconds is a ``Stored``: a function of one point, and the axes
whose product are the points. ``make results`` computes all points and saves them as one labelled dataset;
``spot_check`` computes a few again.
"""

import gzip
import io
import platform
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from threadpoolctl import threadpool_limits

from livenotes import __version__
from livenotes._folders import book

from .sweep import points, sweep

SUFFIX = ".nc.gz"


def save(name: str, data: xr.Dataset, command: str, seed: int) -> None:
    """Write ``book/results/<name>.nc.gz``: the dataset as netCDF, with command, seed and versions.

    The same dataset gives the same bytes. Half precision is stored in single, which netCDF has.

    Parameters
    ----------
    name : str
        A file name without its ending.
    data : xarray.Dataset
    command : str
        What to type to compute it again.
    seed : int
        What the random generators were seeded from.

    Raises
    ------
    ValueError
        If ``name`` is not a plain file name, or a variable holds Python objects.
    """
    _plain(name)
    for key, variable in data.variables.items():
        if variable.dtype.hasobject:
            raise ValueError(f"data[{key!r}]: expected numbers or text, got dtype {variable.dtype}")
    half = {
        key: variable.astype(np.float32) for key, variable in data.items() if variable.dtype == np.float16
    }
    versions = {"python": platform.python_version(), "numpy": np.__version__, "livenotes": __version__}
    facts = {"command": command, "seed": seed, "versions": ", ".join(f"{k} {v}" for k, v in versions.items())}
    written = data.assign(half).assign_attrs(facts).to_netcdf(engine="scipy", format="NETCDF3_64BIT")
    folder = book() / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}{SUFFIX}").write_bytes(gzip.compress(bytes(written), mtime=0))


def load(name: str) -> xr.Dataset:
    """Read ``book/results/<name>.nc.gz``, numbers in double precision; ``attrs`` say how they were made.

    Raises
    ------
    ValueError
        If ``name`` is not a plain file name.
    FileNotFoundError
        If nothing is stored under this name; the message says how to compute it.
    """
    _plain(name)
    path = book() / "results" / f"{name}{SUFFIX}"
    if not path.is_file():
        raise FileNotFoundError(f"no stored result {path}: compute it with {_command(name)!r}")
    data = xr.load_dataset(io.BytesIO(gzip.decompress(path.read_bytes())), engine="scipy")
    return data.assign({key: v.astype(float) for key, v in data.items() if v.dtype.kind == "f"})


@dataclass(frozen=True)
class Stored:
    """An experiment on a grid: ``run(**point)`` for every point of the product of ``axes``.

    Attributes
    ----------
    name : str
        Of the file, and on the command line.
    run : callable
        Takes one value of every axis by name and returns a dataset, with the same variables, dimensions and
        types for every point. At the top level of a module, so that another process can import it.
    axes : mapping of str to sequence
        The leading dimensions of every stored variable, in order, and their coordinates.
    seed : int
        What ``run`` derives its generators from, recorded with the result.
    rtol : mapping of str to float
        How far two computations of a point may differ, by variable; 0.5 % where nothing is said.
    time : str, optional
        The dimension that counts training time. Along it ``spot_check`` compares the first tenth: training
        with a large learning rate amplifies the last bit in which two machines differ, and late values
        part.
    begin : callable, optional
        What ``spot_check`` calls instead of ``run`` where that takes long: it computes the beginning of the
        curves alone and returns a dataset of the same dimensions.
    steady : callable, optional
        Takes a point as ``run`` does, and says whether two machines agree on it. ``spot_check`` draws from
        these points alone: where training is unstable, two machines part within a few updates.
    """

    name: str
    run: Callable[..., xr.Dataset]
    axes: Mapping[str, Sequence[Any]]
    seed: int
    rtol: Mapping[str, float] = field(default_factory=dict)
    time: str | None = None
    begin: Callable[..., xr.Dataset] | None = None
    steady: Callable[..., bool] | None = None

    def points(self) -> list[dict[str, Any]]:
        """Every point, the last axis running fastest."""
        return points(self.axes)

    def compute(self, executor: Executor | None = None, *, progress: bool = False) -> xr.Dataset:
        """Run every point, one after another or on ``executor``, and stack the results along the axes.

        With ``progress``, a bar shows how far it is: at a terminal and in Jupyter.
        """
        return sweep(self.run, self.axes, executor, progress=self.name if progress else None)

    def make(self, executor: Executor | None = None) -> None:
        """Compute and save, with a bar at a terminal."""
        save(self.name, self.compute(executor, progress=True), _command(self.name), self.seed)

    def spot_check(self, rng: np.random.Generator, count: int = 3) -> list[str]:
        """Compute ``count`` random points again and say which variables no longer agree with what is stored.

        Returns
        -------
        list of str
            One sentence for each disagreement; empty if all is well.
        """
        stored = load(self.name)
        among = [point for point in self.points() if self.steady is None or self.steady(**point)]
        wrong = []
        for k in rng.choice(len(among), size=min(count, len(among)), replace=False):
            with threadpool_limits(1):  # as it was computed: products on two threads round differently
                computed = (self.begin or self.run)(**among[k])
            for key, again in computed.data_vars.items():
                gap = self._difference(stored[key].sel(among[k]), again) if key in stored else np.inf
                if not gap <= self.rtol.get(str(key), 0.005):
                    wrong.append(
                        f"{self.name}[{key!r}] at {among[k]} is not what is stored (relative difference "
                        f"{gap:.3g}): compute it again with {_command(self.name)!r}"
                    )
        return wrong

    def _difference(self, stored: xr.DataArray, again: xr.DataArray) -> float:
        """Largest relative difference; infinities and missing values equal themselves."""
        if stored.dims != again.dims or stored.shape != again.shape:
            return float("inf")
        if self.time in stored.dims:
            early = {self.time: slice(max(1, stored.sizes[self.time] // 10))}
            stored, again = stored.isel(early), again.isel(early)
        a, b = np.asarray(stored, float), np.asarray(again, float)
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(invalid="ignore"):  # one of the two is infinite or missing, and the gap with it
            gap = np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))
        return float(np.where(same, 0, np.nan_to_num(gap, nan=np.inf)).max())


def first_losses(
    run: Callable[..., xr.Dataset], time: str, every: int, whole: int, **point: Any
) -> xr.Dataset:
    """Compute the first tenth of the ``loss`` of a training run; what follows is missing. See ``begin``.

    Parameters
    ----------
    run : callable
        Takes the point, and by the plural of ``time`` how long to train.
    time : str
        The dimension that counts training time, such as ``"update"``.
    every, whole : int
        Distance of two values along it, and the length of a whole run.
    """
    values = whole // every
    shortened = run(**point, **{f"{time}s": every * max(1, values // 10)})
    return shortened[["loss"]].reindex({time: every * np.arange(1, values + 1)})


def mean_losses(losses: Sequence[float] | Float[ndarray, " N"], every: int) -> xr.DataArray:
    """Average every so many losses of a training run, over ``update``; infinite once one is missing."""
    means = np.reshape(losses[: len(losses) // every * every], (-1, every)).mean(axis=1)
    update = every * np.arange(1, len(means) + 1)
    return xr.DataArray(np.where(np.isnan(means), np.inf, means), {"update": update}, name="loss")


STORED: dict[str, Stored] = {}
"""Every stored experiment by name."""


def register(experiment: Stored) -> Stored:
    """Add an experiment to ``STORED`` and return it.

    Raises
    ------
    ValueError
        If the name is taken, is not a plain file name, or an axis has no values.
    """
    _plain(experiment.name)
    if experiment.name in STORED:
        raise ValueError(f"stored experiment {experiment.name!r} is registered twice")
    for key, values in experiment.axes.items():
        if not len(values):
            raise ValueError(f"axes[{key!r}] of {experiment.name!r}: expected at least one value, got none")
    STORED[experiment.name] = experiment
    return experiment


def register_training(
    name: str,
    run: Callable[..., xr.Dataset],
    axes: Mapping[str, Sequence[Any]],
    *,
    every: int,
    updates: int,
    rtol: float,
    steady: Callable[..., bool] | None = None,
) -> Stored:
    """Add trainings whose ``loss`` over ``update`` is compared with what is stored over its first tenth.

    Late in training two machines part by the last bit. ``every`` and ``updates`` are the distance of two
    losses and the length of a run, which ``run`` takes by the name ``updates``; the others are those of
    ``Stored``.
    """
    begin = partial(first_losses, run, "update", every, updates)
    return register(
        Stored(name, run, axes, seed=0, rtol={"loss": rtol}, time="update", begin=begin, steady=steady)
    )


def _command(name: str) -> str:
    return f"python -m livenotes.chapters {name}"


def _plain(name: str) -> None:
    if not name or not all(c.isalnum() or c in "-_" for c in name):
        raise ValueError(f"name: expected letters, digits, '-' and '_' alone, got {name!r}")
