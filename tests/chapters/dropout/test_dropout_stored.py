"""What is stored for the chapter: read in full, and made again on other machines' executors."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import distributed
import numpy as np
import pytest

from livenotes.chapters import dropout
from livenotes.chapters.dropout import normed, rates
from livenotes.lab.store import STORED

SMALL = replace(
    STORED["dropout-normalized"],
    axes={"place": normed.PLACES[:1], "rate": (0.0, 0.5), "width": (16,), "seed": (0,)},
)


@pytest.fixture(scope="module")
def alone():
    return SMALL.compute()


def same(found, want):
    assert set(found) == set(want)
    for key, array in want.items():
        if array.dtype.kind == "U":
            assert found[key].tolist() == array.tolist()
        else:
            np.testing.assert_allclose(found[key], array, rtol=1e-3, err_msg=key)


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
    assert len(found.rates) == 19
    assert (found.rates[0], found.rates[-1]) == (0.0, 0.9)
    assert found.checkpoints[-1] == 4000
    for name in rates.CURVES:
        curve = getattr(found, name)
        assert curve.shape == (19, 5, len(found.checkpoints))
        assert np.isfinite(curve).all()
        assert (curve >= 0).all()
    at_rate = found.validation_accuracy[..., -1].mean(axis=1)
    assert at_rate[found.best()] == at_rate.max()
    assert not found.noise[0].any()


def test_the_variants_borrow_from_the_sweep():
    found, swept = dropout.variants(), dropout.sweep()
    assert found.validation_loss.shape == (7, 5, 5, len(found.checkpoints))
    at = found.names.index("inverted dropout")
    for k, rate in enumerate(found.rates):
        row = list(swept.rates).index(pytest.approx(rate))
        np.testing.assert_array_equal(found.memorized[at, k], swept.memorized[row])
        np.testing.assert_array_equal(found.memorized[0, k], swept.memorized[0])
    final = found.validation_accuracy[..., -1].mean(axis=-1)
    assert found.at_best(final).tolist() == final.max(axis=1).tolist()


@pytest.mark.parametrize(
    ("read", "shapes"),
    [
        (dropout.capacity, {"validation_accuracy": (5, 3, 5)}),
        (dropout.prediction, {"loss": (6, 8, 5), "accuracy": (6, 8, 5)}),
        (dropout.features, {"active": (6, 5, 2), "without_units": (6, 5, 10), "worst_lost": (6, 5)}),
        (dropout.ensemble, {"loss": (2, 7, 5, 3), "right": (2, 7, 5, 3, 360), "sampled_loss": (2, 7, 5, 11)}),
        (dropout.committees, {"accuracy": (5, 5), "correlation": (5, 5)}),
        (dropout.normalized, {"ratio": (2, 6, 3, 3, 3), "accuracy_again": (2, 6, 3, 3)}),
    ],
)
def test_what_is_stored_has_its_fields(read, shapes):
    found = read()
    for name, shape in shapes.items():
        assert getattr(found, name).shape == shape
        assert np.isfinite(getattr(found, name)).all()
