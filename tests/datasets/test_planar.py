"""The problems in the plane: what they are, and that no line solves them."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from livenotes.datasets import planar

each = pytest.mark.parametrize("draw", [planar.xor, planar.moons, planar.spirals], ids=lambda f: f.__name__)


@each
def test_seeded_balanced_and_shaped(draw):
    x, labels = draw(np.random.default_rng(1), 101)
    assert x.shape == (101, 2)
    assert sorted(np.bincount(labels)) == [50, 51]
    np.testing.assert_array_equal(x, draw(np.random.default_rng(1), 101).x)
    assert not np.array_equal(x, draw(np.random.default_rng(2), 101).x)
    assert not (np.diff(labels) >= 0).all()  # the classes are mixed


@each
def test_a_line_fails_where_a_curve_succeeds(draw, rng):
    x, labels = draw(rng, 400)
    assert LogisticRegression().fit(x, labels).score(x, labels) < 0.92
    assert KNeighborsClassifier(5).fit(x, labels).score(x, labels) > 0.97


@each
def test_the_classes_mirror_each_other_without_noise(draw, rng):
    x, labels = draw(rng, 4000, noise=0.0)
    zero, one = x[labels == 0], x[labels == 1]
    turned = one if draw is planar.xor else -one  # xor maps to itself, the two curves to each other
    np.testing.assert_allclose(
        np.quantile(zero, [0, 1], axis=0), np.quantile(turned, [0, 1], axis=0), atol=0.02
    )


def test_curves_without_noise_are_the_documented_ones(rng):
    x, labels = planar.moons(rng, 50, noise=0.0)
    upper = np.where(labels[:, None] == 1, -x, x) + np.array([0.5, 0.25])
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    assert (upper[:, 1] >= 0).all()
    x, labels = planar.spirals(rng, 50, noise=0.0, turns=1.5)
    radius = np.hypot(*x.T)
    angle = 2 * np.pi * 1.5 * (radius - 0.2) / 1.3 + np.pi * labels
    np.testing.assert_allclose(
        x, radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), atol=1e-12
    )
    x, labels = planar.xor(rng, 50, noise=0.0)
    np.testing.assert_array_equal(labels, x.prod(axis=1) < 0)
    assert set(np.abs(x).ravel()) == {1.0}


def test_bad_input_is_named(rng):
    with pytest.raises(ValueError, match="n must be at least 2, got 1"):
        planar.xor(rng, 1)
    with pytest.raises(ValueError, match="noise must be 0 or greater, got -1"):
        planar.moons(rng, 10, noise=-1.0)
    with pytest.raises(ValueError, match="turns must be greater than 0, got 0"):
        planar.spirals(rng, 10, turns=0.0)
