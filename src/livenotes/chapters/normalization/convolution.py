r"""A small convolutional net on the digits, with and without a normalization of its channels.

A convolution is a dense layer on patches: every pixel of its output reads the 3 x 3 pixels around it. Images
have axes B, Y, X, C.
"""

from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes._validated import body
from livenotes.activations import relu
from livenotes.dense import Layer
from livenotes.lab.convolution import patches, patches_back
from livenotes.lab.normed import Block, NormedNet, task
from livenotes.lab.store import load, mean_losses, register_training
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.normalization import (
    RunningStats,
    batch_norm,
    batch_norm_backward,
    batch_norm_predict,
    layer_norm,
    layer_norm_backward,
    update_running,
    weight_norm,
    weight_norm_backward,
)
from livenotes.optimization import sgd

CHANNELS = (1, 8, 16)
KINDS, RATES = ("none", "batch", "layer", "weight"), (0.3, 1.0, 3.0)
UPDATES, BATCH, EVERY = 480, 64, 12


def normalized(kind: str, block: Block, rows: ndarray) -> tuple[ndarray, Any]:
    """Compute the sums of a convolution from its patches, normalized.

    Batch norm averages a channel over images and pixels; layer norm an image over pixels and channels.
    """
    if kind == "weight":
        w, of_weights = body(weight_norm)(block.w, block.gamma)
        return rows @ w.T + block.beta, (rows, w, of_weights)
    a: ndarray = rows @ block.w.T
    own: Any = None  # what the way back through the normalization needs
    if kind == "none":
        return a + block.beta, (rows, block.w, own)
    if kind == "batch":
        a, own = body(batch_norm)(a, block.gamma, block.beta)
    else:
        pixels = a.shape[1] * a.shape[2]
        flat, own = body(layer_norm)(
            a.reshape(len(a), -1), np.tile(block.gamma, pixels), np.tile(block.beta, pixels)
        )
        a = flat.reshape(a.shape)
    return a, (rows, block.w, own)


def normalized_back(kind: str, tape: Any, g: ndarray) -> tuple[Block, ndarray]:
    """Return the gradients of a convolution's parameters and of its patches."""
    rows, w, own = tape
    g_gamma, g_beta = np.zeros(len(w), w.dtype), g.sum(axis=(0, 1, 2))
    if kind == "batch":
        g, g_gamma, g_beta = body(batch_norm_backward)(own, g)
    elif kind == "layer":
        flat, g_gamma, g_beta = body(layer_norm_backward)(own, g.reshape(len(g), -1))
        g = flat.reshape(g.shape)
        g_gamma, g_beta = (s.reshape(-1, len(w)).sum(axis=0) for s in (g_gamma, g_beta))
    g_w = np.tensordot(g, rows, axes=((0, 1, 2), (0, 1, 2)))
    if kind == "weight":
        g_w, g_gamma = body(weight_norm_backward)(own, g_w)
    return Block(g_w, g_gamma, g_beta), g @ w


class Tape(NamedTuple):
    """The tapes of the convolutions with their bends, and the mean of each channel that the output reads."""

    blocks: list[tuple[Any, Any]]
    pooled: ndarray
    shape: tuple[int, ...]


def begin(rng: np.random.Generator, kind: str, gain: float = 1.0) -> NormedNet:
    """Draw He's weights, times ``gain``."""
    blocks = []
    for inputs, outputs in pairwise(CHANNELS):
        w = rng.normal(scale=gain * np.sqrt(2 / (9 * inputs)), size=(outputs, 9 * inputs)).astype(np.float32)
        ones = np.ones(outputs, np.float32)
        blocks.append(Block(w, np.linalg.norm(w, axis=1) if kind == "weight" else ones, 0 * ones))
    w = rng.normal(scale=CHANNELS[-1] ** -0.5, size=(10, CHANNELS[-1])).astype(np.float32)
    return NormedNet(blocks, Layer(w, np.zeros(10, np.float32)))


def forward(kind: str, net: NormedNet, x: Float[ndarray, "B Y X C"]) -> tuple[Float[ndarray, "B 10"], Tape]:
    """Run the net as in training: two convolutions, then the mean of every channel and a linear output."""
    h, tapes = x, []
    for block in net.blocks:
        a, own = normalized(kind, block, patches(h))
        h, bent = relu.forward(a)
        tapes.append((own, bent))
    pooled = h.mean(axis=(1, 2))
    return pooled @ net.out.w.T + net.out.b, Tape(tapes, pooled, h.shape)


def backward(kind: str, net: NormedNet, tape: Tape, g: ndarray) -> NormedNet:
    """Return the gradient of all parameters."""
    g_out, g_pooled = Layer(g.T @ tape.pooled, g.sum(axis=0)), g @ net.out.w
    pixels = tape.shape[1] * tape.shape[2]
    g_h, g_blocks = np.broadcast_to(g_pooled[:, None, None] / np.float32(pixels), tape.shape), []
    for own, bent in reversed(tape.blocks):
        g_block, g_rows = normalized_back(kind, own, relu.backward(bent, g_h))
        g_blocks.append(g_block)
        g_h = patches_back(g_rows)
    return NormedNet(g_blocks[::-1], g_out)


def predict(kind: str, net: NormedNet, x: ndarray, running: list[RunningStats]) -> ndarray:
    """Run the net for prediction."""
    h = x
    for block, stats in zip(net.blocks, running, strict=True):
        if kind == "batch":
            a, _ = batch_norm_predict(patches(h) @ block.w.T, block.gamma, block.beta, stats)
        else:
            a, _ = normalized(kind, block, patches(h))
        h = relu(a)
    return h.mean(axis=(1, 2)) @ net.out.w.T + net.out.b


def learn_pictures(kind: str, rate: float, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train one convolutional net.

    Returns
    -------
    Dataset
        ``loss`` over ``update``, each the mean of 12 updates, infinite once it explodes; ``accuracy`` on the
        validation digits in prediction.
    """
    data = task()
    x, x_val = (images.reshape(-1, 8, 8, 1) for images in (data.x, data.x_val))
    net = begin(np.random.default_rng([seed, 0]), kind)
    running = [RunningStats(0 * b.beta, 1 + 0 * b.beta) for b in net.blocks]
    losses = np.full(updates, np.inf)
    batches = minibatches(np.random.default_rng([seed, 1]), len(x), BATCH)
    with np.errstate(all="ignore"):
        for k, rows in zip(range(updates), batches, strict=False):
            out, tape = forward(kind, net, x[rows])
            losses[k], g = body(softmax_cross_entropy)(out, data.labels[rows])
            if not losses[k] < 1e4:
                losses[k:] = np.inf
                break
            net = body(sgd)(net, backward(kind, net, tape, g), lr=rate)
            if kind == "batch":
                running = [
                    body(update_running)(r, own[2]) for r, (own, _) in zip(running, tape.blocks, strict=True)
                ]
        out = np.nan_to_num(predict(kind, net, x_val, running))
    return xr.Dataset({"loss": mean_losses(losses, EVERY), "accuracy": accuracy(out, data.labels_val)})


register_training(
    "normalization-pictures",
    learn_pictures,
    {"kind": KINDS, "rate": RATES, "seed": (0, 1, 2, 3, 4)},
    every=EVERY,
    updates=UPDATES,
    rtol=0.02,
    steady=lambda rate, **_: rate < 3,
)


@cache
def pictures() -> xr.Dataset:
    """Read the stored convolutional nets; ``make results`` trains them again."""
    return load("normalization-pictures")
