import sys

import pytest
from sphinx.pycode import ModuleAnalyzer

from livenotes.site.reference import public_modules

FILES = {
    "__init__.py": '"""A package."""',
    "open.py": '''"""A module."""
from collections import OrderedDict
import json

LIMIT = 3
"""How many."""
UNDOCUMENTED = 4

def function(x: int = 0) -> int:
    r"""Return $\\alpha^2$ {cite}`nothing` of ``x``."""
    return x

class Thing:
    """A thing."""

    def method(self):
        """Do it."""

class Wrong(ValueError):
    """An error."""

def _hidden():
    """Not shown."""
''',
    "_private.py": "def nothing(): ...",
    "skipped/__init__.py": "",
    "skipped/inner.py": "def f(): ...",
    "closed/__init__.py": '''"""A closed package."""
from . import listed
from .inner import inner, table
__all__ = ["inner", "listed", "table"]
''',
    "closed/inner.py": '''def inner():
    """Shown as the package's."""
def rest(): ...
table = {}
''',
    "closed/listed.py": '''def f():
    """Shown in the module."""
''',
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / "toybox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "toybox"
    for name in [name for name in sys.modules if name.split(".")[0] == "toybox"]:
        del sys.modules[name]
    ModuleAnalyzer.cache.clear()


def test_public_modules_and_what_they_export(package):
    assert public_modules("toybox", ["skipped"]) == {
        "toybox.closed": ["inner", "table"],
        "toybox.closed.listed": ["f"],
        "toybox.open": ["LIMIT", "function", "Thing", "Wrong"],
    }


def test_the_page(build, package):
    page = "# API\n\n```{reference} toybox\n:skip: skipped\n```\n"
    built = build({"index.md": page}, nitpicky=False)
    text = built.page()
    assert "Unknown interpreted text role" in built.warnings  # bibtex is not loaded here
    assert built.warnings.count("WARNING") == 0
    for name in (
        "open.LIMIT",
        "open.function",
        "open.Thing.method",
        "open.Wrong",
        "closed.inner",
        "closed.table",
    ):
        assert f'id="toybox.{name}"' in text
    assert "<mi>α</mi>" in text
    assert "dict()" not in text  # a table has no docstring of its own
    for name in ("_hidden", "UNDOCUMENTED", "rest", "skipped"):
        assert f".{name}" not in text


def test_a_new_module_has_the_page_read_again(build, package):
    page = {"index.md": "# API\n\n```{reference} toybox\n:skip: skipped open\n```\n"}
    assert "toybox.late" not in build(page).page()
    (package / "late.py").write_text('def soon():\n    """Come."""\n')
    assert 'id="toybox.late.soon"' in build(page).page()
