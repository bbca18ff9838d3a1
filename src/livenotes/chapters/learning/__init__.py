"""The chapter on how a network learns: units and hinges, walking down a loss, fitting and over-fitting."""

from .cafe import DRINKS, days, demand, hot_days, orders
from .descent import STEEPNESS, line_loss, race, ravine, stochastic, walk
from .fitting import (
    COUNTS,
    DEGREES,
    RATES,
    SHOWN,
    best_possible,
    fit,
    learn,
    long_training,
    polynomial,
    polynomial_errors,
    polynomials,
    starts,
    ways,
)
from .fitting import (
    GRID as GRID,
)
from .units import flow, hinges, hinges_through, score_curves, scores, small_network, unit

__all__ = [
    "COUNTS",
    "DEGREES",
    "DRINKS",
    "RATES",
    "SHOWN",
    "STEEPNESS",
    "best_possible",
    "days",
    "demand",
    "fit",
    "flow",
    "hinges",
    "hinges_through",
    "hot_days",
    "learn",
    "line_loss",
    "long_training",
    "orders",
    "polynomial",
    "polynomial_errors",
    "polynomials",
    "race",
    "ravine",
    "score_curves",
    "scores",
    "small_network",
    "starts",
    "stochastic",
    "unit",
    "walk",
    "ways",
]
