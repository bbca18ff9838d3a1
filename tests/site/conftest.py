"""A small Sphinx project, built in a temporary folder with the book's extension."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

# All parts of the extension but the look of the site: without the theme a build takes a third of the time.
PARTS = [
    "chapters",
    "detach",
    "docstrings",
    "folds",
    "formulas",
    "gallery",
    "ledger_page",
    "questions",
    "reading",
    "reference",
    "states",
    "terms",
    "tidy",
    "way",
]
CONFIG: dict[str, Any] = {
    "extensions": ["myst_nb", *(f"livenotes.site.{part}" for part in PARTS)],
    "html_theme": "basic",
    "html_math_renderer": "mathml",
    "nb_execution_mode": "off",
    "myst_enable_extensions": ["amsmath", "dollarmath"],
    "root_doc": "index",
    "project": "Test",
    "nitpicky": True,
}


@dataclass(frozen=True)
class Built:
    """What a build left behind."""

    folder: Path
    warnings: str

    def page(self, name: str = "index.html") -> str:
        """Return the text of a file."""
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Built]:
    """Build files given by name; a second call in the same test builds on the first.

    ``more`` names further extensions.
    """

    def run(
        files: Mapping[str, str], builder: str = "html", more: Sequence[str] = (), **config: Any
    ) -> Built:
        config = {**CONFIG, "extensions": [*more, *CONFIG["extensions"]], **config}
        source, out = tmp_path / "source", tmp_path / builder
        for name, text in files.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
        warnings = StringIO()
        with patch_docutils(str(source)), docutils_namespace():
            Sphinx(
                str(source),
                None,
                str(out),
                str(tmp_path / "doctrees"),
                builder,
                confoverrides=config,
                status=None,
                warning=warnings,
            ).build()
        return Built(out, warnings.getvalue())

    return run


def _notebook(*cells: str | Mapping[str, Any]) -> str:
    made = []
    for number, cell in enumerate(cells):
        if isinstance(cell, str):
            made.append(nbformat.v4.new_markdown_cell(cell, id=f"c{number}"))
        else:
            output = nbformat.v4.new_output("display_data", data=dict(cell))
            made.append(nbformat.v4.new_code_cell("0", outputs=[output], id=f"c{number}"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.writes(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}))


@pytest.fixture
def notebook() -> Callable[..., str]:
    """Write a notebook: a text is a Markdown cell, a mapping the data of one stored output."""
    return _notebook
