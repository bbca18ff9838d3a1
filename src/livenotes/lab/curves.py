"""What an activation does to a Gaussian input: its curve, its flat parts, mean and spread of the output."""

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy import special

from livenotes._arguments import require_number, require_positive
from livenotes.activations import REGISTRY, Activation

SATURATED = 0.05
"""A unit counts as saturated where its slope is at most this share of the activation's peak slope."""

GRID = np.linspace(-8.0, 8.0, 321)
"""Where curves are drawn."""


def curve(name: str, mean: float, spread: float, **params: float) -> xr.Dataset:
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
    xarray.Dataset
        On 321 points ``x`` from -8 to 8: ``value`` and ``slope`` of the activation, ``density`` of the input,
        and ``flat``, true where the slope is at most 5 % of the peak slope. Over the inputs, one number each:
        ``saturated``, the share where the activation is flat (for the step, whose slope is 0 everywhere, all
        of them); ``mean_slope``; mean and standard deviation of the output, ``output_mean`` and
        ``output_sd``.

    Raises
    ------
    ValueError
        If there is no such activation, or ``spread`` is not positive.
    """
    activation, mean, spread = named(name), require_number("mean", mean), require_positive("spread", spread)
    middle, weight = _cells(mean, spread, activation.corners(**params))
    output = activation(middle, **params)
    output_mean = weight @ output
    density = np.exp(-0.5 * ((GRID - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    return xr.Dataset(
        {
            "value": ("x", activation(GRID, **params)),
            "slope": ("x", activation.slope(GRID, **params)),
            "density": ("x", density),
            "flat": ("x", saturated(activation, GRID, **params)),
            "saturated": weight @ saturated(activation, middle, **params),
            "mean_slope": weight @ activation.slope(middle, **params),
            "output_mean": output_mean,
            "output_sd": np.sqrt(weight @ (output - output_mean) ** 2),
        },
        coords={"x": GRID},
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
