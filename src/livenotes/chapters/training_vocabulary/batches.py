r"""Batches of different sizes on one loss surface: telling fives from nines by two numbers.

Each image of a 5 or a 9 is projected on the two directions in which these images differ most, and the
probability of a nine, $\sigma(w_1 x_1 + w_2 x_2)$, is fitted by gradient descent. There are two weights, so
the loss is a surface that can be drawn. It is smooth, with a single minimum and unequal slopes.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from scipy.special import expit

from livenotes import losses
from livenotes.datasets.digits import digits
from livenotes.lab.training import minibatches
from livenotes.optimization import sgd

START = np.array([-2.0, 4.0])
RATE, BUDGET = 0.1, 1415
"""Learning rate, and the number of examples or of updates: five times the 283 images."""
RULES = ("examples", "updates", "scaled")
BATCHES = (1, 4, 16, 64, 283)
CLOUD_BATCHES, CLOUD_RATES = (1, 2, 4, 8, 16, 32, 64, 128), (0.5, 1, 2, 4, 8, 16, 32, 64)


class Task(NamedTuple):
    """Images as two numbers each, whether each shows a nine, and where the loss has its minimum."""

    x: Float[ndarray, "N 2"]
    nine: Float[ndarray, " N"]
    best: Float[ndarray, " 2"]
    lowest: float
    hessian: Float[ndarray, "2 2"]


@cache
def task() -> Task:
    """Project fives and nines of the training digits on their two principal directions."""
    data = digits()
    chosen = (data.labels == 5) | (data.labels == 9)
    images, nine = data.x[chosen], (data.labels[chosen] == 9).astype(float)
    images = images - images.mean(axis=0)
    directions = np.linalg.svd(images, full_matrices=False)[2][:2]
    x = images @ (directions * np.sign(directions.sum(axis=1, keepdims=True))).T
    x = x / x.std()
    at, hessian = np.zeros(2), np.eye(2)
    for _ in range(20):  # Newton's steps
        p = expit(x @ at)
        hessian = (x * (p * (1 - p))[:, None]).T @ x / len(x)
        at = at - np.linalg.solve(hessian, x.T @ (p - nine) / len(x))
    return Task(x, nine, at, losses.logistic(x @ at, nine)[0], hessian)


def gradient(at: Float[ndarray, " 2"], rows: ndarray | slice = slice(None)) -> Float[ndarray, " 2"]:
    """Gradient of the mean loss of some examples, by default of all."""
    x, nine = task().x[rows], task().nine[rows]
    return x.T @ losses.logistic(x @ at, nine)[1]


def excess(at: Float[ndarray, "*S 2"]) -> Float[ndarray, "*S"]:
    """Loss of all examples above its minimum."""
    x, nine, _, lowest, _ = task()
    scores = at @ x.T
    return (np.logaddexp(0, scores) - scores * nine).mean(axis=-1) - lowest


@cache
def descend(batch: int, rule: str, seed: int = 0) -> xr.Dataset:
    """Descend in batches, each epoch shuffled anew and its last batch as small as it comes.

    Parameters
    ----------
    batch : int
    rule : {"examples", "updates", "scaled"}
        Stop after 1,415 examples or after 1,415 updates, at rate 0.1; or after 1,415 examples, at a rate of
        0.1 times the batch size.
    seed : int

    Returns
    -------
    xarray.Dataset
        Over ``update``: ``at`` (with ``axis``), ``excess`` and how many examples were ``seen``.
    """
    rate = RATE * (batch if rule == "scaled" else 1)
    path, seen = [START], [0]
    for rows in minibatches(np.random.default_rng(seed), len(task().x), batch, drop_last=False):
        path.append(sgd(path[-1], gradient(path[-1], rows), lr=rate))
        seen.append(seen[-1] + len(rows))
        if (len(path) - 1 if rule == "updates" else seen[-1]) >= BUDGET:
            break
    at = np.array(path)
    return xr.Dataset(
        {"at": (("update", "axis"), at), "excess": ("update", excess(at)), "seen": ("update", seen)}
    )


def gradient_noise(batches: Iterable[int], *, draws: int = 4000) -> xr.Dataset:
    """Draw many batches at the start of the paths; over ``batch``: the deviation of their gradients.

    ``measured`` is the root of the mean squared distance from the gradient of all examples, ``formula``
    what follows from the gradients of single examples, and ``length`` the length of the whole gradient.
    """
    x, nine, rng = task().x, task().nine, np.random.default_rng(0)
    each = x * (expit(x @ START) - nine)[:, None]  # (N, 2), a gradient an example
    whole, n, batches = each.mean(axis=0), len(x), list(batches)
    variance = ((each - whole) ** 2).sum(axis=1).mean()
    measured = [
        np.mean(
            [
                ((each[rng.choice(n, size, replace=False)].mean(axis=0) - whole) ** 2).sum()
                for _ in range(draws)
            ]
        )
        for size in batches
    ]
    formula = [variance / size * (n - size) / (n - 1) for size in batches]
    return xr.Dataset(
        {
            "measured": ("batch", np.sqrt(measured)),
            "formula": ("batch", np.sqrt(formula)),
            "length": float(np.linalg.norm(whole)),
        },
        {"batch": batches},
    )


CLOUD = 100
"""Runs whose ends make a cloud."""


@cache
def cloud(batch: int, rate: float, seed: int = 0) -> xr.Dataset:
    """Start many runs at the minimum, and let each step in batches of its own, drawn with replacement.

    Returns
    -------
    xarray.Dataset
        Over ``run``: where it is ``at`` the end (with ``axis``) and the ``excess`` of the loss there;
        ``distance``, the root of the mean squared distance from the minimum.
    """
    x, nine, best, *_ = task()
    rng, at = np.random.default_rng(seed), np.tile(best, (CLOUD, 1))
    for _ in range(max(100, round(200 / rate))):  # in 200/rate steps the slowest direction forgets 98 %
        rows = rng.integers(len(x), size=(CLOUD, batch))
        errors = expit((x[rows] @ at[..., None])[..., 0]) - nine[rows]  # (run, batch)
        at = at - rate * (errors[:, None] @ x[rows])[:, 0] / batch
    distance = float(np.sqrt(((at - best) ** 2).sum(axis=1).mean()))
    return xr.Dataset({"at": (("run", "axis"), at), "excess": ("run", excess(at)), "distance": distance})
