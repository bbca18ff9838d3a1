"""Gradients over many steps: measured against truncated runs, their bound, and closed forms."""

import numpy as np
import pytest
import xarray as xr

from livenotes.chapters.recurrent import cliff, descent, horizon, reach, surface
from livenotes.chapters.recurrent.gradients import WARM_UP, _send_back
from livenotes.recurrent import elman
from livenotes.recurrent.nonlinearities import RELU, TANH


@pytest.mark.parametrize("matrix", ["orthogonal", "gaussian", "identity"])
@pytest.mark.parametrize("name", ["tanh", "relu", "sigmoid", "identity"])
@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5])
def test_nothing_exceeds_its_bound(name, matrix, radius):
    r = reach(name, radius, matrix=matrix, steps=30, seeds=3)
    assert r.gradient.shape == r.jacobian.shape == r.bound.shape == (3, 31)
    slack = 1 + 1e-9
    assert (r.gradient <= r.jacobian * slack).all()
    assert (r.jacobian <= r.bound * slack).all()
    np.testing.assert_allclose([r.gradient[:, 0], r.jacobian[:, 0]], 1)
    if matrix != "gaussian":
        np.testing.assert_allclose(r.eta, radius / 4 if name == "sigmoid" else radius)


@pytest.mark.parametrize("f", [TANH, RELU], ids=["tanh", "relu"])
def test_gradient_and_jacobian_are_those_of_shorter_runs(f, rng):
    """dL/dh_{t-k} by starting anew from h_{t-k}; the Jacobian by sending back every direction."""
    hidden, lag = 6, 4
    w_h = rng.normal(scale=0.5, size=(hidden, hidden))
    gradient, products = _send_back(np.random.default_rng(7), f, w_h, 0.5, lag)
    same = np.random.default_rng(7)
    noise = same.normal(scale=0.5, size=(WARM_UP + lag, 1, hidden))
    direction = same.normal(size=hidden)
    params = elman.ElmanParams(np.eye(hidden), w_h, np.zeros(hidden))
    outputs, _ = elman.forward(params, noise, np.zeros((1, hidden)), nonlinearity=f)
    for k in range(1, lag + 1):
        batch = np.repeat(noise[-k:], hidden + 1, axis=1)
        start = np.repeat(outputs[-k - 1], hidden + 1, axis=0)
        late, tape = elman.forward(params, batch, start, nonlinearity=f)
        g = np.zeros_like(late)
        g[-1] = np.vstack([direction / np.linalg.norm(direction), np.eye(hidden)])
        g_start = elman.backward(tape, g).g_state0
        np.testing.assert_allclose(gradient[k], np.linalg.norm(g_start[0]), rtol=1e-9)
        np.testing.assert_allclose(products[k], g_start[1:], rtol=1e-9, atol=1e-12)


def test_a_linear_rotation_loses_nothing():
    r = reach("identity", 1.0, drive=0.0)
    np.testing.assert_allclose([r.gradient, r.jacobian, r.bound], 1, rtol=1e-9)
    assert np.isinf(horizon(r.gradient)).all()
    scaled = reach("tanh", 0.9, drive=0.0)  # without noise the state stays at zero, where the slope is 1
    np.testing.assert_allclose(scaled.gradient, scaled.bound, rtol=1e-9)


def test_eta_above_one_does_not_make_a_tanh_cell_explode():
    """The bound grows to 10^8; the gradient stays below its start, because the units saturate."""
    r = reach("tanh", 1.5)
    assert r.bound[:, -1].min() > 1e8
    assert r.gradient[:, -1].max() < 1
    linear = reach("identity", 1.5)
    np.testing.assert_allclose(linear.gradient[:, -1], linear.bound[:, -1], rtol=1e-9)


def test_horizon_lies_beyond_seven_steps_near_radius_one():
    """One percent of the gradient is left after five to seven steps at radius 0.5, after more at radius 1."""
    assert ((horizon(reach("tanh", 0.5).gradient) >= 5) & (horizon(reach("tanh", 0.5).gradient) <= 7)).all()
    assert (horizon(reach("tanh", 1.0).gradient) > 10).all()


def test_horizon():
    norms = xr.DataArray(
        [[2.0, 1.0, 0.01, 3.0], [1.0, 1.0, 1.0, 0.02], [1.0, 0.0, 0.0, 0.0]], dims=("seed", "lag")
    )
    np.testing.assert_array_equal(horizon(norms), [2, np.inf, 1])
    np.testing.assert_array_equal(horizon(norms, share=0.05), [2, 3, 1])
    np.testing.assert_array_equal(horizon(norms, share=0.0), [np.inf] * 3)


def test_surface_and_slope_agree_with_central_differences():
    points = [(6.0, -2.6), (4.2, -2.2), (3.0, -1.0)]
    for w, b in points:
        error, g = cliff.slope(w, b)
        np.testing.assert_allclose(surface(np.array([w]), np.array([b])), [[error]], rtol=1e-12)
        e = 1e-6
        around = surface(np.array([w - e, w, w + e]), np.array([b - e, b, b + e])).values
        np.testing.assert_allclose(g.w_h[0, 0], (around[1, 2] - around[1, 0]) / (2 * e), rtol=1e-6)
        np.testing.assert_allclose(g.b[0], (around[2, 1] - around[0, 1]) / (2 * e), rtol=1e-6)


def test_surface_axes():
    s = surface(np.linspace(2, 8, 7), np.linspace(-3, -2, 3))
    assert s.shape == (3, 7)
    np.testing.assert_allclose(s.sel(w=6.0, b=-2.0), cliff.slope(6.0, -2.0)[0], rtol=1e-12)


@pytest.mark.usefixtures("own_errors")
def test_one_step_off_the_cliff_and_what_clipping_does_about_it():
    plain, clipped = descent(), descent(limit=0.5)
    assert plain.norm.max() > 100
    moves = np.hypot(np.diff(plain.w), np.diff(plain.b))
    np.testing.assert_allclose(moves, 0.2 * plain.norm[:-1], rtol=1e-9)
    assert moves.max() > 20
    np.testing.assert_allclose(plain.error[-1], 0.09, atol=1e-6)  # stuck where the unit saturates, 1 - 0.7
    clipped_moves = np.hypot(np.diff(clipped.w), np.diff(clipped.b))
    np.testing.assert_allclose(clipped_moves, 0.2 * np.minimum(0.5, clipped.norm[:-1]), rtol=1e-9)
    assert clipped.norm.max() > 100
    assert clipped.error[-1] < 0.001
    before = int(plain.norm.values.argmax())  # up to the cliff they are one path
    np.testing.assert_array_equal(plain.w[: before + 1], clipped.w[: before + 1])


ONES = xr.DataArray(np.ones(2), dims="lag")
BAD = {
    "nonlinearity": (
        lambda: reach("step", 1.0),
        ValueError,
        "nonlinearity must be one of tanh, relu",
    ),
    "matrix": (lambda: reach("tanh", 1.0, matrix="x"), ValueError, "matrix must be one of .* got 'x'"),
    "radius": (lambda: reach("tanh", -1.0), ValueError, "radius must be 0 or greater, got -1"),
    "drive": (lambda: reach("tanh", 1.0, drive=np.nan), ValueError, "drive must be finite"),
    "hidden": (lambda: reach("tanh", 1.0, hidden=0), ValueError, "hidden must be at least 1, got 0"),
    "steps": (lambda: reach("tanh", 1.0, steps=1.5), TypeError, "steps must be an integer, got float"),
    "seeds": (lambda: reach("tanh", 1.0, seeds=0), ValueError, "seeds must be at least 1, got 0"),
    "share": (
        lambda: horizon(ONES, share=1.0),
        ValueError,
        r"share must be in \[0, 1\), got 1",
    ),
    "rate": (lambda: descent(rate=0.0), ValueError, "rate must be greater than 0"),
    "limit": (lambda: descent(limit=-1.0), ValueError, "limit must be greater than 0"),
    "start": (lambda: descent(w=np.inf), ValueError, "w must be finite"),
    "walk": (lambda: descent(steps=0), ValueError, "steps must be at least 1"),
}


@pytest.mark.usefixtures("own_errors")
@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
