r"""Why outputs centered on zero help: the path of gradient descent on inputs that share a sign."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import require_number, require_positive
from livenotes.activations import sigmoid
from livenotes.lab.training import minibatches
from livenotes.losses import logistic

EXAMPLES = 200
START = np.array([-1.5, 0.5])
TARGET = np.array([0.5, -0.5])
TOLERANCE = 0.01
LONGEST = 100_000


class Zigzag(NamedTuple):
    r"""Gradient descent for a linear neuron with two weights.

    Attributes
    ----------
    path : (T + 1, 2)
        The weights, from the start to the first point within tolerance of the best ones.
    best : (2,)
        The weights at which the loss is 0.
    axis : (61,)
        Coordinates of the grid of the contours, the same for both weights.
    loss : (61, 61)
        Half the mean squared error there; the first axis is the second, vertical, weight.
    rate : float
        The learning rate, $2/(\lambda_1 + \lambda_2)$: it converges fastest.
    condition : float
        $\lambda_1/\lambda_2$ of the Hessian; on average $1 + 2(\mathrm{mean}/\mathrm{spread})^2$.
    steps : int
        Updates until the distance to the best weights is 1 % of that at the start.
    """

    path: Float[ndarray, "T 2"]
    best: Float[ndarray, " 2"]
    axis: Float[ndarray, " G"]
    loss: Float[ndarray, "G G"]
    rate: float
    condition: float
    steps: int


def zigzag(mean: float, spread: float, seed: int) -> Zigzag:
    r"""Fit $y = w_1 x_1 + w_2 x_2$ to noiseless targets, from a fixed start.

    Both inputs are normal with the given mean and spread, 200 examples.

    Parameters
    ----------
    mean, spread : float
        Of both inputs; the spread is positive. The output of a sigmoid for a standard normal input has mean
        0.5 and spread 0.21.
    seed : int
        Of the inputs.

    Returns
    -------
    Zigzag

    Raises
    ------
    ValueError
        If ``spread`` is not positive, or so small beside the mean that 100,000 updates do not suffice.
    """
    mean, spread = require_number("mean", mean), require_positive("spread", spread)
    x = np.random.default_rng(seed).normal(mean, spread, size=(EXAMPLES, 2))
    hessian = x.T @ x / EXAMPLES  # of half the mean squared error
    low, high = np.linalg.eigvalsh(hessian)
    rate = 2 / (low + high)
    path = [START]
    while np.linalg.norm(path[-1] - TARGET) > TOLERANCE * np.linalg.norm(START - TARGET):
        if len(path) > LONGEST:
            raise ValueError(
                f"spread: {spread} is too small for a mean of {mean}: no end after {LONGEST} steps"
            )
        path.append(path[-1] - rate * hessian @ (path[-1] - TARGET))
    axis = np.linspace(-2.5, 2.5, 61)
    away = np.stack(np.meshgrid(axis, axis), axis=-1) - TARGET
    loss = np.einsum("gki,ij,gkj->gk", away, hessian, away) / 2
    return Zigzag(np.array(path), TARGET, axis, loss, float(rate), float(high / low), len(path) - 1)


def same_sign(batch_size: int, seeds: Sequence[int]) -> Float[ndarray, " S"]:
    """Share of updates that move all ten weights of a neuron in the same direction.

    The inputs of the neuron are sigmoids of a random projection of the data, so all are positive. It learns
    the classes that a random line defines, with the logistic loss, for 300 updates at rate 0.5.

    Parameters
    ----------
    batch_size : int
        Examples an update, from 1 to 1000.
    seeds : sequence of int

    Returns
    -------
    (seeds,) array, each from 0 to 1

    Raises
    ------
    ValueError
        If the batch size is out of range.
    """
    return np.array([_same_sign(batch_size, seed) for seed in seeds])


def _same_sign(batch_size: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(1000, 10))
    h = sigmoid(x @ rng.normal(scale=10**-0.5, size=(10, 10)))  # (N, 10), all positive
    targets = (x @ rng.normal(size=10) > 0).astype(float)
    w, b = np.zeros(10), 0.0
    same = []
    for rows in islice(minibatches(rng, len(x), batch_size), 300):
        _, g = logistic(h[rows] @ w + b, targets[rows])
        g_w = g @ h[rows]
        same.append(np.abs(np.sign(g_w).sum()) == len(w))
        w, b = w - 0.5 * g_w, b - 0.5 * g.sum()
    return float(np.mean(same))
