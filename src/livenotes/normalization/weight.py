"""Normalization of weight vectors: weight norm and cosine norm. Chapter: Normalization."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import Number, require_axes, require_positive, require_type


class WeightNormTape(NamedTuple):
    """Direction and length of each unit's weight vector, and the length asked for."""

    unit: Float[ndarray, "H D"]
    length: Float[ndarray, " H"]
    scale: Float[ndarray, " H"]


def weight_norm(
    v: Float[ndarray, "H D"], scale: Float[ndarray, " H"]
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
    require_axes(("v", v, "H D"), ("scale", scale, "H"))
    length = np.sqrt(np.sum(v**2, axis=1))
    if not length.all():
        raise ValueError(f"v must have no row of zeros, got one at {int(np.argmin(length))}")
    unit = v / length[:, None]
    return scale[:, None] * unit, WeightNormTape(unit, length, scale)


def weight_norm_backward(
    tape: WeightNormTape, g: Float[ndarray, "H D"]
) -> tuple[Float[ndarray, "H D"], Float[ndarray, " H"]]:
    r"""Return dL/dv and dL/dscale.

    The gradient of ``v`` is orthogonal to it: a step never shortens ``v``.
    """
    require_type("tape", tape, WeightNormTape)
    require_axes(("v", tape.unit, "H D"), ("g", g, "H D"))
    g_scale = np.sum(g * tape.unit, axis=1)
    across = g - g_scale[:, None] * tape.unit
    return (tape.scale / tape.length)[:, None] * across, g_scale


class CosineNormTape(NamedTuple):
    """Inputs and weights at unit length, and the factors that made them so."""

    x_unit: Float[ndarray, "B D"]
    w_unit: Float[ndarray, "H D"]
    x_inv: Float[ndarray, "B 1"]
    w_inv: Float[ndarray, "H 1"]


def cosine_norm(
    x: Float[ndarray, "B D"], w: Float[ndarray, "H D"], *, eps: Number = 1e-12
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
    require_axes(("x", x, "B D"), ("w", w, "H D"))
    eps = require_positive("eps", eps)
    x_inv, w_inv = (1 / np.sqrt(np.sum(a**2, axis=1, keepdims=True) + eps) for a in (x, w))
    tape = CosineNormTape(x * x_inv, w * w_inv, x_inv, w_inv)
    return tape.x_unit @ tape.w_unit.T, tape


def cosine_norm_backward(
    tape: CosineNormTape, g: Float[ndarray, "B H"]
) -> tuple[Float[ndarray, "B D"], Float[ndarray, "H D"]]:
    """Return dL/dx and dL/dw, each orthogonal to its vector: lengths do not matter."""
    require_type("tape", tape, CosineNormTape)
    x, w, x_inv, w_inv = tape
    require_axes(("x", x, "B D"), ("w", w, "H D"), ("g", g, "B H"))
    g_x, g_w = g @ w, g.T @ x
    g_x = x_inv * (g_x - x * np.sum(g_x * x, axis=1, keepdims=True))
    g_w = w_inv * (g_w - w * np.sum(g_w * w, axis=1, keepdims=True))
    return g_x, g_w
