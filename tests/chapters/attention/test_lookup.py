"""Colors, scores and hard look-ups, against computations that share nothing with them."""

import numpy as np
import pytest
from scipy.special import softmax

from livenotes.chapters.attention import (
    freezing,
    hard_gradient,
    lookup,
    mixed,
    sampled_gradients,
    shuffled,
)


@pytest.mark.parametrize("temperature", [0.05, 0.3, 10])
@pytest.mark.parametrize("angle", [0, 126, 342])
def test_weights_are_the_softmax_of_cosines(angle, temperature):
    found = mixed(angle, temperature)
    cosines = np.cos(np.deg2rad(angle - lookup.ANGLES))
    np.testing.assert_allclose(found.weight, softmax(cosines / temperature), rtol=1e-9)
    np.testing.assert_allclose(found.color, softmax(cosines / temperature) @ lookup.COLORS, rtol=1e-9)


@pytest.mark.parametrize("key", range(5))
def test_a_cold_look_up_finds_the_color_of_the_key_and_a_hot_one_gray(key):
    angle = int(lookup.ANGLES[key])
    np.testing.assert_allclose(mixed(angle, 0.02).color, lookup.COLORS[key], atol=1e-6)
    np.testing.assert_allclose(mixed(angle, 1e6).color, lookup.GRAY, atol=1e-5)


def test_colors_can_be_shown_and_differ():
    assert lookup.COLORS.min() > 0
    assert lookup.COLORS.max() < 1
    gaps = np.linalg.norm(lookup.COLORS[:, None] - lookup.COLORS[None], axis=2)
    assert gaps[~np.eye(5, dtype=bool)].min() > 0.3


def test_only_undivided_scores_spread_with_d():
    found = freezing()
    np.testing.assert_allclose(found.spread.sel(scaled=0), np.sqrt(found.d), rtol=0.05)
    np.testing.assert_allclose(found.spread.sel(scaled=1), 1, rtol=0.05)
    assert (found.slope.sel(scaled=0).diff("d") < 0).all()
    np.testing.assert_allclose(found.weights.sum("key"), 1)


@pytest.mark.parametrize("seed", range(5))
def test_only_pairs_may_be_shuffled(seed):
    together, alone = shuffled(np.random.default_rng(seed))
    assert together < 1e-12
    assert alone > 0.01


@pytest.mark.parametrize("seed", range(3))
def test_gradient_of_the_expected_loss(seed):
    rng = np.random.default_rng(seed)
    scores, losses = rng.normal(size=(2, 6))
    numeric = [(softmax(scores + h) @ losses - softmax(scores - h) @ losses) / 2e-6 for h in 1e-6 * np.eye(6)]
    np.testing.assert_allclose(hard_gradient(scores, losses), numeric, rtol=1e-5, atol=1e-9)
    guesses = sampled_gradients(rng, scores, losses, 200_000)
    error = guesses.std(axis=0) / np.sqrt(len(guesses))
    assert (np.abs(guesses.mean(axis=0) - numeric) < 5 * error).all()
