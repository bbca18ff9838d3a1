r"""The adding problem: remember two marked numbers among many, and add them.

Source: {cite}`hochreiter1997long`, experiment 4. Used in the chapters on recurrent networks and the LSTM.
"""

from typing import Annotated, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count, at_least
from livenotes._validated import validated

SOLVED = 0.04  # a sequence counts as solved if its absolute error is below this


class AddingTask(NamedTuple):
    """Padded sequences of (number, marker), and what to say at the end of each."""

    x: Float[ndarray, "T B 2"]
    target: Float[ndarray, " B"]
    mask: Bool[ndarray, "T B"]


@validated
def adding(rng: Generator, size: Count, steps: Annotated[int, at_least(6)]) -> AddingTask:
    r"""Draw sequences of the adding problem.

    Numbers are uniform on $[-1, 1]$. One of the first ten is marked, then another among the first
    $\lfloor T/2 \rfloor$; markers are 1 there, $-1$ at the first and the last step, 0 elsewhere. The target
    is $\tfrac12 + (X_1 + X_2)/4$, in $[0, 1]$. If the first step is drawn it keeps its marker $-1$, and its
    number counts as 0. Always answering ½ leaves a mean squared error of 1/24, or a little less for it.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int, at least 1
        Number of sequences B.
    steps : int, at least 6
        Shortest length T; each length is uniform on T, ..., T + T // 10.

    Returns
    -------
    AddingTask
        ``x`` of shape (T + T // 10, B, 2), ``target`` (B,), ``mask`` (T + T // 10, B), false and ``x`` zero
        after the end of a sequence.

    Raises
    ------
    TypeError, ValueError
        If ``rng`` is not a Generator, or ``size`` or ``steps`` not an integer that large.

    References
    ----------
    {cite}`hochreiter1997long`, experiment 4
    """
    longest, each = steps + steps // 10, np.arange(size)
    lengths = rng.integers(steps, longest + 1, size)
    mask = np.arange(longest)[:, None] < lengths
    numbers = rng.uniform(-1, 1, (longest, size)) * mask
    first = rng.integers(min(10, steps // 2), size=size)
    second = rng.integers(steps // 2 - 1, size=size)
    second += second >= first  # among those still unmarked
    markers = np.zeros((longest, size))
    markers[first, each] = markers[second, each] = 1
    markers[0] = markers[lengths - 1, each] = -1
    target = 0.5 + (numbers * (markers == 1)).sum(axis=0) / 4
    return AddingTask(np.stack([numbers, markers], axis=2), target, mask)
