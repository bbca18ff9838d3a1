"""A small real corpus, and what people say about pairs of words; all of it comes with gensim.

Used in the chapter on word vectors.
"""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes._arguments import Count
from livenotes._validated import validated
from livenotes.embeddings.vocabulary import build_vocabulary, encode

WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")


class Corpus(NamedTuple):
    """Documents one after the other, words as numbers; document d is ``tokens[starts[d]:starts[d + 1]]``."""

    vocabulary: tuple[str, ...]
    counts: Int[ndarray, " V"]
    tokens: Int[ndarray, " N"]
    starts: Int[ndarray, " D+1"]


class WordPairs(NamedTuple):
    """Pairs of words and their mean rating, from 0 to 10."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    rating: Float[ndarray, " N"]


@validated
def lee_corpus(*, min_count: Count = 1) -> Corpus:
    """Three hundred short news texts of the Australian Broadcasting Corporation.

    Words are runs of letters in lower case, with apostrophes inside.

    Parameters
    ----------
    min_count : int, at least 1
        Words that occur less often are left out of the texts.

    Returns
    -------
    Corpus
        The vocabulary by falling count, ties by alphabet; ``counts`` of shape (V,), ``tokens`` (N,) and
        ``starts`` (D + 1,), int64.

    Raises
    ------
    TypeError, ValueError
        If ``min_count`` is not an integer of at least 1.
    ImportError
        If gensim is not installed.

    References
    ----------
    {cite}`lee2005empirical`
    """
    texts = _file("lee_background.cor").read_text(encoding="utf-8").splitlines()
    documents = [WORD.findall(text.lower()) for text in texts]
    vocabulary = build_vocabulary(documents, min_count=min_count)
    numbered = encode(vocabulary, documents)
    return Corpus(
        vocabulary=vocabulary.words,
        counts=vocabulary.counts,
        tokens=np.concatenate(numbered),
        starts=np.cumsum([0, *map(len, numbered)], dtype=np.int64),
    )


def wordsim353() -> WordPairs:
    """WordSim-353: how *related* two words are: ``coast`` and ``shore``, but ``clothes`` and ``closet`` too.

    Returns
    -------
    WordPairs
        353 pairs, ratings from 0 to 10.

    Raises
    ------
    ImportError
        If gensim is not installed.

    References
    ----------
    {cite}`finkelstein2002placing`
    """
    return _word_pairs("wordsim353.tsv")


def simlex999() -> WordPairs:
    """SimLex-999: how *similar* two words are: ``coast`` and ``shore``, but not ``clothes`` and ``closet``.

    Returns
    -------
    WordPairs
        999 pairs, ratings from 0 to 10.

    Raises
    ------
    ImportError
        If gensim is not installed.

    References
    ----------
    {cite}`hill2015simlex`
    """
    return _word_pairs("simlex999.txt")


def _word_pairs(name: str) -> WordPairs:
    lines = _file(name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    first, second, ratings = zip(*rows, strict=True)
    return WordPairs(first, second, np.array(ratings, dtype=np.float64))


def _file(name: str) -> Path:
    """Path of one of gensim's data files.

    They are where ``gensim.test.utils.datapath`` says, gensim's public way to them; asking it would import
    all of gensim, which takes a second.
    """
    package = find_spec("gensim")
    if package is None or not package.submodule_search_locations:
        raise ImportError("the word corpora come with gensim, which is not installed: pip install gensim")
    return Path(package.submodule_search_locations[0]) / "test" / "test_data" / name
