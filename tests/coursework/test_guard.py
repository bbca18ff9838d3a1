"""Where another library is patched, a change in it is said loudly, by library, version and what changed."""

from importlib.metadata import version

import pytest
from matplotlib.backends import backend_agg
from nbgrader.converters.autograde import Autograde

from livenotes import _guard, cli
from livenotes.coursework import adopt
from livenotes.coursework.inside import student


def test_a_guard_names_library_version_and_change():
    _guard.require("numpy", "it is there", True)
    with pytest.raises(_guard.LibraryChanged, match=rf"numpy {version('numpy')} is not as .*: it is there"):
        _guard.require("numpy", "it is there", False)
    with pytest.raises(_guard.LibraryChanged, match="no-such-library"):
        _guard.require("no-such-library", "it is there", False)


@pytest.fixture
def before(monkeypatch):
    """Undo the patches that a test applies."""
    for owner, name in (
        (Autograde, "start"),
        (Autograde, "convert_single_notebook"),
        (backend_agg, "MathTextParser"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    return monkeypatch


def test_the_libraries_are_as_expected(before):
    adopt.safe_grading()
    adopt.safe_grading()
    assert Autograde.start is adopt._start
    student.keep_formulas()
    assert backend_agg.MathTextParser("path") is backend_agg.MathTextParser("path")
    cli.without_grammar_of_addresses()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("start", None, "Autograde.start"),
        ("start", lambda self, students: None, "Autograde.start"),
        ("class_trait_names", lambda: ["coursedir"], "force"),
    ],
)
def test_a_changed_nbgrader_grades_nobody(before, name, value, says):
    before.setattr(Autograde, name, value)
    with pytest.raises(SystemExit, match=rf"unprotected\. nbgrader {version('nbgrader')} .*{says}"):
        adopt.safe_grading()


def test_a_way_around_the_replaced_step_runs_nothing(before):
    adopt.safe_grading()
    with pytest.raises(SystemExit, match="unprotected"):
        Autograde.convert_single_notebook(object(), "submitted.ipynb")


def test_a_changed_nbgrader_that_executes_elsewhere(before):
    before.delattr(Autograde, "convert_single_notebook")
    with pytest.raises(SystemExit, match="convert_single_notebook"):
        adopt.safe_grading()


@pytest.mark.parametrize("parser", [None, lambda output, style: None])
def test_a_changed_matplotlib(before, parser):
    before.setattr(backend_agg, "MathTextParser", parser)
    with pytest.raises(_guard.LibraryChanged, match=rf"matplotlib {version('matplotlib')} .*MathTextParser"):
        student.keep_formulas()


def test_a_changed_jsonschema(monkeypatch, capsys):
    monkeypatch.setattr(cli, "requires", lambda name: ["attrs", "rfc3987-syntax>=2"])
    assert cli.main(["grade", "small"]) == 2
    said = capsys.readouterr().err
    assert f"jsonschema {version('jsonschema')} is not as livenotes expects it" in said
    assert "rfc3987-syntax is one of its extras" in said
