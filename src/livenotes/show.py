"""What a notebook shows besides figures: the package's own source, and small tables."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class Markdown:
    """Text that Jupyter and the book render, and that compares as plain text."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


SECTION = re.compile(r"\n\n *\w[\w ]*\n *-{3,}\n")  # of a docstring: Parameters, Returns, Raises ...


def source(*functions: Callable[..., Any]) -> Markdown:
    """Show the source of functions as it stands in the package, so that book and code cannot differ.

    Decorators are left out, and so are the sections of a docstring: types and shapes stand in the signature,
    and the rest belongs into the reference.
    """
    code = "\n\n".join(map(_as_a_chapter_shows_it, functions))
    return Markdown(f"```python\n{code}\n```")


def _as_a_chapter_shows_it(function: Callable[..., Any]) -> str:
    code = textwrap.dedent(inspect.getsource(function)).rstrip()
    definition: Any = ast.parse(code).body[0]
    documentation = ast.get_source_segment(code, definition.body[0]) or ""
    section = SECTION.search(documentation)
    if section:
        kept = documentation[: section.start()]
        code = code.replace(documentation, kept + ("\n    " if "\n" in kept else "") + '"""', 1)
    return "\n".join(code.splitlines()[definition.lineno - 1 :])


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Markdown:
    """Show rows under a head; numbers are written with four significant digits.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than the head.
    """
    rows = list(rows)
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"row {list(row)} has {len(row)} cells, expected {len(head)} as in {list(head)}")
    right = [bool(rows) and isinstance(cell, int | float) for cell in (rows[0] if rows else head)]
    lines = [head, ["---:" if numeric else "---" for numeric in right]]
    lines += [[_cell(cell) for cell in row] for row in rows]
    return Markdown("\n".join("| " + " | ".join(line) + " |" for line in lines))


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
