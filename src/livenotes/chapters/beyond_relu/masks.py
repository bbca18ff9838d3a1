"""What a zero means: what it leaves unused, who decides where it falls, what it does to the mean."""

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np
import xarray as xr
from numpy import ndarray

from livenotes import dense
from livenotes._arguments import require_choice, require_count
from livenotes._validated import body
from livenotes.activations import REGISTRY, Activation, relu
from livenotes.dense import Layer
from livenotes.lab.curves import peak_slope
from livenotes.lab.normed import NormedNet, backward, begin, forward, task
from livenotes.lab.training import accuracy, descent, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init

from .race import WIDTHS, data

BATCH = 64


def in_use(kind: str, activation: str, seeds: int = 5) -> xr.Dataset:
    """Look at a net of five hidden layers before training, on one batch of 64 digits.

    Parameters
    ----------
    kind : {"none", "batch"}
        With or without batch norm.
    activation : str
    seeds : int

    Returns
    -------
    Dataset
        Over ``seed``: ``negative``, the share of sums below 0; ``passing``, the share of sums where the slope
        is more than 5 % of the largest; ``unused``, the share of hidden weights whose gradient over the batch
        is exactly 0; and ``one_example``, the same for a batch of one example, without batch norm alone.
    """
    require_choice("kind", kind, ("none", "batch"))
    require_count("seeds", seeds)
    f, rows = REGISTRY[activation], []
    for seed in range(seeds):
        rng = np.random.default_rng([seed, 5])
        net = begin(rng, kind, depth=5, gain=1.0, activation=activation)
        chosen = rng.choice(len(task().x), BATCH, replace=False)

        def unused(few: ndarray, net: NormedNet = net) -> tuple[float, list[ndarray]]:
            out, tape = forward(kind, net, task().x[few], f)
            _, g = body(softmax_cross_entropy)(out, task().labels[few])
            grads = backward(kind, net, tape, g, f)[0]
            zero = np.concatenate([(block.w == 0).ravel() for block in grads.blocks[1:]])
            return float(zero.mean()), [bent.x for _, bent in tape[:-1]]

        share, sums = unused(chosen)
        a = np.stack(sums)
        passing = np.abs(f.slope(a)) > 0.05 * peak_slope(f)
        single = unused(chosen[:1])[0] if kind == "none" else np.nan
        rows.append(((a < 0).mean(), passing.mean(), share, single))
    columns = zip(("negative", "passing", "unused", "one_example"), np.array(rows).T, strict=True)
    return xr.Dataset({name: ("seed", values) for name, values in columns})


def masked_by(chance: bool, seed: int) -> float:
    """Train a net on the spirals whose sums are cut where they are negative, or by chance, as dropout does.

    What is left is doubled in both, so that the mean is kept; where chance decides, prediction cuts nothing.

    Returns
    -------
    float
        Share of right answers on new points.
    """
    own, rng = data("spirals", seed), np.random.default_rng([seed, 3])
    net = dense.init(np.random.default_rng([seed, 0]), [2, *WIDTHS["spirals"], 2], dtype=np.float32)
    state = adam_init(net)

    def run(net: list[Layer], x: ndarray, learns: bool) -> tuple[ndarray, list[ndarray], list[ndarray]]:
        inputs, masks = [x], []
        for w, b in net[:-1]:
            a = inputs[-1] @ w.T + b
            mask = 2 * (rng.random(a.shape) < 0.5 if chance else a > 0)
            masks.append(mask.astype(a.dtype) if learns or not chance else np.ones_like(a))
            inputs.append(a * masks[-1])
        return inputs[-1] @ net[-1].w.T + net[-1].b, inputs, masks

    for _, rows in zip(range(300), minibatches(np.random.default_rng([seed, 1]), 300, 64), strict=False):
        out, inputs, masks = run(net, own.x[rows], learns=True)
        _, g = body(softmax_cross_entropy)(out, own.labels[rows])
        grads = []
        for k in reversed(range(len(net))):
            grads.append(Layer(g.T @ inputs[k], g.sum(axis=0)))
            g = g @ net[k].w * masks[k - 1] if k else g
        net, state = body(adam)(net, grads[::-1], state, lr=0.03)
    return accuracy(run(net, own.x_new, learns=False)[0], own.labels_new)


MEAN = float(1 / np.sqrt(2 * np.pi))  # of ReLU over a standard normal input


def _lowered(x: ndarray) -> ndarray:
    return relu(x) - x.dtype.type(MEAN)


CENTERED = Activation(
    name="centered_relu",
    function=_lowered,
    derivative=relu.slope,
    formula=r"\max(0, x)-1/\sqrt{2\pi}",
    slope_formula=relu.slope_formula,
    image=(-MEAN, np.inf),
    cite=relu.cite,
    chapter="beyond-relu",
)
"""ReLU minus its mean over a standard normal input: the same curve, without the shift."""


@cache
def shift(seeds: int = 5, *, rates: Sequence[float] = (0.05, 0.1, 0.2), updates: int = 200) -> xr.DataArray:
    """Train five hidden layers of 64 units with ReLU and with ReLU minus its mean, by plain descent.

    The starts keep the mean square of one or of the other.

    Returns
    -------
    DataArray
        Training loss over all digits at the end, over ``curve``, ``start``, ``rate`` and ``seed``.
    """
    curves: dict[str, Activation] = {"ReLU": relu, "ReLU minus its mean": CENTERED}
    starts = {"He's": 0.5**-0.5, "larger": (0.5 - MEAN**2) ** -0.5}
    axes = {"curve": list(curves), "start": list(starts), "rate": list(rates), "seed": list(range(seeds))}
    points = product(curves.values(), starts.values(), rates, range(seeds))
    losses = [_loss(f, gain, seed, rate, updates) for f, gain, rate, seed in points]
    return xr.DataArray(np.reshape(losses, (len(curves), len(starts), len(rates), seeds)), axes, tuple(axes))


def _loss(f: Activation, gain: float, seed: int, rate: float, updates: int) -> float:
    net = dense.init(np.random.default_rng([seed, 0]), [64, *[64] * 5, 10], gain=gain, dtype=np.float32)
    x, labels, loss = task().x, task().labels, body(softmax_cross_entropy)
    batches = minibatches(np.random.default_rng([seed, 1]), len(x), BATCH)
    for _, trained in zip(range(updates + 1), descent(net, x, labels, f, loss, rate, batches), strict=False):
        net = trained
    return float(loss(dense.forward(net, x, f)[0], labels)[0])
