"""The suite checks the shapes in annotations, except where a test says that it computes whole experiments."""

import pytest
from jaxtyping import config


@pytest.fixture(scope="module")
def unchecked_in_a_fixture():
    return config.jaxtyping_disable


@pytest.mark.unchecked_shapes
def test_a_mark_leaves_shapes_unchecked_in_fixtures_too(unchecked_in_a_fixture):
    assert unchecked_in_a_fixture
    assert config.jaxtyping_disable


def test_shapes_are_checked():
    assert not config.jaxtyping_disable
