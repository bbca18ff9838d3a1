"""Shared fixtures; array shapes in the package's annotations are checked while the suite runs."""

import numpy as np
import pytest
from hypothesis import settings
from jaxtyping import config, install_import_hook

# No deadline for a single example: a busy machine is no defect of the code.
settings.register_profile("livenotes", deadline=None)
settings.load_profile("livenotes")

install_import_hook("livenotes", "typechecker.check")


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
