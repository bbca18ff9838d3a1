"""What a nonlinearity buys: boundaries that bend, layers that do not collapse, and curves of any shape."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import cache, partial
from itertools import islice

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes._arguments import require_count
from livenotes.activations import REGISTRY, identity, relu, sigmoid, tanh
from livenotes.datasets import planar
from livenotes.lab.curves import named
from livenotes.lab.sweep import sweep
from livenotes.lab.training import accuracy, descent
from livenotes.losses import logistic

ACTIVATIONS = ("identity", "step", "sigmoid", "tanh", "relu")
DRAWN = (2, 8, 2, 1)  # the last hidden layer has two units, so that it can be drawn
LINE = (2, 1)  # no hidden layer: logistic regression
WIDE = (2, 8, 8, 1)  # two ReLUs alone can both end at zero for every input; eight hardly ever do
EXAMPLES = 120
SNAPSHOTS = [round(2000 * (k / 20) ** 2) for k in range(21)]  # close together where most happens
RATE = 0.5
GAIN = 1.5  # between the scales for tanh and for ReLU; the same starting weights for every activation

SHAPES: dict[str, Callable[[ndarray], ndarray]] = {
    "identity": identity,
    "square": np.square,
    "tanh": tanh,
    "relu": relu,
}
WIDTHS = (2, 4, 8, 16, 32, 64, 128)
X = np.linspace(-2.0, 2.0, 201)
TARGET = np.sin(3 * X)

SWITCHES = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
SUMS = dense.Layer(np.ones((2, 2)), np.array([0.0, -1.0]))
ANSWER = dense.Layer(np.array([[1.0, -2.0]]), np.zeros(1))


def switches(slope: float) -> xr.Dataset:
    r"""Answer whether exactly one of two switches is on: $h_1 - 2h_2$, both hidden units with a bent line.

    $h_1 = f(x_1 + x_2)$ and $h_2 = f(x_1 + x_2 - 1)$, where $f(x)$ is $x$ right of 0 and ``slope`` times
    $x$ left of it: ReLU at slope 0, the identity at slope 1.

    Parameters
    ----------
    slope : float
        Of the curve left of 0.

    Returns
    -------
    xarray.Dataset
        Of the four settings of the ``switches`` (point, input): the ``sums`` and what the ``hidden`` units
        make of them (point, unit), the ``answer`` (point), and what is ``right`` (point). ``plane`` (x2, x1):
        the answer on a grid.
    """
    leaky, axis = REGISTRY["leaky_relu"], np.linspace(-0.5, 1.5, 41)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    answer, tape = dense.forward((SUMS, ANSWER), SWITCHES, leaky, alpha=slope)
    plane, _ = dense.forward((SUMS, ANSWER), grid, leaky, alpha=slope)
    return xr.Dataset(
        {
            "switches": (("point", "input"), SWITCHES),
            "sums": (("point", "unit"), SWITCHES @ SUMS.w.T + SUMS.b),
            "hidden": (("point", "unit"), tape.inputs[-1]),
            "answer": ("point", answer[:, 0]),
            "right": ("point", SWITCHES.sum(axis=1) == 1),
            "plane": (("x2", "x1"), plane.reshape(41, 41)),
        },
        coords={"point": ["00", "01", "10", "11"], "x1": axis, "x2": axis},
    )


@cache
def boundary(activation: str, seed: int = 0) -> xr.Dataset:
    """Train a 2-8-2-1 net on two spirals by full-batch gradient descent and watch it.

    Parameters
    ----------
    activation : str
        One of ``ACTIVATIONS``, or any other name in ``activations.REGISTRY``. The slope of the step is 0, so
        with it only the output layer learns.
    seed : int
        Of the data and the starting weights, which are the same for every activation.

    Returns
    -------
    xarray.Dataset
        ``inputs`` (example, input) and ``label`` (example), 0 or 1, are the training data. After each
        ``step`` of ``SNAPSHOTS``: ``probability`` (step, x2, x1) of class 1 on a grid of 41 by 41 points;
        ``hidden`` (step, example, unit), the data as the last hidden layer represents them; ``line``
        (step, term) with terms a, b, c: the output is 0 where a h1 + b h2 + c = 0; ``accuracy`` and
        ``loss`` (step), in nats, on the training data.

    Raises
    ------
    ValueError
        If there is no such activation.
    """
    record, x, labels = named(activation), *_data(seed)
    axis = np.linspace(-2.0, 2.0, 41)
    plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    probability, hidden, line, correct, losses = [], [], [], [], []
    for step, layers in enumerate(islice(_training(activation, DRAWN, seed), SNAPSHOTS[-1] + 1)):
        if step not in SNAPSHOTS:
            continue
        out, tape = dense.forward(layers, x, record)
        loss, _ = logistic(out, labels[:, None].astype(float))
        probability.append(sigmoid(dense.forward(layers, plane, record)[0]).reshape(41, 41))
        hidden.append(tape.inputs[-1])
        line.append(np.append(layers[-1].w[0], layers[-1].b))
        correct.append(accuracy(out, labels))
        losses.append(loss)
    return xr.Dataset(
        {
            "inputs": (("example", "input"), x),
            "label": ("example", labels),
            "probability": (("step", "x2", "x1"), probability),
            "hidden": (("step", "example", "unit"), hidden),
            "line": (("step", "term"), line),
            "accuracy": ("step", correct),
            "loss": ("step", losses),
        },
        coords={"step": SNAPSHOTS, "x1": axis, "x2": axis, "term": ["a", "b", "c"]},
    )


def separation(seeds: Sequence[int], executor: Executor | None = None) -> xr.Dataset:
    """Train a 2-8-8-1 net as ``boundary`` does, for every activation and seed.

    Returns
    -------
    xarray.Dataset
        Final accuracy on the training data: ``accuracy`` (activation, seed), and ``line`` (seed) without any
        hidden layer.
    """
    nets = sweep(partial(_final_accuracy, widths=WIDE), {"activation": ACTIVATIONS, "seed": seeds}, executor)
    no_hidden = sweep(partial(_final_accuracy, "identity", LINE), {"seed": seeds}, executor)
    return nets.assign(line=no_hidden.accuracy)


def collapse(depth: int, seeds: Sequence[int]) -> xr.Dataset:
    r"""Compare ``depth`` layers without an activation, 50 wide, with one layer.

    $W_n(\dots W_2(W_1 x + b_1) + b_2 \dots) + b_n$ is $Wx + b$ with $W = W_n \cdots W_1$ and
    $b = \sum_k W_n \cdots W_{k+1} b_k$.

    Returns
    -------
    xarray.Dataset
        Largest difference, relative to the largest output: ``linear`` and ``affine`` (seed), without and with
        biases.

    Raises
    ------
    ValueError
        If ``depth`` is below 1.
    """
    require_count("depth", depth)
    errors = {
        name: ("seed", [_collapse_error(depth, seed, bias) for seed in seeds])
        for name, bias in (("linear", 0.0), ("affine", 1.0))
    }
    return xr.Dataset(errors, coords={"seed": list(seeds)})


def universal(seeds: Sequence[int]) -> xr.Dataset:
    r"""Fit $\sum_j c_j f(w_j x + b_j) + c_0$ to sin(3x) by least squares in $c$, with ever more units.

    With $f(x) = x^2$ every such sum is a parabola, however many units it has; a continuous $f$ makes nets
    that approximate any continuous function exactly when it is not a polynomial
    {cite}`leshno1993multilayer`.

    Parameters
    ----------
    seeds : sequence of int
        Of the random weights. A wide net has the units of a narrow one and more.

    Returns
    -------
    xarray.Dataset
        ``error`` (activation, width, seed), the root mean square of the error relative to that of the target:
        1 would be no better than zero. ``target`` (x) on [-2, 2], and ``fit`` (activation, width, x) of the
        first seed. "square" is among the activations.
    """
    fits = np.array([[[_fit(f, width, seed) for seed in seeds] for width in WIDTHS] for f in SHAPES.values()])
    error = np.sqrt(np.square(fits - TARGET).mean(axis=-1) / np.square(TARGET).mean())
    return xr.Dataset(
        {
            "error": (("activation", "width", "seed"), error),
            "target": ("x", TARGET),
            "fit": (("activation", "width", "x"), fits[:, :, 0]),
        },
        coords={"activation": list(SHAPES), "width": list(WIDTHS), "seed": list(seeds), "x": X},
    )


def _data(seed: int) -> planar.Planar:
    return planar.spirals(np.random.default_rng([seed, 0]), EXAMPLES)


def _training(activation: str, widths: Sequence[int], seed: int) -> Iterator[list[dense.Layer]]:
    """Yield the net before the first step, then after each, without end."""
    x, labels = _data(seed)
    layers = dense.init(np.random.default_rng([seed, 1]), widths, gain=GAIN)
    return descent(layers, x, labels[:, None].astype(float), named(activation), logistic, RATE)


def _final_accuracy(activation: str, widths: Sequence[int], seed: int) -> xr.Dataset:
    x, labels = _data(seed)
    trained = next(islice(_training(activation, widths, seed), SNAPSHOTS[-1], None))
    return xr.Dataset({"accuracy": accuracy(dense.forward(trained, x, named(activation))[0], labels)})


def _collapse_error(depth: int, seed: int, bias: float) -> float:
    rng = np.random.default_rng(seed)
    drawn = dense.init(rng, [50] * (depth + 1))
    layers = [dense.Layer(layer.w, bias * rng.normal(size=50)) for layer in drawn]
    x = rng.normal(size=(20, 50))
    out, _ = dense.forward(layers, x, identity)
    w, b = np.eye(50), np.zeros(50)
    for layer in layers:
        w, b = layer.w @ w, layer.w @ b + layer.b
    return float(np.abs(out - (x @ w.T + b)).max() / np.abs(out).max())


def _fit(f: Callable[[ndarray], ndarray], width: int, seed: int) -> Float[ndarray, " X"]:
    # One row a unit, so that the first units are the same for every width.
    units = np.random.default_rng(seed).normal(scale=2.0, size=(width, 2))
    features = np.column_stack([f(np.outer(X, units[:, 0]) + units[:, 1]), np.ones_like(X)])
    return np.asarray(features @ np.linalg.lstsq(features, TARGET, rcond=1e-10)[0])
