r"""What one unit is fed: $Wx + b$ in training and in prediction, under every correction."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import require_fraction
from livenotes.activations import relu

UNITS, EXAMPLES, BIAS = 50, 20_000, 2.0
EDGES = np.linspace(-12.0, 24.0, 145)
CASES = (
    "training",
    "uncorrected",
    "corrected",
    "bias too",
    "inverted, training",
    "inverted, prediction",
)


class UnitInput(NamedTuple):
    r"""Input of one unit fed by 50 ReLU units, over 20,000 examples: six cases.

    *training*: some of the 50 are dropped. *uncorrected*: prediction with all of them. *corrected*: with
    $(1-p)W$, as the notes have it. *bias too*: with $(1-p)(Wx + b)$, which is what the reason that they give
    asks for. The last two: inverted dropout with the same weights.

    Attributes
    ----------
    cases : tuple of str
    edges : (145,)
        Of the bins, the same for every rate, from -12 to 24.
    density : (6, 144)
        Histogram of the input; it integrates to the share that falls within the edges.
    mean, sd : (6,)
        Of the 20,000 inputs.
    mean_theory, sd_theory : (6,)
        What they should be.
    bias : float
        $b$, which is 2.
    ratio : float
        Mean input in prediction, uncorrected, over that in training: 1 / (1 - p) by the notes.
    ratio_product : float
        The same ratio for $Wx$ alone, without the bias.
    """

    cases: tuple[str, ...]
    edges: Float[ndarray, " E"]
    density: Float[ndarray, "K B"]
    mean: Float[ndarray, " K"]
    sd: Float[ndarray, " K"]
    mean_theory: Float[ndarray, " K"]
    sd_theory: Float[ndarray, " K"]
    bias: float
    ratio: float
    ratio_product: float


def unit_input(rate: float, seed: int) -> UnitInput:
    r"""Feed one unit with 20,000 examples, each with a mask of its own.

    The 50 inputs are independent, ReLUs of standard normal numbers, so that
    $\mathrm E\,x = 1/\sqrt{2\pi}$ and $\mathrm E\,x^2 = 1/2$. Then

    $$\operatorname{var}\,\Big(\sum_j w_j m_j x_j\Big)
    = \sum_j w_j^2\big[(1-p)\,\mathrm E\,x^2 - (1-p)^2 (\mathrm E\,x)^2\big]$$

    in training, and $(1-p)^2\sum_j w_j^2 \operatorname{var} x$ in prediction with the corrected weights.

    Parameters
    ----------
    rate : float, in [0, 1)
        Probability that an input is dropped. A higher rate drops the same inputs, and more.
    seed : int
        Of weights, examples and masks.

    Returns
    -------
    UnitInput

    Raises
    ------
    ValueError
        The rate is not in [0, 1).
    """
    keep = 1 - require_fraction("rate", rate)
    x, w, uniform = _drawn(seed)
    whole = x @ w
    masked = (x * (uniform >= rate)) @ w
    inputs = np.stack(
        [
            masked + BIAS,
            whole + BIAS,
            keep * whole + BIAS,
            keep * (whole + BIAS),
            masked / keep + BIAS,
            whole + BIAS,
        ]
    )
    mean, square = (2 * np.pi) ** -0.5, 0.5
    scale = np.array([1.0, 1.0, keep, keep, 1 / keep, 1.0])
    masks = np.array([True, False, False, False, True, False])
    variance = np.where(masks, keep * square - (keep * mean) ** 2, square - mean**2) * (w @ w)
    biases = np.array([BIAS, BIAS, BIAS, keep * BIAS, BIAS, BIAS])
    return UnitInput(
        cases=CASES,
        edges=EDGES,
        density=np.stack([np.histogram(row, EDGES)[0] for row in inputs]) / (EXAMPLES * np.diff(EDGES)),
        mean=inputs.mean(axis=1),
        sd=inputs.std(axis=1),
        mean_theory=scale * np.where(masks, keep, 1) * mean * w.sum() + biases,
        sd_theory=scale * np.sqrt(variance),
        bias=BIAS,
        ratio=float(inputs[1].mean() / inputs[0].mean()),
        ratio_product=float(whole.mean() / masked.mean()),
    )


@lru_cache(maxsize=4)
def _drawn(seed: int) -> tuple[Float[ndarray, "N U"], Float[ndarray, " U"], Float[ndarray, "N U"]]:
    """Examples, weights of mean 0.2 and spread 0.4, and the uniform numbers that masks are made of."""
    rng = np.random.default_rng(seed)
    x = relu(rng.normal(size=(EXAMPLES, UNITS)))
    return x, rng.normal(0.2, 0.4, size=UNITS), rng.uniform(size=(EXAMPLES, UNITS))
