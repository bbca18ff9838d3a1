r"""Skip-gram with negative sampling {cite}`mikolov2013distributed`. Chapter: Word vectors.

Every word $c$ has two vectors: $v_c$ as the center of a window and $u_c$ as a neighbor in one. A pair
of a center and a neighbor that really occurred is told from $K$ invented ones, whose neighbor is drawn
from a noise distribution:

$$L = -\ln\sigma(u_o\cdot v_c) - \sum_{k=1}^{K}\ln\sigma(-u_k\cdot v_c)$$

A corpus is a list of integer arrays, one a sentence; words are numbers from 0 to V-1.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy import sparse

from livenotes._arguments import Count, FloatDtype, Positive, require_ids
from livenotes._validated import body, validated
from livenotes.activations import sigmoid, softplus

from .vocabulary import keep_probability, noise_distribution

Ids = Int[ndarray, " N"]
Sentences = Sequence[Int[ndarray, " _"]]


class SkipGramParams(NamedTuple):
    """A vector for each word as a center, and one as a neighbor (context)."""

    center: Float[ndarray, "V D"]
    context: Float[ndarray, "V D"]


class Rows(NamedTuple):
    """The rows of a table that a gradient touches, each once, and what it adds to them."""

    ids: Ids
    values: Float[ndarray, "N D"]


class Touched(NamedTuple):
    """Gradients with respect to both tables, as the rows that are not zero."""

    center: Rows
    context: Rows


class SkipGramTape(NamedTuple):
    """The parameters, the words of each pair and the error of each score."""

    params: SkipGramParams
    centers: Ids
    targets: Int[ndarray, "N K+1"]
    g_scores: Float[ndarray, "N K+1"]


@validated
def init(rng: np.random.Generator, size: Count, dim: Count, dtype: FloatDtype = np.float32) -> SkipGramParams:
    """Draw center vectors uniformly within 1/(2D) and set context vectors to 0, as word2vec does.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int, >= 1
        Number of words V.
    dim : int, >= 1
        Length of a vector D.
    dtype : NumPy float type
    """
    center = ((rng.random((size, dim)) - 0.5) / dim).astype(dtype)
    return SkipGramParams(center, np.zeros_like(center))


def _in_the_tables(params: SkipGramParams, centers: Ids, contexts: Ids, noise: Int[ndarray, "N K"]) -> None:
    for name, ids in (("centers", centers), ("contexts", contexts), ("noise", noise)):
        require_ids(name, ids, len(params.center))


@validated(where=_in_the_tables)
def forward(
    params: SkipGramParams, centers: Ids, contexts: Ids, noise: Int[ndarray, "N K"]
) -> tuple[Float[ndarray, " N"], SkipGramTape]:
    """Loss of every pair.

    Parameters
    ----------
    params : SkipGramParams
    centers, contexts : int arrays, shape (N,)
        The pairs that occurred.
    noise : int array, shape (N, K)
        For each pair the invented neighbors.

    Returns
    -------
    losses : array, shape (N,), dtype of the vectors
    tape : SkipGramTape
    """
    targets = np.column_stack([contexts, noise])  # (N, K+1), the true one first
    scores = np.einsum("nd,nkd->nk", params.center[centers], params.context[targets])
    sign = np.ones(targets.shape[1], scores.dtype)
    sign[0] = -1
    losses = softplus(sign * scores).sum(axis=1)
    return losses, SkipGramTape(params, centers, targets, sign * sigmoid(sign * scores))


@validated
def backward(tape: SkipGramTape, g_y: Float[ndarray, " N"]) -> Touched:
    r"""Return dL/dparams: of both tables the rows that are not zero.

    $g_{v_c} = \sum_k (\sigma(u_k\cdot v_c) - y_k)\,u_k$ and the same with $u$ and $v$ exchanged, where
    $y$ is 1 for the neighbor that occurred and 0 for the others.
    """
    params, centers, targets, g_scores = tape
    rows = np.repeat(centers, targets.shape[1])
    entries = (g_y[:, None] * g_scores).ravel()
    # errors[c, t] adds up the errors of every pair of c and t: both gradients are products with it
    size = len(params.center)
    errors = sparse.csr_array((entries, (rows, targets.ravel())), shape=(size, size))
    return Touched(_product(errors, params.context), _product(errors.T.tocsr(), params.center))


def _product(errors: Any, table: Float[ndarray, "V D"]) -> Rows:
    """Multiply, leaving out the rows of ``errors`` (a sparse matrix) that are empty."""
    touched = np.flatnonzero(np.diff(errors.indptr))
    return Rows(touched, errors[touched] @ table)


@validated
def window_pairs(rng: np.random.Generator, corpus: Sentences, *, window: Count) -> tuple[Ids, Ids]:
    """All pairs of a center and a neighbor, in random order.

    Each center draws its own reach from 1 to ``window``, so that near neighbors count more.

    Parameters
    ----------
    rng : numpy.random.Generator
    corpus : sequence of int arrays
        Pairs do not cross from one to the next.
    window : int, >= 1

    Returns
    -------
    centers, contexts : int arrays of equal length
    """
    words = np.concatenate([np.zeros(0, int), *corpus])
    sentence = np.repeat(np.arange(len(corpus)), [len(s) for s in corpus])
    reach = rng.integers(1, window + 1, size=len(words))
    centers, contexts = [], []
    for distance in range(1, min(window, len(words) - 1) + 1):
        left, right = words[:-distance], words[distance:]
        together = sentence[:-distance] == sentence[distance:]
        for own, other, reached in (
            (left, right, reach[:-distance] >= distance),
            (right, left, reach[distance:] >= distance),
        ):
            centers.append(own[together & reached])
            contexts.append(other[together & reached])
    order = rng.permutation(sum(map(len, centers)))
    empty = np.zeros(0, int)
    return np.concatenate([empty, *centers])[order], np.concatenate([empty, *contexts])[order]


def _in_the_vocabulary(corpus: Sentences, size: int) -> None:
    for k, sentence in enumerate(corpus):
        require_ids(f"corpus[{k}]", sentence, size)


@validated(where=_in_the_vocabulary)
def train(
    rng: np.random.Generator,
    corpus: Sentences,
    *,
    size: Count,
    dim: Count = 100,
    window: Count = 5,
    negatives: Count = 5,
    epochs: Count = 5,
    lr: Positive = 0.025,
    threshold: Positive | None = 1e-3,
    batch_size: Count = 512,
) -> tuple[SkipGramParams, Float[ndarray, " E"]]:
    """Learn vectors by gradient descent, with a learning rate that falls along a line to 0.

    The gradients of a batch are added, not averaged, so that ``lr`` means the step of one pair, and a
    batch must not name the same word hundreds of times: with few words, keep it small.

    Parameters
    ----------
    rng : numpy.random.Generator
    corpus : sequence of int arrays
    size : int
        Number of words V.
    dim, window, negatives, epochs, batch_size : int, >= 1
    lr : float, > 0
        Learning rate at the start.
    threshold : float, > 0, or None
        Subsampling of frequent words, see ``keep_probability``; None keeps every word.

    Returns
    -------
    params : SkipGramParams, float32
    losses : float64 array, shape (epochs,)
        Mean loss of a pair in each epoch.
    """
    params = init(rng, size, dim)
    counts = np.bincount(np.concatenate([np.zeros(0, int), *corpus]), minlength=size)
    keep = np.ones(size) if threshold is None else keep_probability(counts, threshold)
    cumulative = np.cumsum(noise_distribution(counts))
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        thinned = [sentence[rng.random(len(sentence)) < keep[sentence]] for sentence in corpus]
        centers, contexts = window_pairs(rng, thinned, window=window)
        for start in range(0, len(centers), batch_size):
            batch = slice(start, start + batch_size)
            drawn = rng.random((len(centers[batch]), negatives)) * cumulative[-1]
            noise = np.searchsorted(cumulative, drawn, side="right")
            done = (epoch + start / len(centers)) / epochs
            losses[epoch] += _step(params, centers[batch], contexts[batch], noise, lr * (1 - done))
        losses[epoch] /= max(len(centers), 1)
    return params, losses


def _step(
    params: SkipGramParams, centers: Ids, contexts: Ids, noise: Int[ndarray, "N K"], lr: float
) -> float:
    """Descend on one batch, in place; return the sum of its losses."""
    loss, tape = body(forward)(params, centers, contexts, noise)
    for table, rows in zip(params, body(backward)(tape, np.ones_like(loss)), strict=True):
        table[rows.ids] -= lr * rows.values
    return float(loss.sum())
