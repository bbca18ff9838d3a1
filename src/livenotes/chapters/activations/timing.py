"""What an activation costs in time, relative to ReLU and to the matrix product it follows."""

from collections.abc import Callable
from time import process_time
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from threadpoolctl import threadpool_limits

from livenotes._arguments import require_count
from livenotes.activations import REGISTRY, Activation, relu, sigmoid

BATCH, WIDTH = 64, 512
CALLS = 5  # timed together: a single call is short beside the clock and its own fluctuation
TRIES = 3  # of which the fastest counts: what else the machine does only ever adds to a time


class Cost(NamedTuple):
    """Ratios of processor times on one thread; every value is one repeat, in which all took turns.

    Attributes
    ----------
    names : tuple of str
        The activations of the chapter.
    forward, backward : (A, R)
        Time of an evaluation, and of ``backward``, over that of ReLU.
    both : (A, R)
        Time of the two together, over that of ReLU.
    share : (A, R)
        Share of forward and backward in a whole training step of one layer, 512 to 512 units, 64 examples.
    sigmoid_from_output : (R,)
        Time of the sigmoid's backward pass as g s (1 - s) from the stored output s, over that of ReLU.
    """

    names: tuple[str, ...]
    forward: Float[ndarray, "A R"]
    backward: Float[ndarray, "A R"]
    both: Float[ndarray, "A R"]
    share: Float[ndarray, "A R"]
    sigmoid_from_output: Float[ndarray, " R"]


def cost(repeats: int = 15) -> Cost:
    """Time every activation of the chapter in float32. Only the ratios mean something on another machine.

    Parameters
    ----------
    repeats : int
        How many times to go round; take the median over them.

    Returns
    -------
    Cost

    Raises
    ------
    ValueError
        If ``repeats`` is below 1.
    """
    require_count("repeats", repeats)
    records = [record for record in REGISTRY.values() if record.chapter == "activations"]
    rng = np.random.default_rng(0)
    x, g = (rng.normal(size=(BATCH, WIDTH)).astype(np.float32) for _ in range(2))
    w = rng.normal(scale=WIDTH**-0.5, size=(WIDTH, WIDTH)).astype(np.float32)
    s = sigmoid(x)
    rounds = []
    with threadpool_limits(1):  # or the time of a product would be that of several processors
        for _ in range(repeats + 1):
            each = [_times(record, x, g) for record in records]
            product = _time(lambda: g * s * (1 - s))
            layer = _time(lambda: (x @ w.T, g @ w, w - g.T @ x))  # linear, its two gradients, the update
            rounds.append((each, product, layer))
    times, from_output, linear = (np.array(values) for values in zip(*rounds[1:], strict=True))
    forward, backward = np.moveaxis(times, (0, 1, 2), (2, 1, 0))  # each (A, R)
    k = records.index(relu)
    both = forward + backward
    return Cost(
        names=tuple(record.name for record in records),
        forward=forward / forward[k],
        backward=backward / backward[k],
        both=both / both[k],
        share=both / (both + linear),
        sigmoid_from_output=from_output / backward[k],
    )


def _times(record: Activation, x: ndarray, g: ndarray) -> tuple[float, float]:
    _, tape = record.forward(x)
    return _time(lambda: record(x)), _time(lambda: record.backward(tape, g))


def _time(call: Callable[[], object]) -> float:
    times = []
    for _ in range(TRIES):
        start = process_time()
        for _ in range(CALLS):
            call()
        times.append(process_time() - start)
    return min(times)
