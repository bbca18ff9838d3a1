r"""Three losses, each returned with its gradient.

Every function takes a whole batch and returns ``(loss, g)``: the mean over the batch as a Python float, and
dL/d(first argument), in the dtype and the shape of that argument. Chapter: Activation functions.
"""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.special import expit

from .arguments import require_shape


def softmax_cross_entropy(
    logits: Float[ndarray, "B C"], labels: Int[ndarray, " B"]
) -> tuple[float, Float[ndarray, "B C"]]:
    r"""Cross-entropy between the softmax of ``logits`` and the class that is right.

    $L = -\frac1B \sum_b \log p_{b,y_b}$ with $p = \mathrm{softmax}(z)$; its gradient is
    $\partial L/\partial z = (p - \mathrm{onehot}(y))/B$.

    Parameters
    ----------
    logits : (B, C) float
        Scores, one row an example.
    labels : (B,) int
        The right class of each row, from 0 to C - 1.

    Returns
    -------
    loss : float
        In nats.
    g_logits : (B, C), dtype of ``logits``

    Raises
    ------
    ValueError
        If the batch is empty, the batches differ in length, or a label is not a class.
    """
    _require_batch("labels", labels, logits.shape[:1])
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(
            f"labels: expected classes from 0 to {logits.shape[1] - 1}, "
            f"got values from {labels.min()} to {labels.max()}"
        )
    rows = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)  # exp never sees a positive number
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    g = np.exp(log_p)
    g[rows, labels] -= 1
    return float(-log_p[rows, labels].mean()), g / logits.dtype.type(len(logits))


def logistic(
    logits: Float[ndarray, "*S"], targets: Float[ndarray, "*S"]
) -> tuple[float, Float[ndarray, "*S"]]:
    r"""Binary cross-entropy of $\sigma(z)$: $L = \mathrm{mean}\,[\log(1 + e^{z}) - t z]$.

    Its gradient is $(\sigma(z) - t)/N$, with N the number of entries.

    Parameters
    ----------
    logits : any shape, float
    targets : same shape, float in [0, 1]
        The probability of class 1, usually 0 or 1.

    Returns
    -------
    loss : float
        In nats.
    g_logits : same shape and dtype as ``logits``

    Raises
    ------
    ValueError
        If the shapes differ, are empty, or a target lies outside [0, 1].
    """
    _require_batch("targets", targets, logits.shape)
    if targets.min() < 0 or targets.max() > 1:
        raise ValueError(
            f"targets: expected values in [0, 1], got values from {targets.min()} to {targets.max()}"
        )
    each = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    g = (expit(logits) - targets) / logits.size
    return float(each.mean()), g.astype(logits.dtype, copy=False)


def squared_error(
    outputs: Float[ndarray, "*S"], targets: Float[ndarray, "*S"]
) -> tuple[float, Float[ndarray, "*S"]]:
    r"""Mean squared error $\mathrm{mean}\,(y - t)^2$, with gradient $2(y - t)/N$.

    The mean is over all N entries and carries no factor of one half.

    Parameters
    ----------
    outputs, targets : any shape, float

    Returns
    -------
    loss : float
        In the square of the unit of ``outputs``.
    g_outputs : same shape and dtype as ``outputs``

    Raises
    ------
    ValueError
        If the shapes differ or are empty.
    """
    _require_batch("targets", targets, outputs.shape)
    error = outputs - targets
    return float(np.square(error).mean()), (2 * error / outputs.size).astype(outputs.dtype, copy=False)


def _require_batch(name: str, value: ndarray, shape: tuple[int, ...]) -> None:
    require_shape(name, value, shape)
    if not value.size:
        raise ValueError(f"{name} must hold at least one example, got shape {shape}")
