r"""Elman cells that start from different recurrent matrices, trained on the three toy tasks.

What an initialization is for shows in which task it solves, and at which learning rates it still does.
"""

from dataclasses import replace
from functools import cache, partial

import numpy as np
import xarray as xr

from livenotes._arguments import require_choice
from livenotes.lab.memory import ITERATIONS, LIMIT, RATE, TASKS, begin, fit
from livenotes.lab.store import Stored, load, register
from livenotes.recurrent import CELLS, elman
from livenotes.recurrent.initializers import Initializer, identity, orthogonal, spectral

from .gradients import reach, uniform

LENGTH = 40
RATES = (0.002, 0.008)
STARTS: dict[str, Initializer] = {
    "orthogonal": orthogonal,
    "identity": identity,
    "gaussian": spectral,
    "uniform": uniform,
}


def train_from(
    task: str, nonlinearity: str, matrix: str, rate: float, seed: int, *, iterations: int = ITERATIONS
) -> xr.Dataset:
    """Train one Elman cell on a task of length 40.

    Parameters
    ----------
    task : {"adding", "temporal-order", "copying"}
    nonlinearity : {"tanh", "relu"}
    matrix : {"orthogonal", "identity", "gaussian", "uniform"}
        Recurrent weights before training; the spectral radius is 1, of the uniform one about 0.6.
    rate : float, > 0
        Learning rate of Adam.
    seed : int
    iterations : int, at least 50

    Returns
    -------
    Dataset
        ``score`` and ``loss`` as :func:`livenotes.lab.memory.train` returns them, and ``stretch``, the
        largest singular value of the recurrent matrix after training.

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    require_choice("nonlinearity", nonlinearity, ("tanh", "relu"))
    require_choice("matrix", matrix, STARTS)
    cell = CELLS[f"elman_{nonlinearity}"]
    cell = replace(cell, init=partial(elman.init, recurrent=STARTS[matrix]))
    found, net = fit(task, cell, LENGTH, seed, rate=rate, iterations=iterations)
    return found.assign(stretch=np.linalg.norm(net.cell.w_h.astype(float), 2))


ENDS: dict[str, Initializer] = {
    "uniform": uniform,
    "orthogonal": orthogonal,
    "stretching": partial(orthogonal, gain=1.5),
}
CLIPPED = (True, False)


def train_without(
    start: str, clipped: bool, length: int, seed: int, *, iterations: int = ITERATIONS
) -> xr.Dataset:
    """Train one tanh cell on temporal order, with or without clipping and an orthogonal start.

    Parameters
    ----------
    start : {"uniform", "orthogonal", "stretching"}
        Recurrent weights before training: PyTorch's default, an orthogonal matrix, or 1.5 times one.
    clipped : bool
        Whether gradients are clipped to length 1.
    length : int
        Of the sequences; the first symbol to be remembered stands at least four fifths of it before the end.
    seed : int
    iterations : int, at least 50

    Returns
    -------
    Dataset
        ``score``, ``loss`` and ``stretch`` as :func:`train_from` returns them.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    require_choice("start", start, ENDS)
    cell = replace(CELLS["elman_tanh"], init=partial(elman.init, recurrent=ENDS[start]))
    limit = LIMIT if clipped else np.finfo(float).max
    found, net = fit("temporal-order", cell, length, seed, rate=RATE, iterations=iterations, limit=limit)
    return found.assign(stretch=np.linalg.norm(net.cell.w_h.astype(float), 2))


STORED_TRICKS = register(
    Stored(
        name="recurrent-tricks",
        run=train_without,
        axes={
            "start": tuple(ENDS),
            "clipped": CLIPPED,
            "length": (10, 15, 20, 30, 40),
            "seed": (0, 1, 2, 3, 4),
        },
        seed=0,
        rtol={"loss": 0.01},
        time="iteration",
        steady=lambda start, clipped, **_: clipped or start != "stretching",
        begin=partial(begin, train_without),
    )
)
STORED_STARTS = register(
    Stored(
        name="recurrent-starts",
        run=train_from,
        axes={
            "task": tuple(TASKS),
            "nonlinearity": ("tanh", "relu"),
            "matrix": tuple(STARTS),
            "rate": RATES,
            "seed": (0, 1, 2),
        },
        seed=0,
        rtol={"loss": 0.01},
        time="iteration",
        steady=lambda nonlinearity, rate, **_: nonlinearity == "tanh" and rate < 0.005,
        begin=partial(begin, train_from),
    )
)


@cache
def reach_before(nonlinearity: str, matrix: str) -> xr.Dataset:
    """Send a gradient back through a cell as it is before training."""
    return reach(nonlinearity, 3**-0.5 if matrix == "uniform" else 1.0, matrix=matrix)


@cache
def trained_from() -> xr.Dataset:
    """Read what was stored of the cells trained from each start; ``make results`` trains them again."""
    return load("recurrent-starts")


@cache
def trained_without() -> xr.Dataset:
    """Read what was stored of tanh cells trained with and without clipping; ``make results`` trains again."""
    return load("recurrent-tricks")


def scores_from(nonlinearity: str, matrix: str, rate: float) -> xr.DataArray:
    """Scores of the cells trained from one start at one learning rate, over task and seed."""
    return trained_from().score.sel(nonlinearity=nonlinearity, matrix=matrix, rate=rate)
