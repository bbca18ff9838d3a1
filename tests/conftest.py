"""Shared fixtures; array shapes in the package's annotations are checked while the suite runs."""

import jaxtyping
import numpy as np
import pytest
from jaxtyping import install_import_hook

install_import_hook("livenotes", "beartype.beartype")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed, new for every test."""
    return np.random.default_rng(20240229)


@pytest.fixture
def unchecked():
    """Run without the shape checks of the annotations, as a reader does: only the code's own checks speak."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
