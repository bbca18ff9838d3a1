r"""What can be proved about dropout, checked over all $2^n$ masks; no sampling, no training."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import require_fraction
from livenotes.activations import identity, relu, sigmoid
from livenotes.losses import logistic

from .masks import all_masks

UNITS, EXAMPLES = 10, 100


class Theory(NamedTuple):
    """Statements with a proof, and how exact they are; ten inputs, 100 examples, one value a seed.

    Attributes
    ----------
    least_squares : (S,)
        Relative error of: squared loss of a linear unit averaged over masks = loss without dropping
        + p / (1 - p) times the sum over weights of w² times the mean of x².
    logistic : (S,)
        Relative error, in what dropping adds to the logistic loss, of its second-order approximation
        p / (1 - p) times half the mean of σ(1 - σ) times the sum of w² x².
    geometric_mean : (S,)
        Largest difference between a sigmoid's normalized geometric mean over masks and the sigmoid of its
        mean input.
    linear, relu, sigmoid : (S,)
        What one pass with scaled weights misses of the mean output over masks, relative to that mean; root
        mean squares over examples.
    """

    least_squares: Float[ndarray, " S"]
    logistic: Float[ndarray, " S"]
    geometric_mean: Float[ndarray, " S"]
    linear: Float[ndarray, " S"]
    relu: Float[ndarray, " S"]
    sigmoid: Float[ndarray, " S"]


def theory(rate: float, seeds: Sequence[int]) -> Theory:
    r"""Average one unit over every mask of its ten inputs, inverted dropout, and compare with the theorems.

    The penalties are those of {cite}`wager2013dropout`, the geometric mean is that of
    {cite}`baldi2013understanding`.

    Parameters
    ----------
    rate : float, in (0, 1)
        Probability that an input is dropped.
    seeds : sequence of int
        Of inputs, weights and targets.

    Returns
    -------
    Theory

    Raises
    ------
    ValueError
        The rate is not in (0, 1).
    """
    if not require_fraction("rate", rate):
        raise ValueError(
            f"rate must be in (0, 1), got {rate}: with nothing dropped there is nothing to compare"
        )
    return Theory(*np.transpose([_errors(rate, seed) for seed in seeds]))


def _errors(rate: float, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(EXAMPLES, UNITS)), rng.normal(scale=UNITS**-0.5, size=UNITS)
    bias, t = rng.normal(), rng.normal(size=EXAMPLES)
    masks = all_masks(UNITS)
    odds = np.prod(np.where(masks, 1 - rate, rate), axis=1)
    clean = x @ w + bias
    s = (masks / (1 - rate) * w) @ x.T + bias  # (masks, examples)
    noise = rate / (1 - rate) * np.square(x) @ np.square(w)  # variance of s over the masks
    return [
        *_penalties(s, clean, noise, odds, t),
        float(np.abs(_geometric_mean(s, odds) - sigmoid(clean)).max()),
        *(_missed(odds @ f(s), f(clean)) for f in (identity, relu, sigmoid)),
    ]


def _penalties(s: ndarray, clean: ndarray, noise: ndarray, odds: ndarray, t: ndarray) -> tuple[float, float]:
    """Errors of the two penalties: that of least squares, and the approximate one of logistic regression."""
    averaged = float(odds @ np.square(s - t).mean(axis=1))
    squared = float(np.square(clean - t).mean() + noise.mean())
    classes = (t > 0).astype(float)
    added = (
        sum(p * logistic(row, classes)[0] for p, row in zip(odds, s, strict=True))
        - logistic(clean, classes)[0]
    )
    approximate = 0.5 * float((sigmoid(clean) * sigmoid(-clean) * noise).mean())
    return abs(averaged - squared) / averaged, abs(added - approximate) / added


def _geometric_mean(s: ndarray, odds: ndarray) -> ndarray:
    """Geometric mean of the sigmoid, normalized: divided by itself plus that of one minus the sigmoid."""
    on, off = (np.exp(odds @ np.log(sigmoid(sign * s))) for sign in (1.0, -1.0))
    return on / (on + off)


def _missed(mean: ndarray, scaled: ndarray) -> float:
    return float(np.sqrt(np.square(scaled - mean).mean() / np.square(mean).mean()))
