r"""How large a learning rate may be: loss after 50 steps over the rate, with a cliff at $2/\lambda_{\max}$.

A linear map from the 64 pixels of a digit to ten scores is fitted with the squared error. Its loss is a
quadratic, so its largest second derivative $\lambda_{\max}$ is the same everywhere. Beside it stands a small
network, whose second derivatives change on the way.
"""

from functools import cache
from itertools import islice

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense, losses
from livenotes._trees import leaves, tree_map
from livenotes.activations import relu
from livenotes.datasets.digits import digits
from livenotes.dense import Layer
from livenotes.lab.training import descent, minibatches
from livenotes.optimization import global_norm

STEPS = 50
EXPLODED = 100.0
"""A loss beyond this, where guessing costs 2.3 nats, is on its way to infinity."""

RATES = (0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.05, 1.1, 1.2)


@cache
def second_derivatives() -> Float[ndarray, " 64"]:
    """All second derivatives of the linear map's loss along its own axes, from small to large."""
    x = digits().x
    return np.linalg.eigvalsh(2 * x.T @ x / (len(x) * 10))


def limit() -> float:
    r"""Largest rate with which the linear map does not explode, $2/\lambda_{\max}$."""
    return float(2 / second_derivatives()[-1])


def limit_in_batches(batch: int) -> float:
    r"""About where steps in batches explode, $2/(\lambda_{\max} + \mathrm{tr}/B)$, with the trace of all.

    In a batch of one, the second derivative along the example is its own squared length, which on average is
    the sum of all second derivatives, the trace. {cite}`ma2018power` show how the two share the limit.
    """
    curvatures = second_derivatives()
    return float(2 / (curvatures[-1] + (curvatures.sum() / batch if batch < len(digits().x) else 0)))


@cache
def linear(batch: int, rate: float, seed: int = 0) -> xr.DataArray:
    """Fit the linear map for 50 steps, from zeros; the loss of all digits over ``update``."""
    data = digits()
    x, targets = data.x, np.eye(10)[data.labels]
    w, found = np.zeros((10, 64)), []
    h, xt, tt = x.T @ x / len(x), targets.T @ x / len(x), (targets**2).mean()
    for rows in islice(minibatches(np.random.default_rng(seed), len(x), batch), STEPS + 1):
        # The loss of all digits from their moments, which is the mean of squares multiplied out.
        found.append((np.sum(w @ h * w) - 2 * np.sum(w * xt)) / 10 + tt)
        g = xt if batch == len(x) else targets[rows].T @ x[rows] / batch
        curve = h if batch == len(x) else x[rows].T @ x[rows] / batch
        w = w - rate * 2 / 10 * (w @ curve - g)
    return xr.DataArray(found, dims="update")


@cache
def after_fifty(batch: int) -> xr.DataArray:
    """Loss of the linear map after 50 steps, a median over five draws of the batches, over ``rate``."""
    ends = [[linear(batch, rate, seed)[-1].item() for seed in range(5)] for rate in RATES]
    return xr.DataArray(np.median(ends, axis=1), {"rate": list(RATES)}, "rate")


def network(seed: int) -> list[Layer]:
    """A net of 32 ReLU units for the digits, before training."""
    return dense.init(np.random.default_rng(seed), [64, 32, 10], gain=np.sqrt(2))


def _gradient(layers: list[Layer]) -> list[Layer]:
    data = digits()
    out, tape = dense.forward(layers, data.x, relu)
    return dense.backward(tape, losses.softmax_cross_entropy(out, data.labels)[1]).g_layers


def _times(factor: float, layers: list[Layer]) -> list[Layer]:
    return tree_map(lambda p: factor * p, layers)


def sharpness(layers: list[Layer], *, rounds: int = 30, nudge: float = 1e-5) -> float:
    r"""Largest second derivative of the net's loss, $\lambda_{\max}$, by power iteration.

    The matrix of second derivatives times a direction is the derivative of the gradient in that direction.
    """
    rng, largest = np.random.default_rng(0), 0.0
    direction = tree_map(lambda p: rng.normal(size=p.shape), layers)
    for _ in range(rounds):
        direction = _times(1 / global_norm(direction), direction)
        ahead, behind = (
            _gradient(tree_map(np.add, layers, _times(size, direction))) for size in (nudge, -nudge)
        )
        turned = tree_map(lambda a, b: (a - b) / (2 * nudge), ahead, behind)
        largest = sum(float((d * t).sum()) for d, t in zip(leaves(direction), leaves(turned), strict=True))
        direction = turned
    return largest


MULTIPLES = (0.25, 0.5, 1.0, 2.0, 4.0)


@cache
def network_after_fifty(seed: int) -> xr.Dataset:
    """Train the net for 50 full-batch steps at multiples of its own limit at the start.

    Over ``multiple``: the ``loss`` and the ``sharpness`` after the last step, which is missing where the loss
    has exploded; besides the ``limit``, which is 2 over the sharpness at the start.
    """
    data, start = digits(), network(seed)
    bound, rows = 2 / sharpness(start), []
    for multiple in MULTIPLES:
        steps = descent(start, data.x, data.labels, relu, losses.softmax_cross_entropy, multiple * bound)
        layers = next(islice(steps, STEPS, None))
        loss, _ = losses.softmax_cross_entropy(dense.forward(layers, data.x, relu)[0], data.labels)
        rows.append((loss, sharpness(layers) if loss < EXPLODED else np.nan))
    loss, sharp = np.array(rows).T
    return xr.Dataset(
        {"loss": ("multiple", loss), "sharpness": ("multiple", sharp), "limit": bound},
        {"multiple": list(MULTIPLES)},
    )
