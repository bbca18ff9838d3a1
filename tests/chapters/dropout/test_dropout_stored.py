"""What is stored for the chapter: read in full, and made again on other machines' executors."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import distributed
import numpy as np
import pytest
import xarray as xr

from livenotes.chapters import dropout
from livenotes.lab.store import STORED

SMALL = replace(
    STORED["dropout-normalized"],
    axes={"place": ("after every layer",), "rate": (0.0, 0.5), "width": (16,), "seed": (0,)},
)

pytestmark = pytest.mark.unchecked_shapes


@pytest.fixture(scope="module")
def alone():
    return SMALL.compute()


def same(found, want):
    xr.testing.assert_allclose(found, want, rtol=1e-3, atol=0)


def test_a_process_pool_gives_the_same_arrays(alone):
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        same(SMALL.compute(pool), alone)


def test_a_dask_client_gives_the_same_arrays(alone):
    with (
        distributed.LocalCluster(1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        same(SMALL.compute(client.get_executor()), alone)


def test_the_sweep_has_every_rate_and_seed():
    found = dropout.sweep()
    assert found.sizes == {"rate": 19, "seed": 5, "update": 44}
    assert (found.rate[0], found.rate[-1]) == (0.0, 0.9)
    assert found["update"][-1] == 4000
    assert set(found) == {
        *("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"),
        *("memorized", "noise"),
    }
    for curve in found.values():
        assert curve.dims == ("rate", "seed", "update")
        assert np.isfinite(curve).all()
        assert (curve >= 0).all()
    at_rate = found.validation_accuracy.isel(update=-1).mean("seed")
    best = dropout.at_best_rate(found)
    assert best.validation_accuracy.isel(update=-1).mean("seed") == at_rate.max()
    assert at_rate.sel(rate=best.rate) == at_rate.max()
    assert not found.noise.sel(rate=0).any()


def test_the_variants_borrow_from_the_sweep():
    found, swept = dropout.variants(), dropout.sweep()
    assert found.validation_loss.dims == ("variant", "rate", "seed", "update")
    assert found.validation_loss.shape == (7, 5, 5, swept.sizes["update"])
    for rate in found.rate.values:
        at = found.memorized.sel(rate=rate)
        borrowed = swept.memorized.sel(rate=rate, method="nearest", tolerance=1e-9)
        np.testing.assert_array_equal(at.sel(variant="inverted dropout"), borrowed)
        np.testing.assert_array_equal(at.sel(variant="none"), swept.memorized.sel(rate=0))
    final = found.validation_accuracy.isel(update=-1).mean("seed")
    best = dropout.at_best_rate(found).validation_accuracy.isel(update=-1).mean("seed")
    assert best.values.tolist() == final.max("rate").values.tolist()


@pytest.mark.parametrize(
    ("read", "shapes"),
    [
        (dropout.capacity, {"validation_accuracy": (5, 3, 5)}),
        (dropout.ways_to_predict, {"loss": (8, 5, 6), "accuracy": (8, 5, 6)}),
        (
            dropout.features,
            {
                "active": (6, 5, 2),
                "without_units": (6, 5, 10),
                "worst_lost": (6, 5),
                "worst_pixel_lost": (6, 5),
            },
        ),
        (dropout.ensemble, {"loss": (2, 7, 5, 3), "right": (2, 7, 5, 3, 360), "sampled_loss": (2, 7, 5, 11)}),
        (dropout.committees, {"accuracy": (5, 5), "correlation": (5, 5)}),
        (dropout.deviations, {"own": (5,), "errors_opposite": (5,)}),
        (
            dropout.normalized,
            {"ratio": (2, 6, 3, 3, 3), "expected": (2, 6, 3, 3, 3), "accuracy_again": (2, 6, 3, 3)},
        ),
    ],
)
def test_what_is_stored_has_its_fields(read, shapes):
    found = read()
    for name, shape in shapes.items():
        assert getattr(found, name).shape == shape
        assert np.isfinite(getattr(found, name)).all()
