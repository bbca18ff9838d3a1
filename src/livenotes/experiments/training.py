"""What the training runs of several chapters share: one step of gradient descent, minibatches, accuracy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes import dense
from livenotes.activations import Activation
from livenotes.dense import Layer


def descend(layers: Sequence[Layer], g_layers: Sequence[Layer], rate: float) -> list[Layer]:
    r"""One step of gradient descent, $W \leftarrow W - \eta\,\partial L/\partial W$, into new arrays."""
    return [
        Layer(layer.w - rate * g.w, layer.b - rate * g.b) for layer, g in zip(layers, g_layers, strict=True)
    ]


def descent(
    layers: Sequence[Layer],
    x: Float[ndarray, "N D"],
    targets: ndarray,
    activation: Activation,
    loss: Callable[[ndarray, ndarray], tuple[float, ndarray]],
    rate: float,
    batches: Iterable[Int[ndarray, " S"]] | None = None,
) -> Iterator[list[Layer]]:
    """Yield the net before the first step of gradient descent, then after each, without end.

    Parameters
    ----------
    layers : sequence of Layer
        Where to start.
    x : (N, D) float
    targets : (N, ...)
        What ``loss`` compares the output with.
    activation : Activation
    loss : callable
        One of ``livenotes.losses``.
    rate : float
        Learning rate.
    batches : iterable of (S,) int, optional
        The examples of each step; by default all of them.
    """
    layers = list(layers)
    yield layers
    for rows in batches or repeat(np.arange(len(x))):
        out, tape = dense.forward(layers, x[rows], activation)
        _, g_out = loss(out, targets[rows])
        layers = descend(layers, dense.backward(layers, tape, g_out)[0], rate)
        yield layers


def minibatches(rng: np.random.Generator, n: int, size: int) -> Iterator[Int[ndarray, " S"]]:
    """Yield indices of ``size`` of ``n`` examples, without end.

    Each epoch is shuffled anew; what is left over at its end is dropped.

    Raises
    ------
    ValueError
        If ``size`` is not between 1 and ``n``.
    """
    if not 1 <= size <= n:
        raise ValueError(f"size: expected a number from 1 to {n}, got {size}")
    while True:
        order = rng.permutation(n)
        for start in range(0, n - size + 1, size):
            yield order[start : start + size]


def accuracy(
    layers: Sequence[Layer], x: Float[ndarray, "N D"], labels: Int[ndarray, " N"], activation: Activation
) -> float:
    """Share of examples whose class has the highest score; with one output, class 1 where it is positive."""
    out, _ = dense.forward(layers, x, activation)
    guess = out.argmax(axis=1) if out.shape[1] > 1 else (out[:, 0] > 0).astype(labels.dtype)
    return float((guess == labels).mean())
