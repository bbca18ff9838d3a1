"""What a notebook shows besides figures: the package's own source, and small tables."""

import inspect
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


def source(*functions: Callable[..., Any]) -> Markdown:
    """Show the source of functions as it stands in the package, so that book and code cannot differ."""
    code = "\n\n".join(textwrap.dedent(inspect.getsource(function)).rstrip() for function in functions)
    return Markdown(f"```python\n{code}\n```")


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
