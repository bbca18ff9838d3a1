"""Words as numbers, and how often each is drawn. Chapter: Word vectors.

Source of both distributions: {cite}`mikolov2013distributed`.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes._arguments import Count, NonNegative, Positive
from livenotes._validated import validated


class Vocabulary(NamedTuple):
    """Words by falling count, their counts, and the number of each."""

    words: tuple[str, ...]
    counts: Int[ndarray, " V"]
    ids: dict[str, int]


@validated
def build_vocabulary(sentences: Iterable[Iterable[str]], *, min_count: Count = 5) -> Vocabulary:
    """Number the words that occur at least ``min_count`` times; equally frequent ones by alphabet."""
    counted = Counter(word for sentence in sentences for word in sentence)
    kept = sorted((word for word, n in counted.items() if n >= min_count), key=lambda w: (-counted[w], w))
    counts = np.array([counted[word] for word in kept], int)
    return Vocabulary(tuple(kept), counts, {word: i for i, word in enumerate(kept)})


@validated
def encode(vocabulary: Vocabulary, sentences: Iterable[Iterable[str]]) -> list[Int[ndarray, " _"]]:
    """Turn words into numbers; words outside the vocabulary are left out, and their neighbors move up."""
    ids = vocabulary.ids
    return [np.array([ids[word] for word in sentence if word in ids], int) for sentence in sentences]


def _some(name: str, counts: Int[ndarray, " V"]) -> Int[ndarray, " V"]:
    if not counts.any() or counts.min() < 0:
        raise ValueError(f"{name} must be 0 or greater, and not all 0, got {counts.min()}..{counts.max()}")
    return counts


Counts: TypeAlias = Annotated[Int[ndarray, " V"], _some]


@validated
def keep_probability(counts: Counts, threshold: Positive) -> Float[ndarray, " V"]:
    r"""Probability that an occurrence of each word is kept, $\min(1, \sqrt{t/f})$ with its frequency $f$.

    Parameters
    ----------
    counts : int array, shape (V,)
    threshold : float, > 0
        $t$, the frequency above which words are thinned out.

    Returns
    -------
    float64 array, shape (V,)
    """
    frequency = counts / counts.sum()
    with np.errstate(divide="ignore"):  # a word that never occurs is kept: 1/0 = inf, cut to 1
        return np.minimum(1, np.sqrt(threshold / frequency))


@validated
def noise_distribution(counts: Counts, *, power: NonNegative = 0.75) -> Float[ndarray, " V"]:
    r"""Distribution the invented neighbors are drawn from, in proportion to $f^{3/4}$.

    Parameters
    ----------
    counts : int array, shape (V,)
    power : float, >= 0
        1 draws words as often as they occur, 0 all alike.

    Returns
    -------
    float64 array, shape (V,)
        Sums to 1.
    """
    weights = (counts / counts.sum()) ** power
    return weights / weights.sum()
