r"""Docstrings as the package writes them, made ready for the API reference.

They cite with ``{cite}`` and set formulas between dollars, as the book does, because that is what a reader
of the source or of JupyterLab's help sees. Sphinx reads docstrings as reStructuredText.
"""

import re
from typing import Any

from sphinx.application import Sphinx

_ROLE = re.compile(r"\{([\w:]+)\}`")
_CODE = re.compile(r"(``.+?``)")
_FORMULA = re.compile(r"(?<![\\$\w])\$([^$\n]+?)\$(?!\w)")


def to_rst(line: str) -> str:
    """Translate roles and formulas of one line; what stands between double backquotes is code."""
    pieces = _CODE.split(line)
    pieces[::2] = [_FORMULA.sub(r":math:`\1`", _ROLE.sub(r":\1:`", piece)) for piece in pieces[::2]]
    return "".join(pieces)


def translate(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Translate a docstring in place; a formula that runs over a line break is joined first."""
    text = re.sub(r"\$[^$`]*\n[^$`]*\$", lambda m: " ".join(m[0].split()), "\n".join(lines))
    lines[:] = [to_rst(line) for line in text.split("\n")]


def setup(app: Sphinx) -> None:
    """Translate before Napoleon reads the sections of a docstring."""
    app.connect("autodoc-process-docstring", translate, priority=400)
