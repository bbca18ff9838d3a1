r"""Three losses, each returned with its gradient.

Every function takes a whole batch and returns ``(loss, g)``: the mean over the batch as a Python float, and
dL/d(first argument), in the dtype and the shape of that argument. Chapter: Activation functions.
"""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.special import expit

from ._arguments import require_axes, require_float_array, require_ids, require_like, require_shape


def softmax_cross_entropy(
    logits: Float[ndarray, "B C"], labels: Int[ndarray, " B"]
) -> tuple[float, Float[ndarray, "B C"]]:
    r"""Cross-entropy between the softmax of ``logits`` and the class that is right.

    $L = -\frac1B \sum_b \log p_{b,y_b}$ with $p = \mathrm{softmax}(z)$; its gradient is
    $\partial L/\partial z = (p - \mathrm{onehot}(y))/B$. Source: {cite}`bridle1990probabilistic`.

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
    TypeError, ValueError
        If ``logits`` or ``labels`` is no array of its kind, the batch is empty, the batches differ in
        length, or a label is not a class.
    """
    require_axes(("logits", logits, "B C"))
    require_ids("labels", labels, logits.shape[1])
    require_shape("labels", labels, logits.shape[:1])
    _require_some("logits", logits)
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

    Its gradient is $(\sigma(z) - t)/N$, with N the number of entries. Source: {cite}`cox1958regression`.

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
    TypeError, ValueError
        If the shapes or dtypes differ, are empty, or a target lies outside [0, 1].
    """
    _require_pair("logits", logits, targets)
    if targets.min() < 0 or targets.max() > 1:
        raise ValueError(f"targets must be in [0, 1], got {targets.min()}..{targets.max()}")
    each = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    g = (expit(logits) - targets) / logits.size
    return float(each.mean()), g.astype(logits.dtype, copy=False)


def squared_error(
    outputs: Float[ndarray, "*S"], targets: Float[ndarray, "*S"]
) -> tuple[float, Float[ndarray, "*S"]]:
    r"""Mean squared error $\mathrm{mean}\,(y - t)^2$, with gradient $2(y - t)/N$.

    The mean is over all N entries and carries no factor of one half, unlike {cite}`rumelhart1986learning`.

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
    TypeError, ValueError
        If the shapes or dtypes differ or are empty.
    """
    _require_pair("outputs", outputs, targets)
    error = outputs - targets
    return float(np.square(error).mean()), (2 * error / outputs.size).astype(outputs.dtype, copy=False)


def _require_pair(name: str, value: ndarray, targets: ndarray) -> None:
    require_float_array(name, value)
    require_like("targets", targets, value)
    _require_some(name, value)


def _require_some(name: str, value: ndarray) -> None:
    if not value.size:
        raise ValueError(f"{name} must hold at least one example, got shape {value.shape}")
