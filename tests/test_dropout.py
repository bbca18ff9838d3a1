"""Dropout: what it keeps on average, what it lets back, and who scales."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livenotes.activations import sigmoid
from livenotes.checks import central_differences, relative_error
from livenotes.dropout import (
    DropoutTape,
    annealed_rate,
    dropconnect,
    dropconnect_backward,
    dropconnect_moments,
    dropout,
    dropout_backward,
    dropout_predict,
    standout,
    standout_predict,
)

rates = st.just(0.0) | st.floats(0.01, 0.95)  # below, N draws drop too few for a normal distribution
seeds = st.integers(0, 2**32 - 1)
both = pytest.mark.parametrize("inverted", [True, False])
N = 100_000


@given(seed=seeds, rate=rates, inverted=st.booleans())
def test_prediction_is_the_mean_of_training(seed, rate, inverted):
    x = np.full(N, 2.0)
    y, _ = dropout(x, np.random.default_rng(seed), rate=rate, inverted=inverted)
    want = dropout_predict(x[:1], rate=rate, inverted=inverted)[0]
    scale = 2 / (1 - rate) if inverted else 2
    assert abs(y.mean() - want) <= 6 * scale * math.sqrt(rate * (1 - rate) / N) + 1e-12
    assert set(np.unique(y).round(9)) <= {0.0, round(scale, 9)}


@given(seed=seeds, rate=rates, inverted=st.booleans())
def test_backward_is_the_same_factor(seed, rate, inverted):
    x = np.random.default_rng(seed).normal(size=(5, 7))
    y, tape = dropout(x, np.random.default_rng(seed), rate=rate, inverted=inverted)
    np.testing.assert_array_equal(dropout_backward(tape, x), y)
    again, _ = dropout(x, np.random.default_rng(seed), rate=rate, inverted=inverted)
    np.testing.assert_array_equal(again, y)


@both
def test_gradient_is_central_difference(inverted, rng):
    x, g = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))

    def loss(x):
        return (g * dropout(x, np.random.default_rng(7), rate=0.4, inverted=inverted)[0]).sum()

    _, tape = dropout(x, np.random.default_rng(7), rate=0.4, inverted=inverted)
    assert 0 < (tape.factor == 0).sum() < 12
    assert relative_error(dropout_backward(tape, g), central_differences(loss, x)) < 1e-8


@both
def test_rate_zero_changes_nothing(inverted, rng):
    x = rng.normal(size=(3, 4))
    np.testing.assert_array_equal(dropout(x, rng, rate=0, inverted=inverted)[0], x)
    np.testing.assert_array_equal(dropout_predict(x, rate=0, inverted=inverted), x)


def test_units_are_dropped_independently_and_at_the_rate(rng):
    _, tape = dropout(np.ones((20_000, 3)), rng, rate=0.3, inverted=False)
    assert tape.factor.mean(axis=0) == pytest.approx(0.7, abs=0.02)
    assert np.corrcoef(tape.factor.T) == pytest.approx(np.eye(3), abs=0.04)


def test_dropconnect_is_a_loop_over_masked_weights(rng):
    x, w = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    y, tape = dropconnect(x, w, rng, rate=0.5)
    for b in range(4):
        np.testing.assert_allclose(y[b], (tape.mask[b] * w) @ x[b], rtol=1e-13)
    assert len(np.unique(tape.mask.reshape(4, -1), axis=0)) > 1  # a mask for each example


def test_dropconnect_drops_at_the_rate(rng):
    x, w = np.broadcast_to(rng.normal(size=3), (20_000, 3)).copy(), rng.normal(size=(2, 3))
    y, _ = dropconnect(x, w, rng, rate=0.2)
    mean, variance = dropconnect_moments(x[:1], w, rate=0.2)
    np.testing.assert_allclose(y.mean(axis=0), mean[0], atol=5 * np.sqrt(variance.max() / len(x)))
    np.testing.assert_allclose(y.var(axis=0), variance[0], rtol=0.05)


def test_dropconnect_gradients(rng):
    x, w, g = rng.normal(size=(4, 3)), rng.normal(size=(2, 3)), rng.normal(size=(4, 2))

    def loss(p):
        return (g * dropconnect(*p, np.random.default_rng(3), rate=0.5)[0]).sum()

    _, tape = dropconnect(x, w, np.random.default_rng(3), rate=0.5)
    assert relative_error(dropconnect_backward(tape, g), central_differences(loss, (x, w))) < 1e-8


@given(seed=seeds, rate=rates)
def test_dropconnect_moments_are_those_over_all_masks(seed, rate):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(2, 3)), rng.normal(size=(1, 3))
    masks = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    odds = np.prod(np.where(masks == 1, 1 - rate, rate), axis=1)
    y = x @ (masks * w).T  # (B, masks)
    mean, variance = dropconnect_moments(x, w, rate=rate)
    np.testing.assert_allclose(mean[:, 0], y @ odds, atol=1e-12)
    np.testing.assert_allclose(variance[:, 0], (y - mean) ** 2 @ odds, atol=1e-12)


def test_the_rate_falls_along_a_line_to_zero_and_stays():
    rates = [annealed_rate(t, start=0.5, epochs=4) for t in range(7)]
    assert rates == [0.5, 0.375, 0.25, 0.125, 0, 0, 0]


def test_standout_keeps_each_unit_with_its_own_probability(rng):
    s = np.broadcast_to(np.array([-3.0, 0.0, 3.0]), (N, 3))
    h = np.ones_like(s)
    y, tape = standout(h, s, rng, alpha=0.5, beta=0.2)
    want = 1 / (1 + np.exp(-(0.5 * s[0] + 0.2)))
    assert y.mean(axis=0) == pytest.approx(want, abs=0.01)
    np.testing.assert_allclose(standout_predict(h[:1], s[:1], alpha=0.5, beta=0.2)[0], want)
    np.testing.assert_array_equal(dropout_backward(tape, 3 * h), 3 * y)


def test_standout_without_alpha_is_dropout():
    x = np.random.default_rng(0).normal(size=(50, 4))
    beta = -math.log(0.25 / 0.75)
    assert standout_predict(x, x, alpha=0, beta=beta) == pytest.approx(
        dropout_predict(x, rate=0.25, inverted=False)
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtypes_stay_and_inputs_are_left_alone(dtype, rng):
    w = np.full((3, 2), 1e4, dtype)
    for shape in [(), (0,), (4, 2)]:
        x = np.full(shape, -1e4, dtype)
        x.flags.writeable = w.flags.writeable = False
        with np.errstate(all="raise", under="ignore"):
            results = [dropout_predict(x, rate=0.5, inverted=i) for i in (True, False)]
            results += [dropout(x, rng, rate=0.5, inverted=i)[0] for i in (True, False)]
            results += [standout(x, x, rng)[0], standout_predict(x, x)]
            results += [dropout_backward(DropoutTape(x), x)]
        for y in results:
            assert (y.shape, y.dtype) == (shape, dtype)
            assert not np.shares_memory(x, y)
    with np.errstate(all="raise", under="ignore"):
        y, tape = dropconnect(x, w, rng, rate=0.5)
        arrays = [y, *dropconnect_backward(tape, y), *dropconnect_moments(x, w, rate=0.5)]
    for array in arrays:
        assert array.dtype == dtype
        assert np.isfinite(array).all()


X, F4, RNG = np.ones((2, 3)), np.ones((2, 3), np.float32), np.random.default_rng(0)
TAPE = dropout(X, RNG, rate=0.5)[1]
CONNECTED = dropconnect(X, X, RNG, rate=0.5)[1]
BAD = [
    (TypeError, "x must be .* got list", lambda: dropout([1.0], RNG, rate=0.5)),
    (TypeError, "rng must be a numpy.random.Generator, got int", lambda: dropout(X, 0, rate=0.5)),
    (ValueError, r"rate must be in \[0, 1\), got 1", lambda: dropout(X, RNG, rate=1)),
    (ValueError, r"rate must be in \[0, 1\), got -0.1", lambda: dropout(X, RNG, rate=-0.1)),
    (TypeError, "rate must be a real number", lambda: dropout(X, RNG, rate="0.5")),
    (ValueError, r"g_y must have shape \(2, 3\), got \(3,\)", lambda: dropout_backward(TAPE, X[0])),
    (TypeError, "g_y must have dtype float64", lambda: dropout_backward(TAPE, F4)),
    (TypeError, "x must be .* got dtype int64", lambda: dropout_predict(np.arange(3), rate=0.5)),
    (ValueError, r"rate must be in \[0, 1\)", lambda: dropout_predict(X, rate=2)),
    (ValueError, r"x must have axes \(B, D\), got shape \(3,\)", lambda: dropconnect(X[0], X, RNG, rate=0)),
    (ValueError, r"w must have axes \(H, D=3\), got", lambda: dropconnect(X, X[:, :2], RNG, rate=0)),
    (TypeError, "w must have dtype float64", lambda: dropconnect(X, F4, RNG, rate=0)),
    (TypeError, "rng must be", lambda: dropconnect(X, X, None, rate=0)),
    (ValueError, "rate must be in", lambda: dropconnect(X, X, RNG, rate=1)),
    (ValueError, r"g_y must have axes \(B=2, H=2\), got", lambda: dropconnect_backward(CONNECTED, X)),
    (ValueError, "w must have axes", lambda: dropconnect_moments(X, X[:, :2], rate=0)),
    (ValueError, "rate must be in", lambda: dropconnect_moments(X, X, rate=1)),
    (ValueError, "epoch must be at least 0, got -1", lambda: annealed_rate(-1, start=0.5, epochs=4)),
    (TypeError, "epoch must be an integer", lambda: annealed_rate(0.5, start=0.5, epochs=4)),
    (ValueError, "epochs must be at least 1", lambda: annealed_rate(0, start=0.5, epochs=0)),
    (ValueError, r"start must be in \[0, 1\)", lambda: annealed_rate(0, start=1, epochs=4)),
    (TypeError, "h must be", lambda: standout([1.0], X, RNG)),
    (ValueError, r"s must have shape \(2, 3\), got \(3,\)", lambda: standout(X, X[0], RNG)),
    (TypeError, "rng must be", lambda: standout(X, X, 3)),
    (ValueError, "alpha must be finite", lambda: standout(X, X, RNG, alpha=np.inf)),
    (TypeError, "beta must be a real number", lambda: standout_predict(X, X, beta=None)),
    (TypeError, "s must have dtype float64", lambda: standout_predict(X, F4)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()


def test_the_keep_probability_is_the_packages_sigmoid(rng):
    s = rng.normal(size=5)
    np.testing.assert_array_equal(standout_predict(np.ones(5), s), sigmoid(s))
