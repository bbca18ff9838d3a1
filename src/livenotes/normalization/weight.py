"""Normalization of weight vectors: weight norm and cosine norm. Chapter: Normalization."""

from typing import Annotated, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import Positive
from livenotes._validated import validated


class WeightNormTape(NamedTuple):
    """Direction and length of each unit's weight vector, and the length asked for."""

    unit: Float[ndarray, "H D"]
    length: Float[ndarray, " H"]
    scale: Float[ndarray, " H"]


class WeightNormGradients(NamedTuple):
    """Gradients with respect to the directions and the lengths."""

    g_v: Float[ndarray, "H D"]
    g_scale: Float[ndarray, " H"]


def _no_zero(name: str, v: Float[ndarray, "H D"]) -> Float[ndarray, "H D"]:
    some = v.any(axis=1)
    if not some.all():
        raise ValueError(f"{name} must have no row of zeros, got one at {int(np.argmin(some))}")
    return v


@validated
def weight_norm(
    v: Annotated[Float[ndarray, "H D"], _no_zero], scale: Float[ndarray, " H"]
) -> tuple[Float[ndarray, "H D"], WeightNormTape]:
    r"""Weights from a direction and a length for each unit, $w = s\,v/\|v\|$ {cite}`salimans2016weight`.

    Parameters
    ----------
    v : array, shape (H, D), float
        Only the direction of each row counts.
    scale : array, shape (H,), same dtype
        Length of each row of the result, $s$; negative turns it round.

    Returns
    -------
    w : array, shape (H, D), same dtype
    tape : WeightNormTape

    Raises
    ------
    ValueError
        A row of ``v`` is zero and so has no direction.
    """
    # Squares of very small or very large entries leave the range of floats: take out a power of two.
    _, power = np.frexp(np.abs(v).max(axis=1))
    near_one = np.ldexp(v, -power[:, None])
    length = np.sqrt(np.sum(near_one**2, axis=1))
    unit = near_one / length[:, None]
    return scale[:, None] * unit, WeightNormTape(unit, np.ldexp(length, power), scale)


@validated
def weight_norm_backward(tape: WeightNormTape, g_y: Float[ndarray, "H D"]) -> WeightNormGradients:
    r"""Return dL/dv and dL/dscale.

    The gradient of ``v`` is orthogonal to it: a step never shortens ``v``.
    """
    g_scale = np.sum(g_y * tape.unit, axis=1)
    across = g_y - g_scale[:, None] * tape.unit
    return WeightNormGradients((tape.scale / tape.length)[:, None] * across, g_scale)


class CosineNormTape(NamedTuple):
    """Inputs and weights at unit length, and the factors that made them so."""

    x_unit: Float[ndarray, "B D"]
    w_unit: Float[ndarray, "H D"]
    x_inv: Float[ndarray, "B 1"]
    w_inv: Float[ndarray, "H 1"]


class CosineNormGradients(NamedTuple):
    """Gradients with respect to the inputs and the weights."""

    g_x: Float[ndarray, "B D"]
    g_w: Float[ndarray, "H D"]


@validated
def cosine_norm(
    x: Float[ndarray, "B D"], w: Float[ndarray, "H D"], *, eps: Positive = 1e-12
) -> tuple[Float[ndarray, "B H"], CosineNormTape]:
    r"""Linear layer that returns cosines, $y = \frac{w\cdot x}{\|w\|\,\|x\|}$ {cite}`luo2018cosine`.

    Parameters
    ----------
    x : array, shape (B, D), float
    w : array, shape (H, D), same dtype
    eps : float, > 0
        Added to the squared lengths, so that a vector of zeros gives 0.

    Returns
    -------
    y : array, shape (B, H), same dtype
        Between -1 and 1 whatever the lengths.
    tape : CosineNormTape
    """
    x_inv, w_inv = (1 / np.sqrt(np.sum(a**2, axis=1, keepdims=True) + eps) for a in (x, w))
    tape = CosineNormTape(x * x_inv, w * w_inv, x_inv, w_inv)
    return tape.x_unit @ tape.w_unit.T, tape


@validated
def cosine_norm_backward(tape: CosineNormTape, g_y: Float[ndarray, "B H"]) -> CosineNormGradients:
    """Return dL/dx and dL/dw, each orthogonal to its vector: lengths do not matter."""
    x, w, x_inv, w_inv = tape
    g_x, g_w = g_y @ w, g_y.T @ x
    g_x = x_inv * (g_x - x * np.sum(g_x * x, axis=1, keepdims=True))
    g_w = w_inv * (g_w - w * np.sum(g_w * w, axis=1, keepdims=True))
    return CosineNormGradients(g_x, g_w)
