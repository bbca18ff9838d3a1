"""Every stored experiment: it is there, it is small, and a few random points come out the same again."""

import importlib
import pkgutil

import pytest

from livenotes import chapters
from livenotes._folders import book
from livenotes.lab.store import STORED, SUFFIX, load

for module in pkgutil.walk_packages(chapters.__path__, "livenotes.chapters."):
    importlib.import_module(module.name)

pytestmark = pytest.mark.unchecked_shapes
each = pytest.mark.parametrize("experiment", STORED.values(), ids=lambda e: e.name)


@each
def test_a_few_random_points_come_out_the_same(experiment, rng):
    assert experiment.spot_check(rng) == []


@each
def test_the_axes_are_those_of_the_code(experiment):
    stored = load(experiment.name)
    for key, values in experiment.axes.items():
        assert stored[key].values.tolist() == list(values)


def test_results_are_small_and_each_has_an_experiment():
    measured_by_the_benchmarks = {"bench.json"}
    files = {path.name: path.stat().st_size for path in (book() / "results").iterdir()}
    assert set(files) == {name + SUFFIX for name in STORED} | measured_by_the_benchmarks
    assert max(files.values()) < 150_000
