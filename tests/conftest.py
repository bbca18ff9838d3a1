"""Shared fixtures; array shapes in the package's annotations are checked while the suite runs."""

import numpy as np
import pytest
from hypothesis import settings
from jaxtyping import config, install_import_hook

from scheduling import ByWhatTheyShare

# No deadline for a single example: a busy machine is no defect of the code.
settings.register_profile("livenotes", deadline=None)
settings.load_profile("livenotes")

install_import_hook("livenotes", "typechecker.check")


# Files that take minutes rather than seconds: they start first, so that two workers end together.
LONG = (
    "tests/test_book.py",
    "tests/claims/test_measure.py",
    "tests/lab/test_stored.py",
    "tests/chapters/",
    "tests/coursework/",
    "tests/test_benchmarks.py",
)


def pytest_collection_modifyitems(items):
    """Start the long files first; the order within a file stays."""
    rank = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: min((rank[n] for n in LONG if item.nodeid.startswith(n)), default=len(LONG)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Return the scheduler for tests in a browser; None leaves it to xdist."""
    return ByWhatTheyShare(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Leave the shapes unchecked in a test so marked: a check takes as long as a small step of a network.

    The functions that it calls have tests of their own, in which they are checked.
    """
    config.update("jaxtyping_disable", item.get_closest_marker("unchecked_shapes") is not None)
    try:
        return (yield)
    finally:
        config.update("jaxtyping_disable", False)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed, new for every test."""
    return np.random.default_rng(20240229)


@pytest.fixture
def own_errors():
    """Switch the shape checker off, so that what a test sees raised is the package's own error."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
