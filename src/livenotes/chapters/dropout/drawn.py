"""A net small enough to draw, and the masks that thin it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool
from numpy import ndarray

from livenotes._arguments import require_count, require_fraction

WIDTHS = (4, 6, 5, 1)
HIDDEN = sum(WIDTHS[1:-1])


class Network(NamedTuple):
    """One thinned network of the ensemble that shares its weights.

    Attributes
    ----------
    widths : (4,)
        Units in each layer, inputs first.
    kept : tuple of (units,)
        For each layer which units are there; inputs and outputs always are.
    hidden, kept_hidden : int
        Hidden units altogether, and those kept.
    connections, kept_connections : int
        Connections altogether, and those with both ends kept.
    paths, kept_paths : int
        Ways from an input to the output, and those still open.
    ensemble : int
        Networks that dropping can make: 2 to the number of hidden units.
    probability : float
        Of this very network.
    """

    widths: tuple[int, ...]
    kept: tuple[Bool[ndarray, " U"], ...]
    hidden: int
    kept_hidden: int
    connections: int
    kept_connections: int
    paths: int
    kept_paths: int
    ensemble: int
    probability: float


def network(rate: float, draw: int) -> Network:
    """Drop hidden units of a 4-6-5-1 net.

    Every unit has one uniform number for each draw and is dropped where the rate exceeds it: a higher rate
    drops the same units, and more.

    Parameters
    ----------
    rate : float, in [0, 1)
        Probability that a hidden unit is dropped.
    draw : int, >= 0
        Number of the mask.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        The rate is not in [0, 1), or the number of the mask is negative.
    """
    rate, draw = require_fraction("rate", rate), require_count("draw", draw, least=0)
    uniform = np.random.default_rng([draw, HIDDEN]).uniform(size=HIDDEN)
    middle = np.split(uniform >= rate, np.cumsum(WIDTHS[1:-2]))
    kept = (np.ones(WIDTHS[0], bool), *middle, np.ones(WIDTHS[-1], bool))
    counts = [int(units.sum()) for units in kept]
    remaining = sum(counts[1:-1])
    return Network(
        widths=WIDTHS,
        kept=kept,
        hidden=HIDDEN,
        kept_hidden=remaining,
        connections=_pairs(WIDTHS),
        kept_connections=_pairs(counts),
        paths=int(np.prod(WIDTHS)),
        kept_paths=int(np.prod(counts)),
        ensemble=2**HIDDEN,
        probability=(1 - rate) ** remaining * rate ** (HIDDEN - remaining),
    )


def _pairs(counts: Sequence[int]) -> int:
    return sum(a * b for a, b in pairwise(counts))
