"""Probes of a net, against loops."""

from itertools import combinations

import numpy as np
import pytest

from livenotes.lab.probes import mean_correlation


def test_the_mean_correlation_is_that_of_all_pairs_of_units_that_vary(rng):
    h = rng.normal(size=(30, 5)) @ rng.normal(size=(5, 5))
    pairs = [abs(np.corrcoef(h[:, i], h[:, j])[0, 1]) for i, j in combinations(range(5), 2)]
    assert mean_correlation(h) == pytest.approx(np.mean(pairs))
    constant = np.ones((30, 1))
    assert mean_correlation(np.hstack([h, constant])) == mean_correlation(h)
