"""Batch, layer, weight and cosine normalization against torch, and what they promise."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from livenotes import normalization as n
from livenotes.checks import central_differences, relative_error

seeds = st.integers(0, 2**32 - 1)


def batch_stats(rng, dtype=np.float64):
    return n.RunningStats(rng.normal(size=3).astype(dtype), rng.uniform(0.5, 2, size=3).astype(dtype))


def torch_batch_norm(x, gamma, beta):
    return functional.batch_norm(x.flatten(0, -2), None, None, gamma, beta, training=True).reshape(x.shape)


# forward, backward, the same in torch, shapes of the arguments
CASES = {
    "batch_norm": (n.batch_norm, n.batch_norm_backward, torch_batch_norm, [(6, 3), (3,), (3,)]),
    "batch_norm-sequence": (n.batch_norm, n.batch_norm_backward, torch_batch_norm, [(4, 2, 3), (3,), (3,)]),
    "layer_norm": (
        n.layer_norm,
        n.layer_norm_backward,
        lambda x, gamma, beta: functional.layer_norm(x, (3,), gamma, beta),
        [(6, 3), (3,), (3,)],
    ),
    "layer_norm-sequence": (
        n.layer_norm,
        n.layer_norm_backward,
        lambda x, gamma, beta: functional.layer_norm(x, (3,), gamma, beta),
        [(4, 2, 3), (3,), (3,)],
    ),
    "weight_norm": (
        n.weight_norm,
        n.weight_norm_backward,
        lambda v, s: torch._weight_norm(v, s[:, None], 0),
        [(4, 3), (4,)],
    ),
    "cosine_norm": (
        n.cosine_norm,
        n.cosine_norm_backward,
        lambda x, w: functional.cosine_similarity(x[:, None], w[None], dim=-1),
        [(6, 3), (4, 3)],
    ),
}
each = pytest.mark.parametrize("name", CASES)


@each
def test_values_and_gradients_match_torch(name, rng):
    forward, backward, reference, shapes = CASES[name]
    args = [rng.normal(1, 2, size=s) for s in shapes]
    tensors = [torch.tensor(a, requires_grad=True) for a in args]
    want = reference(*tensors)
    y, tape = forward(*args)
    g = rng.normal(size=y.shape)
    wanted = torch.autograd.grad(want, tensors, torch.tensor(g))
    np.testing.assert_allclose(y, want.detach(), rtol=1e-9, atol=1e-12)
    for ours, theirs in zip(backward(tape, g), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-11)


@each
def test_gradients_are_central_differences(name, rng):
    forward, backward, _, shapes = CASES[name]
    args = tuple(rng.normal(size=s) for s in shapes)
    y, tape = forward(*args)
    g = rng.normal(size=y.shape)
    numeric = central_differences(lambda a: (g * forward(*a)[0]).sum(), args)
    assert relative_error(tuple(backward(tape, g)), numeric) < 1e-7


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtypes_stay_and_inputs_are_left_alone(name, dtype, rng):
    forward, backward, _, shapes = CASES[name]
    for make in (
        lambda s: np.full(s, 1e4, dtype),
        lambda s: (1e4 * rng.choice([-1, 1], size=s)).astype(dtype),
    ):
        args = [make(s) for s in shapes]
        for a in args:
            a.flags.writeable = False
        with np.errstate(all="raise", under="ignore"):
            y, tape = forward(*args)
            gradients = backward(tape, y)
        assert y.dtype == dtype
        assert np.isfinite(y).all()
        for a, g in zip(args, gradients, strict=True):
            assert (g.shape, g.dtype) == (a.shape, dtype)
            assert np.isfinite(g).all()


@given(seed=seeds, rows=st.integers(2, 40), scale=st.floats(0.1, 1e3), shift=st.floats(-1e3, 1e3))
def test_batch_norm_gives_every_feature_the_asked_moments(seed, rows, scale, shift):
    rng = np.random.default_rng(seed)
    x = shift + scale * rng.normal(size=(rows, 3))
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    y, _ = n.batch_norm(x, gamma, beta, eps=1e-12)
    np.testing.assert_allclose(y.mean(axis=0), beta, atol=1e-9)
    np.testing.assert_allclose(y.std(axis=0), np.abs(gamma), rtol=1e-5)


@given(seed=seeds, scale=st.floats(0.1, 1e3), shift=st.floats(-1e3, 1e3))
def test_layer_norm_ignores_shift_and_scale_of_an_example(seed, scale, shift):
    x = np.random.default_rng(seed).normal(size=(4, 8))
    one, zero = np.ones(8), np.zeros(8)
    y, _ = n.layer_norm(x, one, zero, eps=1e-12)
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(y.std(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(n.layer_norm(shift + scale * x, one, zero, eps=1e-12)[0], y, atol=1e-5)


@given(seed=seeds, scale=st.floats(1e-3, 1e3))
def test_lengths_do_not_matter_to_cosine_and_weight_norm(seed, scale):
    rng = np.random.default_rng(seed)
    x, w, s = rng.normal(size=(5, 4)), rng.normal(size=(3, 4)), rng.normal(size=3)
    y, _ = n.cosine_norm(x, w)
    assert (np.abs(y) <= 1 + 1e-12).all()
    np.testing.assert_allclose(n.cosine_norm(scale * x, w)[0], y, atol=1e-5)
    u, tape = n.weight_norm(w, s)
    np.testing.assert_allclose(np.linalg.norm(u, axis=1), np.abs(s), rtol=1e-12)
    np.testing.assert_allclose(n.weight_norm(scale * w, s)[0], u, rtol=1e-9)
    g_w, _ = n.weight_norm_backward(tape, rng.normal(size=u.shape))
    np.testing.assert_allclose(np.sum(g_w * w, axis=1), 0, atol=1e-9)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e160, 1e307])
def test_weight_norm_takes_rows_of_any_length(size):
    s = np.array([2.0, -3.0])
    with np.errstate(all="raise", under="ignore"):
        u, tape = n.weight_norm(size * np.array([[3.0, 4.0], [0.0, 5.0]]), s)
        _, g_s = n.weight_norm_backward(tape, np.ones_like(u))
    np.testing.assert_allclose(u, [[1.2, 1.6], [0, -3]], rtol=1e-15)
    np.testing.assert_allclose(tape.length, [5 * size, 5 * size], rtol=1e-15)
    np.testing.assert_allclose(g_s, [1.4, 1], rtol=1e-15)


def test_running_statistics_and_prediction_match_torch(rng):
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    mean, var = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    running = n.running_init(3)
    for rows in (5, 2, 9):
        x = rng.normal(2, 3, size=(rows, 3))
        _, tape = n.batch_norm(x, gamma, beta)
        running = n.update_running(running, tape, momentum=0.2)
        functional.batch_norm(torch.tensor(x), mean, var, training=True, momentum=0.2)
    np.testing.assert_allclose(running.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(running.var, var, rtol=1e-12)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
    want = functional.batch_norm(tensors[0], mean, var, *tensors[1:], training=False)
    y, tape = n.batch_norm_predict(x, gamma, beta, running)
    g = rng.normal(size=y.shape)
    np.testing.assert_allclose(y, want.detach(), rtol=1e-11)
    wanted = torch.autograd.grad(want, tensors, torch.tensor(g))
    for ours, theirs in zip(n.batch_norm_predict_backward(tape, g), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_eps_is_added_to_the_variance(rng):
    x, gamma, beta = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3)
    xt, *scale = map(torch.tensor, (x, gamma, beta))
    running = batch_stats(rng)
    norm, moments = functional.batch_norm, [torch.tensor(a) for a in running]
    pairs = [
        (n.batch_norm(x, gamma, beta, eps=0.5), norm(xt, None, None, *scale, training=True, eps=0.5)),
        (n.batch_norm_predict(x, gamma, beta, running, eps=0.5), norm(xt, *moments, *scale, eps=0.5)),
        (n.layer_norm(x, gamma, beta, eps=0.5), functional.layer_norm(xt, (3,), *scale, eps=0.5)),
    ]
    for (ours, _), theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_a_vector_of_zeros_has_cosine_zero(rng):
    x, w = np.zeros((2, 3)), rng.normal(size=(4, 3))
    y, tape = n.cosine_norm(x, w)
    assert not y.any()
    assert all(np.isfinite(g).all() for g in n.cosine_norm_backward(tape, np.ones_like(y)))


def test_running_statistics_keep_float32():
    x = np.ones((4, 3), np.float32)
    running = n.running_init(3, np.float32)
    y, tape = n.batch_norm(x, *running)
    running = n.update_running(running, tape)
    y, tape = n.batch_norm_predict(x, *running, running)
    for array in (y, *running, *n.batch_norm_predict_backward(tape, y)):
        assert array.dtype == np.float32


def test_the_variance_keeps_its_digits_far_from_zero():
    x = 1e4 + np.array([[-1.0], [1.0]], np.float32)
    y, _ = n.batch_norm(x, np.ones(1, np.float32), np.zeros(1, np.float32))
    np.testing.assert_allclose(y, [[-1], [1]], rtol=1e-5)


X, D, F4 = np.arange(6.0).reshape(2, 3), np.ones(3), np.ones(3, np.float32)
R = n.running_init(3)
T = n.batch_norm(X, D, D)[1]
BAD = [
    (TypeError, "x must be .* got list", lambda: n.batch_norm([1.0], D, D)),
    (
        ValueError,
        r"x must hold at least two examples to normalize over, got shape \(1, 3\)",
        lambda: n.batch_norm(X[:1], D, D),
    ),
    (ValueError, r"x must hold at least two", lambda: n.batch_norm(X[0], D, D)),
    (ValueError, r"gamma must have axes \(D=3\), got shape \(2,\)", lambda: n.batch_norm(X, D[:2], D)),
    (TypeError, "beta must have dtype float64, got float32", lambda: n.batch_norm(X, D, F4)),
    (ValueError, "eps must be greater than 0", lambda: n.batch_norm(X, D, D, eps=0)),
    (
        TypeError,
        "tape must be BatchNormTape, got BatchNormPredictTape",
        lambda: n.batch_norm_backward(n.batch_norm_predict(X, D, D, R)[1], X),
    ),
    (ValueError, r"g_y must have axes \(axis 0=2, D=3\)", lambda: n.batch_norm_backward(T, X.T)),
    (TypeError, "features must be an integer", lambda: n.running_init(3.0)),
    (ValueError, "features must be at least 1", lambda: n.running_init(0)),
    (ValueError, r"momentum must be in \[0, 1\)", lambda: n.update_running(R, T, momentum=1)),
    (ValueError, r"tape.x_hat must have axes \(..., D=2\)", lambda: n.update_running(n.running_init(2), T)),
    (ValueError, r"running.var must have axes", lambda: n.update_running(n.RunningStats(D, D[:2]), T)),
    (ValueError, r"running.mean must have axes", lambda: n.batch_norm_predict(X, D, D, n.running_init(2))),
    (TypeError, r"running.var must have dtype", lambda: n.batch_norm_predict(X, D, D, n.RunningStats(D, F4))),
    (ValueError, "eps must be greater", lambda: n.batch_norm_predict(X, D, D, R, eps=-1)),
    (
        ValueError,
        "g_y must have axes",
        lambda: n.batch_norm_predict_backward(n.batch_norm_predict(X, D, D, R)[1], D),
    ),
    (ValueError, r"beta must have axes \(D=3\)", lambda: n.layer_norm(X, D, X)),
    (ValueError, "eps must be finite", lambda: n.layer_norm(X, D, D, eps=np.nan)),
    (ValueError, "g_y must have axes", lambda: n.layer_norm_backward(n.layer_norm(X, D, D)[1], D)),
    (ValueError, r"v must have axes \(H, D\)", lambda: n.weight_norm(D, D)),
    (ValueError, r"scale must have axes \(H=2\)", lambda: n.weight_norm(X, D)),
    (
        ValueError,
        "v must have no row of zeros, got one at 1",
        lambda: n.weight_norm(np.eye(3) - np.diag([0, 1, 0]), D),
    ),
    (ValueError, "g_y must have axes", lambda: n.weight_norm_backward(n.weight_norm(X, D[:2])[1], D)),
    (ValueError, r"w must have axes \(H, D=3\)", lambda: n.cosine_norm(X, X.T)),
    (ValueError, "eps must be greater", lambda: n.cosine_norm(X, X, eps=0)),
    (
        ValueError,
        r"g_y must have axes \(B=2, H=2\)",
        lambda: n.cosine_norm_backward(n.cosine_norm(X, X)[1], X),
    ),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
