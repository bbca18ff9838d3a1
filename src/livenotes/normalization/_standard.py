r"""Mean 0 and variance 1 along some axes, and its gradient: what batch and layer norm share."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.activations.base import Array


class NormGradients(NamedTuple):
    """Gradients with respect to the input, the scale and the shift."""

    g_x: Float[ndarray, "... D"]
    g_gamma: Float[ndarray, " D"]
    g_beta: Float[ndarray, " D"]


def standardize(x: Array, axes: tuple[int, ...], eps: float) -> tuple[Array, Array, Array, Array]:
    r"""Return $\hat x = (x-\mu)/\sqrt{\sigma^2+\epsilon}$, the inverse root, $\mu$ and $\sigma^2$.

    The variance is taken of the centered values: a sum of squares minus the square of a sum would
    lose its digits where the mean is large.
    """
    mean = x.mean(axis=axes, keepdims=True)
    centered = x - mean
    var = np.mean(centered**2, axis=axes, keepdims=True)
    inv_std = 1 / np.sqrt(var + eps)
    return centered * inv_std, *(np.squeeze(a, axis=axes) for a in (inv_std, mean, var))


def standardize_backward(x_hat: Array, inv_std: Array, g: Array, axes: tuple[int, ...]) -> Array:
    r"""Return dL/dx from dL/d$\hat x$.

    $$g_x = \frac{g - \overline{g} - \hat x\,\overline{g\,\hat x}}{\sqrt{\sigma^2+\epsilon}}$$

    with means over the axes: what remains of ``g`` has no component along a shift, and none along
    $\hat x$ but for $\epsilon$.
    """
    shift = g.mean(axis=axes, keepdims=True)
    scale = (g * x_hat).mean(axis=axes, keepdims=True)
    return np.expand_dims(inv_std, axes) * (g - shift - x_hat * scale)
