"""Shared fixtures; array shapes in the package's annotations are checked while the suite runs."""

import numpy as np
import pytest
from jaxtyping import install_import_hook

install_import_hook("livenotes", "beartype.beartype")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed, new for every test."""
    return np.random.default_rng(20240229)
