r"""The data of the chapter: an invented café, whose sales depend on the temperature outside.

Temperatures are in tens of degrees above 15 °C, so that $x=-2$ is −5 °C and $x=2$ is 35 °C. What a day
sells on average is known here, because it is a formula; no experiment uses it, except to say how far from it
a fit is.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

COLDEST, HOTTEST = -2.0, 2.0
NOISE = 0.2
DRINKS = ("tea", "coffee", "lemonade")


class Days(NamedTuple):
    """Temperatures, and cups sold, in hundreds."""

    x: Float[ndarray, "N 1"]
    cups: Float[ndarray, "N 1"]


class Orders(NamedTuple):
    """Temperatures, and what a guest ordered: 0 tea, 1 coffee, 2 lemonade."""

    x: Float[ndarray, "N 1"]
    drink: Int[ndarray, " N"]


def demand(x: Float[ndarray, "*S"]) -> Float[ndarray, "*S"]:
    """Hundreds of cups that are sold on average: many when it is cold, more when it is hot."""
    return 1 + 1.4 * _bend(-x - 0.7) + 2.0 * _bend(x - 0.6)


def _bend(z: Float[ndarray, "*S"]) -> Float[ndarray, "*S"]:
    """A hinge with a rounded corner."""
    return np.logaddexp(0, 10 * z) / 10


def days(n: int, seed: int) -> Days:
    """Draw days, evenly from cold to hot; sales scatter about the demand with a deviation of 20 cups."""
    rng = np.random.default_rng(seed)
    x = _evenly(rng, n, COLDEST, HOTTEST)
    return Days(x, demand(x) + rng.normal(scale=NOISE, size=(n, 1)))


def hot_days(n: int, seed: int) -> Days:
    """Draw days above 15 °C and their sales of lemonade: about 160 glasses for every ten degrees."""
    rng = np.random.default_rng(seed)
    x = _evenly(rng, n, 0, HOTTEST)
    return Days(x, 1.6 * x + rng.normal(scale=NOISE, size=(n, 1)))


def orders(n: int, seed: int) -> Orders:
    """Draw what guests order: tea when it is cold, lemonade when it is hot, coffee always a little."""
    rng = np.random.default_rng(seed)
    x = _evenly(rng, n, COLDEST, HOTTEST)
    scores = np.concatenate([-2 * x, np.full_like(x, 0.8), 2.5 * x], axis=1)
    # The largest of scores with Gumbel noise is drawn with the probabilities of their softmax.
    return Orders(x, (scores + rng.gumbel(size=scores.shape)).argmax(axis=1))


def _evenly(rng: np.random.Generator, n: int, low: float, high: float) -> Float[ndarray, "N 1"]:
    """Draw one number in each of n equal parts of an interval, in random order."""
    return low + (high - low) * (rng.permutation(n) + rng.uniform(size=n))[:, None] / n
