"""What a nonlinearity buys: a boundary that is not a line, and layers that do not collapse into one."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import cache
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes import dense
from livenotes._arguments import require_count
from livenotes.activations import identity, sigmoid
from livenotes.datasets import planar
from livenotes.lab.training import accuracy, descent, run_all
from livenotes.losses import logistic

from .curves import named

ACTIVATIONS = ("identity", "step", "sigmoid", "tanh", "relu")
DRAWN = (2, 8, 2, 1)  # the last hidden layer has two units, so that it can be drawn
LINE: tuple[int, ...] = (2, 1)  # no hidden layer: logistic regression
WIDE: tuple[int, ...] = (
    2,
    8,
    8,
    1,
)  # two ReLUs alone can both end at zero for every input; eight hardly ever do
POINTS = 120
SNAPSHOTS = [round(2000 * (k / 20) ** 2) for k in range(21)]  # close together where most happens
RATE = 0.5
GAIN = 1.5  # between the scales for tanh and for ReLU; the same starting weights for every activation


class Boundary(NamedTuple):
    """A small net learning to part two spirals: 21 snapshots on the way.

    Attributes
    ----------
    x, labels : (N, 2), (N,)
        The training data, classes 0 and 1.
    axis : (41,)
        Coordinates of the grid, the same for both directions.
    steps : (21,)
        Updates made before each snapshot.
    probability : (21, 41, 41)
        Probability of class 1 on the grid; the second axis is the vertical coordinate.
    hidden : (21, N, 2)
        The training data as the last hidden layer represents them.
    line : (21, 3)
        (a, b, c): the output is 0 where a h1 + b h2 + c = 0.
    accuracy, loss : (21,)
        On the training data; the loss in nats.
    """

    x: Float[ndarray, "N 2"]
    labels: Int[ndarray, " N"]
    axis: Float[ndarray, " G"]
    steps: Int[ndarray, " S"]
    probability: Float[ndarray, "S G G"]
    hidden: Float[ndarray, "S N 2"]
    line: Float[ndarray, "S 3"]
    accuracy: Float[ndarray, " S"]
    loss: Float[ndarray, " S"]


@cache
def boundary(activation_name: str, seed: int = 0) -> Boundary:
    """Train a 2-8-2-1 net on two spirals by full-batch gradient descent and watch it.

    Parameters
    ----------
    activation_name : str
        One of ``ACTIVATIONS``, or any other name in ``activations.REGISTRY``. The slope of the step is 0, so
        with it only the output layer learns.
    seed : int
        Of the data and the starting weights, which are the same for every activation.

    Returns
    -------
    Boundary

    Raises
    ------
    ValueError
        If there is no such activation.
    """
    activation, x, labels = named(activation_name), *_data(seed)
    axis = np.linspace(-2.0, 2.0, 41)
    plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    probability, hidden, line, correct, losses = [], [], [], [], []
    for step, layers in enumerate(islice(_training(activation_name, DRAWN, seed), SNAPSHOTS[-1] + 1)):
        if step not in SNAPSHOTS:
            continue
        out, tape = dense.forward(layers, x, activation)
        loss, _ = logistic(out, labels[:, None].astype(float))
        probability.append(sigmoid(dense.forward(layers, plane, activation)[0]).reshape(41, 41))
        hidden.append(tape.inputs[-1])
        line.append(np.append(layers[-1].w[0], layers[-1].b))
        correct.append(accuracy(out, labels))
        losses.append(loss)
    shots = [np.array(values) for values in (probability, hidden, line, correct, losses)]
    return Boundary(x, labels, axis, np.array(SNAPSHOTS), *shots)


class Separation(NamedTuple):
    """Final accuracy on the training data.

    Attributes
    ----------
    names : tuple of str
        The activations.
    accuracy : (A, S)
        One row an activation, one column a seed.
    line : (S,)
        Without any hidden layer.
    """

    names: tuple[str, ...]
    accuracy: Float[ndarray, "A S"]
    line: Float[ndarray, " S"]


def separation(seeds: Sequence[int], executor: Executor | None = None) -> Separation:
    """Train a 2-8-8-1 net as ``boundary`` does, for every activation and seed; keep the final accuracy."""
    nets = [(name, WIDE) for name in ACTIVATIONS] + [("identity", LINE)]
    runs = [(*net, seed) for net in nets for seed in seeds]
    final = run_all(_final_accuracy, runs, executor)
    *table, line = np.reshape(final, (len(nets), len(seeds)))
    return Separation(ACTIVATIONS, np.array(table), line)


class Collapse(NamedTuple):
    """Largest difference between a deep linear net and one layer, relative to the largest output.

    Attributes
    ----------
    linear, affine : (S,)
        Without and with biases, one value a seed.
    """

    linear: Float[ndarray, " S"]
    affine: Float[ndarray, " S"]


def collapse(depth: int, seeds: Sequence[int]) -> Collapse:
    r"""Compare ``depth`` layers without an activation, 50 wide, with one layer.

    $W_n(\dots W_2(W_1 x + b_1) + b_2 \dots) + b_n$ is $Wx + b$ with $W = W_n \cdots W_1$ and
    $b = \sum_k W_n \cdots W_{k+1} b_k$.

    Raises
    ------
    ValueError
        If ``depth`` is below 1.
    """
    require_count("depth", depth)
    errors = [[_collapse_error(depth, seed, bias) for seed in seeds] for bias in (0.0, 1.0)]
    return Collapse(*np.array(errors))


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


def _data(seed: int) -> planar.Planar:
    return planar.spirals(np.random.default_rng([seed, 0]), POINTS)


def _training(activation_name: str, widths: Sequence[int], seed: int) -> Iterator[list[dense.Layer]]:
    """Yield the net before the first step, then after each, without end."""
    x, labels = _data(seed)
    layers = dense.init(np.random.default_rng([seed, 1]), widths, gain=GAIN)
    targets = labels[:, None].astype(float)
    return descent(layers, x, targets, named(activation_name), logistic, RATE)


def _final_accuracy(activation_name: str, widths: Sequence[int], seed: int) -> float:
    x, labels = _data(seed)
    trained = next(islice(_training(activation_name, widths, seed), SNAPSHOTS[-1], None))
    return accuracy(dense.forward(trained, x, named(activation_name))[0], labels)
