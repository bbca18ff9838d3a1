r"""Why outputs centered on zero help: on one neuron with two weights, and in nets that learn the digits."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from itertools import islice

import numpy as np
import xarray as xr

from livenotes import dense
from livenotes._arguments import require_number, require_positive
from livenotes.activations import sigmoid, tanh
from livenotes.datasets.digits import digits
from livenotes.lab.sweep import at_best_rate, sweep
from livenotes.lab.training import accuracy, descent, minibatches
from livenotes.losses import logistic, softmax_cross_entropy

EXAMPLES = 200
START = np.array([-1.5, 0.5])
BEST = np.array([0.5, -0.5])
TOLERANCE = 0.01
LONGEST_PATH = 100_000

# The sigmoid moved down by one half: the same slopes, another mean.
_CENTERED = replace(
    sigmoid, name="centered sigmoid", function=lambda x: sigmoid(x) - 0.5, image=(-0.5, 0.5), torch_name=None
)
# Activation, hidden layers, and whether the pixels are centered or start at 0.
_VARIANTS = {
    "tanh, pixels from 0": (tanh, 1, False),
    "tanh, pixels centered": (tanh, 1, True),
    "sigmoid": (sigmoid, 2, True),
    "sigmoid - 1/2": (_CENTERED, 2, True),
}
RATES = (0.3, 1.0, 3.0, 10.0)
LONGEST, EVERY = 400, 4


def zigzag(mean: float, spread: float, seed: int) -> xr.Dataset:
    r"""Fit $y = w_1 x_1 + w_2 x_2$ to noiseless targets by gradient descent, from a fixed start.

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
    xarray.Dataset
        ``path`` (update, weight), the weights from the start to the first point whose distance to the
        ``best`` (weight), where the loss is 0, is 1 % of that at the start. ``loss`` (w2, w1), half the mean
        squared error, on a grid of 61 by 61 weights. One number each: ``steps``, the updates that were made;
        ``rate``, the learning rate that converges fastest, $2/(\lambda_1 + \lambda_2)$; ``condition``,
        $\lambda_1/\lambda_2$ of the Hessian, on average $1 + 2(\mathrm{mean}/\mathrm{spread})^2$.

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
    while np.linalg.norm(path[-1] - BEST) > TOLERANCE * np.linalg.norm(START - BEST):
        if len(path) > LONGEST_PATH:
            raise ValueError(
                f"spread: {spread} is too small for a mean of {mean}: no end after {LONGEST_PATH} steps"
            )
        path.append(path[-1] - rate * hessian @ (path[-1] - BEST))
    axis = np.linspace(-2.5, 2.5, 61)
    away = np.stack(np.meshgrid(axis, axis), axis=-1) - BEST
    return xr.Dataset(
        {
            "path": (("update", "weight"), path),
            "best": ("weight", BEST),
            "loss": (("w2", "w1"), np.einsum("gki,ij,gkj->gk", away, hessian, away) / 2),
            "steps": len(path) - 1,
            "rate": rate,
            "condition": high / low,
        },
        coords={"w1": axis, "w2": axis},
    )


def same_sign(batch_size: int, seeds: Sequence[int]) -> xr.DataArray:
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
    xarray.DataArray
        With dimension (seed), each from 0 to 1.

    Raises
    ------
    ValueError
        If the batch size is out of range.
    """
    return xr.DataArray([_same_sign(batch_size, seed) for seed in seeds], {"seed": list(seeds)})


def centering(seeds: Sequence[int], executor: Executor | None = None) -> xr.DataArray:
    """Train nets with hidden layers of 64 units on the digits, with and without zero in the middle.

    Two ways to feed a tanh net, then two hidden activations that differ by a constant. Centering the pixels
    removes nothing: a bias can make up for it, and so for the half of a sigmoid. Only the path of gradient
    descent differs.

    Parameters
    ----------
    seeds : sequence of int
        Of the starting weights and the order of the images.
    executor : concurrent.futures.Executor, optional

    Returns
    -------
    xarray.DataArray
        Minibatches of 64 until 95 % of the training digits are right, at the best of four learning rates:
        dimensions (variant, seed), counted in fours; 400 where it takes longer.
    """
    axes = {"variant": tuple(_VARIANTS), "rate": RATES, "seed": seeds}
    return at_best_rate(sweep(_arrival, axes, executor).steps)


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


def _arrival(variant: str, rate: float, seed: int) -> xr.Dataset:
    return xr.Dataset({"steps": _steps(variant, rate, seed)})


def _steps(variant: str, rate: float, seed: int) -> int:
    activation, depth, centered = _VARIANTS[variant]
    data, rng = digits(), np.random.default_rng(seed)
    x = data.x if centered else data.x - data.x.min(axis=0)
    layers = dense.init(rng, [64] + depth * [64] + [10])
    run = descent(
        layers, x, data.labels, activation, softmax_cross_entropy, rate, minibatches(rng, len(x), 64)
    )
    for step, net in enumerate(islice(run, LONGEST)):
        if step % EVERY == 0 and accuracy(dense.forward(net, x, activation)[0], data.labels) >= 0.95:
            return step
    return LONGEST
