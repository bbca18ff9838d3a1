r"""Activations that multiply the input by a gate: GLU, GELU, Swish and kin. Chapter: Beyond ReLU."""

import math

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from . import _normal as normal
from .base import Activation, Array, Param, register
from .rectified import softplus
from .sigmoidal import sigmoid


def _half(features: int) -> int:
    if features % 2:
        raise ValueError(f"x must have an even last axis, got one of length {features}")
    return features // 2


def _halves(x: Float[ndarray, "... C"]) -> tuple[Array, Array]:
    _half(x.shape[-1])
    a, b = np.split(x, 2, axis=-1)
    return a, b


def _glu(x: Float[ndarray, "... C"]) -> Array:
    r"""Gated linear unit, $a\,\sigma(b)$ with $[a, b] = x$ {cite}`dauphin2017glu`.

    One linear layer, twice too wide, makes both the signal $a$ and the gate $b$.

    Parameters
    ----------
    x : array, shape (..., C), float
        ValueError unless C is even.

    Returns
    -------
    array, shape (..., C/2), same dtype
    """
    a, b = _halves(x)
    return a * sigmoid(b)


def _glu_backward(x: Float[ndarray, "... C"], g: Array) -> Float[ndarray, "... C"]:
    r"""Return dL/dx, $[g\,\sigma,\ g\,a\,\sigma(1-\sigma)]$ with $\sigma=\sigma(b)$."""
    a, b = _halves(x)
    gate = sigmoid(b)
    g_a = g * gate
    return np.concatenate([g_a, g_a * a * (1 - gate)], axis=-1)


glu = register(
    Activation(
        name="glu",
        function=_glu,
        pullback=_glu_backward,
        width=_half,
        formula=r"a\,\sigma(b)\quad [a,b]=x",
        slope_formula=r"g_x = [\,g\,\sigma(b),\ g\,a\,\sigma'(b)\,]",
        image=(-math.inf, math.inf),
        cite="dauphin2017glu",
        chapter="beyond-relu",
        torch_name="glu",
    )
)


def _gelu(x: Array) -> Array:
    r"""Gaussian error linear unit, $x\,\Phi(x)$ {cite}`hendrycks2016gelu`.

    $\Phi$ is the distribution function of the standard normal.
    """
    return x * normal.cdf(x)


def _gelu_slope(x: Array) -> Array:
    r"""Slope of GELU, $\Phi(x) + x\,\varphi(x)$ with the normal density $\varphi$."""
    return normal.cdf(x) + x * normal.density(x)


gelu = register(
    Activation(
        name="gelu",
        function=_gelu,
        derivative=_gelu_slope,
        formula=r"x\,\Phi(x)",
        slope_formula=r"\Phi(x)+x\,\varphi(x)",
        image=(-0.16997120747990366, math.inf),
        cite="hendrycks2016gelu",
        chapter="beyond-relu",
        torch_name="gelu",
    )
)


def _gelu_tanh(x: Array) -> Array:
    r"""GELU through tanh, $\tfrac{x}{2}\bigl(1+\tanh\sqrt{2/\pi}(x+0.044715x^3)\bigr)$.

    Computed as $x\,\sigma(2u)$, which is the same. Source: {cite}`hendrycks2016gelu`.
    """
    return x * sigmoid(_twice_u(np.clip(x, -FLAT, FLAT)))


FLAT = 30.0  # from here on the gate is 0 or 1 in every precision, and the cube of x still a number


def _twice_u(x: Array) -> Array:
    return math.sqrt(8 / math.pi) * x * (1 + 0.044715 * x**2)


def _gelu_tanh_slope(x: Array) -> Array:
    r"""Slope of GELU through tanh, $\sigma + x\,\sigma(1-\sigma)\,2u'$ with $\sigma=\sigma(2u)$."""
    x = np.clip(x, -FLAT, FLAT)
    gate = sigmoid(_twice_u(x))
    inner = math.sqrt(8 / math.pi) * x * (1 + 3 * 0.044715 * x**2)
    return gate * (1 + inner * (1 - gate))


gelu_tanh = register(
    Activation(
        name="gelu_tanh",
        function=_gelu_tanh,
        derivative=_gelu_tanh_slope,
        formula=r"\tfrac{x}{2}(1+\tanh u)\quad u=\sqrt{2/\pi}\,(x+0.044715\,x^3)",
        slope_formula=r"\tfrac12(1+\tanh u)+\tfrac{x}{2}(1-\tanh^2 u)\,u'",
        image=(-0.17004075057125406, math.inf),
        cite="hendrycks2016gelu",
        chapter="beyond-relu",
    )
)


def _swish_image(beta: float) -> tuple[float, float]:
    if beta == 0:
        return (-math.inf, math.inf)
    least = -0.2784645427610738 / beta
    return (least, math.inf) if beta > 0 else (-math.inf, least)


def _swish(x: Array, *, beta: float) -> Array:
    r"""Swish, $x\,\sigma(\beta x)$ {cite}`ramachandran2017swish`; at $\beta=1$ also called SiLU.

    Parameters
    ----------
    x : array, any shape, float
    beta : float
        Sharpness of the gate, in inverse units of ``x``: 0 gives $x/2$, ReLU as it grows. It may be
        trained: ``backward_params``.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    return x * sigmoid(beta * x)


def _swish_slope(x: Array, *, beta: float) -> Array:
    r"""Slope of Swish, $\sigma\,(1 + \beta x\,(1-\sigma))$ with $\sigma=\sigma(\beta x)$."""
    z = beta * x
    gate = sigmoid(z)
    return gate * (1 + z * (1 - gate))


def _swish_slope_beta(x: Array, *, beta: float) -> Array:
    r"""Derivative of Swish with respect to $\beta$, $x^2\sigma'(\beta x)$."""
    return x**2 * sigmoid.slope(beta * x)


def _gelu_sigmoid(x: Array) -> Array:
    r"""GELU through the sigmoid, $x\,\sigma(1.702x)$ {cite}`hendrycks2016gelu`: Swish at $\beta=1.702$."""
    return _swish(x, beta=1.702)


def _gelu_sigmoid_slope(x: Array) -> Array:
    r"""Slope of GELU through the sigmoid, $\sigma\,(1 + z\,(1-\sigma))$ with $z=1.702x$."""
    return _swish_slope(x, beta=1.702)


gelu_sigmoid = register(
    Activation(
        name="gelu_sigmoid",
        function=_gelu_sigmoid,
        derivative=_gelu_sigmoid_slope,
        formula=r"x\,\sigma(1.702\,x)",
        slope_formula=r"\sigma(z)\,\bigl(1+z\,(1-\sigma(z))\bigr)\quad z=1.702\,x",
        image=_swish_image(1.702),
        cite="hendrycks2016gelu",
        chapter="beyond-relu",
    )
)

swish = register(
    Activation(
        name="swish",
        function=_swish,
        derivative=_swish_slope,
        formula=r"x\,\sigma(\beta x)",
        slope_formula=r"\sigma(z)\,\bigl(1+z\,(1-\sigma(z))\bigr)\quad z=\beta x",
        image=_swish_image(1.0),
        image_at=_swish_image,
        cite="ramachandran2017swish",
        chapter="beyond-relu",
        params={"beta": Param(r"\beta", default=1.0, low=0.0, high=10.0, step=0.25)},
        learned={"beta": _swish_slope_beta},
        torch_name="silu",
    )
)


def _hardswish(x: Array) -> Array:
    r"""Hard Swish, $x\operatorname{ReLU6}(x+3)/6$: clipped gate {cite}`howard2019mobilenetv3`."""
    return x * (np.clip(x + 3, 0, 6) / 6)


def _hardswish_slope(x: Array) -> Array:
    r"""Slope of hard Swish, 0, $(2x+3)/6$ or 1; at the kinks $\pm3$ that of the straight side, 0 and 1."""
    return (np.abs(x) < 3) * ((2 * x + 3) / 6) + (x >= 3)


hardswish = register(
    Activation(
        name="hardswish",
        function=_hardswish,
        derivative=_hardswish_slope,
        formula=r"\tfrac{x}{6}\,\min(\max(x+3,\,0),\,6)",
        slope_formula=r"\begin{cases}0 & x\le -3\\ \tfrac{2x+3}{6} & -3<x<3\\ 1 & x\ge 3\end{cases}",
        image=(-0.375, math.inf),
        cite="howard2019mobilenetv3",
        chapter="beyond-relu",
        kinks=(-3.0, 3.0),
        torch_name="hardswish",
    )
)


def _mish(x: Array) -> Array:
    r"""Mish, $x\tanh(\ln(1+e^x))$ {cite}`misra2020mish`."""
    return x * np.tanh(softplus(x))


def _mish_slope(x: Array) -> Array:
    r"""Slope of Mish, with $s=\ln(1+e^x)$: $\tanh s + x\,(1-\tanh^2 s)\,\sigma(x)$."""
    gate = np.tanh(softplus(x))
    return gate + x * (1 - gate**2) * sigmoid(x)


mish = register(
    Activation(
        name="mish",
        function=_mish,
        derivative=_mish_slope,
        formula=r"x\tanh s\quad s=\ln(1+e^{x})",
        slope_formula=r"\tanh s+x\,(1-\tanh^2 s)\,\sigma(x)",
        image=(-0.30884341301725043, math.inf),
        cite="misra2020mish",
        chapter="beyond-relu",
        torch_name="mish",
    )
)


def _su(x: Array) -> Array:
    r"""Su's activation, $\max(x, x e^{-|x|})$: left of 0 it is $x e^x$ {cite}`su2017activation`."""
    return x * np.exp(np.minimum(x, 0))


def _su_slope(x: Array) -> Array:
    r"""Slope of Su's activation, 1 on the right and $(1+x)e^x$ on the left: no kink at 0."""
    left = np.minimum(x, 0)
    return (1 + left) * np.exp(left)


su = register(
    Activation(
        name="su",
        function=_su,
        derivative=_su_slope,
        formula=r"\max(x,\ x e^{-|x|})",
        slope_formula=r"\begin{cases}1 & x>0\\ (1+x)e^{x} & x\le 0\end{cases}",
        image=(-math.exp(-1), math.inf),
        cite="su2017activation",
        chapter="beyond-relu",
    )
)
