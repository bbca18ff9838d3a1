r"""Copies in the same order or reversed: what a translation between word orders comes down to.

As a task with an answer at every step, the reversed copy asks at step t for the symbol of step T - 1 - t:
in the first half the answer lies in the future. As a task for an encoder and a decoder, the order decides how
far each output symbol is from its source. Used in the chapters on bidirectional networks and attention.
"""

from typing import Literal, NamedTuple

from jaxtyping import Float, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count
from livenotes._validated import validated

from ._symbols import one_hot


class CopyPairs(NamedTuple):
    """A source sequence, its one-hot vectors, and its copy."""

    x: Float[ndarray, "T B K"]
    source: Int[ndarray, "T B"]
    target: Int[ndarray, "T B"]


@validated
def reversed_copy(
    rng: Generator,
    size: Count,
    steps: Count,
    *,
    alphabet: Count = 8,
    order: Literal["reversed", "same"] = "reversed",
) -> CopyPairs:
    """Draw random sequences and their copies.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int, at least 1
        Number of sequences B.
    steps : int, at least 1
        Length T.
    alphabet : int, at least 1
        Number K of different symbols.
    order : {"reversed", "same"}
        Order of the copy.

    Returns
    -------
    CopyPairs
        ``source`` and ``target`` of shape (T, B), ``x`` (T, B, K).

    Raises
    ------
    TypeError, ValueError
        If ``rng`` is not a Generator, a count not an integer of at least 1, or ``order`` another word.

    References
    ----------
    On reversing the source: {cite}`sutskever2014sequence`, section 3.3
    """
    source = rng.integers(alphabet, size=(steps, size))
    target = source[::-1] if order == "reversed" else source
    return CopyPairs(one_hot(source, alphabet), source, target.copy())
