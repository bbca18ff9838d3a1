r"""Attention: each query takes a weighted mean of values. Chapter: Attention.

Axes: Q queries, K keys (and as many values), D features of a query or key, E of a value, H hidden;
any further axes in front (batch, heads) are the same in all arguments. A mask is ``True`` where a
query may look at a key.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from livenotes._arguments import Count, Finite
from livenotes._validated import body, validated

Queries = Float[ndarray, "*B Q D"]
Keys = Float[ndarray, "*B K D"]
Values = Float[ndarray, "*B K E"]
Outputs = Float[ndarray, "*B Q E"]
Weights = Float[ndarray, "*B Q K"]
Mask = Bool[ndarray, "*#B #Q #K"]


def _leave_a_key(scores: Weights, mask: Mask | None) -> None:
    if mask is None:
        return
    lost = np.argwhere(~np.broadcast_to(mask, scores.shape).any(axis=-1))
    if len(lost):
        raise ValueError(f"mask must leave every query a key, got none at {tuple(map(int, lost[0]))}")


@validated(where=_leave_a_key)
def masked_softmax(scores: Weights, mask: Mask | None = None) -> Weights:
    r"""Softmax over the keys a query may look at; the others get weight 0.

    Parameters
    ----------
    scores : array, shape (..., Q, K), float
    mask : array of bool, optional
        Broadcast to the shape of ``scores``; ``True`` where the weight may be positive.

    Returns
    -------
    array like ``scores``
        Each row sums to 1.

    Raises
    ------
    TypeError, ValueError
        The mask is not boolean, does not broadcast, or leaves a query no key at all.
    """
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)  # whatever stood there, exp makes it 0
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


@validated
def softmax_backward(weights: Float[ndarray, "... K"], g_y: Float[ndarray, "... K"]) -> Weights:
    r"""Return dL/d(scores), $a \odot (g - \langle a, g\rangle)$: the weights $a$ are the tape."""
    return weights * (g_y - np.sum(weights * g_y, axis=-1, keepdims=True))


class DotProductTape(NamedTuple):
    """The arguments and the attention weights."""

    q: Queries
    k: Keys
    v: Values
    weights: Weights
    scale: float


class DotProductGradients(NamedTuple):
    """Gradients with respect to queries, keys and values."""

    g_q: Queries
    g_k: Keys
    g_v: Values


@validated
def dot_product_attention(
    q: Queries, k: Keys, v: Values, mask: Mask | None = None, *, scale: Finite | None = None
) -> tuple[Outputs, DotProductTape]:
    r"""Attention scored by scalar products, $\operatorname{softmax}(c\,QK^\top)\,V$.

    Parameters
    ----------
    q : array, shape (..., Q, D), float
    k : array, shape (..., K, D), same dtype
    v : array, shape (..., K, E), same dtype
    mask : array of bool, broadcast to (..., Q, K), optional
    scale : float, optional
        $c$. By default $1/\sqrt D$, which keeps the scores of random vectors at variance 1:
        {cite}`vaswani2017attention`. With 1, the plain product of {cite}`luong2015effective`. Divided by
        a temperature, it makes the weights sharper or flatter.

    Returns
    -------
    y : array, shape (..., Q, E), same dtype
    tape : DotProductTape
    """
    if scale is None:
        scale = 1 / math.sqrt(q.shape[-1])
    weights = masked_softmax(scale * (q @ k.mT), mask)
    return weights @ v, DotProductTape(q, k, v, weights, scale)


@validated
def dot_product_attention_backward(tape: DotProductTape, g_y: Outputs) -> DotProductGradients:
    """Return dL/dq, dL/dk and dL/dv. Where the mask forbade a look, no gradient passes."""
    q, k, v, weights, scale = tape
    g_scores = scale * body(softmax_backward)(weights, g_y @ v.mT)
    return DotProductGradients(g_scores @ k, g_scores.mT @ q, weights.mT @ g_y)


class AdditiveParams(NamedTuple):
    """Weights of the scoring network; also holds gradients with respect to them."""

    w_q: Float[ndarray, "H D"]
    w_k: Float[ndarray, "H C"]
    u: Float[ndarray, " H"]


class AdditiveTape(NamedTuple):
    """The arguments, the hidden layer and the attention weights."""

    params: AdditiveParams
    q: Float[ndarray, "*B Q D"]
    k: Float[ndarray, "*B K C"]
    v: Values
    hidden: Float[ndarray, "*B Q K H"]
    weights: Weights


class AdditiveGradients(NamedTuple):
    """Gradients with respect to the scoring network, queries, keys and values."""

    g_params: AdditiveParams
    g_q: Float[ndarray, "*B Q D"]
    g_k: Float[ndarray, "*B K C"]
    g_v: Values


@validated
def additive_init(rng: np.random.Generator, queries: Count, keys: Count, hidden: Count) -> AdditiveParams:
    """Draw the weights uniformly within one over the square root of the number of inputs."""
    shapes = (hidden, queries), (hidden, keys), (hidden,)
    return AdditiveParams(*(rng.uniform(-1, 1, shape) / math.sqrt(shape[-1]) for shape in shapes))


@validated
def additive_attention(
    params: AdditiveParams,
    q: Float[ndarray, "*B Q D"],
    k: Float[ndarray, "*B K C"],
    v: Values,
    mask: Mask | None = None,
) -> tuple[Outputs, AdditiveTape]:
    r"""Attention scored by a small network, $u^\top\tanh(W_q q + W_k k)$ {cite}`bahdanau2015neural`.

    Queries and keys need not have the same number of features.

    Parameters
    ----------
    params : AdditiveParams
    q : array, shape (..., Q, D), float
        In a translator, the decoder's state before the next word.
    k : array, shape (..., K, C), same dtype
        The encoder's states.
    v : array, shape (..., K, E), same dtype
        Often the keys themselves.
    mask : array of bool, broadcast to (..., Q, K), optional

    Returns
    -------
    y : array, shape (..., Q, E), same dtype
    tape : AdditiveTape
    """
    from_q, from_k = q @ params.w_q.T, k @ params.w_k.T
    hidden = np.tanh(from_q[..., :, None, :] + from_k[..., None, :, :])  # (..., Q, K, H)
    weights = masked_softmax(hidden @ params.u, mask)
    return weights @ v, AdditiveTape(params, q, k, v, hidden, weights)


@validated
def additive_attention_backward(tape: AdditiveTape, g_y: Outputs) -> AdditiveGradients:
    """Return dL/dparams, dL/dq, dL/dk and dL/dv."""
    params, q, k, v, hidden, weights = tape
    g_scores = body(softmax_backward)(weights, g_y @ v.mT)
    g_a = g_scores[..., None] * params.u * (1 - hidden**2)  # through tanh: (..., Q, K, H)
    g_from_q, g_from_k = g_a.sum(axis=-2), g_a.sum(axis=-3)
    g_params = AdditiveParams(
        _rows(g_from_q).T @ _rows(q),
        _rows(g_from_k).T @ _rows(k),
        g_scores.ravel() @ _rows(hidden),
    )
    return AdditiveGradients(g_params, g_from_q @ params.w_q, g_from_k @ params.w_k, weights.mT @ g_y)


def _rows(a: Float[ndarray, "*B F"]) -> Float[ndarray, "N F"]:
    """All axes but the last in one: sums over batch and positions become one matrix product."""
    return a.reshape(-1, a.shape[-1])
