"""Results of long experiments, kept small in ``book/results`` with all it takes to make them again.

An experiment that runs longer than about 20 seconds is a ``Stored``: a function of one point, and the axes
whose product are the points. ``make results`` computes all points and saves them; ``spot_check`` computes a
few again.
"""

import itertools
import json
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray
from tqdm.auto import tqdm

from livenotes import __version__
from livenotes._folders import book

Arrays = dict[str, ndarray]


def save(name: str, arrays: Mapping[str, ndarray], command: str, seed: int) -> None:
    """Write ``book/results/<name>.npz`` and beside it ``<name>.json``: command, seed and versions.

    The same arrays give the same bytes.

    Parameters
    ----------
    name : str
        A file name without its ending.
    arrays : mapping of str to array
    command : str
        What to type to compute them again.
    seed : int
        What the random generators were seeded from.

    Raises
    ------
    ValueError
        If ``name`` is not a plain file name, or an array holds Python objects.
    """
    _plain(name)
    for key, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"arrays[{key!r}]: expected numbers or text, got dtype {array.dtype}")
    folder = book() / "results"
    folder.mkdir(exist_ok=True)
    np.savez_compressed(folder / f"{name}.npz", **arrays)  # type: ignore[arg-type]  # any name may be a key
    versions = {"python": platform.python_version(), "numpy": np.__version__, "livenotes": __version__}
    facts = {"command": command, "seed": seed, "versions": versions}
    (folder / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def load(name: str) -> Arrays:
    """Read the arrays of ``book/results/<name>.npz``.

    Raises
    ------
    ValueError
        If ``name`` is not a plain file name.
    FileNotFoundError
        If nothing is stored under this name; the message says how to compute it.
    """
    _plain(name)
    path = book() / "results" / f"{name}.npz"
    if not path.is_file():
        raise FileNotFoundError(f"no stored result {path}: compute it with {_command(name)!r}")
    with np.load(path, allow_pickle=False) as stored:
        return dict(stored)


@dataclass(frozen=True)
class Stored:
    """An experiment on a grid: ``run(**point)`` for every point of the product of ``axes``.

    Attributes
    ----------
    name : str
        Of the files, and on the command line.
    run : callable
        Takes one value of every axis by name and returns arrays, the same keys, shapes and types for every
        point. At the top level of a module, so that another process can import it.
    axes : mapping of str to sequence
        The leading axes of every stored array, in order. They are stored too, each under its own name.
    seed : int
        What ``run`` derives its generators from, recorded beside the result.
    fixed : mapping of str to array
        What is the same for all points, such as the steps at which a curve was taken.
    rtol : mapping of str to float
        How far two computations of a point may differ, by array; 0.5 % where nothing is said.
    curves : tuple of str
        Arrays whose last axis is training time. Of these ``spot_check`` compares the first tenth: training
        with a large learning rate amplifies the last bit in which two machines differ, and late values
        part.
    begin : callable, optional
        What ``spot_check`` calls instead of ``run`` where that takes long: it computes the beginning of the
        curves alone and returns arrays of the same shapes.
    """

    name: str
    run: Callable[..., Arrays]
    axes: Mapping[str, Sequence[Any]]
    seed: int
    fixed: Mapping[str, ndarray] = field(default_factory=dict)
    rtol: Mapping[str, float] = field(default_factory=dict)
    curves: tuple[str, ...] = ()
    begin: Callable[..., Arrays] | None = None

    def points(self) -> list[dict[str, Any]]:
        """Every point, the last axis running fastest."""
        product = itertools.product(*self.axes.values())
        return [dict(zip(self.axes, values, strict=True)) for values in product]

    def compute(self, executor: Executor | None = None, *, progress: bool = False) -> Arrays:
        """Run every point, one after another or on ``executor``, and stack the arrays along the axes.

        With ``progress``, a bar shows how far it is: at a terminal and in Jupyter.
        """
        points = self.points()
        results: Iterable[Arrays] = (executor.map if executor else map)(partial(_call, self.run), points)
        bar = tqdm(results, total=len(points), desc=self.name, disable=None if progress else True)
        found = list(bar)
        shape = tuple(len(values) for values in self.axes.values())
        arrays = {key: np.array(values) for key, values in self.axes.items()} | dict(self.fixed)
        for key in found[0]:
            stack = np.stack([one[key] for one in found])
            arrays[key] = stack.reshape(shape + stack.shape[1:])
        return arrays

    def make(self, executor: Executor | None = None) -> None:
        """Compute and save, with a bar at a terminal."""
        save(self.name, self.compute(executor, progress=True), _command(self.name), self.seed)

    def spot_check(self, rng: np.random.Generator, count: int = 3) -> list[str]:
        """Compute ``count`` random points again and say which arrays no longer agree with what is stored.

        Returns
        -------
        list of str
            One sentence for each disagreement; empty if all is well.
        """
        stored = load(self.name)
        points = self.points()
        wrong = []
        for k in rng.choice(len(points), size=min(count, len(points)), replace=False):
            index = np.unravel_index(k, [len(values) for values in self.axes.values()])
            for key, again in (self.begin or self.run)(**points[k]).items():
                gap = self._difference(key, stored[key][index], again) if key in stored else np.inf
                if not gap <= self.rtol.get(key, 0.005):
                    wrong.append(
                        f"{self.name}[{key!r}] at {points[k]} is not what is stored (relative difference "
                        f"{gap:.3g}): compute it again with {_command(self.name)!r}"
                    )
        return wrong

    def _difference(self, key: str, stored: Any, again: Any) -> float:
        """Largest relative difference; infinities and missing values equal themselves."""
        a, b = np.asarray(stored, float), np.asarray(again, float)  # a point of an array may be a number
        if a.shape != b.shape:
            return float("inf")
        if key in self.curves:
            early = max(1, a.shape[-1] // 10)
            a, b = a[..., :early], b[..., :early]
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(invalid="ignore"):  # one of the two is infinite or missing, and the gap with it
            gap = np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))
        return float(np.where(same, 0, np.nan_to_num(gap, nan=np.inf)).max())


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


def _call(run: Callable[..., Arrays], point: dict[str, Any]) -> Arrays:
    return run(**point)


def _command(name: str) -> str:
    return f"python -m livenotes.lab {name}"


def _plain(name: str) -> None:
    if not name or not all(c.isalnum() or c in "-_" for c in name):
        raise ValueError(f"name: expected letters, digits, '-' and '_' alone, got {name!r}")
