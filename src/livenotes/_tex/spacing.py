r"""Atoms of a formula, and the space that TeX puts between them.

MathML gives every operator a default space. It knows nothing of the rules that make printed formulas
even: a minus after ``=`` is a sign and not an operation, nothing is spread in a subscript, a function name
keeps a thin space from its argument. So every space is computed here and written out.
"""

from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from docutils.utils.math import tex2unichar as tables

Kind = Literal["ord", "op", "bin", "rel", "open", "close", "punct", "inner"]
THIN, MEDIUM, THICK = 1 / 6, 2 / 9, 5 / 18

# Knuth, The TeXbook (1984), page 170; a negative entry applies outside scripts alone.
COLUMNS: tuple[Kind, ...] = ("ord", "op", "bin", "rel", "open", "close", "punct", "inner")
_ROWS: dict[Kind, tuple[int, ...]] = {
    "ord": (0, 1, -2, -3, 0, 0, 0, -1),
    "op": (1, 1, 0, -3, 0, 0, 0, -1),
    "bin": (-2, -2, 0, 0, -2, 0, 0, -2),
    "rel": (-3, -3, 0, 0, -3, 0, 0, -3),
    "open": (0, 0, 0, 0, 0, 0, 0, 0),
    "close": (0, 1, -2, -3, 0, 0, 0, -1),
    "punct": (-1, -1, 0, -1, -1, -1, -1, -1),
    "inner": (-1, 1, -2, -3, -1, 0, -1, -1),
}
_WIDTHS = (0.0, THIN, MEDIUM, THICK)

# How a character meets its neighbors; what is not listed is ordinary. docutils has TeX's own tables.
KINDS: dict[str, Kind] = {
    **dict.fromkeys(tables.mathop.values(), "op"),
    **dict.fromkeys(tables.mathbin.values(), "bin"),
    **dict.fromkeys(tables.mathrel.values(), "rel"),
    **dict.fromkeys("<=>:", "rel"),
    **dict.fromkeys("+−∗∖", "bin"),
    **dict.fromkeys("([{⟨⌊⌈", "open"),
    **dict.fromkeys(")]}⟩⌋⌉!?", "close"),
    **dict.fromkeys(",;", "punct"),
    **dict.fromkeys("…⋯⋱", "inner"),
    **dict.fromkeys("|‖/\\.∀∃∞∅", "ord"),
}


@dataclass
class Atom:
    """A piece of a formula.

    Parameters
    ----------
    kind : Kind
        How it meets what stands before it.
    node : Element
        Its MathML.
    core : Element, optional
        The ``<mo>`` at its heart, which may carry the space around it.
    limits : bool
        Whether its scripts stand above and below.
    after : Kind, optional
        How it meets what follows, where that differs: a fenced group opens and closes.
    """

    kind: Kind
    node: Element
    core: Element | None = None
    limits: bool = False
    after: Kind | None = None


Item = Atom | Element  # a bare element is a space that the author asked for


def element(tag: str, *children: Element, text: str | None = None, **attributes: str) -> Element:
    """Make a MathML element with children or text."""
    node = Element(tag, attributes)
    node.text = text
    node.extend(children)
    return node


def em(width: float) -> str:
    """Write a width for an attribute."""
    return f"{width:.4f}".rstrip("0").rstrip(".") + "em"


def row(items: list[Item], script: bool) -> Element:
    """Join atoms and explicit spaces into one element, with TeX's spaces between the atoms.

    Parameters
    ----------
    items : list of Atom or Element
    script : bool
        Whether the row stands in a subscript or superscript, where only thin spaces after operators remain.
    """
    _settle([item for item in items if isinstance(item, Atom)])
    nodes: list[Element] = []
    left: Atom | None = None
    for item in items:
        if isinstance(item, Element):
            nodes.append(item)
            continue
        gap = _gap(left, item, script) if left else 0.0
        if item.core is not None:
            item.core.set("lspace", "0")
            item.core.set("rspace", "0")
        if gap and item.core is not None and item.kind in ("bin", "rel", "op"):
            item.core.set("lspace", em(gap))
        elif gap and left and left.core is not None and left.node is nodes[-1]:
            left.core.set("rspace", em(gap))
        elif gap:
            nodes.append(element("mspace", width=em(gap)))
        nodes.append(item.node)
        left = item
    return nodes[0] if len(nodes) == 1 else element("mrow", *nodes)


def _settle(atoms: list[Atom]) -> None:
    """Turn a binary operator that has no left or no right operand into an ordinary sign."""
    bars: dict[str, list[int]] = {"|": [], "‖": []}
    for place, atom in enumerate(atoms):
        if atom.core is not None and atom.kind == "ord" and atom.core.text in bars:
            bars[atom.core.text].append(place)
    # An even number of bars are absolute values, and the first of two opens one.
    opening = {place for places in bars.values() if len(places) % 2 == 0 for place in places[::2]}
    last: Kind = "open"
    previous: Atom | None = None
    for place, atom in enumerate(atoms):
        if atom.kind == "bin" and last in ("bin", "op", "rel", "open", "punct"):
            atom.kind = "ord"
        elif previous and last == "bin" and atom.kind in ("rel", "close", "punct"):
            previous.kind = "ord"
        last, previous = "open" if place in opening else atom.after or atom.kind, atom
    if previous and last == "bin":
        previous.kind = "ord"


def _gap(left: Atom, right: Atom, script: bool) -> float:
    entry = _ROWS[left.after or left.kind][COLUMNS.index(right.kind)]
    return 0.0 if script and entry < 0 else _WIDTHS[abs(entry)]
