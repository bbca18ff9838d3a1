"""Soft look-up without any training: colors that mix, scores that grow with d, and a hard look-up."""

from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from numpy.random import Generator

from livenotes.attention import dot_product_attention, masked_softmax, softmax_backward

# Five hues as far apart as their keys, around a gray, so that the mean of all five is that gray.
ANGLES = np.arange(90, 450, 72) % 360
_HUES = np.deg2rad(np.arange(5) * 72)
GRAY, REACH = 0.52, 0.38
COLORS = GRAY + REACH * np.cos(_HUES[:, None] - np.deg2rad([0, 120, 240]))
FEATURES = (1, 4, 16, 64, 256, 1024)
KEYS, DRAWS = 8, 400


def unit(angle: float) -> Float[ndarray, " 2"]:
    """Vector of length 1 at an angle in degrees."""
    return np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])


def mixed(angle: float, temperature: float) -> xr.Dataset:
    """Look up a color: the query is a direction, the keys are five directions, the values five colors.

    Returns
    -------
    Dataset
        Over ``key``: ``score`` and ``weight``; over ``channel`` red, green, blue: ``color``.
    """
    keys = np.array([unit(float(a)) for a in ANGLES])
    color, tape = dot_product_attention(unit(angle)[None], keys, COLORS, scale=1 / temperature)
    return xr.Dataset(
        {
            "score": ("key", keys @ unit(angle)),
            "weight": ("key", tape.weights[0]),
            "color": ("channel", color[0]),
        }
    )


@cache
def freezing() -> xr.Dataset:
    """Score random keys with a random query of growing length, with and without the factor 1/√d.

    Returns
    -------
    Dataset
        Over ``d`` and ``scaled`` (0 or 1): ``spread``, the standard deviation of the scores; ``largest``, the
        mean of the largest of eight weights; ``slope``, the mean over weights of a (1 - a), how much a weight
        changes with its own score. Over ``key`` as well: ``weights`` of one draw, in falling order.
    """
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(DRAWS, 1, FEATURES[-1])), rng.normal(size=(DRAWS, KEYS, FEATURES[-1]))
    rows = []
    for d in FEATURES:
        scores = (q[..., :d] @ k[..., :d].mT)[:, 0]
        for factor in (1.0, d**-0.5):
            weights = masked_softmax(factor * scores)
            slope = (weights * (1 - weights)).mean()
            one = np.sort(weights[0])[::-1]
            rows.append((factor * scores.std(), weights.max(axis=1).mean(), slope, one))
    shape = (len(FEATURES), 2)
    spread, largest, slope = (np.reshape([row[n] for row in rows], shape) for n in range(3))
    dims = ("d", "scaled")
    return xr.Dataset(
        {
            "spread": (dims, spread),
            "largest": (dims, largest),
            "slope": (dims, slope),
            "weights": ((*dims, "key"), np.reshape([row[3] for row in rows], (*shape, KEYS))),
        },
        coords={"d": list(FEATURES), "scaled": [0, 1]},
    )


def shuffled(rng: Generator, size: int = 12) -> tuple[float, float]:
    """Shuffle keys and values together, then keys alone: by how much the largest output changes."""
    q, k, v = rng.normal(size=(3, 4)), rng.normal(size=(size, 4)), rng.normal(size=(size, 5))
    order = rng.permutation(size)
    before, together, alone = (
        dot_product_attention(q, *pair)[0] for pair in ((k, v), (k[order], v[order]), (k[order], v))
    )
    return float(np.abs(together - before).max()), float(np.abs(alone - before).max())


def hard_gradient(scores: Float[ndarray, " K"], losses: Float[ndarray, " K"]) -> Float[ndarray, " K"]:
    """Exact gradient of the expected loss where one place is drawn with the attention weights."""
    gradient: ndarray = softmax_backward(masked_softmax(scores[None]), losses[None])[0]
    return gradient


def sampled_gradients(
    rng: Generator, scores: Float[ndarray, " K"], losses: Float[ndarray, " K"], count: int
) -> Float[ndarray, "N K"]:
    """Guess it from single draws: the loss of the place drawn, times the gradient of its log-probability."""
    weights = masked_softmax(scores[None])[0]
    drawn = rng.choice(len(weights), p=weights, size=count)
    guesses: ndarray = losses[drawn][:, None] * (np.eye(len(weights))[drawn] - weights)
    return guesses
