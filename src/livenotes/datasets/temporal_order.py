r"""The temporal order problem: in which order did two rare symbols come?

Source: {cite}`hochreiter1997long`, experiment 6a. Used in the chapters on recurrent networks and the LSTM.
"""

from typing import Annotated, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count, at_least
from livenotes._validated import validated

from ._symbols import one_hot

SYMBOLS = ("X", "Y", "a", "b", "c", "d", "E", "B")  # two that count, four distractors, start, trigger
CLASSES = ("XX", "XY", "YX", "YY")


class TemporalOrderTask(NamedTuple):
    """Symbols shown, the class to name at the end, and where the two symbols that decide it stood."""

    x: Float[ndarray, "T B 8"]
    symbols: Int[ndarray, "T B"]
    target: Int[ndarray, " B"]
    positions: Int[ndarray, "2 B"]


@validated
def temporal_order(rng: Generator, size: Count, steps: Annotated[int, at_least(10)]) -> TemporalOrderTask:
    r"""Draw sequences of the temporal order problem.

    A sequence starts with E, ends with the trigger B, and holds random distractors a, b, c, d in between but
    for two symbols, X or Y each, at a step of $[T/10, 2T/10]$ and of $[5T/10, 6T/10]$: the published
    positions for T = 100. Guessing is right one time in four.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int, at least 1
        Number of sequences B.
    steps : int, at least 10
        Length T of every sequence.

    Returns
    -------
    TemporalOrderTask
        ``symbols`` of shape (T, B), indices into :data:`SYMBOLS`; ``x`` their one-hot vectors (T, B, 8);
        ``target`` (B,), indices into :data:`CLASSES`; ``positions`` (2, B).

    Raises
    ------
    TypeError, ValueError
        If ``rng`` is not a Generator, or ``size`` or ``steps`` not an integer that large.

    References
    ----------
    {cite}`hochreiter1997long`, experiment 6a
    """
    each = np.arange(size)
    symbols = rng.integers(SYMBOLS.index("a"), SYMBOLS.index("E"), (steps, size))
    symbols[0], symbols[-1] = SYMBOLS.index("E"), SYMBOLS.index("B")
    tenths = [(1, 2), (5, 6)]
    positions = np.stack(
        [rng.integers(low * steps // 10, high * steps // 10 + 1, size) for low, high in tenths]
    )
    order = rng.integers(2, size=(2, size))
    symbols[positions, each] = order
    return TemporalOrderTask(one_hot(symbols, len(SYMBOLS)), symbols, 2 * order[0] + order[1], positions)
