"""A course that every test of grading copies, and the path on which nbgrader looks for alembic."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from missing import missing

from . import course as small


@pytest.fixture(scope="session", autouse=True)
def alembic_on_path():
    """nbgrader starts alembic by its name."""
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{before}"
    yield
    os.environ["PATH"] = before


@pytest.fixture(scope="session")
def bubblewrap():
    """Skip what needs the sandbox where there is none."""
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed: apt-get install bubblewrap")


@pytest.fixture(scope="session")
def pristine(alembic_on_path, tmp_path_factory):
    """The small course, generated, with nothing submitted."""
    return small.make(tmp_path_factory.mktemp("pristine") / "course")


@pytest.fixture
def course(pristine, tmp_path):
    """A copy of the small course with two honest submissions, one wrong one, and one student who forgot."""
    root = small.copied(pristine, tmp_path / "course")
    released = small.release(root)
    right = {"double": "def double(x):\n    return 2 * x", "answer": "answer = 42", "why": "Because."}
    small.submit(root, "ada", small.filled(released, right))
    small.submit(root, "bob", small.filled(released, {**right, "double": "def double(x):\n    return x"}))
    small.submit(root, "cy", released)
    small.enroll(root, "ada", "bob", "cy", "dee")
    return root
