"""Small real corpora, and what people say about pairs of words or texts; all of it comes with gensim.

Used in the chapter on word vectors.
"""

import bz2
import re
from functools import cache
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


class Rated(NamedTuple):
    """Tokenized texts, and how alike people found each two of them, from 0 to 1."""

    texts: tuple[tuple[str, ...], ...]
    rating: Float[ndarray, "D D"]


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
    return _numbered(lee_texts(), min_count)


def lee_texts() -> list[list[str]]:
    """Return the words of each of the three hundred texts of :func:`lee_corpus`.

    Raises
    ------
    ImportError
        If gensim is not installed.
    """
    return [_words(line) for line in _lines("lee_background.cor")]


def lee_rated() -> Rated:
    """Fifty more such texts, and how similar people found each pair of them.

    Returns
    -------
    Rated
        Means of 8 to 12 judgments, from 0 to 1; ``rating`` is symmetric of shape (50, 50).

    Raises
    ------
    ImportError
        If gensim is not installed.

    References
    ----------
    {cite}`lee2005empirical`
    """
    upper = np.loadtxt(_file("similarities0-1.txt"))
    texts = tuple(tuple(_words(line)) for line in _lines("lee.cor", "latin-1"))
    return Rated(texts, np.triu(upper) + np.triu(upper, 1).T)


@validated
def wikipedia(*, min_count: Count = 10) -> Corpus:
    """A hundred articles of the English Wikipedia, nearly all with a title that begins with A.

    A document is a paragraph of at least 20 words. Markup, tables and numbers are left out.

    Parameters
    ----------
    min_count : int, at least 1
        Words that occur less often are left out of the texts.

    Returns
    -------
    Corpus
        As :func:`lee_corpus` returns it.

    Raises
    ------
    TypeError, ValueError
        If ``min_count`` is not an integer of at least 1.
    ImportError
        If gensim is not installed.
    """
    pages = _file("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2")
    return _numbered(_paragraphs(pages), min_count)


@cache
def _paragraphs(path: Path) -> list[list[str]]:
    """Words of each paragraph; reading them takes some seconds."""
    from gensim.corpora.wikicorpus import extract_pages, filter_wiki  # imports all of gensim

    with bz2.open(path, "rb") as pages:
        texts = [text or "" for _, text, _ in extract_pages(pages, ("0",))]
    articles = [filter_wiki(text) for text in texts if not text.lower().startswith("#redirect")]
    paragraphs = [_words(line) for article in articles for line in article.split("\n")]
    return [words for words in paragraphs if len(words) >= 20]


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _lines(name: str, encoding: str = "utf-8") -> list[str]:
    return _file(name).read_text(encoding=encoding).splitlines()


def _numbered(documents: list[list[str]], min_count: int) -> Corpus:
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
    rows = [line.split("\t") for line in _lines(name) if line and not line.startswith("#")]
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
