"""The cloud of two features: its moments, its whitenings, and the walk down its loss."""

import numpy as np
import pytest

from livenotes.chapters.normalization import CORRELATIONS, PREPARED, prepared
from livenotes.chapters.normalization.cloud import DEVIATION, MEAN, features


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_the_cloud_has_the_moments_it_is_said_to_have(correlation):
    x = features(correlation)
    np.testing.assert_allclose(x.mean(axis=0), MEAN, atol=1e-9)
    np.testing.assert_allclose(x.std(axis=0), DEVIATION, rtol=1e-9)
    np.testing.assert_allclose(np.corrcoef(x.T)[0, 1], correlation, atol=1e-9)


@pytest.mark.parametrize("how", PREPARED)
def test_the_condition_is_that_of_the_second_moments(how):
    found = prepared(how, 0.8)
    x = np.c_[found.x.values, np.ones(len(found.x))]
    np.testing.assert_allclose(found.condition, np.linalg.cond(x) ** 2, rtol=1e-6)
    factor = (found.condition - 1) / (found.condition + 1)
    share = found.excess.values
    assert (share[1:6] <= (factor.item() + 1e-9) ** (2 * np.arange(1, 6)) + 1e-12).all()


def test_turning_the_cloud_changes_nothing_for_gradient_descent():
    for correlation in CORRELATIONS:
        centered, turned = prepared("centered", correlation), prepared("decorrelated", correlation)
        np.testing.assert_allclose(turned.condition, centered.condition, rtol=1e-6)
        np.testing.assert_allclose(turned.correlation, 0, atol=1e-9)


def test_white_clouds_are_white_and_zca_moves_less():
    pca, zca = prepared("pca", 0.9), prepared("zca", 0.9)
    for cloud in (pca, zca):
        np.testing.assert_allclose(np.cov(cloud.x.values.T, ddof=0), np.eye(2), atol=1e-6)
        assert cloud.steps == 1
    assert zca.distance < pca.distance
