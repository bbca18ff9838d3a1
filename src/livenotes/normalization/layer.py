r"""Layer normalization: every example standardized over its features {cite}`ba2016layer`.

Chapter: Normalization.
"""

from typing import NamedTuple

from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import Number, require_axes, require_positive, require_type

from ._standard import standardize, standardize_backward


class LayerNormTape(NamedTuple):
    """The standardized input, and the factor that made each example so."""

    x_hat: Float[ndarray, "... D"]
    inv_std: Float[ndarray, "..."]
    gamma: Float[ndarray, " D"]


def layer_norm(
    x: Float[ndarray, "... D"],
    gamma: Float[ndarray, " D"],
    beta: Float[ndarray, " D"],
    *,
    eps: Number = 1e-5,
) -> tuple[Float[ndarray, "... D"], LayerNormTape]:
    r"""Standardize each example over its features, then scale and shift.

    The formula is that of ``batch_norm`` with the mean and variance of one example in place of the
    batch's, so that training and predicting do the same and any batch size will do.

    Parameters
    ----------
    x : array, shape (..., D), float
    gamma, beta : arrays, shape (D,), same dtype
        Scale and shift of each feature, both learned.
    eps : float, > 0

    Returns
    -------
    y : array like ``x``
    tape : LayerNormTape
    """
    require_axes(("x", x, "... D"), ("gamma", gamma, "D"), ("beta", beta, "D"))
    x_hat, inv_std, _, _ = standardize(x, (x.ndim - 1,), require_positive("eps", eps))
    return gamma * x_hat + beta, LayerNormTape(x_hat, inv_std, gamma)


def layer_norm_backward(
    tape: LayerNormTape, g: Float[ndarray, "... D"]
) -> tuple[Float[ndarray, "... D"], Float[ndarray, " D"], Float[ndarray, " D"]]:
    """Return dL/dx, dL/dgamma and dL/dbeta."""
    require_type("tape", tape, LayerNormTape)
    require_axes(("x", tape.x_hat, "... D"), ("g", g, "... D"))
    batch = tuple(range(g.ndim - 1))
    g_x = standardize_backward(tape.x_hat, tape.inv_std, g * tape.gamma, (g.ndim - 1,))
    return g_x, (g * tape.x_hat).sum(axis=batch), g.sum(axis=batch)
