"""Words as numbers, and how often each is drawn. Chapter: Word vectors.

Source of both distributions: {cite}`mikolov2013distributed`.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes._arguments import Number, require_count, require_nonnegative, require_positive, require_type


class Vocabulary(NamedTuple):
    """Words by falling count, their counts, and the number of each."""

    words: tuple[str, ...]
    counts: Int[ndarray, " V"]
    ids: dict[str, int]


def build_vocabulary(sentences: Iterable[Iterable[str]], *, min_count: int = 5) -> Vocabulary:
    """Number the words that occur at least ``min_count`` times; equally frequent ones by alphabet."""
    require_type("sentences", sentences, Iterable)
    min_count = require_count("min_count", min_count)
    counted = Counter(word for sentence in sentences for word in sentence)
    kept = sorted((word for word, n in counted.items() if n >= min_count), key=lambda w: (-counted[w], w))
    counts = np.array([counted[word] for word in kept], int)
    return Vocabulary(tuple(kept), counts, {word: i for i, word in enumerate(kept)})


def encode(vocabulary: Vocabulary, sentences: Iterable[Iterable[str]]) -> list[Int[ndarray, " _"]]:
    """Turn words into numbers; words outside the vocabulary are left out, and their neighbors move up."""
    require_type("vocabulary", vocabulary, Vocabulary)
    require_type("sentences", sentences, Iterable)
    ids = vocabulary.ids
    return [np.array([ids[word] for word in sentence if word in ids], int) for sentence in sentences]


def keep_probability(counts: Int[ndarray, " V"], threshold: Number) -> Float[ndarray, " V"]:
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
    frequency = _frequencies(counts)
    with np.errstate(divide="ignore"):  # a word that never occurs is kept: 1/0 = inf, cut to 1
        return np.minimum(1, np.sqrt(require_positive("threshold", threshold) / frequency))


def noise_distribution(counts: Int[ndarray, " V"], *, power: Number = 0.75) -> Float[ndarray, " V"]:
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
    weights = _frequencies(counts) ** require_nonnegative("power", power)
    return weights / weights.sum()


def _frequencies(counts: Int[ndarray, " V"]) -> Float[ndarray, " V"]:
    if not isinstance(counts, np.ndarray) or not np.issubdtype(counts.dtype, np.integer):
        raise TypeError(
            f"counts must be an array of integers, got {getattr(counts, 'dtype', type(counts).__name__)}"
        )
    if not counts.any() or counts.min() < 0:
        raise ValueError(f"counts must be 0 or greater, and not all 0, got {counts.min()}..{counts.max()}")
    return counts / counts.sum()
