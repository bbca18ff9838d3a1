"""Walking down a loss, and fitting the café's days."""

import numpy as np
import pytest

from livenotes.chapters import learning


def test_the_slope_of_the_line_is_the_slope_of_its_loss():
    curve = learning.line_loss(np.array([0.7, 0.7 - 1e-5, 0.7 + 1e-5]), learning.hot_days(12, seed=1))
    low, high = curve.loss.values[1:]
    assert curve.slope.values[0] == pytest.approx((high - low) / 2e-5, rel=1e-6)


@pytest.mark.parametrize("surface", learning.STEEPNESS)
def test_each_direction_shrinks_by_its_own_factor(surface):
    at = learning.walk(surface, 0.5, steps=3)["at"].values
    factors = [1 - 0.5 * steepness for steepness in learning.STEEPNESS[surface]]
    np.testing.assert_allclose(at[3], at[0] * np.array(factors) ** 3)


def test_adam_does_not_feel_a_stretch_along_the_axes_and_feels_a_turned_one():
    narrow, wide = (learning.race(stretch, 0)["Adam"]["at"].values for stretch in (64, 4))
    np.testing.assert_allclose(narrow, wide, atol=1e-4)
    narrow, wide = (learning.race(stretch, 45)["Adam"]["at"].values for stretch in (64, 4))
    assert np.abs(narrow - wide).max() > 1


def test_a_race_is_the_same_for_plain_steps_however_the_ravine_is_turned():
    straight, turned = (learning.race(16, angle)["plain"].loss.values for angle in (0, 30))
    np.testing.assert_allclose(straight, turned, rtol=1e-6)


def test_batches_of_all_days_leave_nothing_to_chance():
    first, second = (learning.stochastic(40, seed).loss.values for seed in (0, 1))
    np.testing.assert_allclose(first, second, rtol=1e-10)
    assert learning.stochastic(1, 0).loss.values[-1] != learning.stochastic(1, 1).loss.values[-1]


def test_both_ways_to_the_gradient_lead_to_one_network():
    by = [
        learning.learn(way, "momentum", seed=1, updates=20).curve
        for way in ("backpropagation", "differences")
    ]
    np.testing.assert_allclose(*by, atol=1e-6)


def test_a_polynomial_with_as_many_weights_as_days_passes_through_them():
    assert learning.polynomial(9, 10, seed=0).seen < 1e-12 < learning.polynomial(8, 10, seed=0).seen


def test_what_nobody_can_predict_is_the_scatter():
    assert learning.best_possible() == pytest.approx(0.2**2, rel=0.02)


def test_orders_follow_the_softmax_of_their_scores():
    found = learning.orders(20_000, seed=3)
    near = np.abs(found.x[:, 0] - 1.5) < 0.1
    z = np.array([-3.0, 0.8, 3.75])
    expected = np.exp(z) / np.exp(z).sum()
    shares = np.bincount(found.drink[near], minlength=3) / near.sum()
    np.testing.assert_allclose(shares, expected, atol=0.03)


def test_training_is_a_walk_down():
    early, late = (learning.starts(4, [1], updates=updates).item() for updates in (1, 150))
    assert late < 0.1 < 0.2 < early
