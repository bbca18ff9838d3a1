r"""Docstrings as the package writes them, made ready for the API reference.

They cite with ``{cite}`` and set formulas between dollars, as the book does, because that is what a reader
of the source or of JupyterLab's help sees. Sphinx reads docstrings as reStructuredText.
"""

import re
from typing import Any, get_type_hints

from sphinx.application import Sphinx

# Code first: what stands in it is not translated. A formula may run over a line break, not over a paragraph.
_PIECE = re.compile(
    r"(?P<code>``.+?``)"
    r"|\{(?P<role>[\w:]+)\}(?=`)"
    r"|(?P<indent>(?<=\n)[ \t]*|)\$\$(?P<block>.+?)\$\$"
    r"|\$(?P<formula>(?:[^$\n]|\n(?!\s*\n))+?)\$"
    r"|(?P<bar>\|)",
    re.DOTALL,
)


_TYPED = re.compile(r"^([ \t]*[\w*][\w*, ]* : )(.*)$", re.MULTILINE)


def to_rst(text: str) -> str:
    """Translate roles and formulas; bars, and the stars of a signature, are no markup in a docstring."""
    text = _TYPED.sub(lambda found: found[1] + found[2].replace("*", "\\*"), text)
    return _PIECE.sub(_translate, text)


def _translate(found: re.Match[str]) -> str:
    if found["code"]:
        return found["code"]
    if found["bar"]:
        return r"\|"
    if found["role"]:
        return f":{found['role']}:"
    if found["block"]:
        indent = found["indent"] or ""
        lines = [f"{indent}   {line.strip()}" for line in found["block"].strip().splitlines()]
        return "\n".join(["", f"{indent}.. math::", "", *lines, "", ""])
    before = found.string[found.start() - 1 : found.start()]
    after = found.string[found.end() : found.end() + 1]
    # reStructuredText wants a role to stand free of letters.
    left, right = ("\\ " if side.isalnum() else "" for side in (before, after))
    return f"{left}:math:`{' '.join(found['formula'].split())}`{right}"


def translate(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Translate a docstring in place."""
    lines[:] = to_rst("\n".join(lines)).split("\n")


_PATH = re.compile(r"~?\b((?:[A-Za-z_]\w*\.)+)(?=[A-Za-z_])")


def shorten(signature: str | None) -> str | None:
    """Name types without the modules they come from, and defaults that a factory makes as ``...``."""
    return _PATH.sub("", signature.replace("<factory>", "...")) if signature else signature


def shorten_returned(returned: str | None) -> str | None:
    """Shorten what a function returns; the book's own types keep their module behind a ``~`` that hides it.

    A name alone, such as that of a module's gradients, may be in several.
    """
    if not returned:
        return returned
    return _PATH.sub(lambda path: f"~{path[1]}" if path[1].startswith("livenotes.") else "", returned)


def shorten_both(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Shorten a signature and what it returns."""
    return shorten(signature), shorten_returned(returned)


def name_types(app: Sphinx, thing: Any, bound_method: bool) -> None:
    """Leave of an annotation the type alone: what a value must fulfil is for the door, not for a reader."""
    function = getattr(thing, "__func__", thing)  # of a method of the class
    if getattr(function, "__annotations__", None):
        function.__annotations__ = get_type_hints(function)


def setup(app: Sphinx) -> None:
    """Shorten signatures; translate docstrings before Napoleon reads their sections."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-before-process-signature", name_types)
    app.connect("autodoc-process-signature", shorten_both)
    app.connect("autodoc-process-docstring", translate, priority=400)
