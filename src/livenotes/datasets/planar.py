"""Two-class problems in the plane that a straight line cannot solve. Chapter: Activation functions."""

from typing import Annotated, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes._arguments import NonNegative, Positive, at_least
from livenotes._validated import validated

TwoOrMore: TypeAlias = Annotated[int, at_least(2)]


class Planar(NamedTuple):
    """Points of two classes, ``n // 2`` or one more of each, in random order."""

    x: Float[ndarray, "N 2"]
    labels: Int[ndarray, " N"]


@validated
def xor(rng: np.random.Generator, n: TwoOrMore, *, noise: NonNegative = 0.3) -> Planar:
    """Four round clouds on the corners of a square; opposite corners share a class.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int, >= 2
        Number of points.
    noise : float, >= 0
        Standard deviation of a cloud; the corners are at (±1, ±1).

    Returns
    -------
    Planar
    """
    labels = _labels(rng, n)
    side = rng.choice([-1.0, 1.0], size=n)
    corners = np.stack([side, np.where(labels == 1, -side, side)], axis=1)
    return Planar(corners + rng.normal(scale=noise, size=(n, 2)), labels)


@validated
def moons(rng: np.random.Generator, n: TwoOrMore, *, noise: NonNegative = 0.1) -> Planar:
    """Two half circles of radius 1, each reaching into the other's hollow, centered on the origin.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int, >= 2
        Number of points.
    noise : float, >= 0
        Standard deviation of the distance from the curve, on each axis.

    Returns
    -------
    Planar
    """
    labels = _labels(rng, n)
    angle = rng.uniform(0, np.pi, size=n)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    curve = np.where(labels[:, None] == 1, -upper, upper)  # the second is the first turned by 180 degrees
    return Planar(curve + rng.normal(scale=noise, size=(n, 2)), labels)


@validated
def spirals(
    rng: np.random.Generator, n: TwoOrMore, *, noise: NonNegative = 0.05, turns: Positive = 1.0
) -> Planar:
    """Two arms that wind about the origin, one the other turned by 180 degrees.

    Source: {cite}`lang1988learning`, with noise and with a length that can be set.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int, >= 2
        Number of points.
    noise : float, >= 0
        Standard deviation of the distance from the arm, on each axis.
    turns : float, > 0
        How often an arm goes round on its way from radius 0.2 to radius 1.5.

    Returns
    -------
    Planar

    Raises
    ------
    ValueError
        If ``turns`` is not positive.
    """
    labels = _labels(rng, n)
    along = np.sqrt(rng.uniform(size=n))  # the outer part of an arm is longer and gets more points
    radius, angle = 0.2 + 1.3 * along, 2 * np.pi * turns * along + np.pi * labels
    arm = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Planar(arm + rng.normal(scale=noise, size=(n, 2)), labels)


def _labels(rng: np.random.Generator, n: int) -> Int[ndarray, " N"]:
    return rng.permutation(np.arange(n) % 2)
