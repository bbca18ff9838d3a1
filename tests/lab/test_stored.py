"""Every stored experiment: it is there, it is small, and a few random points come out the same again."""

import importlib
import pkgutil

import pytest

from livenotes import chapters
from livenotes._folders import book
from livenotes.lab.store import STORED, load

for module in pkgutil.walk_packages(chapters.__path__, "livenotes.chapters."):
    importlib.import_module(module.name)

each = pytest.mark.parametrize("experiment", STORED.values(), ids=lambda e: e.name)


@each
def test_a_few_random_points_come_out_the_same(experiment, rng):
    assert experiment.spot_check(rng) == []


@each
def test_the_axes_are_those_of_the_code(experiment):
    stored = load(experiment.name)
    for key, values in (experiment.axes | experiment.fixed).items():
        assert stored[key].tolist() == list(values)


def test_results_are_small_and_each_has_an_experiment():
    stored = {f"{name}.{kind}" for name in STORED for kind in ("json", "npz")}
    measured_by_the_benchmarks = {"bench.json"}
    assert {path.name for path in (book() / "results").iterdir()} == stored | measured_by_the_benchmarks
    for path in (book() / "results").glob("*.npz"):
        assert path.stat().st_size < 150_000
