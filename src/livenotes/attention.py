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

from livenotes._arguments import (
    Number,
    require_axes,
    require_count,
    require_float_array,
    require_generator,
    require_like,
    require_number,
    require_type,
)

Queries = Float[ndarray, "*B Q D"]
Keys = Float[ndarray, "*B K D"]
Values = Float[ndarray, "*B K E"]
Outputs = Float[ndarray, "*B Q E"]
Weights = Float[ndarray, "*B Q K"]
Mask = Bool[ndarray, "*#B #Q #K"]


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
    require_axes(("scores", scores, "... Q K"))
    if mask is None:
        shifted = scores - scores.max(axis=-1, keepdims=True)
    else:
        mask = _checked(mask, scores.shape)
        lowest = scores.min(axis=-1, keepdims=True)
        highest = np.where(mask, scores, lowest).max(axis=-1, keepdims=True)
        # Above the highest allowed score there may be forbidden ones: keep them from overflowing.
        shifted = np.minimum(scores - highest, 0)
    weights = np.exp(shifted)
    if mask is not None:
        weights *= mask
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def _checked(mask: Mask, shape: tuple[int, ...]) -> Mask:
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        raise TypeError(f"mask must be an array of bool, got {getattr(mask, 'dtype', type(mask).__name__)}")
    try:
        mask = np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(f"mask must broadcast to shape {shape}, got {mask.shape}") from None
    lost = np.argwhere(~mask.any(axis=-1))
    if len(lost):
        raise ValueError(f"mask must leave every query a key, got none at {tuple(map(int, lost[0]))}")
    return mask


def softmax_backward(weights: Weights, g: Weights) -> Weights:
    r"""Return dL/d(scores), $a \odot (g - \langle a, g\rangle)$ with the weights $a$."""
    require_float_array("weights", weights)
    require_like("g", g, weights)
    return weights * (g - np.sum(weights * g, axis=-1, keepdims=True))


class DotProductTape(NamedTuple):
    """The arguments and the attention weights."""

    q: Queries
    k: Keys
    v: Values
    weights: Weights
    scale: float


def dot_product_attention(
    q: Queries, k: Keys, v: Values, mask: Mask | None = None, *, scale: Number | None = None
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
    require_axes(("q", q, "... Q D"), ("k", k, "... K D"), ("v", v, "... K E"))
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else require_number("scale", scale)
    weights = masked_softmax(scale * (q @ k.mT), mask)
    return weights @ v, DotProductTape(q, k, v, weights, scale)


def dot_product_attention_backward(tape: DotProductTape, g: Outputs) -> tuple[Queries, Keys, Values]:
    """Return dL/dq, dL/dk and dL/dv. Where the mask forbade a look, no gradient passes."""
    require_type("tape", tape, DotProductTape)
    q, k, v, weights, scale = tape
    require_axes(("weights", weights, "... Q K"), ("v", v, "... K E"), ("g", g, "... Q E"))
    g_scores = scale * softmax_backward(weights, g @ v.mT)
    return g_scores @ k, g_scores.mT @ q, weights.mT @ g


class AdditiveParams(NamedTuple):
    """Weights of the scoring network, and equally a gradient with respect to them."""

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


def additive_init(rng: np.random.Generator, queries: int, keys: int, hidden: int) -> AdditiveParams:
    """Draw the weights uniformly within one over the square root of the number of inputs."""
    require_generator(rng)
    sizes = {"queries": queries, "keys": keys, "hidden": hidden}
    d, c, h = (require_count(name, size) for name, size in sizes.items())
    return AdditiveParams(
        *(rng.uniform(-1, 1, shape) / math.sqrt(shape[-1]) for shape in ((h, d), (h, c), (h,)))
    )


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
    require_type("params", params, AdditiveParams)
    require_axes(
        ("q", q, "... Q D"),
        ("k", k, "... K C"),
        ("v", v, "... K E"),
        ("params.w_q", params.w_q, "H D"),
        ("params.w_k", params.w_k, "H C"),
        ("params.u", params.u, "H"),
    )
    from_q, from_k = q @ params.w_q.T, k @ params.w_k.T
    hidden = np.tanh(from_q[..., :, None, :] + from_k[..., None, :, :])  # (..., Q, K, H)
    weights = masked_softmax(hidden @ params.u, mask)
    return weights @ v, AdditiveTape(params, q, k, v, hidden, weights)


def additive_attention_backward(
    tape: AdditiveTape, g: Outputs
) -> tuple[AdditiveParams, Float[ndarray, "*B Q D"], Float[ndarray, "*B K C"], Values]:
    """Return dL/dparams, dL/dq, dL/dk and dL/dv."""
    require_type("tape", tape, AdditiveTape)
    params, q, k, v, hidden, weights = tape
    require_axes(("weights", weights, "... Q K"), ("v", v, "... K E"), ("g", g, "... Q E"))
    g_scores = softmax_backward(weights, g @ v.mT)
    g_a = g_scores[..., None] * params.u * (1 - hidden**2)  # through tanh: (..., Q, K, H)
    g_from_q, g_from_k = g_a.sum(axis=-2), g_a.sum(axis=-3)
    g_params = AdditiveParams(
        _rows(g_from_q).T @ _rows(q),
        _rows(g_from_k).T @ _rows(k),
        g_scores.ravel() @ _rows(hidden),
    )
    return g_params, g_from_q @ params.w_q, g_from_k @ params.w_k, weights.mT @ g


def _rows(a: Float[ndarray, "*B F"]) -> Float[ndarray, "N F"]:
    """All axes but the last in one: sums over batch and positions become one matrix product."""
    return a.reshape(-1, a.shape[-1])
