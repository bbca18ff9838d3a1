"""What the training runs of several chapters share: gradient descent, minibatches, accuracy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes import dense
from livenotes.activations import Activation
from livenotes.dense import Layer


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
    net = list(layers)
    yield net
    for rows in batches or repeat(np.arange(len(x))):
        out, tape = dense.forward(net, x[rows], activation)
        _, g_out = loss(out, targets[rows])
        g_layers, _ = dense.backward(tape, g_out)
        # optimization.sgd without its checks, which would take longer than a step of a small net.
        net = [Layer(p.w - rate * g.w, p.b - rate * g.b) for p, g in zip(net, g_layers, strict=True)]
        yield net


def minibatches(
    rng: np.random.Generator, n: int, size: int, *, drop_last: bool = True
) -> Iterator[Int[ndarray, " S"]]:
    """Yield indices of ``size`` of ``n`` examples, without end.

    Each epoch is shuffled anew; what is left over at its end is dropped, or is a last, smaller batch.

    Raises
    ------
    ValueError
        If ``size`` is not between 1 and ``n``.
    """
    if not 1 <= size <= n:
        raise ValueError(f"size: expected a number from 1 to {n}, got {size}")
    while True:
        order = rng.permutation(n)
        for start in range(0, n - size + 1 if drop_last else n, size):
            yield order[start : start + size]


def accuracy(out: Float[ndarray, "N C"], labels: Int[ndarray, " N"]) -> float:
    """Share of examples whose class has the highest score; with one output, class 1 where it is positive."""
    guess = out.argmax(axis=1) if out.shape[1] > 1 else (out[:, 0] > 0).astype(labels.dtype)
    return float((guess == labels).mean())
