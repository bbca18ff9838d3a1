"""One experiment at every point of a grid, its results stacked along the labelled axes of the grid."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from tqdm.auto import tqdm


def points(axes: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """Every point of the product of the axes, the last axis running fastest."""
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def sweep(
    run: Callable[..., xr.Dataset],
    axes: Mapping[str, Sequence[Any]],
    executor: Executor | None = None,
    *,
    progress: str | None = None,
) -> xr.Dataset:
    """Run every point of the product of ``axes`` and stack the results along them.

    Parameters
    ----------
    run : callable
        Takes one value of every axis by name and returns a dataset, with the same variables, dimensions and
        types for every point. With processes, a function at the top level of a module, or a ``partial`` of
        one.
    axes : mapping of str to sequence
        The leading dimensions of every variable of the result, in order, and their coordinates.
    executor : concurrent.futures.Executor, optional
        Without it one point is run after another.
    progress : str, optional
        Name of a bar that shows how far it is, at a terminal and in Jupyter.

    Returns
    -------
    xarray.Dataset
        ``sweep(run, {"rate": rates, "seed": seeds}).loss.sel(rate=0.5).mean("seed")``.
    """
    grid = points(axes)
    results: Iterable[xr.Dataset] = (executor.map if executor else map)(partial(_call, run), grid)
    first, *others = list(tqdm(results, progress, len(grid), disable=None if progress else True))
    shape = tuple(len(values) for values in axes.values())
    variables = {}
    for key, variable in first.data_vars.items():
        stack = np.stack([variable, *(one[key] for one in others)])
        variables[key] = ((*axes, *variable.dims), stack.reshape(shape + variable.shape))
    return xr.Dataset(variables, {k: np.array(values) for k, values in axes.items()} | dict(first.coords))


def at_best_rate(steps: xr.DataArray) -> xr.DataArray:
    """Pick the rate with the smallest mean over the seeds, for each point of the other dimensions.

    Parameters
    ----------
    steps : xarray.DataArray
        With dimensions ``rate`` and ``seed``, finite.

    Returns
    -------
    xarray.DataArray
        Without the dimension ``rate``; its coordinate ``rate`` says which was chosen.
    """
    return steps.isel(rate=steps.mean("seed").argmin("rate"))


def _call(run: Callable[..., xr.Dataset], point: dict[str, Any]) -> xr.Dataset:
    return run(**point)
