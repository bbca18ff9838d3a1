"""Where another library is patched, a change in it is said loudly, by library, version and what changed."""

from importlib.metadata import version
from importlib.util import find_spec, module_from_spec

import pytest
from matplotlib.backends import backend_agg

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
def autograde(monkeypatch):
    """nbgrader's class as it was installed, whatever a course's settings have done to it in this process."""
    spec = find_spec("nbgrader.converters.autograde")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr("nbgrader.converters.autograde.Autograde", module.Autograde)
    return module.Autograde


def test_the_libraries_are_as_expected(autograde, monkeypatch):
    monkeypatch.setattr(backend_agg, "MathTextParser", backend_agg.MathTextParser)
    adopt.safe_grading()
    adopt.safe_grading()
    assert autograde.start is adopt._start
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
def test_a_changed_nbgrader_grades_nobody(autograde, name, value, says):
    setattr(autograde, name, value)
    with pytest.raises(SystemExit, match=rf"unprotected\. nbgrader {version('nbgrader')} .*{says}"):
        adopt.safe_grading()


def test_a_way_around_the_replaced_step_runs_nothing(autograde):
    adopt.safe_grading()
    with pytest.raises(SystemExit, match="unprotected"):
        autograde.convert_single_notebook(object(), "submitted.ipynb")


def test_a_changed_nbgrader_that_executes_elsewhere(autograde):
    del autograde.convert_single_notebook
    with pytest.raises(SystemExit, match="convert_single_notebook"):
        adopt.safe_grading()


@pytest.mark.parametrize("parser", [None, lambda output, style: None])
def test_a_changed_matplotlib(monkeypatch, parser):
    monkeypatch.setattr(backend_agg, "MathTextParser", parser)
    with pytest.raises(_guard.LibraryChanged, match=rf"matplotlib {version('matplotlib')} .*MathTextParser"):
        student.keep_formulas()


def test_a_changed_jsonschema(monkeypatch, capsys):
    monkeypatch.setattr(cli, "requires", lambda name: ["attrs", "rfc3987-syntax>=2"])
    assert cli.main(["grade", "small"]) == 2
    said = capsys.readouterr().err
    assert f"jsonschema {version('jsonschema')} is not as livenotes expects it" in said
    assert "rfc3987-syntax is one of its extras" in said
