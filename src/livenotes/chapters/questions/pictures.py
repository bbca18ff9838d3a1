"""Digits whose pixels change places, for a net that looks through windows and one that sees all pixels.

On centered digits both nets have about 3,650 weights. Images have axes B, Y, X, C.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import pairwise
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes import dense
from livenotes._validated import body
from livenotes.activations import relu
from livenotes.datasets.digits import TRAINING, raw
from livenotes.dense import Layer
from livenotes.lab.convolution import patches, patches_back
from livenotes.lab.store import Stored, load, register
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init

SHARES = (0, 10, 20, 30, 40, 60, 80, 100)  # % of the pixels that change places
FIELDS = {"centered": 8, "wandering": 12}  # side of the image in which a digit stands, or wanders
NETS = ("windows", "dense")
HIDDEN = {8: 48, 12: 100}  # of the dense net, by the side of the image
UPDATES, BATCH, RATE = 400, 64, 0.01
SHOWN = [0, 3, 5, 7]  # images in the figures
BRIGHTER = np.tile([-1.0, 0.0, 1.0], 3)  # weights of a window that looks for brighter pixels on its right


class Windows(NamedTuple):
    """A net that looks through windows of 3 x 3: convolutions, then a linear output."""

    convolutions: list[Layer]
    out: Layer


def begin_windows(
    rng: np.random.Generator, channels: Sequence[int] = (1, 12, 24), side: int = 8, classes: int = 10
) -> Windows:
    """Draw He's weights; after each convolution the image is halved."""
    sizes = pairwise(channels)
    convolutions = [dense.init(rng, [9 * i, o], gain=2**0.5, dtype=np.float32)[0] for i, o in sizes]
    left = (side >> len(convolutions)) ** 2 * channels[-1]
    return Windows(convolutions, dense.init(rng, [left, classes], dtype=np.float32)[0])


def halve(x: Float[ndarray, "B Y X C"]) -> Float[ndarray, "B Y/2 X/2 C"]:
    """Average every 2 x 2 pixels."""
    count, height, width, channels = x.shape
    return x.reshape(count, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def halve_back(g: Float[ndarray, "B Y X C"]) -> Float[ndarray, "B 2*Y 2*X C"]:
    """Give each of the four pixels a quarter."""
    return (g / g.dtype.type(4)).repeat(2, axis=1).repeat(2, axis=2)


def forward(net: Windows, x: Float[ndarray, "B Y X C"]) -> tuple[Float[ndarray, "B K"], list[Any]]:
    """Convolve, bend, halve, once for every convolution; then one linear layer on all that is left."""
    tapes: list[Any] = []
    for layer in net.convolutions:
        a, own = body(dense.affine)(layer, patches(x))
        h, bent = relu.forward(a)
        x = halve(h)
        tapes.append((own, bent))
    y, last = body(dense.affine)(net.out, x.reshape(len(x), -1))
    return y, [*tapes, (last, x.shape)]


def backward(tape: list[Any], g: Float[ndarray, "B K"]) -> Windows:
    """Return the gradient of all weights; those of a window get the sum over all its places."""
    *tapes, (last, shape) = tape
    g_out, g_x = body(dense.affine_backward)(last, g)
    g_x, g_layers = g_x.reshape(shape), []
    for own, bent in reversed(tapes):
        g_layer, g_rows = body(dense.affine_backward)(own, relu.backward(bent, halve_back(g_x)))
        g_layers.append(g_layer)
        g_x = patches_back(g_rows)
    return Windows(g_layers[::-1], g_out)


def shuffled(share: int, side: int, seed: int) -> Int[ndarray, " N"]:
    """Return an order of the pixels in which so many percent have changed places, at random.

    Those that move at one share move at every larger one. Each takes the place of the next of them.
    """
    pixels = side**2
    movers = np.random.default_rng([seed, side]).permutation(pixels)[: round(pixels * share / 100)]
    order = np.arange(pixels)
    order[movers] = np.roll(movers, 1)
    return order


def images(field: str, seed: int) -> tuple[Float[ndarray, "N S"], Int[ndarray, " N"]]:
    """Return all digits as rows of pixels from -1 to 3, in the middle or each at a place of its own."""
    pixels, labels = raw()
    side, rng = FIELDS[field], np.random.default_rng([seed, 5])
    places = rng.integers(0, side - 8 + 1, (len(pixels), 2))
    wide = np.zeros((len(pixels), side, side), np.float32)
    for image, (top, left), digit in zip(wide, places, pixels, strict=True):
        image[top : top + 8, left : left + 8] = digit.reshape(8, 8)
    return wide.reshape(len(pixels), -1) / 4 - 1, labels


def fit(
    kind: str,
    x: Float[ndarray, "N S"],
    labels: Int[ndarray, " N"],
    seed: int,
    *,
    classes: int = 10,
    hidden: int = 48,
    updates: int = UPDATES,
) -> Callable[[Float[ndarray, "M S"]], Float[ndarray, "M C"]]:
    """Train a net with Adam and return what computes its scores.

    Parameters
    ----------
    kind : {"windows", "dense"}
        Windows take rows of pixels of square images.
    x : (N, S) float
    labels : (N,) int
    seed : int
        Of the starting weights and of the batches.
    classes, hidden, updates : int
        Units of the output, of the dense net's hidden layer, and steps of training.
    """
    rng = np.random.default_rng([seed, 1])
    side = isqrt(x.shape[1])
    net: Any
    if kind == "windows":
        net = begin_windows(rng, side=side, classes=classes)
    else:
        net = dense.init(rng, [x.shape[1], hidden, classes], gain=2**0.5, dtype=np.float32)

    def run(net: Any, x: ndarray) -> tuple[ndarray, Any]:
        if kind == "windows":
            return forward(net, x.reshape(-1, side, side, 1))
        y, tape = body(dense.forward)(net, x, relu)
        return y, tape

    state = adam_init(net)
    for _, rows in zip(range(updates), minibatches(rng, len(x), min(BATCH, len(x))), strict=False):
        y, tape = run(net, x[rows])
        _, g = body(softmax_cross_entropy)(y, labels[rows])
        g_net = backward(tape, g) if kind == "windows" else body(dense.backward)(tape, g).g_layers
        net, state = body(adam)(net, g_net, state, lr=RATE)
    return partial(_scores, partial(run, net))


def _scores(run: Callable[[ndarray], tuple[ndarray, Any]], x: ndarray) -> ndarray:
    return run(x)[0]


def learn_permuted(field: str, kind: str, share: int, seed: int) -> xr.Dataset:
    """Train a net on digits whose pixels have changed places; ``accuracy`` is that on new ones, alike."""
    x, labels = images(field, seed)
    side = FIELDS[field]
    x = x[:, shuffled(share, side, seed)]
    scores = fit(kind, x[:TRAINING], labels[:TRAINING], seed, hidden=HIDDEN[side])
    return xr.Dataset({"accuracy": accuracy(scores(x[TRAINING:]), labels[TRAINING:])})


register(
    Stored(
        name="questions-permuted",
        run=learn_permuted,
        axes={"field": tuple(FIELDS), "kind": NETS, "share": SHARES, "seed": (0, 1, 2, 3, 4)},
        seed=0,
        rtol={"accuracy": 0.05},
    )
)


def examples(field: str, share: int) -> Float[ndarray, "K Y X"]:
    """Return four digits as the nets get them, with so many percent of the pixels permuted."""
    x, _ = images(field, 0)
    side = FIELDS[field]
    return x[SHOWN][:, shuffled(share, side, 0)].reshape(-1, side, side)


def readers(share: int, column: int) -> tuple[ndarray, ndarray, tuple[float, float]]:
    """Let two units read a digit with so many percent of its pixels permuted.

    The one looks through a window in row 4, for brighter pixels on its right; the other has a weight for
    every pixel, and its weights have changed places with the pixels.

    Returns
    -------
    pixels : (8, 8)
        The digit before.
    order : (64,)
    sums : (float, float)
        What each unit sums up.
    """
    pixels = images("centered", 0)[0][SHOWN[1]].astype(float)
    order = shuffled(share, 8, 0)
    window = patches(pixels[order].reshape(1, 8, 8, 1))[0, 4, column]
    every = np.random.default_rng(0).normal(size=64) / 8
    return pixels.reshape(8, 8), order, (float(window @ BRIGHTER), float(every[order] @ pixels[order]))


@cache
def permuted() -> xr.DataArray:
    """Read the accuracies of both nets by the share of pixels permuted."""
    return load("questions-permuted").accuracy


def neighbors(x: Float[ndarray, "N S"], apart: int) -> float:
    """Mean correlation of two pixels of one row or column that are so far apart, over square images."""
    side = isqrt(x.shape[1])
    square = x.reshape(-1, side, side)
    pairs = [(square[:, :, apart:], square[:, :, :-apart]), (square[:, apart:], square[:, :-apart])]
    found = [_correlations(a.reshape(len(a), -1), b.reshape(len(b), -1)) for a, b in pairs]
    return float(np.concatenate(found).mean())


@cache
def alike(field: str, share: int) -> float:
    """Mean correlation of two pixels side by side, with so many percent of the pixels permuted."""
    x, _ = images(field, 0)
    return neighbors(x[:, shuffled(share, FIELDS[field], 0)], 1)


def _correlations(a: Float[ndarray, "N P"], b: Float[ndarray, "N P"]) -> Float[ndarray, " Q"]:
    """Correlate each column with its partner, leaving out columns that never change."""
    moving = (a.std(axis=0) > 0) & (b.std(axis=0) > 0)
    a, b = ((v[:, moving] - v[:, moving].mean(axis=0)) / v[:, moving].std(axis=0) for v in (a, b))
    return np.asarray((a * b).mean(axis=0))
