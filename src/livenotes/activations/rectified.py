r"""ReLU and its smooth version. Chapter: Activation functions."""

import math

import numpy as np

from .base import Activation, Array, Param, register
from .sigmoidal import sigmoid


def _relu(x: Array) -> Array:
    r"""Rectified linear unit, $\max(0, x)$ {cite}`nair2010rectified`."""
    return np.maximum(x, 0)


def _relu_slope(x: Array) -> Array:
    r"""Slope of ReLU, 1 where $x > 0$ and 0 elsewhere; at the kink $x=0$, 0."""
    return (x > 0).astype(x.dtype)


relu = register(
    Activation(
        name="relu",
        function=_relu,
        derivative=_relu_slope,
        formula=r"\max(0, x)",
        slope_formula=r"\begin{cases}1 & x>0\\ 0 & x\le 0\end{cases}",
        image=(0.0, math.inf),
        cite="nair2010rectified",
        chapter="activations",
        kinks=(0.0,),
        torch_name="relu",
    )
)


def _softplus(x: Array, *, beta: float) -> Array:
    r"""Softplus, $\ln(1 + e^{\beta x})/\beta$: ReLU with its corner rounded {cite}`dugas2001incorporating`.

    Parameters
    ----------
    x : array, any shape, float
    beta : float, > 0
        Sharpness of the corner, in inverse units of ``x``; ReLU as it grows.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    # ln(1 + e^u) = max(u, 0) + ln(1 + e^{-|u|}): nothing overflows, and the left tail keeps its digits.
    return np.maximum(x, 0) + np.log1p(np.exp(-beta * np.abs(x))) / beta


def _softplus_slope(x: Array, *, beta: float) -> Array:
    r"""Slope of softplus, $\sigma(\beta x)$."""
    return sigmoid(beta * x)


softplus = register(
    Activation(
        name="softplus",
        function=_softplus,
        derivative=_softplus_slope,
        formula=r"\tfrac{1}{\beta}\ln(1+e^{\beta x})",
        slope_formula=r"\sigma(\beta x)",
        image=(0.0, math.inf),
        cite="dugas2001incorporating",
        chapter="activations",
        params={"beta": Param(r"\beta", default=1.0, low=0.5, high=10.0, step=0.5, above=0.0)},
        torch_name="softplus",
    )
)
