"""The directive ``benchmarks``: the table that ``make bench`` stored in ``book/results/bench.json``."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

STORED = "results/bench.json"
HEAD = ("What is measured", "Here", "Beside it", "Ratio", "Target", "Met")
_MET = {None: "", True: "yes", False: "no"}


def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Write a row of the file as the cells of a line."""
    name = row["figure"] + (f"; beside it {row['against']}" if row["theirs"] is not None else "")
    theirs, ratio, target = (_number(row[key]) for key in ("theirs", "ratio", "target"))
    if target:
        target = f"≤ {target}" + (" ×" if row["bounds"] == "ratio" else "")
    return name, _number(row["ours"]), theirs, ratio, target, _MET[row["met"]]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def table(rows: Sequence[Mapping[str, Any]]) -> nodes.table:
    """Return the rows as a table; numbers stand on the right."""
    group = nodes.tgroup(cols=len(HEAD))
    group += [nodes.colspec(colwidth=width) for width in (40, 12, 12, 12, 12, 12)]
    head, body = nodes.thead(), nodes.tbody()
    head += _line(HEAD)
    body += [_line(cells(row)) for row in rows]
    group += [head, body]
    return nodes.table("", group)


def _line(texts: Sequence[str]) -> nodes.row:
    entries = [nodes.entry("", nodes.paragraph(text=text)) for text in texts]
    for entry in entries[1:]:
        entry["classes"].append("text-right")
    return nodes.row("", *entries)


class BenchmarksDirective(SphinxDirective):
    """Show every module's rows under its name."""

    def run(self) -> list[nodes.Node]:
        """Return a heading line and a table for each module, and what they were measured with."""
        path = Path(self.env.doc2path(self.env.docname)).parent / STORED
        self.env.note_dependency(str(path))
        if not path.is_file():
            raise self.error(f"there is no {path}: measure with `make bench`")
        found = json.loads(path.read_text(encoding="utf-8"))
        shown: list[nodes.Node] = []
        for name, rows in found["rows"].items():
            shown += [nodes.rubric(text=name.capitalize()), table(rows)]
        versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
        return [*shown, nodes.paragraph(text=f"Measured on {found['cores']} cores with {versions}.")]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("benchmarks", BenchmarksDirective)
