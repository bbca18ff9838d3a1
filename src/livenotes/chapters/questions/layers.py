"""Questions 1 and 2: layers without a bend and with one, and what each argument for ReLU is worth."""

from functools import cache, partial
from itertools import islice

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes._validated import body
from livenotes.activations import REGISTRY, Activation, relu
from livenotes.datasets.digits import digits
from livenotes.datasets.planar import Planar, spirals, xor
from livenotes.dense import Layer
from livenotes.lab.store import Stored, load, register
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import logistic, softmax_cross_entropy
from livenotes.optimization import adam, adam_init

SETS = {"four clouds": partial(xor, n=100), "two spirals": partial(spirals, n=100)}
HIDDEN_LAYERS = (0, 1, 2, 3, 4)
UNITS, UPDATES, EDGE, GRID = 8, 400, 2.0, 61

IDENTITY = REGISTRY["identity"]
GAIN = {"tanh": 1.0, "sigmoid": 1.0}  # Xavier's scale; all others start at He's
CURVES = ("relu", "leaky_relu", "elu", "gelu", "swish", "tanh", "sigmoid")
DEPTHS, RATES = (1, 4, 16), (0.001, 0.003, 0.01, 0.03)
WIDTH, BATCH, EARLY, LATE = 32, 64, 50, 300


def points(name: str) -> Planar:
    """Draw a hundred points of two classes that no line parts."""
    return SETS[name](np.random.default_rng(0))


def collapsed(layers: list[Layer]) -> Layer:
    """Multiply layers without a bend into one."""
    w, b = layers[0]
    for then in layers[1:]:
        w, b = then.w @ w, then.w @ b + then.b
    return Layer(w, b)


@cache
def stack(name: str, activation: Activation, hidden: int) -> xr.Dataset:
    """Train a stack of layers on points of the plane.

    Returns
    -------
    Dataset
        ``inputs`` (point, side) and ``label``; ``score`` (x2, x1), above 0 where it says class 1;
        ``accuracy`` on the points; ``pieces``, into how many parts with a formula of their own the units that
        are on or off divide the square; ``line``, the one layer (w1, w2, b) that a stack without a bend is.
    """
    x, labels = points(name)
    targets = labels[:, None].astype(float)
    rng = np.random.default_rng(1)
    net = dense.init(rng, [2, *[UNITS] * hidden, 1], gain=2**0.5)
    state = adam_init(net)
    for _ in range(UPDATES):
        y, tape = body(dense.forward)(net, x, activation)
        _, g = body(logistic)(y, targets)
        net, state = body(adam)(net, body(dense.backward)(tape, g).g_layers, state, lr=0.02)
    axis = np.linspace(-EDGE, EDGE, GRID)
    plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    score, tape = body(dense.forward)(net, plane, activation)
    on = [h > 0 for h in tape.inputs[1:]] if activation is relu else []
    kinds = len(np.unique(np.hstack(on), axis=0)) if on else 1
    one = collapsed(net)
    return xr.Dataset(
        {
            "inputs": (("point", "side"), x),
            "label": ("point", labels),
            "score": (("x2", "x1"), score.reshape(GRID, GRID)),
            "accuracy": accuracy(body(dense.forward)(net, x, activation)[0], labels),
            "pieces": kinds,
            "line": ("weight", np.append(one.w[0], one.b)),
        },
        {"x1": axis, "x2": axis},
    )


def arriving(net: list[Layer], x: Float[ndarray, "N D"], activation: Activation) -> float:
    """Share of an output's gradient that arrives at the image: root mean squares over images and outputs."""
    y, tape = dense.forward(net, x, activation)
    g = np.random.default_rng(0).normal(size=y.shape).astype(y.dtype)
    return float(np.linalg.norm(dense.backward(tape, g).g_x.astype(float)) / np.linalg.norm(g))


def learn_with(activation: str, depth: int, rate: float, seed: int) -> xr.Dataset:
    """Train a dense net on the digits with one activation.

    Returns
    -------
    Dataset
        ``arriving`` before training, see above; after it ``silent``, the share of outputs of hidden units
        that are 0, and ``dead``, the share of units that are 0 on every image; ``accuracy`` on new digits
        after 50 and 300 updates, over ``update``.
    """
    f, data = REGISTRY[activation], digits(dtype=np.float32)
    rng = np.random.default_rng([seed, depth])
    net = dense.init(rng, [64, *[WIDTH] * depth, 10], gain=GAIN.get(activation, 2**0.5), dtype=np.float32)
    first = arriving(net, data.x[:200], f)
    state, right = adam_init(net), []
    batches = islice(minibatches(rng, len(data.x), BATCH), LATE)
    for k, rows in enumerate(batches, 1):
        y, tape = body(dense.forward)(net, data.x[rows], f)
        _, g = body(softmax_cross_entropy)(y, data.labels[rows])
        net, state = body(adam)(net, body(dense.backward)(tape, g).g_layers, state, lr=rate)
        if k in (EARLY, LATE):
            right.append(accuracy(body(dense.forward)(net, data.x_val, f)[0], data.labels_val))
    _, tape = body(dense.forward)(net, data.x, f)
    off = [h == 0 for h in tape.inputs[1:]]
    return xr.Dataset(
        {
            "arriving": first,
            "silent": float(np.mean(off)),
            "dead": float(np.mean([o.all(axis=0) for o in off])),
            "accuracy": ("update", right),
        },
        {"update": [EARLY, LATE]},
    )


register(
    Stored(
        name="questions-advice",
        run=learn_with,
        axes={"activation": CURVES, "depth": DEPTHS, "rate": RATES, "seed": (0, 1, 2)},
        seed=0,
        rtol={"accuracy": 0.1, "silent": 0.05, "dead": 0.1},
        steady=lambda depth, rate, **_: depth < 16 and rate < 0.01,
    )
)


@cache
def advice() -> xr.Dataset:
    """Read what nets with each activation did on the digits; ``make results`` trains them again."""
    return load("questions-advice")
