"""Curves and the sigmoid family against quadrature and many digits; gradients against torch."""

import math
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import torch
from scipy import integrate, special

from livenotes.activations import REGISTRY
from livenotes.chapters.activations import chain, curve, family, slopes
from livenotes.lab.curves import peak_slope, saturated

CHAPTER = [name for name, record in REGISTRY.items() if record.chapter == "activations"]
each = pytest.mark.parametrize("name", CHAPTER)


@each
@pytest.mark.parametrize(("mean", "spread"), [(0.0, 1.0), (1.5, 0.5), (-3.0, 4.0)])
def test_moments_are_those_of_quadrature(name, mean, spread):
    record = REGISTRY[name]

    def expected(f):
        def integrand(x):
            density = math.exp(-0.5 * ((x - mean) / spread) ** 2) / (spread * math.sqrt(2 * math.pi))
            return f(np.array([x]))[0] * density

        cuts = sorted({mean - 9 * spread, mean, mean + 9 * spread, *record.kinks})
        ends = [c for c in cuts if abs(c - mean) <= 9 * spread]
        return sum(integrate.quad(integrand, a, b, epsabs=1e-11, limit=200)[0] for a, b in pairwise(ends))

    found = curve(name, mean, spread)
    center = expected(record)
    np.testing.assert_allclose(found.output_mean, center, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.output_sd**2, expected(lambda x: (record(x) - center) ** 2), rtol=1e-5)
    np.testing.assert_allclose(found.mean_slope, expected(record.slope), rtol=1e-4, atol=1e-6)
    density = np.exp(-0.5 * ((found.x - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(found.density, density)
    np.testing.assert_array_equal(found.value, record(found.x.values))
    np.testing.assert_array_equal(found.slope, record.slope(found.x.values))


def test_saturated_share_has_a_closed_form_for_some():
    for mean, spread in [(0.0, 1.0), (1.0, 2.0), (-4.0, 0.5)]:
        negative = special.ndtr(-mean / spread)
        np.testing.assert_allclose(curve("relu", mean, spread).saturated, negative, atol=1e-6)
        edge = np.arccosh(np.sqrt(20.0))  # where 1 / cosh² is 5 %
        inside = special.ndtr((edge - mean) / spread) - special.ndtr((-edge - mean) / spread)
        np.testing.assert_allclose(curve("tanh", mean, spread).saturated, 1 - inside, atol=1e-3)
    assert curve("identity", 0.0, 1.0).saturated == 0
    np.testing.assert_allclose(curve("step", 0.0, 1.0).saturated, 1)


def test_parameters_reach_the_curve():
    sharp = curve("softplus", 0.0, 1.0, beta=10.0)
    np.testing.assert_array_equal(sharp.value, REGISTRY["softplus"](sharp.x.values, beta=10.0))
    assert sharp.saturated > 0.3 > curve("softplus", 0.0, 1.0).saturated
    assert peak_slope(REGISTRY["softplus"]) == 1.0
    x = np.array([-0.2, 0.2])
    assert saturated(REGISTRY["softplus"], x, beta=100.0).tolist() == [True, False]


def test_gaps_of_the_family_keep_their_digits():
    mpmath.mp.dps = 170
    half_pi = mpmath.pi / 2
    exact = {
        "erf": lambda x: mpmath.erf(mpmath.sqrt(mpmath.pi) / 2 * x),
        "tanh": mpmath.tanh,
        "gudermannian": lambda x: 2 * mpmath.atan(mpmath.tanh(half_pi * x / 2)) / half_pi,
        "algebraic": lambda x: x / mpmath.sqrt(1 + x * x),
        "arctan": lambda x: mpmath.atan(half_pi * x) / half_pi,
        "softsign": lambda x: x / (1 + x),
    }
    found = family(np.array([0.0, 0.01, 1.0, 3.7, 10.0, 20.0]))
    assert set(found.activation.values) == set(exact)
    for name in exact:
        gap = found.sel(activation=name)
        want = [float(1 - exact[name](mpmath.mpf(x))) for x in found.x.values]
        np.testing.assert_allclose(gap, want, rtol=1e-13)
        np.testing.assert_allclose(gap, 1 - REGISTRY[name](found.x.values), atol=1e-15)
    assert (found.sel(x=20.0).diff("activation") > 0).all()  # named from the fastest to the slowest


def test_family_and_curve_stay_finite_far_out():
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(family(np.array([0.0, 1e4]))).all()
        for name in CHAPTER:
            assert np.isfinite(curve(name, 1e4, 1.0)).to_array().all()
            assert np.isfinite(curve(name, -1e4, 100.0)).to_array().all()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"activation: expected one of .*sigmoid.*, got 'sigmoyd'"):
        curve("sigmoyd", 0.0, 1.0)
    with pytest.raises(ValueError, match="spread must be greater than 0"):
        curve("sigmoid", 0.0, 0.0)
    for bad in (-1.0, np.nan):
        with pytest.raises(ValueError, match=f"x: expected values of 0 or more, got {bad}"):
            family(np.array([1.0, bad]))


def test_what_the_findings_say_of_tanh():
    """The crossing of the slopes and the overflow of the quotient, which the ledger puts into words."""
    tanh, sigmoid = REGISTRY["tanh"], REGISTRY["sigmoid"]
    x = np.array([0.0, 1.66, 1.67])
    ratio = tanh.slope(x) / sigmoid.slope(x)
    assert ratio[0] == 4
    assert ratio[1] > 1 > ratio[2]
    for dtype, fine, too_far in ((np.float64, 709.0, 711.0), (np.float32, 88.0, 89.0)):
        with np.errstate(all="ignore"):
            x = np.array([fine, too_far], dtype)
            quotient = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
        assert quotient[0] == 1
        assert np.isnan(quotient[1])


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "softplus"])
def test_the_chain_is_torchs(name):
    found = chain(name, 5, 1.3, seeds=2)
    weights, x, g = slopes._random_nets(2)
    for seed in range(2):
        states = [torch.tensor(x[seed], requires_grad=True)]
        for w in weights[:5, seed]:
            states.append(getattr(torch.nn.functional, name)(torch.tensor(1.3 * w) @ states[-1]))
        arriving = torch.autograd.grad(states[-1], states, torch.tensor(g[seed]))
        np.testing.assert_allclose(found.gradient[seed], [v.norm() for v in arriving], rtol=1e-10)
    steep = REGISTRY[name].slope(1.3 * np.einsum("soi,si->so", weights[0], x))
    first = np.sqrt(np.mean(steep**2, axis=1))
    np.testing.assert_allclose(found.slopes[:, 0] / found.slopes[:, 1], first, rtol=1e-10)


def test_the_chain_keeps_its_bound_and_shares_its_nets():
    for depth in (1, 10, 30):
        found = chain("sigmoid", depth, 1.0)
        np.testing.assert_allclose(found.bound, 4.0 ** (found.layer - depth), rtol=1e-12)
        assert (found.slopes <= found.bound * (1 + 1e-12)).all()
        assert found.layer.values.tolist() == list(range(depth + 1))
        assert found.gradient.shape == found.slopes.shape == (20, depth + 1)
        assert (found.gradient[:, -1] == 1).all()
    relative = found.gradient[:, 0] / found.slopes[:, 0]
    np.testing.assert_allclose(np.log10(relative), 0, atol=0.6)  # at scale 1 the slopes are nearly all
    assert not chain("step", 4, 1.0).gradient[:, :-1].any()
    fewer = chain("tanh", 6, 1.0, seeds=3)
    np.testing.assert_allclose(fewer.gradient, chain("tanh", 6, 1.0).gradient[:3], rtol=1e-12)


def test_a_bad_chain_is_named():
    with pytest.raises(ValueError, match="depth: expected 1 to 30 layers, got 31"):
        chain("relu", 31, 1.0)
    with pytest.raises(ValueError, match="weight_scale must be greater than 0"):
        chain("relu", 3, 0.0)
    with pytest.raises(ValueError, match="seeds must be at least 1"):
        chain("relu", 3, 1.0, seeds=0)
