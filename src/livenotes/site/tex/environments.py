r"""Environments: matrices, cases, and equations on several lines."""

from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element

from .atoms import Atom, element, fence, row
from .reader import TexError

if TYPE_CHECKING:
    from .parser import Parser


class Layout(NamedTuple):
    """How an environment sets its cells: the class that the style sheet reads, and its fences."""

    name: str
    left: str = ""
    right: str = ""
    display: bool = False
    script: bool = False


_ALIGN, _GATHER = Layout("tex-align", display=True), Layout("tex-gather", display=True)
_LAYOUTS: dict[str, Layout] = {
    "matrix": Layout("tex-matrix"),
    "smallmatrix": Layout("tex-matrix", script=True),
    "pmatrix": Layout("tex-matrix", "(", ")"),
    "bmatrix": Layout("tex-matrix", "[", "]"),
    "Bmatrix": Layout("tex-matrix", "{", "}"),
    "vmatrix": Layout("tex-matrix", "|", "|"),
    "Vmatrix": Layout("tex-matrix", "‖", "‖"),
    "cases": Layout("tex-cases", left="{"),
    "dcases": Layout("tex-cases", left="{", display=True),
    "rcases": Layout("tex-cases", right="}"),
    "array": Layout("tex-array"),
    **dict.fromkeys(("aligned", "align", "align*", "split", "alignedat", "eqnarray"), _ALIGN),
    **dict.fromkeys(("gathered", "gather", "gather*", "multline", "multline*"), _GATHER),
    **dict.fromkeys(("equation", "equation*"), _GATHER),
}


def environment(parser: "Parser", name: str, script: bool) -> Atom:
    r"""Read from behind ``\begin`` to the matching ``\end{...}``."""
    kind = parser.read.raw_group(f"\\{name}")
    if kind not in _LAYOUTS:
        raise TexError(f"unknown environment {kind!r}; known are {', '.join(sorted(_LAYOUTS))}")
    layout = _LAYOUTS[kind]
    columns = _columns(parser) if kind == "array" else ""
    if kind == "alignedat":
        parser.read.raw_group("alignedat")
    rows = lines(parser, layout, script)
    parser.read.expect("\\end", f"the environment {kind!r} is not closed")
    if (ended := parser.read.raw_group("\\end")) != kind:
        raise TexError(f"\\begin{{{kind}}} is closed by \\end{{{ended}}}")
    return Atom(
        "ord" if layout.name in ("tex-align", "tex-gather") else "inner", _table(rows, layout, columns)
    )


def lines(parser: "Parser", layout: Layout, script: bool) -> list[list[Element]]:
    r"""Read cells that ``&`` separates and rows that ``\\`` ends."""
    rows: list[list[Element]] = [[]]
    while True:
        items = parser.items(script or layout.script)
        if layout.name == "tex-align" and len(rows[-1]) % 2:
            # What stands left of the & belongs to the same formula: a relation keeps its space.
            items.insert(0, Atom("ord", element("mrow")))
        rows[-1].append(row(items, script or layout.script))
        if parser.read.accept("\\\\"):
            parser.read.option()
            rows.append([])
        elif not parser.read.accept("&"):
            break
    if len(rows) > 1 and len(rows[-1]) == 1 and rows[-1][0].tag == "mrow" and not len(rows[-1][0]):
        rows.pop()  # the last row ended with \\
    return rows


def aligned(parser: "Parser") -> Element:
    r"""Read a whole formula of several lines that no environment encloses."""
    found = _table(lines(parser, _ALIGN, script=False), _ALIGN, "")
    if parser.read.peek():
        raise TexError(f"{parser.read.peek()!r} closes nothing")
    return found


def _columns(parser: "Parser") -> str:
    columns = parser.read.raw_group("array").replace(" ", "")
    if not columns or set(columns) - set("lcr"):
        raise TexError(f"an array's columns are given by the letters l, c and r, found {columns!r}")
    return columns


def _table(rows: list[list[Element]], layout: Layout, columns: str) -> Element:
    widest = max(len(cells) for cells in rows)
    if columns and widest > len(columns):
        raise TexError(f"an array of {len(columns)} columns has a row of {widest} cells")
    table = element("mtable", **{"class": layout.name})
    if layout.display:
        table.set("displaystyle", "true")
    if layout.script:
        table.set("scriptlevel", "1")
    for cells in rows:
        line = element("mtr", *(element("mtd", cell) for cell in cells))
        for cell, column in zip(line, columns, strict=False):
            cell.set("class", f"tex-{column}")
        table.append(line)
    if not layout.left and not layout.right:
        return table
    left = [fence(layout.left, "prefix")] if layout.left else []
    right = [fence(layout.right, "postfix")] if layout.right else []
    return element("mrow", *left, table, *right)
