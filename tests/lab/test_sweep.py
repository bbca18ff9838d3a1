"""Sweeps: every point once, in order, with its labels."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import xarray as xr

from livenotes.lab.sweep import at_best_rate, points, sweep


def powers(base, exponent):
    """The power, and all powers up to four."""
    return xr.Dataset({"power": base**exponent, "all": ("k", base ** np.arange(5))}, {"k": np.arange(5)})


def test_points_run_over_the_last_axis_first():
    assert points({"a": (1, 2), "b": "xy"}) == [
        *({"a": 1, "b": "x"}, {"a": 1, "b": "y"}),
        *({"a": 2, "b": "x"}, {"a": 2, "b": "y"}),
    ]


def test_results_keep_their_order_and_their_labels():
    axes = {"base": (2, 3, 5), "exponent": range(1, 3)}
    found = sweep(powers, axes)
    with ThreadPoolExecutor(3) as pool:
        xr.testing.assert_identical(found, sweep(powers, axes, pool))
    assert found.power.values.tolist() == [[2, 4], [3, 9], [5, 25]]
    assert found["all"].dims == ("base", "exponent", "k")
    for base, exponent in ((3, 1), (5, 2)):
        assert found.power.sel(base=base, exponent=exponent) == base**exponent
        assert found["all"].sel(base=base, exponent=exponent, k=3) == base**3


def test_a_bar_shows_how_far_a_sweep_is(capsys):
    sweep(powers, {"base": (2, 3), "exponent": (1,)}, progress="powers")
    assert capsys.readouterr().err == ""  # at a terminal alone


def test_the_best_rate_has_the_smallest_mean():
    steps = xr.DataArray(
        [[[9, 9], [1, 3]], [[4, 5], [8, 2]]], {"net": ["a", "b"], "rate": [0.1, 0.5], "seed": [0, 1]}
    )
    found = at_best_rate(steps)
    assert found.dims == ("net", "seed")
    assert found.values.tolist() == [[1, 3], [4, 5]]
    assert found.rate.values.tolist() == [0.5, 0.1]
