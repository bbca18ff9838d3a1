"""The normal distribution in float32: how far the polynomial may be off."""

import numpy as np
import pytest
from scipy import special, stats

from livenotes.activations import _normal as normal

X = np.concatenate([np.linspace(-40, 40, 100_001), [-1e4, 1e4, 1e-30, 0.0]])


@pytest.mark.parametrize(
    ("ours", "exact"),
    [
        (normal.cdf, special.ndtr),
        (normal.central, lambda x: special.erf(x / np.sqrt(2))),
        (normal.density, stats.norm.pdf),
    ],
)
def test_the_normal_distribution(ours, exact):
    np.testing.assert_allclose(ours(X), exact(X), rtol=1e-12, atol=1e-300)
    with np.errstate(all="raise", under="ignore"):
        y = ours(X.astype(np.float32))
    assert y.dtype == np.float32
    assert np.abs(y - exact(X.astype(np.float32).astype(float))).max() < 2.5e-7


def test_the_error_function_keeps_its_digits_near_zero():
    x = np.geomspace(1e-30, 1, 1000).astype(np.float32)
    np.testing.assert_allclose(normal.central(x), special.erf(x.astype(float) / np.sqrt(2)), rtol=5e-7)


def test_the_log_odds_rise_everywhere_so_that_the_tails_are_safe():
    odds = normal._log_odds(np.linspace(-1e3, 1e3, 200_001))
    assert (np.diff(odds) > 0).all()
