r"""Activations with a flat end cut by a clip. Chapter: Beyond ReLU.

At a kink, the slope is that of the flat side: 0.
"""

import math

import numpy as np

from .base import Activation, Array, Param, register
from .rectified import softplus
from .sigmoidal import sigmoid


def _inside(x: Array, low: float, high: float) -> Array:
    """1 strictly between the limits, 0 elsewhere."""
    return ((x > low) & (x < high)).astype(x.dtype)


def _hard_tanh(x: Array) -> Array:
    r"""Hard tanh, $\min(\max(x, -1), 1)$ {cite}`collobert2011natural`."""
    return np.clip(x, -1, 1)


def _hard_tanh_slope(x: Array) -> Array:
    r"""Slope of hard tanh, 1 where $-1 < x < 1$ and 0 elsewhere."""
    return _inside(x, -1.0, 1.0)


hard_tanh = register(
    Activation(
        name="hard_tanh",
        function=_hard_tanh,
        derivative=_hard_tanh_slope,
        formula=r"\min(\max(x,\,-1),\,1)",
        slope_formula=r"\begin{cases}1 & -1<x<1\\ 0 & \text{else}\end{cases}",
        image=(-1.0, 1.0),
        cite="collobert2011natural",
        chapter="beyond-relu",
        kinks=(-1.0, 1.0),
        torch_name="hardtanh",
    )
)


def _hard_sigmoid(x: Array, *, alpha: float) -> Array:
    r"""Hard sigmoid, $\min(\max(\alpha x + \tfrac12, 0), 1)$.

    Three slopes are in use under one name: 0.2 as in Theano, Keras and ONNX, the default here; 1/6 in
    torch and MobileNetV3; 1/2 in {cite}`courbariaux2015binaryconnect`.

    Parameters
    ----------
    x : array, any shape, float
    alpha : float, > 0
        Slope between the clips, which lie at $\pm 1/(2\alpha)$.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    return np.clip(alpha * x + 0.5, 0, 1)


def _hard_sigmoid_slope(x: Array, *, alpha: float) -> Array:
    r"""Slope of hard sigmoid, $\alpha$ where $|x| < 1/(2\alpha)$ and 0 elsewhere."""
    return alpha * _inside(x, -0.5 / alpha, 0.5 / alpha)


hard_sigmoid = register(
    Activation(
        name="hard_sigmoid",
        function=_hard_sigmoid,
        derivative=_hard_sigmoid_slope,
        formula=r"\min(\max(\alpha x+\tfrac12,\,0),\,1)",
        slope_formula=r"\begin{cases}\alpha & |x|<\tfrac{1}{2\alpha}\\ 0 & \text{else}\end{cases}",
        image=(0.0, 1.0),
        cite="courbariaux2015binaryconnect",
        chapter="beyond-relu",
        params={"alpha": Param(r"\alpha", default=0.2, low=0.1, high=1.0, step=0.1, above=0.0)},
        kinks=(-2.5, 2.5),
        kinks_at=lambda alpha: (-0.5 / alpha, 0.5 / alpha),
    )
)


def _soft_relu(x: Array, *, threshold: float) -> Array:
    r"""Soft ReLU, softplus of the input clipped to $\pm t$ {cite}`ma2019paddlepaddle`.

    The clip guards the exponential of a naive softplus against overflow. It also makes the function
    constant above $t$: it is bounded, and a unit that goes past $t$ gets no gradient.

    Parameters
    ----------
    x : array, any shape, float
    threshold : float, > 0
        Where the input is clipped, $t$.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    return softplus(np.clip(x, -threshold, threshold))


def _soft_relu_slope(x: Array, *, threshold: float) -> Array:
    r"""Slope of soft ReLU, $\sigma(x)$ where $|x| < t$ and 0 elsewhere."""
    return sigmoid(x) * _inside(x, -threshold, threshold)


def _soft_relu_image(threshold: float) -> tuple[float, float]:
    return (math.log1p(math.exp(-threshold)), threshold + math.log1p(math.exp(-threshold)))


soft_relu = register(
    Activation(
        name="soft_relu",
        function=_soft_relu,
        derivative=_soft_relu_slope,
        formula=r"\ln(1+e^{z})\quad z=\min(\max(x,\,-t),\,t)",
        slope_formula=r"\begin{cases}\sigma(x) & |x|<t\\ 0 & \text{else}\end{cases}",
        image=_soft_relu_image(40.0),
        image_at=_soft_relu_image,
        cite="ma2019paddlepaddle",
        chapter="beyond-relu",
        params={"threshold": Param("t", default=40.0, low=1.0, high=40.0, step=1.0, above=0.0)},
        kinks=(-40.0, 40.0),
        kinks_at=lambda threshold: (-threshold, threshold),
    )
)


def _relu6(x: Array) -> Array:
    r"""ReLU capped at 6, $\min(\max(x, 0), 6)$ {cite}`krizhevsky2010convolutional`."""
    return np.clip(x, 0, 6)


def _relu6_slope(x: Array) -> Array:
    r"""Slope of ReLU6, 1 where $0 < x < 6$ and 0 elsewhere."""
    return _inside(x, 0.0, 6.0)


relu6 = register(
    Activation(
        name="relu6",
        function=_relu6,
        derivative=_relu6_slope,
        formula=r"\min(\max(x,\,0),\,6)",
        slope_formula=r"\begin{cases}1 & 0<x<6\\ 0 & \text{else}\end{cases}",
        image=(0.0, 6.0),
        cite="krizhevsky2010convolutional",
        chapter="beyond-relu",
        kinks=(0.0, 6.0),
        torch_name="relu6",
    )
)
