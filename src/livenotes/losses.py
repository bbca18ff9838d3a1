r"""Three losses, each returned with its gradient.

Every function takes a whole batch and returns ``(loss, g)``: the mean over the batch as a Python float, and
dL/d(first argument), in the dtype and the shape of that argument. Backpropagation starts here: the tape of a
loss is its gradient already. Chapter: Activation functions.
"""

from typing import Annotated

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.special import expit

from ._arguments import require_ids
from ._validated import validated


def _some(name: str, value: ndarray) -> ndarray:
    if not value.size:
        raise ValueError(f"{name} must hold at least one example, got shape {value.shape}")
    return value


def _classes(logits: Float[ndarray, "B C"], labels: Int[ndarray, " B"]) -> None:
    require_ids("labels", labels, logits.shape[1])


def _probabilities(name: str, targets: ndarray) -> ndarray:
    if targets.size and (targets.min() < 0 or targets.max() > 1):
        raise ValueError(f"{name} must be in [0, 1], got {targets.min()}..{targets.max()}")
    return targets


@validated(where=_classes)
def softmax_cross_entropy(
    logits: Annotated[Float[ndarray, "B C"], _some], labels: Int[ndarray, " B"]
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
        If ``logits`` or ``labels`` is not an array of its kind, the batch is empty, the batches differ in
        length, or a label is not a class.
    """
    rows = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)  # exp never sees a positive number
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    g = np.exp(log_p)
    g[rows, labels] -= 1
    return float(-log_p[rows, labels].mean()), g / logits.dtype.type(len(logits))


@validated
def logistic(
    logits: Annotated[Float[ndarray, "*S"], _some], targets: Annotated[Float[ndarray, "*S"], _probabilities]
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
    each = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    g = (expit(logits) - targets) / logits.size
    return float(each.mean()), g.astype(logits.dtype, copy=False)


@validated
def squared_error(
    outputs: Annotated[Float[ndarray, "*S"], _some], targets: Float[ndarray, "*S"]
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
    error = outputs - targets
    return float(np.square(error).mean()), (2 * error / outputs.size).astype(outputs.dtype, copy=False)
