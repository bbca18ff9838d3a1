r"""What one activation does to a Gaussian input, and how the sigmoid family approaches its limits."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy import special

from livenotes._arguments import require_number, require_positive
from livenotes.activations import REGISTRY, Activation

SATURATED = 0.05
"""A unit counts as saturated where its slope is at most this share of the activation's peak slope."""

GRID = np.linspace(-8.0, 8.0, 321)
"""Where curves are drawn."""


class Curve(NamedTuple):
    """An activation on a grid, and what it makes of normal inputs of a given mean and spread.

    Attributes
    ----------
    x : (321,)
        The grid, from -8 to 8.
    value, slope : (321,)
        The activation and its derivative there.
    density : (321,)
        Density of the input there; it integrates to 1.
    flat : (321,) bool
        Where the slope is at most 5 % of the peak slope.
    saturated : float
        Share of inputs where the slope is at most 5 % of the peak slope. For the step, whose slope is 0
        everywhere, that is all of them.
    mean_slope : float
        Mean of the slope over the inputs.
    output_mean, output_sd : float
        Mean and standard deviation of the output.
    """

    x: Float[ndarray, " X"]
    value: Float[ndarray, " X"]
    slope: Float[ndarray, " X"]
    density: Float[ndarray, " X"]
    flat: Bool[ndarray, " X"]
    saturated: float
    mean_slope: float
    output_mean: float
    output_sd: float


def curve(name: str, mean: float, spread: float, **params: float) -> Curve:
    r"""Draw one activation and integrate it against a Gaussian input.

    The line is cut into cells at most 1/256 of ``spread`` wide, with a cut at every kink; each cell counts
    with its exact probability, and the function with its value at the middle of the cell. Nothing is
    random.

    Parameters
    ----------
    name : str
        A name in ``activations.REGISTRY``.
    mean, spread : float
        Mean and standard deviation (> 0) of the input.
    **params : float
        Passed on to the activation.

    Returns
    -------
    Curve

    Raises
    ------
    ValueError
        If there is no such activation, or ``spread`` is not positive.
    """
    activation, mean, spread = named(name), require_number("mean", mean), require_positive("spread", spread)
    middle, weight = _cells(mean, spread, activation.corners(**params))
    output = activation(middle, **params)
    output_mean = float(weight @ output)
    density = np.exp(-0.5 * ((GRID - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    return Curve(
        x=GRID,
        value=activation(GRID, **params),
        slope=activation.slope(GRID, **params),
        density=density,
        flat=saturated(activation, GRID, **params),
        saturated=float(weight @ saturated(activation, middle, **params)),
        mean_slope=float(weight @ activation.slope(middle, **params)),
        output_mean=output_mean,
        output_sd=float(np.sqrt(weight @ (output - output_mean) ** 2)),
    )


def saturated(activation: Activation, x: Float[ndarray, "*S"], **params: float) -> Bool[ndarray, "*S"]:
    """Say where the slope is at most 5 % of the peak slope."""
    return np.abs(activation.slope(x, **params)) <= SATURATED * peak_slope(activation, **params)


def peak_slope(activation: Activation, **params: float) -> float:
    """Return the steepest slope of an activation, between -8 and 8 or far out on either side."""
    x = np.append(GRID, [-1e3, 1e3])
    return float(np.abs(activation.slope(x, **params)).max())


def named(name: str) -> Activation:
    """Look up an activation; raise ValueError for a name that is not registered."""
    if name not in REGISTRY:
        raise ValueError(f"activation: expected one of {', '.join(REGISTRY)}, got {name!r}")
    return REGISTRY[name]


def _cells(
    mean: float, spread: float, cuts: tuple[float, ...]
) -> tuple[Float[ndarray, " N"], Float[ndarray, " N"]]:
    """Middles and probabilities of small cells that cover 8 standard deviations to either side."""
    edges = np.union1d(mean + spread * np.linspace(-8.0, 8.0, 4097), cuts)
    weight = np.diff(special.ndtr((edges - mean) / spread))
    return (edges[1:] + edges[:-1]) / 2, weight / weight.sum()


class Family(NamedTuple):
    """The sigmoid family on its way to the limit.

    Attributes
    ----------
    x : (X,)
        The grid that was given.
    names : tuple of str
        The six curves, from the fastest to the slowest at the end.
    gap : (6, X)
        What is missing to the limit, 1 - f(x), correct to the last digits however small.
    """

    x: Float[ndarray, " X"]
    names: tuple[str, ...]
    gap: Float[ndarray, "6 X"]


def family(x: Float[ndarray, " X"]) -> Family:
    r"""Distance of the six curves of the sigmoid family from their limit 1.

    All have slope 1 at the origin. Subtracting the curve from 1 would leave no digits in the tail, so each
    gap has a formula of its own, such as $1-\tanh x = 2/(e^{2x}+1)$ or $1-\operatorname{erf} u =
    \operatorname{erfc} u$.

    Parameters
    ----------
    x : (X,) float, >= 0
        The curves are odd: on the other side the gap is 2 minus this.

    Returns
    -------
    Family

    Raises
    ------
    ValueError
        If ``x`` holds a negative or missing value.
    """
    if not (x >= 0).all():
        raise ValueError(f"x: expected values of 0 or more, got {x[~(x >= 0)][0]}")
    root, quarter = np.hypot(1.0, x), np.pi / 2
    gaps = {
        "erf": special.erfc(np.sqrt(np.pi) / 2 * x),
        "tanh": 2 * special.expit(-2 * x),
        "gudermannian": 2 / quarter * np.arctan(np.exp(-quarter * x)),  # gd(u) = π/2 - 2 arctan(e^-u)
        "algebraic": 1 / (root * (root + x)),
        "arctan": np.arctan2(1.0, quarter * x) / quarter,
        "softsign": 1 / (1 + x),
    }
    return Family(x, tuple(gaps), np.stack(list(gaps.values())))
