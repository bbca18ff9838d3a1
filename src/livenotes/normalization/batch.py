r"""Batch normalization: every feature standardized over the batch {cite}`ioffe2015batch`.

Chapter: Normalization.
"""

from typing import Annotated, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import Count, FloatDtype, Fraction, Positive
from livenotes._validated import validated

from ._standard import NormGradients, standardize, standardize_backward


class RunningStats(NamedTuple):
    """Moving averages over batches of each feature's mean and unbiased variance."""

    mean: Float[ndarray, " D"]
    var: Float[ndarray, " D"]


class BatchNormTape(NamedTuple):
    """The standardized input, the factor that made it so, and what the batch was like."""

    x_hat: Float[ndarray, "... D"]
    inv_std: Float[ndarray, " D"]
    gamma: Float[ndarray, " D"]
    mean: Float[ndarray, " D"]
    var: Float[ndarray, " D"]


def _two_examples(name: str, x: Float[ndarray, "... D"]) -> Float[ndarray, "... D"]:
    if x.size < 2 * x.shape[-1]:
        raise ValueError(f"{name} must hold at least two examples to normalize over, got shape {x.shape}")
    return x


@validated
def batch_norm(
    x: Annotated[Float[ndarray, "... D"], _two_examples],
    gamma: Float[ndarray, " D"],
    beta: Float[ndarray, " D"],
    *,
    eps: Positive = 1e-5,
) -> tuple[Float[ndarray, "... D"], BatchNormTape]:
    r"""Standardize each feature over the batch, then scale and shift: for training.

    $$\hat x = \frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}},\quad y = \gamma\,\hat x + \beta$$

    Parameters
    ----------
    x : array, shape (..., D), float
        All axes but the last are the batch: (B, D), or (T, B, D).
    gamma, beta : arrays, shape (D,), same dtype
        Scale and shift, both learned.
    eps : float, > 0

    Returns
    -------
    y : array like ``x``
    tape : BatchNormTape

    Raises
    ------
    ValueError
        The batch has fewer than two examples: their variance says nothing.
    """
    batch = tuple(range(x.ndim - 1))
    x_hat, inv_std, mean, var = standardize(x, batch, eps)
    return gamma * x_hat + beta, BatchNormTape(x_hat, inv_std, gamma, mean, var)


@validated
def batch_norm_backward(tape: BatchNormTape, g_y: Float[ndarray, "... D"]) -> NormGradients:
    r"""Return dL/dx, dL/dgamma and dL/dbeta.

    $\mu_B$ and $\sigma_B$ depend on every example, so that the part of the gradient that would shift
    or scale the whole batch drops out.
    """
    batch = tuple(range(g_y.ndim - 1))
    g_x = standardize_backward(tape.x_hat, tape.inv_std, g_y * tape.gamma, batch)
    return NormGradients(g_x, (g_y * tape.x_hat).sum(axis=batch), g_y.sum(axis=batch))


@validated
def running_init(features: Count, dtype: FloatDtype = np.float64) -> RunningStats:
    """Return the running statistics before the first batch: mean 0, variance 1."""
    return RunningStats(np.zeros(features, dtype), np.ones(features, dtype))


@validated
def update_running(running: RunningStats, tape: BatchNormTape, *, momentum: Fraction = 0.1) -> RunningStats:
    r"""Move the running statistics toward those of a batch, $(1-m)\,\text{running} + m\,\text{batch}$.

    Parameters
    ----------
    running : RunningStats
    tape : BatchNormTape
        From the forward pass over the batch.
    momentum : float, in [0, 1)
        $m$, the share of the new batch.

    Returns
    -------
    RunningStats
        The variance is averaged with the factor $N/(N-1)$, which makes it unbiased.
    """
    n = tape.x_hat.size // len(tape.mean)
    return RunningStats(
        (1 - momentum) * running.mean + momentum * tape.mean,
        (1 - momentum) * running.var + momentum * n / (n - 1) * tape.var,
    )


class BatchNormPredictTape(NamedTuple):
    """The standardized input and the fixed factors."""

    x_hat: Float[ndarray, "... D"]
    inv_std: Float[ndarray, " D"]
    gamma: Float[ndarray, " D"]


@validated
def batch_norm_predict(
    x: Float[ndarray, "... D"],
    gamma: Float[ndarray, " D"],
    beta: Float[ndarray, " D"],
    running: RunningStats,
    *,
    eps: Positive = 1e-5,
) -> tuple[Float[ndarray, "... D"], BatchNormPredictTape]:
    r"""Standardize with the running statistics instead of the batch's: for predicting.

    Each example is then treated alone, and the layer is an affine map.

    Parameters
    ----------
    x : array, shape (..., D), float
    gamma, beta : arrays, shape (D,), same dtype
    running : RunningStats
    eps : float, > 0

    Returns
    -------
    y : array like ``x``
    tape : BatchNormPredictTape
    """
    inv_std = 1 / np.sqrt(running.var + eps)
    x_hat = (x - running.mean) * inv_std
    return gamma * x_hat + beta, BatchNormPredictTape(x_hat, inv_std, gamma)


@validated
def batch_norm_predict_backward(tape: BatchNormPredictTape, g_y: Float[ndarray, "... D"]) -> NormGradients:
    """Return dL/dx, dL/dgamma and dL/dbeta; the running statistics are constants."""
    batch = tuple(range(g_y.ndim - 1))
    g_x = g_y * (tape.gamma * tape.inv_std)
    return NormGradients(g_x, (g_y * tape.x_hat).sum(axis=batch), g_y.sum(axis=batch))
