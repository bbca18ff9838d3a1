"""Attention: weights that are weights, masks that hold, gradients that torch agrees with."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from livenotes._trees import leaves, unflatten
from livenotes.attention import (
    AdditiveParams,
    additive_attention,
    additive_attention_backward,
    additive_init,
    dot_product_attention,
    dot_product_attention_backward,
    masked_softmax,
    softmax_backward,
)
from livenotes.checks import central_differences, relative_error

B, Q, K, D, E, H = 2, 3, 5, 4, 6, 7
seeds = st.integers(0, 2**32 - 1)


def qkv(rng, lead=(B,), d=D, c=D, dtype=np.float64):
    return [rng.normal(size=(*lead, *s)).astype(dtype) for s in ((Q, d), (K, c), (K, E))]


def some_mask(rng, shape=(B, Q, K)):
    mask = rng.random(shape) < 0.5
    mask[..., 0] |= ~mask.any(axis=-1)
    return mask


def additive_reference(params, q, k, v, mask):
    """The equations of the paper, one score at a time."""
    out = torch.zeros(*q.shape[:-1], v.shape[-1], dtype=q.dtype)
    for b in range(q.shape[0]):
        for i in range(q.shape[1]):
            energy = [params.u @ torch.tanh(params.w_q @ q[b, i] + params.w_k @ key) for key in k[b]]
            allowed = [j for j in range(len(energy)) if mask is None or mask[b, i, j]]
            total = sum(torch.exp(energy[j]) for j in allowed)
            out[b, i] = sum(torch.exp(energy[j]) / total * v[b, j] for j in allowed)
    return out


@pytest.mark.parametrize("lead", [(), (B,), (2, B)])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("scale", [None, 1.0, 0.1])
def test_dot_product_attention_matches_torch(lead, masked, scale, rng):
    args = qkv(rng, lead)
    mask = some_mask(rng, (*lead, Q, K)) if masked else None
    tensors = [torch.tensor(a, requires_grad=True) for a in args]
    want = functional.scaled_dot_product_attention(
        *tensors, attn_mask=None if mask is None else torch.tensor(mask), scale=scale
    )
    y, tape = dot_product_attention(*args, mask, scale=scale)
    g = rng.normal(size=y.shape)
    wanted = torch.autograd.grad(want, tensors, torch.tensor(g))
    np.testing.assert_allclose(y, want.detach(), rtol=1e-11)
    for ours, theirs in zip(dot_product_attention_backward(tape, g), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_additive_attention_matches_the_papers_equations(masked, rng):
    params, args = additive_init(rng, D, 3, H), qkv(rng, c=3)
    mask = some_mask(rng) if masked else None
    flat = [torch.tensor(a, requires_grad=True) for a in [*params, *args]]
    want = additive_reference(AdditiveParams(*flat[:3]), *flat[3:], mask)
    y, tape = additive_attention(params, *args, mask)
    g = rng.normal(size=y.shape)
    wanted = torch.autograd.grad(want, flat, torch.tensor(g))
    np.testing.assert_allclose(y, want.detach(), rtol=1e-12)
    for ours, theirs in zip(leaves(additive_attention_backward(tape, g)), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13)


def test_gradients_are_central_differences(rng):
    mask = some_mask(rng, (Q, K))
    args = tuple(qkv(rng))
    y, tape = dot_product_attention(*args, mask)
    g = rng.normal(size=y.shape)
    numeric = central_differences(lambda a: (g * dot_product_attention(*a, mask)[0]).sum(), args)
    assert relative_error(dot_product_attention_backward(tape, g), numeric) < 1e-7
    args = (additive_init(rng, D, 3, H), *qkv(rng, (), c=3))
    y, tape = additive_attention(*args, mask)
    g = rng.normal(size=y.shape)
    numeric = central_differences(lambda a: (g * additive_attention(*a, mask)[0]).sum(), args)
    assert relative_error(additive_attention_backward(tape, g), numeric) < 1e-7


def test_softmax_gradient_is_central_difference(rng):
    scores, g = rng.normal(size=(Q, K)), rng.normal(size=(Q, K))
    numeric = central_differences(lambda s: (g * masked_softmax(s)).sum(), scores)
    assert relative_error(softmax_backward(masked_softmax(scores), g), numeric) < 1e-8


@given(seed=seeds, spread=st.floats(0, 1e4), masked=st.booleans())
def test_rows_sum_to_one_and_respect_the_mask(seed, spread, masked):
    rng = np.random.default_rng(seed)
    scores = spread * rng.normal(size=(B, Q, K))
    mask = some_mask(rng) if masked else None
    weights = masked_softmax(scores, mask)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    if masked:
        assert (weights[~mask] == 0).all()
        # what is forbidden cannot be felt, however large it is
        changed = np.where(mask, scores, rng.choice([-1e4, 1e4], size=scores.shape))
        np.testing.assert_allclose(masked_softmax(changed, mask), weights, rtol=1e-12)


@pytest.mark.parametrize("forbidden", [np.nan, np.inf, -np.inf, 1e308])
def test_what_is_forbidden_cannot_be_felt_even_if_it_is_not_a_number(forbidden, rng):
    scores, mask = rng.normal(size=(B, Q, K)), some_mask(rng)
    want = masked_softmax(scores, mask)
    with np.errstate(all="raise", under="ignore"):
        weights = masked_softmax(np.where(mask, scores, forbidden), mask)
    np.testing.assert_array_equal(weights, want)


@given(seed=seeds)
def test_the_output_does_not_depend_on_the_order_of_keys(seed):
    rng = np.random.default_rng(seed)
    q, k, v = qkv(rng)
    mask, order = some_mask(rng), rng.permutation(K)
    params = additive_init(rng, D, D, H)
    for attend in (dot_product_attention, lambda *a: additive_attention(params, *a)):
        y, _ = attend(q, k, v, mask)
        shuffled, _ = attend(q, k[:, order], v[:, order], mask[..., order])
        np.testing.assert_allclose(shuffled, y, rtol=1e-9, atol=1e-12)
        assert (y <= v.max(axis=1, keepdims=True) + 1e-12).all()  # a mean cannot leave the values' range


def test_no_gradient_passes_a_mask(rng):
    q, k, v = qkv(rng)
    mask = np.ones((B, Q, K), bool)
    mask[..., 2] = False
    y, tape = dot_product_attention(q, k, v, mask)
    _, g_k, g_v = dot_product_attention_backward(tape, np.ones_like(y))
    assert not g_k[:, 2].any()
    assert not g_v[:, 2].any()


def test_the_default_scale_keeps_scores_at_variance_one(rng):
    q, k = rng.normal(size=(2, 300, 64))
    _, tape = dot_product_attention(q, k, k)
    assert (tape.scale * q @ k.T).std() == pytest.approx(1, abs=0.02)


def test_an_extreme_scale_is_a_look_up(rng):
    k, v = np.eye(4), rng.normal(size=(4, 2))
    np.testing.assert_allclose(dot_product_attention(k, k, v, scale=1e3)[0], v)
    np.testing.assert_allclose(dot_product_attention(k, k, v, scale=0)[0], np.broadcast_to(v.mean(0), (4, 2)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtypes_stay_and_inputs_are_left_alone(dtype, rng):
    params = unflatten(additive_init(rng, D, D, H), [a.astype(dtype) for a in additive_init(rng, D, D, H)])
    args = [(1e4 * a).astype(dtype) for a in qkv(rng, dtype=dtype)]
    mask = some_mask(rng)
    for a in (*args, *params, mask):
        a.flags.writeable = False
    with np.errstate(all="raise", under="ignore"):
        y, tape = dot_product_attention(*args, mask)
        gradients = dot_product_attention_backward(tape, np.ones_like(y))
        z, tape = additive_attention(params, *args, mask)
        more = additive_attention_backward(tape, np.ones_like(z))
    assert y.shape == z.shape == (B, Q, E)
    for array, like in zip([*gradients, *leaves(more)], [*args, *params, *args], strict=True):
        assert (array.shape, array.dtype) == (like.shape, dtype)
        assert np.isfinite(array).all()


def test_initial_weights_keep_to_their_bound(rng):
    params = additive_init(rng, 100, 25, 400)
    assert [a.shape for a in params] == [(400, 100), (400, 25), (400,)]
    for a, fan_in in zip(params, (100, 25, 400), strict=True):
        assert 0.9 / math.sqrt(fan_in) < np.abs(a).max() <= 1 / math.sqrt(fan_in)


R = np.random.default_rng(0)
X, P = np.ones((2, 3)), additive_init(R, 3, 3, 4)
Y, T = dot_product_attention(X, X, X)
TA = additive_attention(P, X, X, X)[1]
BAD = [
    (TypeError, "q must be .* got list", lambda: dot_product_attention([1.0], X, X)),
    (
        ValueError,
        r"q must have axes \(\*B, Q, D\), got shape \(3,\)",
        lambda: dot_product_attention(X[0], X, X),
    ),
    (
        ValueError,
        r"k must have axes \(K, D=3\), got shape \(3, 2\)",
        lambda: dot_product_attention(X, X.T, X),
    ),
    (
        ValueError,
        r"v must have axes \(K=2, E\), got shape \(3, 2\)",
        lambda: dot_product_attention(X, X, X.T),
    ),
    (ValueError, r"k must have axes \(K, D=3\)", lambda: dot_product_attention(X, X[None], X)),
    (TypeError, "v must have dtype float64", lambda: dot_product_attention(X, X, X.astype("f4"))),
    (TypeError, "scale must be a real number", lambda: dot_product_attention(X, X, X, scale="1")),
    (ValueError, "scale must be finite", lambda: dot_product_attention(X, X, X, scale=np.inf)),
    (
        TypeError,
        "mask must be None or an array of bools, got float64",
        lambda: dot_product_attention(X, X, X, X),
    ),
    (TypeError, "mask must be None or an array of bools, got list", lambda: masked_softmax(X, [True])),
    (
        ValueError,
        r"mask must broadcast to shape \(2, 3\), got \(2,\)",
        lambda: masked_softmax(X, X[:, 0] > 0),
    ),
    (
        ValueError,
        r"mask must leave every query a key, got none at \(1,\)",
        lambda: masked_softmax(X, np.array([[True], [False]])),
    ),
    (
        ValueError,
        r"g_y must have axes \(axis 0=2, K=3\), got shape \(3,\)",
        lambda: softmax_backward(X, X[0]),
    ),
    (TypeError, "weights must be .* got list", lambda: softmax_backward([1.0], X)),
    (TypeError, "scores must be", lambda: masked_softmax(np.ones((2, 2), int))),
    (ValueError, "scores must have axes", lambda: masked_softmax(X[0])),
    (ValueError, r"g_y must have axes \(Q=2, E=3\)", lambda: dot_product_attention_backward(T, X.T)),
    (ValueError, r"q must have axes \(\*B, Q, D=3\)", lambda: additive_attention(P, X.T, X, X)),
    (
        ValueError,
        r"k must have axes \(K, C=3\), got shape \(3, 2\)",
        lambda: additive_attention(P, X, X.T, X.T),
    ),
    (ValueError, r"params.u must have axes \(H=4\)", lambda: additive_attention(P._replace(u=X[0]), X, X, X)),
    (
        TypeError,
        "q must have dtype float64, got float32",
        lambda: additive_attention(P, *[X.astype("f4")] * 3),
    ),
    (ValueError, r"g_y must have axes \(Q=2, E=3\)", lambda: additive_attention_backward(TA, X.T)),
    (TypeError, "rng must be", lambda: additive_init(0, 1, 1, 1)),
    (ValueError, "keys must be at least 1", lambda: additive_init(R, 1, 0, 1)),
    (TypeError, "hidden must be an integer", lambda: additive_init(R, 1, 1, 1.5)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
