"""Dropout before batch norm: the variance shift in a random layer, and what it costs a trained net."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes._arguments import require_count, require_fraction
from livenotes.activations import ActivationTape, relu
from livenotes.activations.base import Array
from livenotes.dense import Layer
from livenotes.dropout import DropoutTape, dropout, dropout_backward
from livenotes.lab.normed import Block, NormedNet
from livenotes.lab.store import Stored, load, register
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.normalization import (
    BatchNormTape,
    RunningStats,
    batch_norm,
    batch_norm_backward,
    batch_norm_predict,
    running_init,
    update_running,
)
from livenotes.optimization import sgd

from .nets import clean_digits

# --- what batch norm learns while units are dropped, and what it meets in prediction ---

WIDEST, DRAWS = 512, 8


def variance_shift(rate: float, width: int, seed: int) -> xr.Dataset:
    r"""Measure the shift in two random layers that see the validation digits, with ReLU and He's weights.

    Two places for batch norm after inverted dropout: right behind the dropped units, and behind a linear
    layer that reads them. A ratio is the variance, over images and masks, of what enters batch norm in
    prediction, which is also that without dropout, over that in training.

    Parameters
    ----------
    rate : float, in [0, 1)
        A higher rate drops the same units, and more.
    width : int, from 1 to 512
        Units of either layer. A wide layer begins with the units of a narrow one.
    seed : int

    Returns
    -------
    xarray.Dataset
        ``direct``, ``direct_theory``: ratio for every ``unit`` that is dropped: measured over 8 masks for
        each image, and $\operatorname{var} x \,/\, [\mathrm E\,x^2/(1-p) - (\mathrm E\,x)^2]$. Units that are
        never active are left out.
        ``linear``, ``linear_theory``: ratio for every ``output`` of the linear layer: measured, and
        $1 \,/\, [1 + \tfrac{p}{1-p}\sum_j w_j^2\,\mathrm E\,x_j^2 / \operatorname{var}(w\cdot x)]$.

    Raises
    ------
    ValueError
        An argument is out of range.
    """
    keep, width = 1 - require_fraction("rate", rate), require_count("width", width)
    if width > WIDEST:
        raise ValueError(f"width must be at most {WIDEST}, got {width}")
    x, w = _random_layers(seed)
    x, w = x[:, :width], w[:width, :width] * np.sqrt(2 / width)
    rng = np.random.default_rng([seed, 1])
    masked = np.concatenate([x * (rng.uniform(size=x.shape) >= rate) / keep for _ in range(DRAWS)])
    square = np.square(x).mean(axis=0)
    active = square > 0
    before, after = x.var(axis=0)[active], (x @ w.T).var(axis=0)
    return xr.Dataset(
        {
            "direct": ("unit", before / masked.var(axis=0)[active]),
            "direct_theory": ("unit", before / (square[active] / keep - x.mean(axis=0)[active] ** 2)),
            "linear": ("output", after / (masked @ w.T).var(axis=0)),
            "linear_theory": ("output", _shift_of_sum(x, w, rate)),
        },
        coords={"unit": np.flatnonzero(active)},
    )


def _shift_of_sum(x: Float[ndarray, "N U"], w: Float[ndarray, "O U"], rate: float) -> Float[ndarray, " O"]:
    """Variance of every sum ``w @ x`` over its variance when the inputs are dropped."""
    noise = rate / (1 - rate) * np.square(w) @ np.square(x).mean(axis=0)
    return np.asarray(1 / (1 + noise / (x @ w.T).var(axis=0)))


@lru_cache(maxsize=2)
def _random_layers(seed: int) -> tuple[Float[ndarray, "V U"], Float[ndarray, "U U"]]:
    """Outputs of the first layer at its widest, and standard normal weights of the second."""
    rng = np.random.default_rng([seed, 0])
    x = clean_digits().x_val.astype(float)
    first = rng.normal(scale=np.sqrt(2 / x.shape[1]), size=(WIDEST, x.shape[1]))
    return relu(x @ first.T), rng.normal(size=(WIDEST, WIDEST))


# --- batch norm after dropout in a trained net ---

HIDDEN, BATCH, LEARNING_RATE, UPDATES = 3, 64, 0.1, 800


def normalized() -> xr.Dataset:
    """Read the stored nets with batch norm and dropout; ``make results`` runs them again.

    Nets of three hidden layers, each linear, batch norm, ReLU, dropout, on the 1,437 clean digits.

    Returns
    -------
    xarray.Dataset
        By ``place``: dropout stands after every hidden layer, or after the last alone, where no batch norm
        follows; ``rate`` of dropout; ``width``, the units of every hidden layer; and ``seed``.

        ``ratio``: for the batch norm of each ``layer``, the variance of what enters it in prediction, over
        the one it has learned by running averages; mean over the units.
        ``expected``: what the formula of ``variance_shift`` gives for it with the weights and the inputs of
        this net, if the layer below is the only one that drops; 1 where that does not drop.
        ``accuracy``: on the 360 validation images, predicted with the running averages.
        ``accuracy_again``: with means and variances taken again over the training images, with nothing
        dropped.
    """
    return load("dropout-normalized")


class BlockTape(NamedTuple):
    """What the backward pass of one hidden layer needs."""

    h: Array
    norm: BatchNormTape
    bent: ActivationTape
    dropped: DropoutTape


class NetTape(NamedTuple):
    """The tapes of the hidden layers, and what they hand to the output."""

    blocks: list[BlockTape]
    h: Array


def init(rng: np.random.Generator, width: int) -> NormedNet:
    """Draw He's weights; batch norm starts as it normalizes."""
    *hidden, out = dense.init(rng, [64, *HIDDEN * [width], 10], gain=2**0.5, dtype=np.float32)
    ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
    return NormedNet([Block(layer.w, ones, zeros) for layer in hidden], out)


def forward(
    net: NormedNet, x: Array, rates: Sequence[float], rng: np.random.Generator
) -> tuple[Array, NetTape]:
    """Run the net as in training: batch statistics, and units dropped at the rate of each layer."""
    tapes, h = [], x
    for block, rate in zip(net.blocks, rates, strict=True):
        s, norm = batch_norm(h @ block.w.T, block.gamma, block.beta)
        bend, bent = relu.forward(s)
        kept, dropped = dropout(bend, rng, rate=rate)
        tapes.append(BlockTape(h, norm, bent, dropped))
        h = kept
    return h @ net.out.w.T + net.out.b, NetTape(tapes, h)


def backward(net: NormedNet, tape: NetTape, g: Array) -> NormedNet:
    """Return dL/d(net) from dL/d(out)."""
    g_out, g = Layer(g.T @ tape.h, g.sum(axis=0)), g @ net.out.w
    g_blocks = []
    for block, own in zip(reversed(net.blocks), reversed(tape.blocks), strict=True):
        g = relu.backward(own.bent, dropout_backward(own.dropped, g))
        g, g_gamma, g_beta = batch_norm_backward(own.norm, g)
        g_blocks.append(Block(g.T @ own.h, g_gamma, g_beta))
        g = g @ block.w
    return NormedNet(g_blocks[::-1], g_out)


def predict(net: NormedNet, x: Array, running: Sequence[RunningStats]) -> tuple[Array, list[Array]]:
    """Run the net with nothing dropped; also return what enters each batch norm."""
    entering, h = [], x
    for block, stats in zip(net.blocks, running, strict=True):
        entering.append(h @ block.w.T)
        h = relu(batch_norm_predict(entering[-1], block.gamma, block.beta, stats)[0])
    return h @ net.out.w.T + net.out.b, entering


def run_normalized(place: str, rate: float, width: int, seed: int) -> xr.Dataset:
    """Train one net and predict with either kind of statistics."""
    task = clean_digits()
    weights, batches, masks = (np.random.default_rng([seed, k]) for k in (1, 2, 3))
    net, running = init(weights, width), HIDDEN * [running_init(width, np.float32)]
    rates = HIDDEN * [rate] if place == "after every layer" else [*(HIDDEN - 1) * [0.0], rate]
    for _, rows in zip(range(UPDATES), minibatches(batches, len(task.x), BATCH), strict=False):
        out, tape = forward(net, task.x[rows], rates, masks)
        _, g = softmax_cross_entropy(out, task.labels[rows])
        net = sgd(net, backward(net, tape, g), lr=LEARNING_RATE)
        running = [update_running(r, t.norm) for r, t in zip(running, tape.blocks, strict=True)]
    _, tape = forward(net, task.x, HIDDEN * [0.0], masks)
    again = [RunningStats(own.norm.mean, own.norm.var) for own in tape.blocks]
    return xr.Dataset(
        {
            "ratio": ("layer", _ratios(net, task.x, running)),
            "expected": ("layer", [1.0, *_expected(net, task.x, running, rates)]),
            "accuracy": accuracy(predict(net, task.x_val, running)[0], task.labels_val),
            "accuracy_again": accuracy(predict(net, task.x_val, again)[0], task.labels_val),
        },
        coords={"layer": np.arange(1, HIDDEN + 1)},
    )


def _ratios(net: NormedNet, x: Array, running: Sequence[RunningStats]) -> Float[ndarray, " 3"]:
    _, entering = predict(net, x, running)
    return np.array([(s.var(axis=0) / r.var).mean() for s, r in zip(entering, running, strict=True)], float)


def _expected(
    net: NormedNet, x: Array, running: Sequence[RunningStats], rates: Sequence[float]
) -> list[float]:
    """What the formula says of every batch norm but the first, which stands behind the pixels."""
    _, entering = predict(net, x, running)
    found = []
    for below, block, s, stats, rate in zip(
        net.blocks, net.blocks[1:], entering, running, rates, strict=False
    ):
        h = relu(batch_norm_predict(s, below.gamma, below.beta, stats)[0])
        found.append(float(_shift_of_sum(h, block.w, rate).mean()))
    return found


register(
    Stored(
        name="dropout-normalized",
        run=run_normalized,
        axes={
            "place": ("after every layer", "after the last"),
            "rate": (0.0, 0.1, 0.2, 0.3, 0.5, 0.7),
            "width": (16, 64, 256),
            "seed": (0, 1, 2),
        },
        seed=0,
        rtol={"ratio": 0.05, "expected": 0.05, "accuracy": 0.03, "accuracy_again": 0.03},
    )
)
