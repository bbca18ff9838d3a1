r"""The copy memory task: repeat a sequence of symbols after a long pause.

Used in the chapters on recurrent networks and the LSTM.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count
from livenotes._validated import validated

from ._symbols import one_hot


class CopyTask(NamedTuple):
    """Symbols shown, and the symbol to say at every step; K is blank, K + 1 the signal to answer."""

    x: Float[ndarray, "T B K+2"]
    symbols: Int[ndarray, "T B"]
    target: Int[ndarray, "T B"]


@validated
def copy_memory(
    rng: Generator, size: Count, delay: Count, *, length: Count = 10, alphabet: Count = 8
) -> CopyTask:
    r"""Draw sequences of the copy memory task.

    S symbols out of K, then ``delay`` - 1 blanks, the signal, and S blanks; the answer is blank until the
    signal has come, and the S symbols after it. Without memory the best cross-entropy is
    $S \ln K / (\text{delay} + 2S)$ a step: blanks are certain, the symbols guesses.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int, at least 1
        Number of sequences B.
    delay : int, at least 1
        Steps between the last symbol and the first answer, the signal included.
    length : int, at least 1
        Number S of symbols to remember.
    alphabet : int, at least 1
        Number K of different symbols.

    Returns
    -------
    CopyTask
        With T = delay + 2 * length: ``symbols`` of shape (T, B), ``x`` their one-hot vectors (T, B, K + 2),
        ``target`` (T, B).

    Raises
    ------
    TypeError, ValueError
        If ``rng`` is not a Generator, or a count not an integer of at least 1.

    References
    ----------
    {cite}`arjovsky2016unitary`, section 5.1, after {cite}`hochreiter1997long`
    """
    remembered = rng.integers(alphabet, size=(length, size))
    symbols = np.full((delay + 2 * length, size), alphabet)
    symbols[:length] = remembered
    symbols[length + delay - 1] = alphabet + 1
    target = np.full_like(symbols, alphabet)
    target[-length:] = remembered
    return CopyTask(one_hot(symbols, alphabet + 2), symbols, target)
