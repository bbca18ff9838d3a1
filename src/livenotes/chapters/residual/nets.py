r"""Nets of blocks on the digits: a matrix to the width of the blocks, the blocks, a linear output.

Nets whose blocks end in a sum get a normalization before the output, as in {cite:t}`he2016identity` and
{cite:t}`xiong2020layer`.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from livenotes import residual
from livenotes._trees import tree_map
from livenotes._validated import body
from livenotes.activations import relu
from livenotes.dense import Layer
from livenotes.lab.normed import task
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.normalization import (
    BatchNormTape,
    RunningStats,
    batch_norm,
    batch_norm_backward,
    batch_norm_predict,
    layer_norm,
    layer_norm_backward,
)
from livenotes.optimization import adam, adam_init, sgd
from livenotes.recurrent import initializers
from livenotes.residual import BlockParams, Kind, Scale

PIXELS, CLASSES, WIDTH, BATCH = 64, 10, 32, 64


class Net(NamedTuple):
    """First layer, blocks, scale and shift before the output or (), output; also holds gradients."""

    first: Layer
    blocks: list[BlockParams]
    last: Any
    out: Layer


class Tape(NamedTuple):
    """What the way back needs: the data, the tapes of the blocks, and what the output reads."""

    kind: Kind
    x: ndarray
    blocks: list[Any]
    last: Any
    h: ndarray


def begin(
    rng: np.random.Generator,
    kind: Kind,
    blocks: int,
    *,
    scale: float = 1.0,
    orthogonal: bool = False,
    dtype: Any = np.float32,
) -> Net:
    """Draw a net; ``scale`` multiplies the weights of the blocks.

    With ``orthogonal``, every square matrix of a block is a rotation times the square root of 2, which has
    the same size as a random one.
    """
    first = Layer(rng.normal(size=(WIDTH, PIXELS)) / PIXELS**0.5, np.zeros(WIDTH))
    out = Layer(rng.normal(size=(CLASSES, WIDTH)) / WIDTH**0.5, np.zeros(CLASSES))
    drawn = [body(residual.init)(rng, kind, WIDTH, scale=scale) for _ in range(blocks)]
    if orthogonal:
        gain = scale * 2**0.5
        drawn = tree_map(
            lambda a: initializers.orthogonal(rng, *a.shape, gain=gain) if a.ndim == 2 else a, drawn
        )
    last = Scale(np.ones(WIDTH), np.zeros(WIDTH)) if kind in ("pre_activation", "pre_norm") else ()
    net: Net = tree_map(lambda a: a.astype(dtype), Net(first, drawn, last, out))
    return net


def forward(kind: Kind, net: Net, x: ndarray) -> tuple[ndarray, Tape]:
    """Run the net as in training."""
    h, tapes = x @ net.first.w.T + net.first.b, []
    for params in net.blocks:
        h, tape = body(residual.forward)(kind, params, h)
        tapes.append(tape)
    h, last = _end(kind, net.last, h)
    return h @ net.out.w.T + net.out.b, Tape(kind, x, tapes, last, h)


def backward(net: Net, tape: Tape, g: ndarray) -> tuple[Net, list[ndarray]]:
    """Return the gradient of the parameters, and of what enters each block and leaves the last."""
    g_out, g = Layer(g.T @ tape.h, g.sum(axis=0)), g @ net.out.w
    g_last, g = _end_back(tape, g)
    g_blocks, g_between = [], [g]
    for own in reversed(tape.blocks):
        g_block, g = body(residual.backward)(own, g)
        g_blocks.append(g_block)
        g_between.append(g)
    g_first = Layer(g.T @ tape.x, g.sum(axis=0))
    return Net(g_first, g_blocks[::-1], g_last, g_out), g_between[::-1]


def _end(kind: Kind, last: Any, h: ndarray) -> tuple[ndarray, Any]:
    """Apply what stands before the output: batch norm and ReLU, layer norm, or nothing."""
    if kind == "pre_activation":
        h, normed = body(batch_norm)(h, *last)
        h, bent = relu.forward(h)
        return h, (normed, bent)
    return body(layer_norm)(h, *last) if kind == "pre_norm" else (h, None)


def _end_back(tape: Tape, g: ndarray) -> tuple[Any, ndarray]:
    if tape.kind == "pre_activation":
        normed, bent = tape.last
        g, *scale = body(batch_norm_backward)(normed, relu.backward(bent, g))
    elif tape.kind == "pre_norm":
        g, *scale = body(layer_norm_backward)(tape.last, g)
    else:
        return (), g
    return Scale(*scale), g


def _statistics(parts: tuple[Any, ...]) -> tuple[RunningStats, ...]:
    """Collect the means and variances of the batch that the tapes of batch norms are from."""
    return tuple(RunningStats(part.mean, part.var) for part in parts if isinstance(part, BatchNormTape))


def predict(kind: Kind, net: Net, x: ndarray, tape: Tape, without: Collection[int] = ()) -> ndarray:
    """Run the net with the statistics of ``tape``, each example alone, and leave blocks out."""
    h = x @ net.first.w.T + net.first.b
    for k, (params, own) in enumerate(zip(net.blocks, tape.blocks, strict=True)):
        if k not in without:
            h = body(residual.predict)(kind, params, _statistics(own.branch + own.after), h)
    if kind == "pre_activation":
        h = relu(body(batch_norm_predict)(h, *net.last, *_statistics(tape.last[:1]))[0])
    else:
        h, _ = _end(kind, net.last, h)
    return h @ net.out.w.T + net.out.b


class Stage(NamedTuple):
    """A net during training, and the loss of the batch just seen."""

    net: Net
    loss: float


def training(
    kind: Kind, net: Net, seed: int, rates: Iterable[float], *, by_adam: bool = False
) -> Iterator[Stage]:
    """Yield the net after each update, as many as there are rates: gradient descent, or Adam."""
    state = adam_init(net) if by_adam else None
    batches = minibatches(np.random.default_rng([seed, 1]), len(task().x), BATCH)
    for rate, rows in zip(rates, batches, strict=False):
        out, tape = forward(kind, net, task().x[rows])
        loss, g = body(softmax_cross_entropy)(out, task().labels[rows])
        g_net, _ = backward(net, tape, g)
        if state is None:
            net = body(sgd)(net, g_net, lr=rate)
        else:
            net, state = body(adam)(net, g_net, state, lr=rate)
        yield Stage(net, loss)


def trained(stages: Iterator[Stage], updates: int) -> tuple[Net, ndarray]:
    """Run to the end, or to the first loss that is not finite; return the net and all losses."""
    losses = np.full(updates, np.nan)
    with np.errstate(all="ignore"):
        for k, stage in enumerate(stages):
            if not np.isfinite(stage.loss):
                break
            losses[k], net = stage.loss, stage.net
    return net, losses


def errors(kind: Kind, net: Net) -> dict[str, float]:
    """Measure the share of wrong answers on the training digits and on new ones, and the training loss.

    All training digits are one batch, whose statistics the prediction of new digits uses.
    """
    data = task()
    with np.errstate(all="ignore"):
        out, tape = forward(kind, net, data.x)
        if not np.isfinite(out).all():
            return {"error": 0.9, "error_new": 0.9, "loss_all": np.inf}
        loss, _ = body(softmax_cross_entropy)(out, data.labels)
        new = predict(kind, net, data.x_val, tape)
    wrong = 1 - accuracy(out, data.labels), 1 - accuracy(new, data.labels_val)
    return {"error": wrong[0], "error_new": wrong[1], "loss_all": loss}
