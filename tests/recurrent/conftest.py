"""Fixtures of the tests of recurrent layers."""

import jaxtyping
import pytest


@pytest.fixture
def unchecked():
    """Run without the shape checks of the annotations, as a reader does: only the code's own checks speak."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
