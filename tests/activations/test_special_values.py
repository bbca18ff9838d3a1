"""Single facts about single activations that the chapters rely on."""

import math

import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss

from livenotes.activations import (
    REGISTRY,
    crelu,
    elu,
    gelu,
    gelu_sigmoid,
    gelu_tanh,
    hard_sigmoid,
    hardswish,
    leaky_relu,
    mish,
    relu,
    selu,
    sigmoid,
    soft_relu,
    softplus,
    step,
    su,
    swish,
    tanh,
)

S_CURVES = ["tanh", "erf", "arctan", "gudermannian", "algebraic", "softsign"]


@pytest.mark.parametrize("name", S_CURVES)
def test_the_family_has_slope_one_at_the_origin_and_limits_one(name):
    act, x = REGISTRY[name], np.linspace(-20, 20, 4001)
    assert act.slope(np.zeros(1)) == pytest.approx(1, abs=1e-15)
    assert act.image == (-1, 1)
    np.testing.assert_allclose(act(-x), -act(x), atol=1e-16)
    assert (np.diff(act(x)) >= 0).all()


def test_the_family_approaches_its_limits_in_order():
    left = [
        1 - REGISTRY[name](np.array(5.0))
        for name in ["erf", "tanh", "gudermannian", "algebraic", "arctan", "softsign"]
    ]
    assert left == sorted(left)


def gaussian_mean(f, weight=lambda x: np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)):
    """Integrate over each side of the kink on its own."""
    nodes, weights = leggauss(200)
    return sum(float(np.sum(6 * weights * weight(x) * f(x))) for x in (6 * nodes - 6, 6 * nodes + 6))


def test_selu_keeps_mean_zero_and_variance_one():
    assert gaussian_mean(selu) == pytest.approx(0, abs=1e-10)
    assert gaussian_mean(lambda x: selu(x) ** 2) == pytest.approx(1, abs=1e-10)


def test_selus_fixed_point_attracts_and_elu_has_none_there():
    def variance_after(act, variance):
        def output(x):
            return act(math.sqrt(variance) * x)

        return gaussian_mean(lambda x: output(x) ** 2) - gaussian_mean(output) ** 2

    assert 1 < variance_after(selu, 1.5) < 1.5
    assert 0.5 < variance_after(selu, 0.5) < 1
    assert variance_after(elu, 1.0) < 0.9


def test_worked_numbers():
    assert step(np.array([-1e-300, 0.0, 1e-300])).tolist() == [0, 1, 1]
    assert not step.slope(np.array([-1.0, 0.0, 1.0])).any()
    assert sigmoid(np.array(0.0)) == 0.5
    assert sigmoid.slope(np.array(0.0)) == 0.25
    assert softplus(np.array(0.0)) == pytest.approx(math.log(2))
    assert hard_sigmoid(np.array([-2.5, 0.0, 2.5])).tolist() == [0, 0.5, 1]
    assert hardswish(np.array([-3.0, -1.5, 3.0])).tolist() == [0, -0.375, 3]
    assert su(np.array(-1.0)) == pytest.approx(-math.exp(-1))
    assert mish(np.array(1.0)) == pytest.approx(math.tanh(math.log1p(math.e)))
    assert gelu(np.array(1.0)) == pytest.approx(0.8413447460685429)


def test_tails_keep_their_digits():
    x = np.array([-40.0, -700.0])
    np.testing.assert_allclose(sigmoid(x), np.exp(x), rtol=1e-15)
    np.testing.assert_allclose(softplus(x), np.exp(x), rtol=1e-15)
    np.testing.assert_allclose(sigmoid.slope(-x), np.exp(x), rtol=1e-15)
    np.testing.assert_allclose(tanh.slope(-x / 2), 4 * np.exp(x), rtol=1e-15)
    np.testing.assert_allclose(gelu(np.array([-20.0])), -20 * 2.7536241186062337e-89, rtol=1e-12)


def test_limits_of_parameters():
    x = np.linspace(-5, 5, 101)
    np.testing.assert_array_equal(leaky_relu(x, alpha=0), relu(x))
    np.testing.assert_array_equal(leaky_relu(x, alpha=-1), np.abs(x))
    np.testing.assert_array_equal(swish(x, beta=0), x / 2)
    np.testing.assert_allclose(swish(x, beta=1e4), relu(x), atol=1e-4)
    np.testing.assert_allclose(softplus(x, beta=1e4), relu(x), atol=1e-4)
    np.testing.assert_array_equal(crelu(x).sum(), np.abs(x).sum())


@pytest.mark.parametrize(("dtype", "huge"), [(np.float32, 1e20), (np.float64, 1e110), (np.float64, 1e300)])
def test_gelu_tanh_is_a_straight_line_far_out(dtype, huge):
    x = np.array([-huge, huge], dtype)
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_array_equal(gelu_tanh(x), [0, x[1]])
        np.testing.assert_array_equal(gelu_tanh.slope(x), [0, 1])
    near = np.linspace(-40, 40, 801).astype(dtype)
    u = np.sqrt(2 / np.pi) * (near + 0.044715 * near.astype(np.float64) ** 3)
    np.testing.assert_allclose(
        gelu_tanh(near), near * np.exp(-np.logaddexp(0, -2 * u)), rtol=1e-5, atol=1e-30
    )


def test_how_far_gelus_approximations_are_off():
    x = np.linspace(-6, 6, 12_001)
    assert np.abs(gelu_tanh(x) - gelu(x)).max() == pytest.approx(4.73e-4, rel=0.01)
    assert np.abs(gelu_sigmoid(x) - gelu(x)).max() == pytest.approx(2.03e-2, rel=0.01)


def test_soft_relu_stops_growing_at_its_threshold():
    x = np.array([2.0, 3.0, 1e4])
    np.testing.assert_array_equal(soft_relu(x, threshold=2), np.full(3, soft_relu(x, threshold=2)[0]))
    assert not soft_relu.slope(x, threshold=2).any()
    np.testing.assert_allclose(soft_relu(x[:2]), softplus(x[:2]))
