"""The room, the notebook and the test with which a chapter begins."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib.figure
import nbformat
import pytest
from tools import new_chapter

from livenotes import chapters
from livenotes.claims.ledger import read
from livenotes.claims.measure import measure
from livenotes.claims.rules import verdict_problems
from notebooks import problems_of

ROOM = Path("src/livenotes/chapters")


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    new_chapter.main("brand-new", "Brand new", root)
    chapters.__path__.append(str(root / ROOM))
    yield root
    chapters.__path__.remove(str(root / ROOM))
    for name in [name for name in sys.modules if "brand_new" in name]:
        del sys.modules[name]


def test_the_notebook_begins_as_the_others_are_stored(begun):
    path = begun / "book" / "brand-new.ipynb"
    nbformat.validate(nbformat.read(path, as_version=4))
    (problem,) = problems_of(path)  # nothing has been run yet
    assert "stores no text output" in problem
    assert "(brand-new-idea)=" in path.read_text(encoding="utf-8")


def test_what_the_notebook_imports_is_there_and_draws(begun):
    imports = next(c for c in nbformat.read(begun / "book/brand-new.ipynb", 4).cells if c.cell_type == "code")
    names = {}
    exec(imports.source, names)
    fig = matplotlib.figure.Figure()
    assert names["draw"].phenomenon(fig, names["measure"].phenomenon(2)) == {"mean": "0.34"}
    test = runpy.run_path(str(begun / "tests/chapters/brand_new/test_phenomenon.py"))
    test["test_the_phenomenon_is_what_its_formula_says"]()


def test_its_claim_can_be_measured(begun):
    (claim,) = read(begun / ROOM).values()
    assert claim.chapter == "brand-new"
    assert verdict_problems(claim, measure(claim)) == []


def test_the_files_keep_the_style_of_the_project(begun):
    shutil.copy(new_chapter.ROOT / "pyproject.toml", begun)
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "src", "tests"]
        done = subprocess.run(ruff, cwd=begun, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["Beyond", "beyond_relu", "-x", "../x", ""])
def test_a_bad_name_is_refused(tmp_path, name):
    with pytest.raises(SystemExit, match="kebab case"):
        new_chapter.main(name, "Title", tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_chapter_that_stands_is_left_alone(tmp_path):
    path = tmp_path / "book" / "residual.ipynb"
    new_chapter.main("residual", "Residual networks", tmp_path)
    path.write_text("mine")
    with pytest.raises(SystemExit, match="there already"):
        new_chapter.main("residual", "Again", tmp_path)
    assert path.read_text() == "mine"
