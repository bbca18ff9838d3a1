r"""Layer normalization: every example standardized over its features {cite}`ba2016layer`.

Chapter: Normalization.
"""

from typing import NamedTuple

from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import Positive
from livenotes._validated import validated

from ._standard import NormGradients, standardize, standardize_backward


class LayerNormTape(NamedTuple):
    """The standardized input, and the factor that made each example so."""

    x_hat: Float[ndarray, "... D"]
    inv_std: Float[ndarray, "..."]
    gamma: Float[ndarray, " D"]


@validated
def layer_norm(
    x: Float[ndarray, "... D"],
    gamma: Float[ndarray, " D"],
    beta: Float[ndarray, " D"],
    *,
    eps: Positive = 1e-5,
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
    x_hat, inv_std, _, _ = standardize(x, (x.ndim - 1,), eps)
    return gamma * x_hat + beta, LayerNormTape(x_hat, inv_std, gamma)


@validated
def layer_norm_backward(tape: LayerNormTape, g_y: Float[ndarray, "... D"]) -> NormGradients:
    """Return dL/dx, dL/dgamma and dL/dbeta."""
    batch = tuple(range(g_y.ndim - 1))
    g_x = standardize_backward(tape.x_hat, tape.inv_std, g_y * tape.gamma, (g_y.ndim - 1,))
    return NormGradients(g_x, (g_y * tape.x_hat).sum(axis=batch), g_y.sum(axis=batch))
