"""The losses against torch, and at the ends of the range."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from livenotes.losses import logistic, softmax_cross_entropy, squared_error

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def agrees(found, want, x):
    """Loss and gradient are torch's, to the last digits of the dtype, and in that dtype."""
    loss, g = found
    want.backward()
    rtol = 1e-5 if x.numpy(force=True).dtype == np.float32 else 1e-12
    assert isinstance(loss, float)
    np.testing.assert_allclose(loss, want.item(), rtol=rtol, atol=rtol)
    np.testing.assert_allclose(g, x.grad, rtol=rtol, atol=rtol)
    assert g.dtype == x.numpy(force=True).dtype


@both_dtypes
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_softmax_cross_entropy_is_torchs(rng, dtype, scale):
    logits, labels = rng.normal(scale=scale, size=(7, 5)).astype(dtype), rng.integers(5, size=7)
    x = torch.tensor(logits, requires_grad=True)
    agrees(softmax_cross_entropy(logits, labels), functional.cross_entropy(x, torch.tensor(labels)), x)


@both_dtypes
@pytest.mark.parametrize("shape", [(6,), (6, 1), (2, 3, 4)])
def test_logistic_is_torchs(rng, dtype, shape):
    logits, targets = rng.normal(scale=5, size=shape).astype(dtype), rng.uniform(size=shape).astype(dtype)
    x = torch.tensor(logits, requires_grad=True)
    want = functional.binary_cross_entropy_with_logits(x, torch.tensor(targets))
    agrees(logistic(logits, targets), want, x)


@both_dtypes
@pytest.mark.parametrize("shape", [(6,), (6, 2)])
def test_squared_error_is_torchs(rng, dtype, shape):
    outputs, targets = rng.normal(size=shape).astype(dtype), rng.normal(size=shape).astype(dtype)
    x = torch.tensor(outputs, requires_grad=True)
    agrees(squared_error(outputs, targets), functional.mse_loss(x, torch.tensor(targets)), x)


@both_dtypes
def test_far_logits_give_finite_losses(dtype):
    far = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
    before = far.copy()
    with np.errstate(all="raise", under="ignore"):
        right, g_right = softmax_cross_entropy(far, np.array([0, 1]))
        wrong, g_wrong = softmax_cross_entropy(far, np.array([1, 0]))
        assert (right, wrong) == (0.0, 2e4)
        assert not g_right.any()
        assert np.abs(g_wrong).max() == 0.5
        assert logistic(far, (far > 0).astype(dtype))[0] == 0.0
        assert logistic(far, (far < 0).astype(dtype))[0] == 1e4
        assert squared_error(far, -far)[0] == 4e8
    np.testing.assert_array_equal(far, before)


def test_logistic_keeps_its_digits_when_it_is_almost_right():
    loss, _ = logistic(np.array([40.0, -40.0]), np.array([1.0, 0.0]))
    np.testing.assert_allclose(loss, np.exp(-40.0), rtol=1e-12)


F4 = np.zeros(2, np.float32)
BAD = [
    (
        softmax_cross_entropy,
        np.zeros((3, 2)),
        np.array([0, 1]),
        r"labels must have axes \(B=3\), got shape \(2,\)",
    ),
    (softmax_cross_entropy, np.zeros((2, 2)), np.array([0, 2]), "labels must be in 0..1, got 0..2"),
    (softmax_cross_entropy, np.zeros((2, 2)), np.array([-1, 0]), "labels must be in 0..1, got -1..0"),
    (softmax_cross_entropy, np.zeros((0, 2)), np.zeros(0, int), "logits must hold at least one example"),
    (logistic, np.zeros(3), np.zeros(2), r"targets must have shape \(3,\), got \(2,\)"),
    (logistic, np.zeros(2), F4, "targets must have dtype float64, got float32"),
    (logistic, np.zeros(0), np.zeros(0), "logits must hold at least one example"),
    (logistic, np.zeros(2), np.array([0.0, 1.5]), r"targets must be in \[0, 1\], got 0.0..1.5"),
    (logistic, np.zeros(2), np.array([0.0, -0.5]), r"targets must be in \[0, 1\], got -0.5..0.0"),
    (squared_error, np.zeros((3, 1)), np.zeros(3), r"targets must have shape \(3, 1\), got \(3,\)"),
    (squared_error, np.zeros(0), np.zeros(0), "outputs must hold at least one example"),
]


@pytest.mark.parametrize(("loss", "first", "second", "says"), BAD, ids=[says for *_, says in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_named(loss, first, second, says):
    with pytest.raises((TypeError, ValueError), match=says):
        loss(first, second)
