"""Which representation of a text agrees with people's judgment of how alike two texts are.

Three hundred news texts without any labels to learn from, and fifty more, for which people were asked
{cite}`lee2005empirical`. Word vectors, a vector for each document, and two topic models learn from all 350.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray
from numpy.random import Generator
from scipy.stats import spearmanr
from sklearn.decomposition import NMF, LatentDirichletAllocation, TruncatedSVD

from livenotes._arguments import require_choice
from livenotes.datasets.corpus import lee_rated, lee_texts
from livenotes.embeddings import skipgram
from livenotes.embeddings.vocabulary import build_vocabulary, encode, noise_distribution
from livenotes.lab.store import Stored, load, register

TOPICS, LENGTH, READ = 20, 50, 20

Documents = list[Int[ndarray, " _"]]
Table = Float[ndarray, "D E"]


def counts(documents: Documents, size: int) -> Float[ndarray, "D V"]:
    """Count the words of each document."""
    return np.stack([np.bincount(d, minlength=size) for d in documents]).astype(float)


def weights(table: Float[ndarray, "D V"]) -> Float[ndarray, " V"]:
    """Return how much each word tells: ln of the documents by those of them that have it (tf-idf)."""
    return np.log(len(table) / (table > 0).sum(axis=0))


def by_words(documents: Documents, size: int, seed: int) -> Table:
    """Weighted counts of the words themselves, nothing learned."""
    table = counts(documents, size)
    return np.log1p(table) * weights(table)


def by_word_vectors(documents: Documents, size: int, seed: int) -> Table:
    """Mean of the word vectors of a document, each weighted as its word."""
    params, _ = skipgram.train(
        np.random.default_rng(seed), documents, size=size, dim=LENGTH, window=5, epochs=READ, lr=0.05
    )
    table = counts(documents, size)
    return np.log1p(table) * weights(table) @ params.center


def by_document_vectors(documents: Documents, size: int, seed: int) -> Table:
    """A vector for each document, by skip-gram with the document as the center of all its words."""
    params = document_vectors(np.random.default_rng(seed), documents, size, dim=LENGTH, epochs=READ, lr=0.05)
    return params.center[size:]


def document_vectors(
    rng: Generator, documents: Documents, size: int, *, dim: int, epochs: int, lr: float, negatives: int = 5
) -> skipgram.SkipGramParams:
    """Train the distributed bag of words of doc2vec; document d is row ``size + d`` of the centers."""
    params = skipgram.init(rng, size + len(documents), dim)
    centers = np.repeat(size + np.arange(len(documents)), [len(d) for d in documents])
    words = np.concatenate(documents)
    noise = np.cumsum(noise_distribution(np.bincount(words, minlength=size)))
    for rate in lr * (1 - np.arange(epochs) / epochs):
        for rows in np.array_split(rng.permutation(len(words)), max(1, len(words) // 512)):
            drawn = np.searchsorted(noise / noise[-1], rng.random((len(rows), negatives)), side="right")
            _, tape = skipgram.forward(params, centers[rows], words[rows], drawn)
            g = skipgram.backward(tape, np.ones(len(rows), params.center.dtype))
            for table, touched in zip(params, g, strict=True):
                table[touched.ids] -= rate * touched.values
    return params


def by_lsa(documents: Documents, size: int, seed: int) -> Table:
    """Leading directions of the weighted counts, each document of length 1: latent semantic analysis."""
    table = by_words(documents, size, seed)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    return TruncatedSVD(LENGTH, random_state=seed).fit_transform(table)


def by_factors(documents: Documents, size: int, seed: int) -> Table:
    """Weighted counts as a product of two matrices without negative numbers: topics that add up."""
    return NMF(TOPICS, random_state=seed, init="nndsvdar", max_iter=300).fit_transform(
        by_words(documents, size, seed)
    )


def by_topics(documents: Documents, size: int, seed: int) -> Table:
    """Shares of topics: latent Dirichlet allocation, on words that at most a tenth of the documents have."""
    table = counts(documents, size)
    told = table[:, (table > 0).mean(axis=0) < 0.1]
    model = LatentDirichletAllocation(
        TOPICS, random_state=seed, max_iter=50, doc_topic_prior=0.1, topic_word_prior=0.01
    )
    return model.fit_transform(told)


REPRESENTATIONS: dict[str, Callable[[Documents, int, int], Table]] = {
    "words": by_words,
    "LSA": by_lsa,
    "NMF": by_factors,
    "LDA": by_topics,
    "word vectors": by_word_vectors,
    "document vectors": by_document_vectors,
}


def judged(representation: str, seed: int) -> xr.Dataset:
    """Compare the cosines of each two of fifty texts with what people said.

    Returns
    -------
    Dataset
        ``spearman`` and ``pearson``, correlations over 1225 pairs.
    """
    require_choice("representation", representation, REPRESENTATIONS)
    rated = lee_rated()
    texts = [*lee_texts(), *rated.texts]
    vocabulary = build_vocabulary(texts, min_count=2)
    found = REPRESENTATIONS[representation](encode(vocabulary, texts), len(vocabulary.words), seed)
    found = found[-len(rated.texts) :]
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    upper = np.triu_indices(len(found), 1)
    cosine, rating = (found @ found.T)[upper], rated.rating[upper]
    return xr.Dataset(
        {
            "spearman": float(spearmanr(cosine, rating).statistic),
            "pearson": float(np.corrcoef(cosine, rating)[0, 1]),
        }
    )


STORED_JUDGED = register(
    Stored(
        name="embeddings-judged",
        run=judged,
        axes={"representation": tuple(REPRESENTATIONS), "seed": (0, 1, 2)},
        seed=0,
        rtol={"spearman": 0.05, "pearson": 0.05},
    )
)


@cache
def judged_texts() -> xr.Dataset:
    """Read what was stored of texts compared with people's judgment; ``make results`` computes it again."""
    return load("embeddings-judged")
