"""Notches of parameters, distances between curves, Taylor polynomials, and fits by maxout units."""

import math

import numpy as np
import pytest
from scipy import integrate

from livenotes.activations import REGISTRY, gelu, relu, swish
from livenotes.chapters.beyond_relu import shapes
from livenotes.chapters.beyond_relu.shapes import (
    BENDS,
    CURVES,
    TARGETS,
    envelope,
    farthest,
    flow,
    notch,
    taylor,
)


def test_every_curve_of_the_registry_is_there():
    assert set(REGISTRY) - set(CURVES) == {"crelu", "maxout", "glu"}
    assert all(BENDS[name] in REGISTRY[name].params for name in BENDS)


@pytest.mark.parametrize("name", BENDS)
def test_notches_reach_both_ends(name):
    param = REGISTRY[name].params[BENDS[name]]
    assert (notch(name, 1), notch(name, 9)) == pytest.approx((param.low, param.high))
    assert np.diff([notch(name, at) for at in range(1, 10)], 2) == pytest.approx(0, abs=2e-6)


def test_a_bent_curve_has_the_mean_of_an_integral():
    alpha = notch("elu", 6)

    def weighed(z):
        value = z if z > 0 else alpha * math.expm1(z)
        return value * math.exp(-(z**2) / 8) / math.sqrt(8 * math.pi)

    mean = integrate.quad(weighed, -16, 0)[0] + integrate.quad(weighed, 0, 16)[0]
    assert float(shapes.bent("elu", 6, 2.0).output_mean) == pytest.approx(mean, abs=1e-5)


def test_the_farthest_point_is_found():
    worst = farthest(lambda x: np.exp(-((x - 1.23456) ** 2)), lambda x: 0 * x)
    assert worst == pytest.approx((1.0, 1.23456), abs=1e-5)
    assert farthest(relu, relu).error == 0
    at_the_end = farthest(lambda x: x**2, lambda x: 0 * x)
    assert at_the_end == pytest.approx((64, 8), rel=1e-3)


def test_errors_of_gelu_are_those_of_another_search():
    for name, worst in shapes.gelu_errors().items():
        x = np.linspace(-8, 8, 400_001)
        gap = np.abs(REGISTRY[name](x) - gelu(x))
        assert worst.error == pytest.approx(gap.max(), rel=1e-6)
        assert worst.at == pytest.approx(abs(x[gap.argmax()]), abs=1e-3)


def test_the_nearest_swish_is_nearest():
    x = np.linspace(0, 8, 4001)

    def distance(beta):
        return np.abs(swish(x, beta=float(beta)) - gelu(x)).max()

    betas = np.arange(1.5, 2.0, 0.001)
    beta, error = shapes.nearest_swish()
    assert beta == pytest.approx(betas[np.argmin([distance(b) for b in betas])], abs=2e-3)
    assert error == pytest.approx(distance(beta), rel=1e-4)
    assert shapes.swish_to_gelu(0.0).error == pytest.approx(4, rel=1e-3)  # x/2 at 8


def test_taylor_polynomials_are_exact_near_zero_and_useless_far_out():
    x = np.array([0.01, 0.1])
    for degree in (2, 4, 6, 8):
        assert np.abs(taylor(x, degree) - gelu(x)).max() < 0.5 * 0.1 ** (degree + 2)
    np.testing.assert_array_equal(taylor(x, 1), x / 2)
    assert abs(taylor(np.array([3.0]), 8) - gelu(np.array([3.0]))) > 1


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("units", [1, 2])
def test_more_pieces_fit_no_worse(target, units):
    found = [envelope(target, k, units) for k in range(1, 7)]
    lines = found[4].lines.values
    np.testing.assert_allclose(found[4].fit, lines[0].max(0) - lines[1].max(0), atol=1e-12)
    if units == 1:  # of two, each is fitted to its own convex curve
        assert (np.diff([float(f.error) for f in found]) <= 1e-9).all()
        assert (np.diff(found[4].fit, 2) >= -1e-9).all()  # convex


def test_what_maxout_can_be_and_what_it_cannot():
    for target in ("ReLU", "absolute value"):
        assert float(envelope(target, 2, 1).error) < 1e-9
    one, two = (float(envelope("wave", 6, units).error) for units in (1, 2))
    assert one > 0.5
    assert two < 0.1
    parabola = TARGETS["parabola"].f(shapes.GRID)
    assert float(envelope("parabola", 1, 1).error) == pytest.approx(np.std(parabola))


@pytest.mark.parametrize("x", [-3.0, 0.0, 2.0])
def test_numbers_that_flow(x):
    assert flow("ReLU", x)["y"] == max(x, 0)
    assert flow("maxout", x)["y"] == max(x + 0.5, 1 - 0.5 * x)
    assert flow("Swish", x)["y"] == pytest.approx(x / (1 + math.exp(-x)))
    assert flow("GLU", x)["y"] == pytest.approx((x + 0.5) / (1 + math.exp(0.5 * x - 1)))


@pytest.mark.usefixtures("own_errors")
def test_bad_input():
    with pytest.raises(ValueError, match="at must be from 1 to 9, got 10"):
        notch("elu", 10)
    with pytest.raises(ValueError, match="name"):
        notch("relu", 1)
    with pytest.raises(ValueError, match="k must be from 1 to 6, got 7"):
        envelope("ReLU", 7, 1)
    with pytest.raises(ValueError, match="units must be 1 or 2, got 3"):
        envelope("ReLU", 2, 3)
    with pytest.raises(ValueError, match="degree must be at least 1, got 0"):
        taylor(np.zeros(1), 0)
