r"""Walking down a loss: one weight, a bowl, a ravine, and the optimizers' ways along it."""

from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import losses
from livenotes.lab.training import minibatches
from livenotes.optimization import adam, adam_init, momentum, sgd, zeros_like

from .cafe import Days, hot_days

STEEPNESS = {"bowl": (1.0, 1.0), "ravine": (0.05, 1.0)}
"""Second derivatives of the two surfaces along their axes: how fast the slope grows with the distance."""

START = (-4.0, 2.0)


def line_loss(w: Float[ndarray, " W"], days: Days) -> xr.Dataset:
    """Compute the ``loss`` of the line $y = wx$ for each w, and its ``slope``."""
    results = [losses.squared_error(w_k * days.x, days.cups) for w_k in w]
    slopes = [float((g * days.x).sum()) for _, g in results]
    return xr.Dataset({"loss": ("w", [loss for loss, _ in results]), "slope": ("w", slopes)}, {"w": w})


def walk(surface: str, rate: float, *, mu: float = 0.0, steps: int = 40) -> xr.Dataset:
    """Walk down a bowl or a ravine, with momentum ``mu``; over ``update`` and ``axis``, and the ``loss``."""
    steep = np.array(STEEPNESS[surface])
    at, velocity, path = np.array(START), np.zeros(2), [np.array(START)]
    for _ in range(steps):
        at, velocity = momentum(at, steep * at, velocity, lr=rate, mu=mu)
        path.append(at)
    return _with_loss(np.array(path), np.diag(steep))


def _with_loss(path: Float[ndarray, "U 2"], hessian: Float[ndarray, "2 2"]) -> xr.Dataset:
    loss = 0.5 * np.einsum("ui,ij,uj->u", path, hessian, path)
    return xr.Dataset({"at": (("update", "axis"), path), "loss": ("update", loss)})


def ravine(stretch: float, angle: float) -> Float[ndarray, "2 2"]:
    """Second derivatives of a ravine, ``stretch`` times as steep across as along, turned by ``angle``."""
    turn = _turn(angle)
    return turn @ np.diag([1 / stretch, 1.0]) @ turn.T


def _turn(angle: float) -> Float[ndarray, "2 2"]:
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([[c, -s], [s, c]])


def race(stretch: float, angle: float, *, steps: int = 200) -> dict[str, xr.Dataset]:
    """Walk down a ravine with plain steps, with momentum and with Adam, each at a rate that suits it.

    All start at the same distance along the ravine and across it. Plain steps and momentum go at rate 1, half
    of what the steep direction allows; Adam's steps are about 0.1 long in each coordinate.
    """
    hessian = ravine(stretch, angle)
    start = _turn(angle) @ START
    paths: dict[str, list[ndarray]] = {"plain": [start], "momentum": [start], "Adam": [start]}
    velocity, state = zeros_like(start), adam_init(start)
    for _ in range(steps):
        plain, heavy, own = (path[-1] for path in paths.values())
        paths["plain"].append(sgd(plain, hessian @ plain, lr=1.0))
        moved, velocity = momentum(heavy, hessian @ heavy, velocity, lr=1.0, mu=0.7)
        paths["momentum"].append(moved)
        moved, state = adam(own, hessian @ own, state, lr=0.1)
        paths["Adam"].append(moved)
    return {name: _with_loss(np.array(path), hessian) for name, path in paths.items()}


LINE_DAYS = 40


@cache
def stochastic(batch: int, seed: int, *, updates: int = 100, rate: float = 0.1) -> xr.Dataset:
    """Fit a line to 40 hot days in batches; over ``update``: ``w``, ``b``, and the ``loss`` on all days."""
    days = hot_days(LINE_DAYS, seed=0)
    both = np.concatenate([days.x, np.ones_like(days.x)], axis=1)
    at, path = np.array([0.0, 2.5]), []
    for rows in minibatches(np.random.default_rng(seed), LINE_DAYS, batch):
        path.append((*at, losses.squared_error(both @ at[:, None], days.cups)[0]))
        if len(path) > updates:
            break
        _, g = losses.squared_error(both[rows] @ at[:, None], days.cups[rows])
        at = sgd(at, both[rows].T @ g[:, 0], lr=rate)
    columns = dict(zip(("w", "b", "loss"), np.array(path).T, strict=True))
    return xr.Dataset({name: ("update", values) for name, values in columns.items()})
