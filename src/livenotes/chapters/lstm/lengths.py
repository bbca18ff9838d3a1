"""How far trained cells remember: by the bias of the forget gate, and by the variant of the cell."""

from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.random import Generator

from livenotes._arguments import require_choice
from livenotes.lab.memory import ITERATIONS, RATE, TASKS, begin, fit, trained
from livenotes.lab.store import Stored, load, register
from livenotes.recurrent import CELLS, gru, lstm

BIASES = (0.0, 3.0)  # and 1, with which the LSTM of livenotes.lab.memory starts
BIAS_LENGTHS = (20, 40, 60, 80, 120)
VARIANTS = ("lstm_peephole", "lstm_coupled", "gru_reset_before")  # and the LSTM and the GRU of the lab
LENGTH = 30  # of the sequences on which variants are compared
LOOKED_AT = 100  # sequences over which the forget gates of a trained cell are averaged


def train_with(bias: float, length: int, seed: int, *, iterations: int = ITERATIONS) -> xr.Dataset:
    """Train an LSTM whose forget gates start with a bias on the adding problem.

    Parameters
    ----------
    bias : float
    length : int
        Of the sequences.
    seed : int
    iterations : int, at least 50

    Returns
    -------
    Dataset
        ``score`` and ``loss`` as ``livenotes.lab.memory.train`` returns them; over ``unit``, rising, ``f``:
        the mean of each forget gate over 100 new sequences, after training.
    """
    cell = replace(CELLS["lstm"], init=partial(lstm.init, forget_bias=bias))
    found, net = fit("adding", cell, length, seed, rate=RATE, iterations=iterations)
    new = TASKS["adding"].draw(np.random.default_rng(seed), LOOKED_AT, length)
    _, tape = lstm.forward(net.cell, new.x.astype(np.float32), lstm.zero_state(net.cell, LOOKED_AT), new.mask)
    return found.assign(f=("unit", np.sort(tape.gates[1].mean(axis=(0, 1)).astype(float))))


STORED_BIASES = register(
    Stored(
        name="lstm-biases",
        run=train_with,
        axes={"bias": BIASES, "length": BIAS_LENGTHS, "seed": (0, 1, 2)},
        seed=0,
        rtol={"loss": 0.05},
        time="iteration",
        begin=partial(begin, train_with),
        steady=lambda bias, **_: bias < 3,  # a larger one lets more arrive, of the last bit, too
    )
)


def begin_remembering(rng: Generator, inputs: int, hidden: int, **other: Any) -> gru.GRUParams:
    """Draw a GRU whose update gates start with a bias of 1, as the forget gates of an LSTM do."""
    start = gru.init(rng, inputs, hidden, **other)
    start.b[hidden : 2 * hidden] = 1  # r, z, n
    return start


def train_gru(length: int, seed: int, *, iterations: int = ITERATIONS) -> xr.Dataset:
    """Train a GRU whose update gates start with a bias of 1 on the adding problem."""
    cell = replace(CELLS["gru"], init=begin_remembering)
    return fit("adding", cell, length, seed, rate=RATE, iterations=iterations)[0]


STORED_GRU = register(
    Stored(
        name="lstm-gru-bias",
        run=train_gru,
        axes={"length": BIAS_LENGTHS, "seed": (0, 1, 2)},
        seed=0,
        rtol={"loss": 0.05},
        time="iteration",
        begin=partial(begin, train_gru),
    )
)


def train_variant(task: str, cell: str, seed: int, *, iterations: int = ITERATIONS) -> xr.Dataset:
    """Train a variant of the LSTM on a task of length 30, as ``livenotes.lab.memory.train`` does."""
    require_choice("cell", cell, CELLS)
    return fit(task, CELLS[cell], LENGTH, seed, rate=RATE, iterations=iterations)[0]


STORED_VARIANTS = register(
    Stored(
        name="lstm-variants",
        run=train_variant,
        axes={"task": tuple(TASKS), "cell": VARIANTS, "seed": (0, 1, 2)},
        seed=0,
        rtol={"loss": 0.05},
        time="iteration",
        begin=partial(begin, train_variant),
    )
)


@cache
def trained_with() -> xr.DataArray:
    """Read the scores on adding of an LSTM with each bias, the 1 of the lab among them, and of both GRUs.

    Returns
    -------
    DataArray
        Over ``cell``, ``length`` and ``seed``; a cell is named with its bias: ``lstm 0``, ``gru 1``.
    """
    usual = trained("adding").score.sel(length=list(BIAS_LENGTHS))
    biased = load("lstm-biases").score
    found = {
        "lstm 0": biased.sel(bias=0, drop=True),
        "lstm 1": usual.sel(cell="lstm", drop=True),
        "lstm 3": biased.sel(bias=3, drop=True),
        "gru 0": usual.sel(cell="gru", drop=True),
        "gru 1": load("lstm-gru-bias").score,
    }
    return xr.concat(found.values(), dim="cell").assign_coords(cell=list(found))


@cache
def variants() -> xr.DataArray:
    """Read the scores of all variants at length 30, those of the lab among them, over task, cell and seed."""
    stored = load("lstm-variants").score
    usual = [trained(task).score.sel(cell=["lstm", "gru"], length=LENGTH, drop=True) for task in TASKS]
    both = xr.concat([stored, xr.concat(usual, dim="task").assign_coords(task=list(TASKS))], dim="cell")
    return both.sel(cell=["lstm", "lstm_peephole", "lstm_coupled", "gru", "gru_reset_before"])


def weights(cell: str, inputs: int, hidden: int) -> int:
    """Count the numbers that a cell learns."""
    require_choice("cell", cell, CELLS)
    params = CELLS[cell].init(np.random.default_rng(0), inputs, hidden)
    return sum(part.size for part in params if part is not None)
