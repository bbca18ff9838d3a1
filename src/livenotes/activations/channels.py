r"""Activations that change the number of channels: CReLU and Maxout. Chapter: Beyond ReLU."""

import math
from functools import reduce

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from .base import Activation, Array, Param, register
from .rectified import relu


def _crelu(x: Float[ndarray, "... C"]) -> Array:
    r"""Concatenated ReLU, $[\max(0, x), \max(0, -x)]$ along the last axis {cite}`shang2016crelu`.

    Parameters
    ----------
    x : array, shape (..., C), float

    Returns
    -------
    array, shape (..., 2C), same dtype
    """
    return np.concatenate([relu(x), relu(-x)], axis=-1)


def _crelu_backward(x: Float[ndarray, "... C"], g: Array) -> Float[ndarray, "... C"]:
    """Return dL/dx: each half of ``g`` where its sign was let through; at the kink, 0."""
    g_positive, g_negative = np.split(g, 2, axis=-1)
    return g_positive * (x > 0) - g_negative * (x < 0)


crelu = register(
    Activation(
        name="crelu",
        function=_crelu,
        pullback=_crelu_backward,
        width=lambda features: 2 * features,
        formula=r"[\max(0, x),\ \max(0, -x)]",
        slope_formula=r"g_x = g_1\,[x>0] - g_2\,[x<0]",
        image=(0.0, math.inf),
        cite="shang2016crelu",
        chapter="beyond-relu",
        kinks=(0.0,),
    )
)


def _groups(features: int, k: int) -> int:
    if features % k:
        raise ValueError(f"x must have a last axis that k={k} divides, got one of length {features}")
    return features // k


def _pieces(x: Float[ndarray, "... C"], k: int) -> list[Array]:
    """Views of the first, second, ... member of every group: k arrays of shape (..., C/k)."""
    _groups(x.shape[-1], k)
    return [x[..., j::k] for j in range(k)]


def _maxout(x: Float[ndarray, "... C"], *, k: int) -> Array:
    r"""Maxout, the largest of each group of $k$ linear outputs {cite}`goodfellow2013maxout`.

    The groups are neighbors on the last axis, which a linear layer made $k$ times too wide: each unit
    is then the upper envelope of $k$ planes. ReLU is the case of two planes one of which is 0.

    Parameters
    ----------
    x : array, shape (..., C), float
    k : int, >= 1
        Size of a group; ValueError unless it divides C.

    Returns
    -------
    array, shape (..., C/k), same dtype
    """
    # k - 1 passes over whole arrays, which NumPy does faster than many maxima of k numbers
    first, *others = _pieces(x, k)
    return reduce(np.maximum, others, first.copy())


def _maxout_backward(x: Float[ndarray, "... C"], g: Array, *, k: int) -> Float[ndarray, "... C"]:
    """Return dL/dx: ``g`` goes to the largest of each group, in a tie to the first."""
    largest = _maxout(x, k=k)
    g_x = np.empty_like(x)
    waiting = np.ones(g.shape, bool)
    for piece, g_piece in zip(_pieces(x, k), _pieces(g_x, k), strict=True):
        hit = waiting & (piece == largest)
        np.multiply(g, hit, out=g_piece)
        waiting &= ~hit
    return g_x


maxout = register(
    Activation(
        name="maxout",
        function=_maxout,
        pullback=_maxout_backward,
        width=_groups,
        formula=r"\max_{j=1\dots k} x_j",
        slope_formula=r"(g_x)_j = g\,[\,j=\operatorname{argmax}_i x_i\,]",
        image=(-math.inf, math.inf),
        cite="goodfellow2013maxout",
        chapter="beyond-relu",
        params={"k": Param("k", default=2.0, low=2.0, high=6.0, step=1.0, above=0.0, whole=True)},
    )
)
