r"""Batch normalization: every feature standardized over the batch {cite}`ioffe2015batch`.

Chapter: Normalization.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import (
    Number,
    require_axes,
    require_count,
    require_float_dtype,
    require_fraction,
    require_positive,
    require_type,
)
from livenotes.activations.base import Array

from ._standard import standardize, standardize_backward


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


def batch_norm(
    x: Float[ndarray, "... D"],
    gamma: Float[ndarray, " D"],
    beta: Float[ndarray, " D"],
    *,
    eps: Number = 1e-5,
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
    require_axes(("x", x, "... D"), ("gamma", gamma, "D"), ("beta", beta, "D"))
    if x.size < 2 * x.shape[-1]:
        raise ValueError(f"x must hold at least two examples to normalize over, got shape {x.shape}")
    x_hat, inv_std, mean, var = standardize(x, tuple(range(x.ndim - 1)), require_positive("eps", eps))
    return gamma * x_hat + beta, BatchNormTape(x_hat, inv_std, gamma, mean, var)


def batch_norm_backward(
    tape: BatchNormTape, g: Float[ndarray, "... D"]
) -> tuple[Float[ndarray, "... D"], Float[ndarray, " D"], Float[ndarray, " D"]]:
    r"""Return dL/dx, dL/dgamma and dL/dbeta.

    $\mu_B$ and $\sigma_B$ depend on every example, so that the part of the gradient that would shift
    or scale the whole batch drops out.
    """
    require_type("tape", tape, BatchNormTape)
    require_axes(("x", tape.x_hat, "... D"), ("g", g, "... D"))
    batch = tuple(range(g.ndim - 1))
    g_x = standardize_backward(tape.x_hat, tape.inv_std, g * tape.gamma, batch)
    return g_x, (g * tape.x_hat).sum(axis=batch), g.sum(axis=batch)


def running_init(features: int, dtype: Any = np.float64) -> RunningStats:
    """Return the running statistics before the first batch: mean 0, variance 1."""
    features, dtype = require_count("features", features), require_float_dtype(dtype)
    return RunningStats(np.zeros(features, dtype), np.ones(features, dtype))


def update_running(running: RunningStats, tape: BatchNormTape, *, momentum: Number = 0.1) -> RunningStats:
    r"""Move the running statistics towards those of a batch, $(1-m)\,\text{running} + m\,\text{batch}$.

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
    require_type("running", running, RunningStats)
    require_type("tape", tape, BatchNormTape)
    require_axes(
        ("tape.mean", tape.mean, "D"), ("running.mean", running.mean, "D"), ("running.var", running.var, "D")
    )
    share = require_fraction("momentum", momentum)
    n = tape.x_hat.size // len(tape.mean)
    return RunningStats(
        (1 - share) * running.mean + share * tape.mean,
        (1 - share) * running.var + share * n / (n - 1) * tape.var,
    )


class BatchNormPredictTape(NamedTuple):
    """The standardized input and the fixed factors."""

    x_hat: Float[ndarray, "... D"]
    inv_std: Float[ndarray, " D"]
    gamma: Float[ndarray, " D"]


def batch_norm_predict(
    x: Float[ndarray, "... D"],
    gamma: Float[ndarray, " D"],
    beta: Float[ndarray, " D"],
    running: RunningStats,
    *,
    eps: Number = 1e-5,
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
    require_type("running", running, RunningStats)
    require_axes(
        ("x", x, "... D"),
        ("gamma", gamma, "D"),
        ("beta", beta, "D"),
        ("running.mean", running.mean, "D"),
        ("running.var", running.var, "D"),
    )
    inv_std = 1 / np.sqrt(running.var + require_positive("eps", eps))
    x_hat = (x - running.mean) * inv_std
    return gamma * x_hat + beta, BatchNormPredictTape(x_hat, inv_std, gamma)


def batch_norm_predict_backward(
    tape: BatchNormPredictTape, g: Array
) -> tuple[Array, Float[ndarray, " D"], Float[ndarray, " D"]]:
    """Return dL/dx, dL/dgamma and dL/dbeta; the running statistics are constants."""
    require_type("tape", tape, BatchNormPredictTape)
    require_axes(("x", tape.x_hat, "... D"), ("g", g, "... D"))
    batch = tuple(range(g.ndim - 1))
    return g * (tape.gamma * tape.inv_std), (g * tape.x_hat).sum(axis=batch), g.sum(axis=batch)
