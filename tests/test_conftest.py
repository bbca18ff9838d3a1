"""The suite checks shapes, except where a test says so, and keeps together what shares a server or a page."""

from functools import partial

import pytest
from jaxtyping import config

from scheduling import ByWhatTheyShare


@pytest.fixture(scope="module")
def unchecked_in_a_fixture():
    return config.jaxtyping_disable


@pytest.mark.unchecked_shapes
def test_a_mark_leaves_shapes_unchecked_in_fixtures_too(unchecked_in_a_fixture):
    assert unchecked_in_a_fixture
    assert config.jaxtyping_disable


def test_shapes_are_checked():
    assert not config.jaxtyping_disable


def test_what_shares_a_server_or_a_page_stays_together():
    split = partial(ByWhatTheyShare._split_scope, None)
    assert split("tests/test_lab.py::test_a[dropout]") == split("tests/test_lab.py::test_b")
    first, second = (f"tests/test_site.py::{name}[dropout]" for name in ("test_a", "test_b"))
    assert split(first) == split(second) != split("tests/test_site.py::test_a[lstm]")
    assert split("tests/test_site.py::test_c") != split("tests/test_site.py::test_d")
