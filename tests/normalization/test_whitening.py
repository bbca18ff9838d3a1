"""Normalizing, decorrelating and whitening data: covariances made, gradients through them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from livenotes import normalization as n
from livenotes.checks import central_differences, relative_error

CASES = {
    "normalize": (n.normalize, n.normalize_backward),
    "decorrelate": (n.decorrelate, n.decorrelate_backward),
    "pca": (lambda x, **kw: n.whiten(x, method="pca", **kw), n.whiten_backward),
    "zca": (n.whiten, n.whiten_backward),
}
each = pytest.mark.parametrize("name", CASES)


def data(rng, rows=50, features=4, dtype=np.float64):
    mix = rng.normal(size=(features, features))
    return (rng.normal(size=(rows, features)) @ mix + rng.normal(size=features)).astype(dtype)


def covariance(y):
    return np.cov(y.T, bias=True)


@each
def test_gradient_is_central_difference(name, rng):
    forward, backward = CASES[name]
    x = data(rng, rows=7)
    y, tape = forward(x)
    g = rng.normal(size=y.shape)
    numeric = central_differences(lambda x: (g * forward(x)[0]).sum(), x)
    assert relative_error(backward(tape, g), numeric) < 1e-6


def test_gradients_match_torchs_eigenvectors(rng):
    x = data(rng, rows=9)
    xt = torch.tensor(x, requires_grad=True)
    c = xt - xt.mean(0)
    values, v = torch.linalg.eigh(c.T @ c / 9)
    y = c @ (v * (values + 1e-5) ** -0.5) @ v.T
    g = rng.normal(size=x.shape)
    (want,) = torch.autograd.grad(y, xt, torch.tensor(g))
    ours, tape = n.whiten(x)
    np.testing.assert_allclose(ours, y.detach(), rtol=1e-9, atol=1e-10)
    assert relative_error(n.whiten_backward(tape, g), want.numpy()) < 1e-9


@given(seed=st.integers(0, 2**32 - 1), features=st.integers(1, 6))
def test_covariances_become_what_they_should(seed, features):
    x = data(np.random.default_rng(seed), rows=40, features=features)
    square = np.atleast_2d
    y, _ = n.normalize(x, eps=1e-12)
    np.testing.assert_allclose(np.diag(square(covariance(y))), 1, rtol=1e-6)
    y, tape = n.decorrelate(x)
    np.testing.assert_allclose(square(covariance(y)), np.diag(tape.variances), atol=1e-9 * tape.variances[0])
    assert (np.diff(tape.variances) <= 0).all()
    for method in ("pca", "zca"):
        y, tape = n.whiten(x, method=method, eps=1e-14)
        np.testing.assert_allclose(square(covariance(y)), np.eye(features), atol=1e-5)
        np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-6)


def test_decorrelating_is_principal_component_analysis(rng):
    x = data(rng)
    theirs = PCA().fit_transform(x)
    ours, tape = n.decorrelate(x)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-10)
    assert (tape.axes[np.abs(tape.axes).argmax(axis=0), range(4)] > 0).all()
    np.testing.assert_allclose(
        n.whiten(x, method="pca")[0], ours / np.sqrt(tape.variances + 1e-5), atol=1e-10
    )


def test_zca_moves_the_data_less_than_pca(rng):
    x = data(rng)
    centered = x - x.mean(axis=0)
    moved = {m: np.sum((n.whiten(x, method=m)[0] - centered) ** 2) for m in ("pca", "zca")}
    assert moved["zca"] < moved["pca"]
    matrix = n.whiten(x)[1].matrix
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)


@each
def test_transform_repeats_the_map_on_other_data(name, rng):
    x = data(rng)
    y, tape = CASES[name][0](x)
    np.testing.assert_allclose(n.transform(tape, x), y, atol=1e-12)
    np.testing.assert_allclose(n.transform(tape, x[:1]), y[:1], atol=1e-12)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtypes_stay_and_inputs_are_left_alone(name, dtype, rng):
    forward, backward = CASES[name]
    x = (1e4 * data(rng, dtype=dtype)).astype(dtype)
    x.flags.writeable = False
    with np.errstate(all="raise", under="ignore"):
        y, tape = forward(x)
        g_x = backward(tape, y)
    for array in (y, g_x, n.transform(tape, x)):
        assert (array.shape, array.dtype) == (x.shape, dtype)
        assert np.isfinite(array).all()


def test_equal_variances_have_a_gradient_under_zca_only(rng):
    x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    g = rng.normal(size=x.shape)
    numeric = central_differences(lambda x: (g * n.whiten(x)[0]).sum(), x)
    assert relative_error(n.whiten_backward(n.whiten(x)[1], g), numeric) < 1e-7
    for forward, backward in (CASES["pca"], CASES["decorrelate"]):
        with pytest.raises(ValueError, match="x must have different variances"):
            backward(forward(x)[1], g)


def test_a_constant_feature_stays_at_zero(rng):
    x = data(rng)
    x[:, 1] = 3.0
    assert not n.normalize(x)[0][:, 1].any()
    assert np.abs(n.whiten(x)[0][:, 1]).max() < 1e-9


X = np.arange(6.0).reshape(3, 2)
BAD = [
    (TypeError, "x must be .* got list", lambda: n.normalize([[1.0]])),
    (ValueError, r"x must have axes \(B, D\), got shape \(3,\)", lambda: n.decorrelate(X[:, 0])),
    (ValueError, r"x must hold at least two examples, got shape \(1, 2\)", lambda: n.whiten(X[:1])),
    (ValueError, "eps must be greater than 0", lambda: n.normalize(X, eps=0)),
    (ValueError, "eps must be greater than 0", lambda: n.whiten(X, eps=0)),
    (ValueError, "method must be one of pca, zca, got 'ica'", lambda: n.whiten(X, method="ica")),
    (
        ValueError,
        r"x must have axes \(N, D=2\), got shape \(2, 3\)",
        lambda: n.transform(n.whiten(X)[1], X.T),
    ),
    (ValueError, r"g_y must have axes \(B=3, D=2\)", lambda: n.normalize_backward(n.normalize(X)[1], X[:2])),
    (
        ValueError,
        r"g_y must have axes \(B=3, D=2\)",
        lambda: n.decorrelate_backward(n.decorrelate(X)[1], X[:2]),
    ),
    (TypeError, "g_y must have dtype float64", lambda: n.whiten_backward(n.whiten(X)[1], X.astype("f4"))),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
