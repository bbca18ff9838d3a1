"""Batch norm after dropout in a trained net: what becomes of the shift, and of the accuracy."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes import dense
from livenotes.activations import ActivationTape, relu
from livenotes.activations.base import Array
from livenotes.dense import Layer
from livenotes.dropout import DropoutTape, dropout, dropout_backward
from livenotes.lab.store import Arrays, Stored, load, register
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

from .task import clean_digits

PLACES = ("after every layer", "after the last")
RATES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)
WIDTHS = (16, 64, 256)
SEEDS = (0, 1, 2)
HIDDEN, BATCH, LEARNING_RATE, UPDATES = 3, 64, 0.1, 800


class Normalized(NamedTuple):
    """Nets of three hidden layers, each linear, batch norm, ReLU, dropout, on the 1,437 clean digits.

    Dropout stands after every hidden layer, or after the last alone, where no batch norm follows.

    Attributes
    ----------
    places : tuple of str
    rates, widths : (R,), (W,)
        Of dropout, and units of every hidden layer.
    ratio : (P, R, W, S, 3)
        For each batch norm: variance of what enters it in prediction, over the one it has learned by running
        averages; mean over the units.
    accuracy : (P, R, W, S)
        On the 360 validation images, predicted with the running averages.
    accuracy_again : (P, R, W, S)
        The same with means and variances taken again over the training images, with nothing dropped.
    """

    places: tuple[str, ...]
    rates: Float[ndarray, " R"]
    widths: Int[ndarray, " W"]
    ratio: Float[ndarray, "P R W S 3"]
    accuracy: Float[ndarray, "P R W S"]
    accuracy_again: Float[ndarray, "P R W S"]


def normalized() -> Normalized:
    """Read the stored comparison; ``make results`` runs it again."""
    arrays = load("dropout-normalized")
    keys = ("rate", "width", "ratio", "accuracy", "accuracy_again")
    return Normalized(PLACES, *(arrays[key] for key in keys))


class Block(NamedTuple):
    """Weights of a hidden layer, and scale and shift of its batch norm."""

    w: Float[ndarray, "H D"]
    gamma: Float[ndarray, " H"]
    beta: Float[ndarray, " H"]


class Net(NamedTuple):
    """Hidden layers and the linear output, or a gradient with respect to them."""

    blocks: list[Block]
    out: Layer


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


def init(rng: np.random.Generator, width: int) -> Net:
    """Draw He's weights; batch norm starts as it normalizes."""
    *hidden, out = dense.init(rng, [64, *HIDDEN * [width], 10], gain=2**0.5, dtype=np.float32)
    ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
    return Net([Block(layer.w, ones, zeros) for layer in hidden], out)


def forward(net: Net, x: Array, rates: Sequence[float], rng: np.random.Generator) -> tuple[Array, NetTape]:
    """Run the net as in training: batch statistics, and units dropped at the rate of each layer."""
    tapes, h = [], x
    for block, rate in zip(net.blocks, rates, strict=True):
        s, norm = batch_norm(h @ block.w.T, block.gamma, block.beta)
        bend, bent = relu.forward(s)
        kept, dropped = dropout(bend, rng, rate=rate)
        tapes.append(BlockTape(h, norm, bent, dropped))
        h = kept
    return h @ net.out.w.T + net.out.b, NetTape(tapes, h)


def backward(net: Net, tape: NetTape, g: Array) -> Net:
    """Return dL/d(net) from dL/d(out)."""
    g_out, g = Layer(g.T @ tape.h, g.sum(axis=0)), g @ net.out.w
    g_blocks = []
    for block, own in zip(reversed(net.blocks), reversed(tape.blocks), strict=True):
        g = relu.backward(own.bent, dropout_backward(own.dropped, g))
        g, g_gamma, g_beta = batch_norm_backward(own.norm, g)
        g_blocks.append(Block(g.T @ own.h, g_gamma, g_beta))
        g = g @ block.w
    return Net(g_blocks[::-1], g_out)


def predict(net: Net, x: Array, running: Sequence[RunningStats]) -> tuple[Array, list[Array]]:
    """Run the net with nothing dropped; also return what enters each batch norm."""
    entering, h = [], x
    for block, stats in zip(net.blocks, running, strict=True):
        entering.append(h @ block.w.T)
        h = relu(batch_norm_predict(entering[-1], block.gamma, block.beta, stats)[0])
    return h @ net.out.w.T + net.out.b, entering


def run(place: str, rate: float, width: int, seed: int) -> Arrays:
    """Train one net and predict with either kind of statistics."""
    task = clean_digits()
    weights, batches, masks = (np.random.default_rng([seed, k]) for k in (1, 2, 3))
    net, running = init(weights, width), HIDDEN * [running_init(width, np.float32)]
    rates = HIDDEN * [rate] if place == PLACES[0] else [*(HIDDEN - 1) * [0.0], rate]
    for _, rows in zip(range(UPDATES), minibatches(batches, len(task.x), BATCH), strict=False):
        out, tape = forward(net, task.x[rows], rates, masks)
        _, g = softmax_cross_entropy(out, task.labels[rows])
        net = sgd(net, backward(net, tape, g), lr=LEARNING_RATE)
        running = [update_running(r, t.norm) for r, t in zip(running, tape.blocks, strict=True)]
    _, tape = forward(net, task.x, HIDDEN * [0.0], masks)
    again = [RunningStats(own.norm.mean, own.norm.var) for own in tape.blocks]
    found = {"ratio": _ratios(net, task.x, running)}
    for suffix, stats in (("", running), ("_again", again)):
        out, _ = predict(net, task.x_val, stats)
        found["accuracy" + suffix] = np.array(accuracy(out, task.labels_val))
    return found


def _ratios(net: Net, x: Array, running: Sequence[RunningStats]) -> Float[ndarray, " 3"]:
    _, entering = predict(net, x, running)
    return np.array([(s.var(axis=0) / r.var).mean() for s, r in zip(entering, running, strict=True)], float)


register(
    Stored(
        name="dropout-normalized",
        run=run,
        axes={"place": PLACES, "rate": RATES, "width": WIDTHS, "seed": SEEDS},
        seed=0,
        rtol={"ratio": 0.05, "accuracy": 0.03, "accuracy_again": 0.03},
    )
)
