r"""Step, identity, and the S-shaped curves between them.

Below ``sigmoid``, every S curve is scaled to slope 1 at the origin and values in $(-1, 1)$, so that
only the manner of approaching the limit differs. Chapter: Activation functions.
"""

import math

import numpy as np

from . import _normal as normal
from .base import Activation, Array, register

HALF_PI = math.pi / 2


def _step(x: Array) -> Array:
    r"""Unit step, 1 where $x \ge 0$ and 0 elsewhere; at the jump $x=0$, 1.

    A threshold unit fires when its input reaches the threshold: {cite}`mcculloch1943logical`.
    """
    return (x >= 0).astype(x.dtype)


def _step_slope(x: Array) -> Array:
    """Slope of the step: 0 everywhere, the jump included, which is why it cannot be trained by gradients."""
    return np.zeros_like(x)


step = register(
    Activation(
        name="step",
        function=_step,
        derivative=_step_slope,
        formula=r"\begin{cases}1 & x\ge 0\\ 0 & x<0\end{cases}",
        slope_formula="0",
        image=(0.0, 1.0),
        cite="mcculloch1943logical",
        chapter="activations",
        kinks=(0.0,),
    )
)


def _identity(x: Array) -> Array:
    """Identity, $x$: a linear unit {cite}`widrow1960adaptive`. The result is a new array."""
    return x.copy()


def _identity_slope(x: Array) -> Array:
    """Slope of the identity, 1."""
    return np.ones_like(x)


identity = register(
    Activation(
        name="identity",
        function=_identity,
        derivative=_identity_slope,
        formula="x",
        slope_formula="1",
        image=(-math.inf, math.inf),
        cite="widrow1960adaptive",
        chapter="activations",
    )
)


def _sigmoid(x: Array) -> Array:
    r"""Logistic sigmoid, $\sigma(x) = 1 / (1 + e^{-x})$ {cite}`rumelhart1986learning`."""
    with np.errstate(over="ignore"):  # far left e^{-x} is inf, and 1/inf = 0 is the right answer
        return 1 / (1 + np.exp(-x))


def _sigmoid_slope(x: Array) -> Array:
    r"""Slope of the sigmoid, $\sigma(x)(1-\sigma(x)) \le 1/4$.

    Written with $e^{-|x|}$, because $1-\sigma(x)$ would lose every digit far to the right.
    """
    e = np.exp(-np.abs(x))
    return e / (1 + e) ** 2


sigmoid = register(
    Activation(
        name="sigmoid",
        function=_sigmoid,
        derivative=_sigmoid_slope,
        formula=r"\frac{1}{1+e^{-x}}",
        slope_formula=r"\sigma(x)\,(1-\sigma(x))",
        image=(0.0, 1.0),
        cite="rumelhart1986learning",
        chapter="activations",
        torch_name="sigmoid",
    )
)


def _tanh(x: Array) -> Array:
    r"""Hyperbolic tangent, $\tanh x = 2\sigma(2x) - 1$ {cite}`lecun1998efficient`."""
    return np.tanh(x)


def _tanh_slope(x: Array) -> Array:
    r"""Slope of tanh, $1-\tanh^2 x = 1/\cosh^2 x \le 1$, again with $e^{-2|x|}$ to keep its digits."""
    e = np.exp(-2 * np.abs(x))
    return 4 * e / (1 + e) ** 2


tanh = register(
    Activation(
        name="tanh",
        function=_tanh,
        derivative=_tanh_slope,
        formula=r"\tanh x",
        slope_formula=r"1-\tanh^2 x",
        image=(-1.0, 1.0),
        cite="lecun1998efficient",
        chapter="activations",
        torch_name="tanh",
    )
)


def _erf(x: Array) -> Array:
    r"""Error function scaled to slope 1, $\operatorname{erf}(\tfrac{\sqrt\pi}{2} x)$ {cite}`dlmf`, §7.2."""
    return normal.central(math.sqrt(HALF_PI) * x)


def _erf_slope(x: Array) -> Array:
    r"""Slope of the scaled error function, a Gaussian bell $e^{-\pi x^2/4}$."""
    return np.exp(-math.pi / 4 * x**2)


erf = register(
    Activation(
        name="erf",
        function=_erf,
        derivative=_erf_slope,
        formula=r"\operatorname{erf}\!\left(\tfrac{\sqrt{\pi}}{2}\,x\right)",
        slope_formula=r"e^{-\pi x^2/4}",
        image=(-1.0, 1.0),
        cite="dlmf",
        chapter="activations",
    )
)


def _arctan(x: Array) -> Array:
    r"""Arctangent scaled to slope 1, $\tfrac{2}{\pi}\arctan(\tfrac{\pi}{2}x)$ {cite}`dlmf`, §4.23."""
    return np.arctan(HALF_PI * x) / HALF_PI


def _arctan_slope(x: Array) -> Array:
    r"""Slope of the scaled arctangent, $1/(1+(\tfrac{\pi}{2}x)^2)$."""
    return 1 / (1 + (HALF_PI * x) ** 2)


arctan = register(
    Activation(
        name="arctan",
        function=_arctan,
        derivative=_arctan_slope,
        formula=r"\tfrac{2}{\pi}\arctan\!\left(\tfrac{\pi}{2}\,x\right)",
        slope_formula=r"\frac{1}{1+(\pi x/2)^2}",
        image=(-1.0, 1.0),
        cite="dlmf",
        chapter="activations",
    )
)


def _gudermannian(x: Array) -> Array:
    r"""Gudermannian scaled to slope 1, $\tfrac{2}{\pi}\operatorname{gd}(\tfrac{\pi}{2}x)$.

    $\operatorname{gd}(u) = 2\arctan(\tanh(u/2))$: {cite}`dlmf`, §4.23(viii).
    """
    return 2 * np.arctan(np.tanh(HALF_PI / 2 * x)) / HALF_PI


def _gudermannian_slope(x: Array) -> Array:
    r"""Slope of the scaled Gudermannian, $1/\cosh(\tfrac{\pi}{2}x)$."""
    e = np.exp(-HALF_PI * np.abs(x))
    return 2 * e / (1 + e**2)


gudermannian = register(
    Activation(
        name="gudermannian",
        function=_gudermannian,
        derivative=_gudermannian_slope,
        formula=r"\tfrac{2}{\pi}\operatorname{gd}\!\left(\tfrac{\pi}{2}\,x\right)",
        slope_formula=r"\frac{1}{\cosh(\pi x/2)}",
        image=(-1.0, 1.0),
        cite="dlmf",
        chapter="activations",
    )
)


def _algebraic(x: Array) -> Array:
    r"""Algebraic sigmoid, $x/\sqrt{1+x^2}$: an S curve from one square root {cite}`carlile2017isru`."""
    return x / np.sqrt(1 + x**2)


def _algebraic_slope(x: Array) -> Array:
    r"""Slope of the algebraic sigmoid, $(1+x^2)^{-3/2}$."""
    root = np.sqrt(1 + x**2)
    return 1 / (root * root * root)


algebraic = register(
    Activation(
        name="algebraic",
        function=_algebraic,
        derivative=_algebraic_slope,
        formula=r"\frac{x}{\sqrt{1+x^2}}",
        slope_formula=r"\frac{1}{(1+x^2)^{3/2}}",
        image=(-1.0, 1.0),
        cite="carlile2017isru",
        chapter="activations",
    )
)


def _softsign(x: Array) -> Array:
    r"""Softsign, $x/(1+|x|)$: approaches its limits slowest of the family {cite}`bergstra2009quadratic`."""
    return x / (1 + np.abs(x))


def _softsign_slope(x: Array) -> Array:
    r"""Slope of softsign, $1/(1+|x|)^2$."""
    return 1 / (1 + np.abs(x)) ** 2


softsign = register(
    Activation(
        name="softsign",
        function=_softsign,
        derivative=_softsign_slope,
        formula=r"\frac{x}{1+|x|}",
        slope_formula=r"\frac{1}{(1+|x|)^2}",
        image=(-1.0, 1.0),
        cite="bergstra2009quadratic",
        chapter="activations",
        torch_name="softsign",
    )
)
