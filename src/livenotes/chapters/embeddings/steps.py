"""Updates of skip-gram on vectors of two numbers: what one pair and a few invented neighbors move."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.embeddings import skipgram

WORDS = ("tea", "coffee", "cup", "street", "war")
TEA, COFFEE, CUP, STREET, WAR = range(5)
"""Tea occurs beside cup, and so does coffee; street and war are always drawn as invented neighbors."""

HAND_RATE = 0.5


class Updated(NamedTuple):
    """Vectors before and after some updates, and the numbers of the next one on the pair tea, cup."""

    before: skipgram.SkipGramParams
    now: skipgram.SkipGramParams
    scores: Float[ndarray, " 3"]
    errors: Float[ndarray, " 3"]
    g_center: Float[ndarray, " 2"]
    loss: float
    cosine: float


def handful() -> skipgram.SkipGramParams:
    """Return vectors of two numbers for five words, chosen by hand."""
    center = np.array([[1.0, 0.5], [-1.0, 0.5], [0.2, 1.0], [-1.0, 0.4], [-0.5, -1.0]])
    context = np.array([[0.6, 1.0], [1.0, 0.2], [0.5, -1.0], [1.0, 0.8], [-0.4, 1.2]])
    return skipgram.SkipGramParams(center, context)


def step(params: skipgram.SkipGramParams, center: int) -> skipgram.SkipGramParams:
    """Take one step on the pair of a center and cup, against street and war; leave the given tables alone."""
    _, tape = skipgram.forward(params, *pair(center))
    moved = skipgram.SkipGramParams(*(table.copy() for table in params))
    for table, g in zip(moved, skipgram.backward(tape, np.ones(1)), strict=True):
        table[g.ids] -= HAND_RATE * g.values
    return moved


def pair(center: int) -> tuple[ndarray, ndarray, ndarray]:
    """Return center, neighbor and invented neighbors as skip-gram takes them."""
    return np.array([center]), np.array([CUP]), np.array([[STREET, WAR]])


def update(tea: int, coffee: int) -> Updated:
    """Take so many updates with tea as the center and so many with coffee, in turn as long as both last."""
    now = handful()
    for k in range(max(tea, coffee)):
        for center, count in ((TEA, tea), (COFFEE, coffee)):
            if k < count:
                now = step(now, center)
    loss, tape = skipgram.forward(now, *pair(TEA))
    g = skipgram.backward(tape, np.ones(1))
    v, w = now.center[[TEA, COFFEE]]
    return Updated(
        before=handful(),
        now=now,
        scores=now.context[[CUP, STREET, WAR]] @ v,
        errors=tape.g_scores[0],
        g_center=g.center.values[0],
        loss=float(loss[0]),
        cosine=float(v @ w / np.linalg.norm(v) / np.linalg.norm(w)),
    )
