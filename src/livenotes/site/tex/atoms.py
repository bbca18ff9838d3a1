r"""Atoms of a formula, and the space that TeX puts between them.

MathML gives every operator a default space. It knows nothing of the rules that make printed
formulas even: a minus after ``=`` is a sign and not an operation, nothing is spread in a subscript,
a function name keeps a thin space from its argument. So every space is computed here and written out.
"""

import unicodedata
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from .symbols import UPRIGHT_LETTERS, Kind, Symbol

THIN, MEDIUM, THICK = 1 / 6, 2 / 9, 5 / 18

# Knuth, The TeXbook (1984), page 170; a negative entry applies outside scripts alone.
_COLUMNS: tuple[Kind, ...] = ("ord", "op", "bin", "rel", "open", "close", "punct", "inner")
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

# Operators that a browser would stretch to the height of their row; TeX stretches only on request.
_WOULD_STRETCH = frozenset("()[]{}|‖∣∥⟨⟩⌊⌋⌈⌉↑↓↕⇑⇓⇕∕/\\")


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


def element(tag: str, *children: Element, text: str | None = None, **attributes: str) -> Element:
    """Make a MathML element with children or text."""
    node = Element(tag, attributes)
    node.text = text
    node.extend(children)
    return node


def space(width: float) -> Element:
    """Make an ``<mspace>``, its width in em."""
    return element("mspace", width=_em(width))


def _em(width: float) -> str:
    return f"{width:.4f}".rstrip("0").rstrip(".") + "em"


def _settle(atoms: list[Atom]) -> None:
    """Turn a binary operator that has no left or no right operand into an ordinary sign."""
    last: Kind = "open"
    previous: Atom | None = None
    for atom in atoms:
        if atom.kind == "bin" and last in ("bin", "op", "rel", "open", "punct"):
            atom.kind = "ord"
        elif previous and last == "bin" and atom.kind in ("rel", "close", "punct"):
            previous.kind = "ord"
        last, previous = atom.after or atom.kind, atom
    if previous and last == "bin":
        previous.kind = "ord"


def _gap(left: Atom, right: Atom, script: bool) -> float:
    entry = _ROWS[left.after or left.kind][_COLUMNS.index(right.kind)]
    return 0.0 if script and entry < 0 else _WIDTHS[abs(entry)]


def row(items: list[Atom | Element], script: bool) -> Element:
    """Join atoms and explicit spaces into one element, with TeX's spaces between the atoms.

    Parameters
    ----------
    items : list of Atom or Element
        A bare element is a space that the author asked for.
    script : bool
        Whether the row stands in a subscript or superscript, where only thin spaces after
        operators remain.
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
            item.core.set("lspace", _em(gap))
        elif gap and left and left.core is not None and left.node is nodes[-1]:
            left.core.set("rspace", _em(gap))
        elif gap:
            nodes.append(space(gap))
        nodes.append(item.node)
        left = item
    return nodes[0] if len(nodes) == 1 else element("mrow", *nodes)


def identifier(char: str) -> Element:
    """Make an ``<mi>``: a browser sets a single letter in italics, save where that is not wanted."""
    upright = {"mathvariant": "normal"} if char in UPRIGHT_LETTERS else {}
    return element("mi", text=char, **upright)


def operator(symbol: Symbol) -> Atom:
    """Make the atom of a symbol that is no letter."""
    punctuation = unicodedata.category(symbol.char[0]).startswith("P")
    if symbol.kind == "ord" and not punctuation and symbol.char not in _WOULD_STRETCH:
        return Atom("ord", identifier(symbol.char))
    node = element("mo", text=symbol.char)
    if symbol.char in _WOULD_STRETCH:
        node.set("stretchy", "false")
    if symbol.limits:
        node.set("movablelimits", "true")
    return Atom(symbol.kind, node, core=node, limits=symbol.limits)


def fence(char: str, form: str, **attributes: str) -> Element:
    """Make a delimiter that grows with what it encloses."""
    return element("mo", text=char, form=form, stretchy="true", symmetric="true", **attributes)


def attach(base: Atom, below: Element | None, above: Element | None) -> Atom:
    """Put scripts, or limits, on an atom."""
    if below is None and above is None:
        return base
    parts = [base.node, *(part for part in (below, above) if part is not None)]
    if base.limits:
        tag = "munderover" if len(parts) == 3 else "munder" if above is None else "mover"
    else:
        tag = "msubsup" if len(parts) == 3 else "msub" if above is None else "msup"
    return Atom(base.kind, element(tag, *parts), base.core, after=base.after)
