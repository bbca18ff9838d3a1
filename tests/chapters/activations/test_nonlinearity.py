"""Boundaries against torch, linear layers against one, and approximation against the best parabola."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import xarray as xr

from livenotes import dense
from livenotes.activations import relu
from livenotes.chapters.activations import boundary, collapse, nonlinearity, universal


@pytest.fixture
def short(monkeypatch):
    """Training that ends early; what it kept is forgotten afterwards."""
    monkeypatch.setattr(nonlinearity, "SNAPSHOTS", [0, 2, 7, 30])
    boundary.cache_clear()
    yield
    boundary.cache_clear()


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_two_switches_are_told_apart_by_a_bend_alone(slope):
    found = nonlinearity.switches(slope)
    assert found.answer.values.tolist() == [2 * slope, 1, 1, 0]  # by hand
    assert found.hidden.values.tolist() == [[0, -slope], [1, 0], [1, 0], [2, 1]]
    corners = found.plane.sel(x1=[0, 1], x2=[0, 1], method="nearest").values
    np.testing.assert_allclose(corners, [[2 * slope, 1], [1, 0]], atol=1e-12)
    assert (np.round(found.answer) == found.right).all() == (slope < 0.25)


@pytest.mark.usefixtures("short")
def test_a_boundary_trains_as_torch_would():
    found = boundary("tanh", 3)
    start = dense.init(np.random.default_rng([3, 1]), nonlinearity.DRAWN, gain=nonlinearity.GAIN)
    parameters = [torch.tensor(p, requires_grad=True) for layer in start for p in layer]
    optimizer = torch.optim.SGD(parameters, lr=nonlinearity.RATE)
    x = torch.tensor(found.inputs.values)
    targets = torch.tensor(found.label.values[:, None].astype(float))
    for step in range(31):
        w1, b1, w2, b2, w3, b3 = parameters
        hidden = torch.tanh(torch.tanh(x @ w1.T + b1) @ w2.T + b2)
        out = hidden @ w3.T + b3
        loss = torch.nn.functional.binary_cross_entropy_with_logits(out, targets)
        if step in found.step:
            shot = found.sel(step=step)
            np.testing.assert_allclose(shot.loss, loss.item(), rtol=1e-9)
            np.testing.assert_allclose(shot.hidden, hidden.detach(), rtol=1e-8, atol=1e-10)
            np.testing.assert_allclose(shot.line, [*w3[0].tolist(), b3.item()], rtol=1e-8)
            right = ((out[:, 0] > 0).numpy(force=True) == found.label.values).mean()
            assert shot.accuracy == right
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_the_snapshots_of_a_boundary_agree_with_one_another():
    found = boundary("relu", 0)
    assert found.probability.shape == (21, 41, 41)
    assert found.hidden.shape == (21, 120, 2)
    assert (found.step[0], found.step[-1], len(found.step)) == (0, 2000, 21)
    last = found.isel(step=-1)
    a, b, c = last.line.values
    np.testing.assert_array_equal(last.hidden.values @ [a, b] + c > 0, found.label == 1)  # it is solved
    assert last.accuracy == 1
    # the nearest grid point has nearly the probability of the data point: rows are the vertical axis
    x1, x2 = found.inputs[:, 0], found.inputs[:, 1]
    near = last.probability.sel(x1=x1, x2=x2, method="nearest")
    assert np.mean((near > 0.5) == (found.label == 1)) > 0.95


@pytest.mark.usefixtures("short")
def test_the_step_learns_in_the_output_layer_alone():
    found = boundary("step", 0)
    np.testing.assert_array_equal(found.hidden[-1], found.hidden[0])
    assert not np.array_equal(found.line[-1], found.line[0])


@pytest.mark.usefixtures("short")
def test_every_activation_starts_from_the_same_weights():
    first = [nonlinearity.boundary(name, 1).line[0] for name in ("identity", "sigmoid")]
    np.testing.assert_array_equal(*first)
    with pytest.raises(ValueError, match="activation: expected one of"):
        boundary("sinus", 0)


@pytest.mark.usefixtures("short")
def test_separation_has_a_row_an_activation():
    alone = nonlinearity.separation(range(2))
    with ThreadPoolExecutor(2) as pool:
        together = nonlinearity.separation(range(2), pool)
    assert alone.accuracy.shape == (len(nonlinearity.ACTIVATIONS), 2)
    assert alone.line.shape == (2,)
    xr.testing.assert_identical(alone, together)
    want = nonlinearity._final_accuracy("relu", nonlinearity.WIDE, 1)
    assert alone.accuracy.sel(activation="relu", seed=1) == want.accuracy


def test_only_linear_layers_collapse(monkeypatch):
    for depth in (1, 7):
        errors = collapse(depth, range(3))
        assert errors.linear.shape == errors.affine.shape == (3,)
        assert errors.to_array().max() < 1e-14
    monkeypatch.setattr(nonlinearity, "identity", relu)
    assert collapse(2, range(3)).linear.min() > 0.1
    with pytest.raises(ValueError, match="depth must be at least 1, got 0"):
        collapse(0, range(3))


def test_squares_fit_the_best_parabola_and_no_more():
    found = universal(range(2))
    x, target = found.x.values, found.target.values
    parabola = np.polyval(np.polyfit(x, target, 2), x)
    want = np.sqrt(np.mean((parabola - target) ** 2) / np.mean(target**2))
    np.testing.assert_allclose(found.error.sel(activation="square"), want, rtol=1e-9)
    for name in ("tanh", "relu"):
        error = found.error.sel(activation=name)
        assert (error.diff("width") <= 1e-6).all()  # a wide net holds the units of a narrow one
        assert (error.sel(width=128) < 0.05).all()
    tanh = found.sel(activation="tanh", width=16)
    error = np.sqrt(np.mean((tanh.fit - target) ** 2) / np.mean(target**2))
    np.testing.assert_allclose(error, tanh.error.sel(seed=0))
