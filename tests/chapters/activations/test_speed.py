"""The stored race and what is read from it; times as ratios."""

import numpy as np
import pytest
import xarray as xr

from livenotes.chapters.activations import best_steps, cost, race, speed


def test_the_best_rate_of_a_race_has_the_smallest_mean():
    def found(steps):
        data = {"steps": (("runner", "depth", "rate", "seed"), np.array([[steps]]))}
        return best_steps(xr.Dataset(data, {"rate": [0.1, 0.2, 0.3][: len(steps)], "update": [1, 1000]}))

    best = found([[10, 50], [20, 30], [np.inf, 1]])
    assert best.values.tolist() == [[[20, 30]]]
    assert best.rate == 0.2
    assert found(np.full((2, 3), np.inf)).values.tolist() == [[[1000, 1000, 1000]]]


def test_what_the_findings_say_of_the_race():
    """The sentences of the ledger that no single number carries."""
    assert not np.isfinite(race().steps.sel(task="odd-or-even", runner="identity")).any()
    assert np.isfinite(race().steps.sel(task="which-digit", runner="identity")).any(["rate", "seed"]).all()
    best = best_steps(race()).mean("seed").sel(task="which-digit")
    assert (best.sel(runner="tanh") < best.sel(runner="relu")).all()  # tanh is ahead at every depth
    steps = race().steps.clip(max=1000).mean("seed").isel(rate=slice(2))
    assert (steps.sel(runner="relu") < steps.sel(runner="tanh")).all()  # at equal, small rates ReLU is
    slowest = best_steps(race()).mean("seed").drop_sel(runner="identity")
    assert (slowest.sel(runner="sigmoid") >= slowest.drop_sel(runner="sigmoid")).all()


def test_a_diverging_run_is_a_result(recwarn):
    found = speed.run("odd-or-even", "relu", 4, 10.0, 0)
    assert found.steps == np.inf
    assert np.isnan(found.loss[-1])
    assert not recwarn.list


def test_costs_are_ratios():
    found = cost(3)
    relu = found.sel(activation="relu")
    assert found.forward.shape == found.both.shape == found.share.shape == (len(found.activation), 3)
    assert (relu.forward == 1).all()
    assert (relu.backward == 1).all()
    assert (relu.both == 1).all()
    assert ((found.share > 0) & (found.share < 1)).all()
    assert found.sigmoid_from_output.shape == (3,)
    low, high = np.minimum(found.forward, found.backward), np.maximum(found.forward, found.backward)
    assert ((low <= found.both + 1e-12) & (found.both <= high + 1e-12)).all()
    with pytest.raises(ValueError, match="repeats must be at least 1, got 0"):
        cost(0)
