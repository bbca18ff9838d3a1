"""Vectors of words from a small real corpus: their neighbors by window, and how people rate the same pairs.

The corpus needs gensim, which reading the book does not; so all of this is stored.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.decomposition import LatentDirichletAllocation, TruncatedSVD

from livenotes._arguments import require_choice
from livenotes.datasets.corpus import WordPairs, simlex999, wikipedia, wordsim353
from livenotes.embeddings import skipgram
from livenotes.embeddings.similarity import cosine_similarity, most_similar
from livenotes.lab.store import Stored, load, register

Ids = Int[ndarray, " N"]

WINDOWS: Mapping[int, int] = {1: 10, 2: 7, 5: 4, 10: 2, 20: 1}
"""Windows, and how often the corpus is read: a wide window gives more pairs, so fewer passes are enough."""

DIMS = (2, 5, 10, 20, 50, 100)
SHOWN = ("alaska", "algae", "film", "war", "april", "female", "summer", "may")
OPPOSITES = (
    ("north", "south"),
    ("east", "west"),
    ("high", "low"),
    ("male", "female"),
    ("summer", "winter"),
    ("hot", "cold"),
    ("left", "right"),
    ("war", "peace"),
    ("small", "large"),
    ("increase", "decrease"),
    ("rich", "poor"),
    ("day", "night"),
)
NEAREST, NEAR = 8, 5  # neighbors stored; words that stand at most this far apart occur together
DIM, NEGATIVES, RATE, THRESHOLD, MIN_COUNT = 50, 5, 0.05, 1e-3, 10


class Text(NamedTuple):
    """The corpus as skip-gram takes it: words by falling count, their numbers, and one array a paragraph."""

    words: tuple[str, ...]
    ids: dict[str, int]
    counts: Int[ndarray, " V"]
    sentences: list[Ids]


@cache
def text() -> Text:
    """Read the corpus: paragraphs of Wikipedia, without words that occur less than ten times."""
    found = wikipedia(min_count=MIN_COUNT)
    words = found.vocabulary
    sentences = np.split(found.tokens, found.starts[1:-1])
    return Text(words, {word: n for n, word in enumerate(words)}, found.counts, sentences)


@cache
def together() -> sparse.csr_array:
    """Count how often each two words stand at most five words apart in a paragraph."""
    source = text()
    size = len(source.words)
    total = sparse.csr_array((size, size))
    for distance in range(1, NEAR + 1):
        left, right = (
            np.concatenate([s[:-distance] for s in source.sentences]),
            np.concatenate([s[distance:] for s in source.sentences]),
        )
        counted = sparse.csr_array((np.ones(len(left)), (left, right)), shape=(size, size))
        total = total + counted + counted.T
    return total


def vectors(window: int, dim: int, seed: int, epochs: int) -> Float[ndarray, "V D"]:
    """Train our skip-gram on the corpus; return a vector for each word as a center."""
    params, _ = skipgram.train(
        np.random.default_rng(seed),
        text().sentences,
        size=len(text().words),
        dim=dim,
        window=window,
        negatives=NEGATIVES,
        epochs=epochs,
        lr=RATE,
        threshold=THRESHOLD,
    )
    return params.center


def gensim_vectors(window: int, dim: int, seed: int, epochs: int, *, cbow: bool = False) -> ndarray:
    """Train gensim's skip-gram, or its CBOW, on the same sentences with the same settings."""
    from gensim.models import Word2Vec  # of no use to a reader

    source = text()
    model = Word2Vec(
        [[source.words[n] for n in sentence] for sentence in source.sentences],
        vector_size=dim,
        window=window,
        negative=NEGATIVES,
        epochs=epochs,
        alpha=RATE,
        min_alpha=1e-4,
        sample=THRESHOLD,
        min_count=1,
        sg=int(not cbow),
        seed=seed + 1,
        workers=1,
    )
    return model.wv[list(source.words)]


def agreement(table: Float[ndarray, "V D"], pairs: WordPairs) -> float:
    """Spearman correlation of cosines with people's ratings, over the pairs whose words have a vector."""
    a, b, rating = known(pairs)
    return float(spearmanr(cosine_similarity(table, a, b), rating).statistic)


def known(pairs: WordPairs) -> tuple[Ids, Ids, Float[ndarray, " N"]]:
    """Return the pairs whose words both have a vector, as numbers, and their ratings."""
    ids = text().ids
    rows = [(ids[a], ids[b], r) for a, b, r in zip(*pairs, strict=True) if a in ids and b in ids]
    first, second, rating = zip(*rows, strict=True)
    return np.array(first), np.array(second), np.array(rating)


def _numbers(pairs: Sequence[tuple[str, str]]) -> tuple[Ids, Ids]:
    first, second = np.array([[text().ids[word] for word in pair] for pair in pairs]).T
    return first, second


def look(table: Float[ndarray, "V D"]) -> xr.Dataset:
    """Look at trained vectors.

    Returns
    -------
    Dataset
        ``wordsim`` and ``simlex``: correlation with people's ratings. Over ``word`` and ``rank``: the
        ``neighbor``, its ``cosine``, and how often both occur ``together``. Over ``pair``: ``opposite``, the
        cosine of two opposites, and ``place``, the share of all words that are nearer to the first than the
        second is. ``synonym`` and ``random``: mean cosine of the pairs that SimLex-999 rates 7.5 and more,
        and of pairs drawn at random from the same words.
    """
    ids, words = text().ids, np.array(text().words)
    size = len(SHOWN), NEAREST
    neighbor, cosine, often = np.empty(size, "U14"), np.empty(size, np.float32), np.empty(size, np.int32)
    for k, word in enumerate(SHOWN):
        nearest, cosine[k] = most_similar(table, ids[word], count=NEAREST)
        neighbor[k], often[k] = words[nearest], together()[[ids[word]]].toarray()[0, nearest]
    first, second = _numbers(OPPOSITES)
    opposite = cosine_similarity(table, first, second)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    place = (unit[first] @ unit.T > opposite[:, None]).sum(axis=1) - 1  # the word itself is nearest
    a, b, rating = known(simlex999())
    high = rating >= 7.5
    shuffled = np.random.default_rng(0).permutation(b)
    return xr.Dataset(
        {
            "wordsim": agreement(table, wordsim353()),
            "simlex": agreement(table, simlex999()),
            "neighbor": (("word", "rank"), neighbor),
            "cosine": (("word", "rank"), cosine),
            "together": (("word", "rank"), often),
            "opposite": ("pair", opposite.astype(np.float32)),
            "place": ("pair", (place / len(words)).astype(np.float32)),
            "synonym": cosine_similarity(table, a[high], b[high]).mean(),
            "random": cosine_similarity(table, a, shuffled).mean(),
        },
        coords={"word": list(SHOWN), "pair": [" ".join(pair) for pair in OPPOSITES]},
    )


TRAINERS = ("ours", "gensim", "gensim CBOW")


def by_window(trainer: str, window: int, seed: int) -> xr.Dataset:
    """Train 50 numbers a word with one window; see :func:`look`, and ``seconds`` of processor time."""
    require_choice("trainer", trainer, TRAINERS)
    text()  # reading it belongs to neither
    start = process_time()
    if trainer == "ours":
        table = vectors(window, DIM, seed, WINDOWS[window])
    else:
        table = gensim_vectors(window, DIM, seed, WINDOWS[window], cbow=trainer != "gensim")
    seconds = process_time() - start
    return look(table).assign(seconds=seconds)


def by_dim(dim: int, seed: int) -> xr.Dataset:
    """Train vectors of one length with window 5; see :func:`look`."""
    return look(vectors(5, dim, seed, WINDOWS[5]))


TOPIC_MODELS = ("LSA", "LDA")


def topic_words(model: str, seed: int) -> xr.Dataset:
    """Describe each word by 50 topics of the same paragraphs; see :func:`look`.

    With ``LSA``, by the leading directions of the logarithms of the counts in paragraphs, weighted by how
    few of these have the word; with ``LDA``, by its share in every topic of latent Dirichlet allocation,
    unless it stands in more than a fifth of the paragraphs and so tells no topic.
    """
    require_choice("model", model, TOPIC_MODELS)
    source = text()
    size = len(source.words)
    counts = sparse.csr_matrix(np.stack([np.bincount(s, minlength=size) for s in source.sentences]))
    spread = np.asarray((counts > 0).mean(axis=0)).ravel()
    if model == "LSA":
        weighted = counts.log1p().multiply(-np.log(spread)).tocsr()
        svd = TruncatedSVD(DIM, random_state=seed).fit(weighted)
        return look(svd.components_.T * svd.singular_values_)
    table = np.full((size, DIM), 1 / DIM)
    lda = LatentDirichletAllocation(DIM, random_state=seed, max_iter=10, learning_method="batch")
    table[spread < 0.2] = lda.fit(counts[:, spread < 0.2]).components_.T
    return look(table / table.sum(axis=1, keepdims=True))


def again(run: Callable[..., xr.Dataset], **point: Any) -> xr.Dataset:
    """Compute a point again, and keep the numbers that a change of a last bit leaves nearly alone."""
    return run(**point)[["wordsim", "simlex", "opposite", "synonym", "random"]]


LOOSE = dict.fromkeys(("wordsim", "simlex", "opposite", "synonym", "random"), 0.05)
STORED_WINDOWS = register(
    Stored(
        name="embeddings-windows",
        run=by_window,
        axes={"trainer": TRAINERS, "window": tuple(WINDOWS), "seed": (0, 1, 2)},
        seed=0,
        rtol=LOOSE,
        begin=partial(again, by_window),
    )
)
STORED_DIMS = register(
    Stored(
        name="embeddings-dims",
        run=by_dim,
        axes={"dim": DIMS, "seed": (0, 1)},
        seed=0,
        rtol=LOOSE,
        begin=partial(again, by_dim),
    )
)
STORED_TOPICS = register(
    Stored(
        name="embeddings-topics",
        run=topic_words,
        axes={"model": TOPIC_MODELS, "seed": (0, 1, 2)},
        seed=0,
        rtol=LOOSE,
        begin=partial(again, topic_words),
    )
)


@cache
def trained_by_window() -> xr.Dataset:
    """Read what was stored of vectors by window, ours and gensim's; ``make results`` trains them again."""
    return load("embeddings-windows")


@cache
def trained_by_dim() -> xr.Dataset:
    """Read what was stored of vectors by their length; ``make results`` trains them again."""
    return load("embeddings-dims")


@cache
def topics_of_words() -> xr.Dataset:
    """Read what was stored of words described by topics; ``make results`` computes it again."""
    return load("embeddings-topics")
