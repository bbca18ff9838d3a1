r"""Nonlinearities of recurrent cells, with their slopes written in terms of the *value*.

Backpropagation through time visits a cell after its pre-activation is gone: the tape keeps $y = f(a)$, and
$f'(a)$ must come out of $y$ alone. All functions here write into ``out`` if it is given, as NumPy's own do,
so that a loop over time allocates nothing. The chapters on recurrent networks explain and replace them.
"""

from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Float
from numpy import ndarray


class Elementwise(Protocol):
    """A function of every element alone, like a NumPy ufunc of one argument."""

    def __call__(
        self, x: Float[ndarray, "*S"], /, out: Float[ndarray, "*S"] | None = None
    ) -> Float[ndarray, "*S"]:
        """Return the function's value, written into ``out`` if it is given."""


class Nonlinearity(NamedTuple):
    """A function and its slope, the slope as a function of the value."""

    name: str
    value: Elementwise
    slope: Elementwise


def sigmoid(x: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    r"""Logistic function, $\sigma(a) = \tfrac12 + \tfrac12\tanh\tfrac a2$: no exponential can overflow.

    Below about $-17$ in float32 and $-37$ in float64 the result rounds to 0; its absolute error stays
    within one unit of rounding at 1, which is what a gate needs.
    """
    y: ndarray = np.multiply(x, 0.5, out=out)
    np.tanh(y, out=y)
    y *= 0.5
    y += 0.5
    return y


def sigmoid_slope(y: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    r"""Slope of the logistic function at value $y$, $y(1-y)$."""
    slope: ndarray = np.subtract(1, y, out=out)
    slope *= y
    return slope


def tanh(x: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    r"""Hyperbolic tangent, $\tanh a$."""
    value: ndarray = np.tanh(x, out=out)
    return value


def tanh_slope(y: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    r"""Slope of the hyperbolic tangent at value $y$, $1-y^2$."""
    slope: ndarray = np.multiply(y, y, out=out)
    np.subtract(1, slope, out=slope)
    return slope


def relu(x: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    r"""Rectified linear unit, $\max(a, 0)$."""
    value: ndarray = np.maximum(x, 0, out=out)
    return value


def relu_slope(y: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    r"""Slope of the rectified linear unit at value $y \ge 0$: 1 if $y > 0$, else 0 (0 at the kink)."""
    slope: ndarray = np.sign(y, out=out)
    return slope


def identity(x: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    r"""Identity, $a$."""
    value: ndarray = np.positive(x, out=out)
    return value


def identity_slope(y: Float[ndarray, "*S"], out: Float[ndarray, "*S"] | None = None) -> Float[ndarray, "*S"]:
    r"""Slope of the identity, 1."""
    slope = np.empty_like(y) if out is None else out
    slope.fill(1)
    return slope


SIGMOID = Nonlinearity("sigmoid", sigmoid, sigmoid_slope)
TANH = Nonlinearity("tanh", tanh, tanh_slope)
RELU = Nonlinearity("relu", relu, relu_slope)
IDENTITY = Nonlinearity("identity", identity, identity_slope)
