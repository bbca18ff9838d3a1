"""Variance shift: what batch norm learns while units are dropped, and what it meets in prediction."""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import require_count, require_fraction
from livenotes.activations import relu

from .task import clean_digits

WIDEST, DRAWS = 512, 8


class VarianceShift(NamedTuple):
    r"""Variances over images and masks of what enters batch norm, training beside prediction.

    Two places for batch norm after inverted dropout: right behind the dropped units, and behind a linear
    layer that reads them. A ratio is the variance in prediction, which is also that without dropout, over
    that in training.

    Attributes
    ----------
    width : int
        Units of either layer.
    direct, direct_theory : (U,)
        Ratio for every unit that is dropped: measured over 8 masks for each image, and
        $\operatorname{var} x \,/\, [\mathrm E\,x^2/(1-p) - (\mathrm E\,x)^2]$. Units that are never active
        are left out.
    linear, linear_theory : (width,)
        Ratio for every unit of the linear layer: measured, and
        $1 \,/\, [1 + \tfrac{p}{1-p}\sum_j w_j^2\,\mathrm E\,x_j^2 / \operatorname{var}(w\cdot x)]$.
    """

    width: int
    direct: Float[ndarray, " U"]
    direct_theory: Float[ndarray, " U"]
    linear: Float[ndarray, " H"]
    linear_theory: Float[ndarray, " H"]


@cache
def variance_shift(rate: float, width: int, seed: int) -> VarianceShift:
    """Measure the shift in two random layers that see the validation digits, with ReLU and He's weights.

    Parameters
    ----------
    rate : float, in [0, 1)
        A higher rate drops the same units, and more.
    width : int, from 1 to 512
        A wide layer begins with the units of a narrow one.
    seed : int

    Returns
    -------
    VarianceShift

    Raises
    ------
    ValueError
        An argument is out of range.
    """
    keep, width = 1 - require_fraction("rate", rate), require_count("width", width)
    if width > WIDEST:
        raise ValueError(f"width must be at most {WIDEST}, got {width}")
    x, w = _random_layers(seed)
    x, w = x[:, :width], w[:width, :width] * np.sqrt(2 / width)
    rng = np.random.default_rng([seed, 1])
    masked = np.concatenate([x * (rng.uniform(size=x.shape) >= rate) / keep for _ in range(DRAWS)])
    square, product = np.square(x).mean(axis=0), x @ w.T
    active = square > 0
    before, after = x.var(axis=0)[active], product.var(axis=0)
    return VarianceShift(
        width=width,
        direct=before / masked.var(axis=0)[active],
        direct_theory=before / (square[active] / keep - x.mean(axis=0)[active] ** 2),
        linear=after / (masked @ w.T).var(axis=0),
        linear_theory=1 / (1 + (1 - keep) / keep * (np.square(w) @ square) / after),
    )


@lru_cache(maxsize=2)
def _random_layers(seed: int) -> tuple[Float[ndarray, "V U"], Float[ndarray, "U U"]]:
    """Outputs of the first layer at its widest, and standard normal weights of the second."""
    rng = np.random.default_rng([seed, 0])
    x = clean_digits().x_val.astype(float)
    first = rng.normal(scale=np.sqrt(2 / x.shape[1]), size=(WIDEST, x.shape[1]))
    return relu(x @ first.T), rng.normal(size=(WIDEST, WIDEST))
