"""Questions 3 and 4: an LSTM unit whose functions are swapped, and a descent that is stuck or thrown out."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes.optimization import clip_by_norm
from livenotes.recurrent import elman, lstm
from livenotes.recurrent.initializers import Initializer, glorot_uniform, identity, orthogonal
from livenotes.recurrent.nonlinearities import RELU, SIGMOID, TANH, Nonlinearity

LINE = "((a)b(c))d"  # what the unit reads: brackets to count, letters to leave alone
FUNCTIONS = {"sigmoid": SIGMOID, "tanh": TANH}
# Rows i, f, g, o; columns ( ) letter. Gates open at 4, shut at -4; a letter proposes 1 to a shut gate.
BY_HAND = ((4.0, 4.0, -4.0), (4.0, 4.0, 4.0), (0.55, -0.55, 1.0), (4.0, 4.0, 4.0))

TARGET, DESCENT_STEPS = 0.5, 40
STEPS = (5, 10, 20, 30, 50)
STARTS = {"0.7": 0.7, "1, the identity": 1.0, "1.2": 1.2}  # recurrent weights to begin with
FARTHEST = 1e3  # a weight beyond it has left every picture
UNITS, SEEDS, WARM_UP, DRIVE = 32, 5, 20, 0.5
NETS: Mapping[str, tuple[Nonlinearity, Initializer]] = {
    "sigmoid, random": (SIGMOID, glorot_uniform),
    "tanh, orthogonal": (TANH, orthogonal),
    "ReLU, orthogonal": (RELU, orthogonal),
    "tanh, identity": (TANH, identity),
    "ReLU, identity": (RELU, identity),
}


def swapped(gates: str, content: str) -> xr.Dataset:
    """Run one LSTM unit, weights by hand, over ``LINE``.

    Parameters
    ----------
    gates, content : {"sigmoid", "tanh"}
        What its three gates are, and its candidate and the curve on its state.

    Returns
    -------
    Dataset
        Over ``time`` 1, ..., 10: the gates ``i``, ``f`` and ``o``, the candidate ``g``, the state ``c``, and
        ``before``, the state before the step; ``depth``, how many brackets are open.
    """
    table = np.array(BY_HAND)
    unit = lstm.LSTMParams(table, np.zeros((4, 1)), np.zeros(4))
    kinds = ["()".find(symbol) % 3 for symbol in LINE]
    x = np.eye(3)[kinds][:, None]
    roles = lstm.Roles(FUNCTIONS[gates], FUNCTIONS[content], FUNCTIONS[content])
    _, tape = lstm.forward(unit, x, lstm.zero_state(unit, 1), roles=roles)
    parts = dict(zip("ifgo", tape.gates[:, :, 0, 0], strict=True))
    depth = np.cumsum(np.array([1, -1, 0])[kinds])
    found = {**parts, "before": tape.c[:-1, 0, 0], "c": tape.c[1:, 0, 0], "depth": depth}
    return xr.Dataset({k: ("time", v) for k, v in found.items()}, {"time": np.arange(1, len(LINE) + 1)})


def error(w: Float[ndarray, " N"], steps: int) -> Float[ndarray, " N"]:
    r"""Error $\frac12(w^T-\frac12)^2$ of a unit that should keep half of its state over T steps."""
    return np.asarray((w**steps - TARGET) ** 2 / 2)


def slope(w: float, steps: int) -> float:
    """Derivative of ``error`` with respect to the weight."""
    return float((w**steps - TARGET) * steps * w ** (steps - 1))


def roll(start: float, steps: int, limit: float | None, rate: float = 0.01) -> xr.Dataset:
    """Walk down the error of one unit from a weight, clipped to a length or not.

    Returns
    -------
    Dataset
        Over ``update`` 0, ..., 40: the weight ``w``, where it stays once it is beyond a thousand; and
        ``first``, the size of the first gradient.
    """
    w = [start]
    for _ in range(DESCENT_STEPS):
        if abs(w[-1]) > FARTHEST:
            w.append(w[-1])
            continue
        g = np.array([slope(w[-1], steps)])
        short = g if limit is None else clip_by_norm(g, limit)
        w.append(w[-1] - rate * short.item())
    first = abs(slope(start, steps))
    return xr.Dataset({"w": ("update", w), "first": first}, {"update": np.arange(DESCENT_STEPS + 1)})


@cache
def left() -> xr.DataArray:
    """Follow a gradient back through nets that read noise, before training.

    Returns
    -------
    DataArray
        Over ``net``, ``seed`` and ``lag`` 0, ..., 50: its length so many steps back, relative to its start.
    """
    lags = max(STEPS)
    found = np.ones((len(NETS), SEEDS, lags + 1))
    for k, (nonlinearity, matrix) in enumerate(NETS.values()):
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            params = elman.init(rng, UNITS, UNITS, recurrent=matrix)
            x = DRIVE * rng.normal(size=(WARM_UP + lags, 1, UNITS))
            _, tape = elman.forward(params, x, elman.zero_state(params, 1), nonlinearity=nonlinearity)
            g = rng.normal(size=(1, UNITS))
            whole = np.linalg.norm(g)
            for lag in range(1, lags + 1):
                g = elman.step_back(tape, WARM_UP + lags - lag, g).g_state0
                found[k, seed, lag] = np.linalg.norm(g) / whole
    coords = {"net": list(NETS), "seed": range(SEEDS), "lag": range(lags + 1)}
    return xr.DataArray(found, coords, ("net", "seed", "lag"))
