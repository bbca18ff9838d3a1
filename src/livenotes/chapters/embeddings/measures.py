"""What is measured for the claims on word vectors: each function returns one number a seed."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.datasets.graphs import karate_club
from livenotes.embeddings import skipgram
from livenotes.embeddings.vocabulary import build_vocabulary, encode, noise_distribution

from .documents import judged_texts
from .graphs import neighbors, walks
from .meanings import blends, messages, shop
from .words import trained_by_window

_Values = Float[ndarray, " S"]


def related_less_similar() -> _Values:
    """Correlation with WordSim-353 less that with SimLex-999, our vectors, window 5."""
    runs = trained_by_window().sel(trainer="ours", window=5)
    return (runs.wordsim - runs.simlex).values


def synonyms_above_chance() -> _Values:
    """Mean cosine of the pairs that SimLex-999 rates 7.5 and more, less that of random pairs."""
    runs = trained_by_window().sel(trainer="ours", window=5)
    return (runs.synonym - runs.random).values


def place_of_opposites() -> _Values:
    """Share of all words that are nearer to a word than its opposite is, median over twelve pairs."""
    return trained_by_window().place.sel(trainer="ours", window=5).median("pair").values


def evenly_mixed() -> _Values:
    """Cosine of an evenly mixed word to the nearer of its two parts, mean over five pairs."""
    return _nearer(0.5)


def mostly_one() -> _Values:
    """The same where nine occurrences in ten come from one of the two."""
    return (_nearer(0.1) + _nearer(0.9)) / 2


def _nearer(share: float) -> _Values:
    found = blends().sel(share=share)
    return np.maximum(found.to_first, found.to_second).mean("blend").values


def streets_of_customers() -> _Values:
    """Mean cosine of two streets where nine messages in ten are alike, apart from the street."""
    return shop().streets.sel(share=0.9).values


def word_vectors_less_lsa() -> _Values:
    """Correlation with people's judgment of texts, mean word vectors less latent semantic analysis."""
    return _word_vectors_less("LSA")


def word_vectors_less_lda() -> _Values:
    """The same, less latent Dirichlet allocation."""
    return _word_vectors_less("LDA")


def _word_vectors_less(other: str) -> _Values:
    found = judged_texts().pearson
    return (found.sel(representation="word vectors") - found.sel(representation=other)).values


def scores_and_information() -> _Values:
    """Correlation of trained scores with pointwise mutual information less ln K, pairs seen five times."""
    found = []
    for seed in range(3):
        texts = messages(0.5, seed)
        vocabulary = build_vocabulary(texts, min_count=1)
        corpus, size = encode(vocabulary, texts), len(vocabulary.words)
        rng = np.random.default_rng(seed)
        params, _ = skipgram.train(
            rng, corpus, size=size, dim=30, window=4, epochs=60, lr=0.1, threshold=None, batch_size=64
        )
        seen = np.zeros((size, size))
        for _ in range(20):  # each draws the reach of every window anew
            np.add.at(seen, skipgram.window_pairs(rng, corpus, window=4), 1 / 20)
        noise = noise_distribution(vocabulary.counts)
        often = seen >= 5
        with np.errstate(divide="ignore"):
            shifted = np.log(seen / seen.sum(axis=1, keepdims=True) / noise) - np.log(5)
        scores = params.center @ params.context.T
        found.append(np.corrcoef(scores[often], shifted[often])[0, 1])
    return np.array(found)


def sides_without_vectors() -> _Values:
    """Share of the club's members who took the side of most of their friends (a tie counts half)."""
    graph = karate_club()
    assert graph.groups is not None
    share = np.array([graph.groups[reached].mean() for reached in neighbors(graph)])
    right = np.where(share == 0.5, 0.5, (share > 0.5) == graph.groups)
    return np.array([right.mean()])


def sides_of_nearest() -> _Values:
    """Share of the club's members whose nearest vector is of a member of the same side, walks of 10."""
    return walks("club").same_side.sel(length=10).values
