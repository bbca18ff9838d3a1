"""What becomes of an LSTM when another function plays the part of the sigmoid, or of one of the two tanh.

Each part is replaced alone, then both tanh together, and the net is trained with everything else the same.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import require_choice
from livenotes.lab.memory import EVERY, ITERATIONS, RATE, TASKS, begin, fit
from livenotes.lab.store import Stored, load, register
from livenotes.recurrent import CELLS, lstm
from livenotes.recurrent.nonlinearities import IDENTITY, RELU, SIGMOID, TANH, Nonlinearity

LENGTH = 30
PLACES = ("adding", "temporal-order")


def _hard(x: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    y: ndarray = np.multiply(x, 1 / 6, out=np.empty_like(x) if out is None else out)
    y += 0.5
    return np.clip(y, 0, 1, out=y)


def _hard_slope(y: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    slope = np.empty_like(y) if out is None else out
    np.logical_and(y > 0, y < 1, out=slope)
    slope *= 1 / 6
    return slope


HARD_SIGMOID = Nonlinearity("hard sigmoid", _hard, _hard_slope)
"""Straight from 0 at -3 to 1 at 3, as PyTorch has it; the slope at both kinks is 0."""

ROLES: Mapping[str, lstm.Roles] = {
    "standard": lstm.STANDARD,
    "gates: hard sigmoid": lstm.Roles(gate=HARD_SIGMOID),
    "gates: tanh": lstm.Roles(gate=TANH),
    "gates: relu": lstm.Roles(gate=RELU),
    "gates: identity": lstm.Roles(gate=IDENTITY),
    "candidate: sigmoid": lstm.Roles(candidate=SIGMOID),
    "candidate: relu": lstm.Roles(candidate=RELU),
    "candidate: identity": lstm.Roles(candidate=IDENTITY),
    "output: sigmoid": lstm.Roles(squash=SIGMOID),
    "output: relu": lstm.Roles(squash=RELU),
    "output: identity": lstm.Roles(squash=IDENTITY),
    "both: sigmoid": lstm.Roles(candidate=SIGMOID, squash=SIGMOID),
    "both: identity": lstm.Roles(candidate=IDENTITY, squash=IDENTITY),
}
"""Who plays which part; the first is the cell as it is."""


def train_as(task: str, roles: str, seed: int, *, iterations: int = ITERATIONS) -> xr.Dataset:
    """Train an LSTM with other functions in its parts.

    Parameters
    ----------
    task : {"adding", "temporal-order"}
        Over 30 steps.
    roles : str
        A key of ``ROLES``.
    seed : int
    iterations : int, at least 50

    Returns
    -------
    Dataset
        ``score`` and ``loss`` as ``livenotes.lab.memory.train`` returns them; where the training ran away to
        infinity, the score of guessing, and no loss.

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    require_choice("task", task, PLACES)
    require_choice("roles", roles, ROLES)
    cell = replace(CELLS["lstm"], forward=partial(lstm.forward, roles=ROLES[roles]))
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            return fit(task, cell, LENGTH, seed, rate=RATE, iterations=iterations)[0]
        except ValueError:  # a gradient that is not finite cannot be clipped
            rounds = EVERY * np.arange(1, iterations // EVERY + 1)
            lost = {"score": TASKS[task].chance, "loss": ("iteration", np.full(len(rounds), np.nan))}
            return xr.Dataset(lost, coords={"iteration": rounds})


STORED_ROLES = register(
    Stored(
        name="lstm-roles",
        run=train_as,
        axes={"task": PLACES, "roles": tuple(ROLES), "seed": (0, 1, 2)},
        seed=0,
        rtol={"loss": 0.05},
        time="iteration",
        begin=partial(begin, train_as),
    )
)


@cache
def trained_as() -> xr.Dataset:
    """Read what was stored of the cells with other functions; ``make results`` trains them again."""
    return load("lstm-roles")
