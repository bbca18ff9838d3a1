"""Notebooks are executed again when, and only when, the code that they import has changed."""

import sys

import nbformat
import pytest
from sphinx.errors import ExtensionError

EXTENSION = """
from pathlib import Path
from livenotes.site.invalidate import Invalidator, be_static

def setup(app):
    invalidator = Invalidator(Path({package!r}))
    app.connect("builder-inited", be_static)
    app.connect("env-get-outdated", invalidator.outdated)
"""
MARKDOWN = """---
file_format: mystnb
kernelspec:
  name: python3
---
# Text

```{code-cell}
from toy import second
open("executed", "a").write("text ")
print(second.value)
```
"""


def page(module):
    code = f"""import os
from toy import {module}
open("executed", "a").write("{module} ")
print({module}.value, os.environ["LIVENOTES_STATIC"])
"""
    cells = [nbformat.v4.new_markdown_cell("# Page", id="a"), nbformat.v4.new_code_cell(code, id="b")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}))


@pytest.fixture(params=["all at once", "by MyST-NB"])
def project(request, build, tmp_path, monkeypatch):
    """Return a function that builds the book and says which notebooks were executed."""
    package, log = tmp_path / "toy", tmp_path / "source" / "executed"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name in ("first", "second", "unused"):
        (package / f"{name}.py").write_text(f"value = '{name} as it was'")
    (tmp_path / "dropping.py").write_text(EXTENSION.format(package=str(package)))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "dropping", raising=False)  # that of another test
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("LIVENOTES_STATIC", "0")  # restored afterwards; the extension sets it
    index = "# Top\n\n```{toctree}\nfirst\nsecond\ntext\n```\n"
    files = {
        "index.md": index,
        "first.ipynb": page("first"),
        "second.ipynb": page("second"),
        "text.md": MARKDOWN,
    }

    def run(**changed):
        files.update(changed)
        log.parent.mkdir(exist_ok=True)
        log.write_text("")
        built = build(
            files,
            extensions=["myst_nb", "dropping"],
            html_math_renderer="mathjax",
            nb_execution_mode="cache",
            nb_execution_in_temp=False,
            nb_execution_raise_on_error=request.param == "all at once",
        )
        assert "ERROR" not in built.warnings
        return log.read_text().split(), built

    return run


def test_notebooks_whose_code_changed_are_executed_again_and_no_others(project, tmp_path):
    executed, built = project()
    assert sorted(executed) == ["first", "second", "text"]
    assert "first as it was 1" in built.page("first.html")

    (tmp_path / "toy" / "unused.py").write_text("value = 'changed'")
    assert project()[0] == []

    (tmp_path / "toy" / "second.py").write_text("value = 'second, changed'")
    executed, built = project()
    assert sorted(executed) == ["second", "text"]
    assert "second, changed" in built.page("second.html")
    assert "second, changed" in built.page("text.html")
    assert project()[0] == []

    (record,) = tmp_path.rglob("livenotes-digests.json")
    record.write_text("not JSON")  # nothing is known: nothing is trusted
    assert sorted(project()[0]) == ["first", "second", "text"]


def test_text_around_the_code_may_change_without_an_execution(project):
    project()
    executed, built = project(**{"first.ipynb": page("first").replace("# Page", "# Another page")})
    assert executed == []
    assert "Another page" in built.page("first.html")
    assert "first as it was 1" in built.page("first.html")


def test_an_interrupted_build_keeps_what_it_executed_and_shows_it_later(project, tmp_path, monkeypatch):
    project()
    (tmp_path / "toy" / "second.py").write_text("value = 'second, changed'")
    with monkeypatch.context() as patch:
        patch.setattr("sphinx.builders.Builder._read_serial", interrupt)
        with pytest.raises(KeyboardInterrupt):
            project()
    executed, built = project()
    assert executed in ([], ["second", "text"])  # here, or when Sphinx came to the page
    assert "second, changed" in built.page("second.html")


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("project", ["all at once"], indirect=True)
def test_a_cell_that_fails_ends_the_build_and_is_shown(project):
    with pytest.raises(ExtensionError, match=r"(?s)print\(absent.*name 'absent' is not defined"):
        project(**{"first.ipynb": page("first").replace("print(first", "print(absent")})
