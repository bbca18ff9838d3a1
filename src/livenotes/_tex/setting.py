r"""What latex2mathml read, set as TeX would set it.

The library's elements become atoms, whose spaces :mod:`.spacing` knows; scripts move to where TeX has
them; letters of another alphabet become that alphabet's characters, because MathML Core has no attribute
for them; tables get the classes of the style sheet. What the library makes and the book cannot set is an
error.
"""

import unicodedata
from typing import cast
from xml.etree.ElementTree import Element

from docutils.utils.math import mathalphabet2unichar as alphabets
from docutils.utils.math import tex2unichar as tables

from .source import TexError, read
from .spacing import COLUMNS, KINDS, MEDIUM, THICK, THIN, Atom, Item, Kind, element, em, row

# Integrals carry their bounds at the side, the other large operators above and below.
_LIMITS = {char for name, char in tables.mathop.items() if "int" not in name}
_LIMITS |= {"det", "gcd", "inf", "lim", "max", "min", "Pr", "sup", "lim\u2006inf", "lim\u2006sup"}
_UPRIGHT = frozenset("ΓΔΘΛΞΠΣΥΦΨΩ∇")
_ALPHABETS = {
    "bold": alphabets.mathbf,
    "bold-italic": alphabets.mathbfit,
    "double-struck": alphabets.mathbb,
    "italic": alphabets.mathit,
    "script": alphabets.mathcal,
}
# Operators that a browser would stretch to the height of their row; TeX stretches only on request.
_WOULD_STRETCH = frozenset("()[]{}|‖∣∥⟨⟩⌊⌋⌈⌉↑↓↕⇑⇓⇕∕/\\")
_SIZES = {"1.2em": "1.2em", "1.623em": "1.8em", "2.047em": "2.4em", "2.470em": "3em"}  # those of TeX
_SIDES = {"prefix": "open", "postfix": "close"}
_PRIMES = frozenset("′″‴⁗")
_SPACES = {
    **dict.fromkeys(("0.167em", "thinmathspace"), THIN),
    **dict.fromkeys(("0.222em", "mediummathspace"), MEDIUM),
    **dict.fromkeys(("0.278em", "thickmathspace"), THICK),
    "negativethinmathspace": -THIN,
}
# The library's mark over or under a letter -> ours, and whether it grows with what it marks.
_ACCENTS = {"¯": "¯", "ˇ": "ˇ", "˙": "˙", "¨": "¨", "^": "ˆ", "~": "˜", "→": "→"}
_WIDE = {"^": "\u0302", "~": "\u0303"}
_LINES = {"mover": "tex-overline", "munder": "tex-underline"}
_PARTS = dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2) | dict.fromkeys(
    ("msubsup", "munderover"), 3
)


def joined(nodes: list[Element], script: bool = False) -> Element:
    """Set elements that the library read, and join them with TeX's spaces between them.

    Parameters
    ----------
    nodes : list of Element
    script : bool
        Whether they stand in a subscript or superscript, where only thin spaces after operators remain.
    """
    return row(_items(nodes, script), script)


def _items(nodes: list[Element], script: bool) -> list[Item]:
    items: list[Item] = []
    struck = False
    for place, node in enumerate(nodes):
        if node.tag == "mpadded" and "".join(node.itertext()) == "⧸":
            struck = True
            continue
        if node.tag == "mn" and place > 1 and _is_comma(nodes[place - 1]) and nodes[place - 2].tag == "mn":
            whole = items[-2].node if isinstance(items[-2], Atom) else node
            whole.text = f"{whole.text},{node.text}"
            items.pop()
            continue
        if node.tag == "mo" and any(n.get("linethickness") for n in nodes[max(place - 1, 0) : place + 2]):
            node.attrib = {"fence": "true", "form": "prefix" if node.text == "(" else "postfix"}
        item = _space(node) if node.tag == "mspace" or node.text == "\u00a0" else _atom(node, script)
        if struck:
            if isinstance(item, Element) or item.core is None or len(item.core.text or "") != 1:
                raise TexError(r"\not can strike out one relation only")
            item.core.text = unicodedata.normalize("NFC", f"{item.core.text}\u0338")
            struck = False
        items.append(item)
    return items


def _is_comma(node: Element) -> bool:
    return node.tag == "mrow" and [child.text for child in node] == [","]


def _space(node: Element) -> Element:
    if node.tag == "mtext":
        return element("mspace", width="0.25em")
    width = node.get("width", "")
    return element("mspace", width=em(_SPACES.get(width) or float(width.removesuffix("em"))))


def _atom(node: Element, script: bool) -> Atom:
    """Set one element."""
    parts = list(node)
    if len(parts) < _PARTS.get(node.tag, 0):
        raise TexError("a command needs an argument, found the end of the formula")
    if node.tag in ("mi", "mo", "mn"):
        return _symbol(node)
    if node.tag == "mtext" and (kind := node.get("class")):
        return _name((node.text or "").replace("\u00a0", " "), kind == "limits")
    if node.tag == "mtext":
        return Atom("ord", _text(node.text or "", script))
    if node.tag == "mrow":
        return _group(node, script)
    if node.tag == "mtable":
        return _table(node, script)
    if node.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover"):
        return _scripted(node, script)
    if node.tag == "mfrac":
        fraction = element("mfrac", *(joined([part], script) for part in parts), **node.attrib)
        return Atom("ord" if node.get("linethickness") else "inner", fraction)
    if node.tag == "mroot":
        return Atom("ord", element("mroot", joined(parts[:1], script), joined(parts[1:], True)))
    if node.tag in ("msqrt", "mphantom"):
        return Atom("ord", element(node.tag, joined(parts, script)))
    if node.tag == "menclose" and node.get("notation") == "box":
        return Atom("ord", element("mrow", joined(parts, script), **{"class": "tex-boxed"}))
    if node.tag == "mstyle":
        return _styled(node, script)
    raise TexError(f"latex2mathml makes a <{node.tag}> of it, which this book does not set")


def _symbol(node: Element) -> Atom:
    text, style = node.text or "", node.get("mathvariant", "")
    if len(node):
        raise TexError(f"latex2mathml makes a nested <{node.tag}> of it, which this book does not set")
    if not text:
        return Atom("ord", element("mrow"))
    if node.get("fence") == "true" or node.get("minsize"):
        return _fence(node)
    if unicodedata.category(text[0]) == "Cc":
        raise TexError(f"the character {text!r} has no meaning in a formula")
    if text.startswith("\\") and len(text) > 1:
        raise TexError(f"unknown command {text}")
    if text in ("{", "}", "&") and node.tag == "mi":
        raise TexError(f"{text!r} closes nothing")
    if node.tag == "mn":
        if not text.replace(".", "").isdigit():
            raise TexError(f"the number {text!r} runs into letters: put {{}} between them")
        return Atom("ord", element("mn", text=_styled_letters(text, style)))
    if len(text) > 1 and text.replace("\u2006", "").isalpha():
        return _name(text.replace("\u2006", "\u202f"), text in _LIMITS and node.get("class") != "nolimits")
    text = {"*": "∗", "-": "−", "·": "⋅", "~": "∼"}.get(text, text)
    given = node.get("class", "")
    kind = given if given in COLUMNS else KINDS.get(text, "ord")
    if kind == "ord" and text not in _WOULD_STRETCH and not unicodedata.category(text[0]).startswith("P"):
        upright = {"mathvariant": "normal"} if text in _UPRIGHT or style == "normal" else {}
        return Atom("ord", element("mi", text=_styled_letters(text, style), **upright))
    mark = element("mo", text=text)
    if text in _WOULD_STRETCH:
        mark.set("stretchy", "false")
    if text in _LIMITS:
        mark.set("movablelimits", "true")
    return Atom(kind, mark, mark, limits=text in _LIMITS and given != "nolimits")


def _name(word: str, limits: bool) -> Atom:
    if limits:
        mark = element("mo", text=word, movablelimits="true")
        return Atom("op", mark, mark, limits=True)
    return Atom("op", element("mi", text=word, **({"mathvariant": "normal"} if len(word) == 1 else {})))


def _styled_letters(text: str, style: str) -> str:
    letters = dict(_ALPHABETS.get(style, {}))
    if style == "bold-italic":  # digits and capital Greek stay upright, as in TeX
        letters |= {c: bold for c, bold in alphabets.mathbf.items() if c.isdigit() or c in _UPRIGHT}
    return "".join(letters.get(c, c) for c in text)


def _fence(node: Element) -> Atom:
    r"""Set a delimiter that grows with what it encloses, or to the size of ``\big`` and its kin."""
    size, middle = _SIZES.get(node.get("minsize", "")), "lspace" in node.attrib
    kind = cast(Kind, node.get("class") or _SIDES.get(node.get("form", ""), "ord"))
    form = {"open": "prefix", "close": "postfix"}.get(kind, "infix")
    sizes = {"minsize": size, "maxsize": size} if size else {}
    mark = element("mo", text=(node.text or "")[-1:], form=form, stretchy="true", symmetric="true", **sizes)
    return Atom("close", mark, mark, after="open") if middle else Atom(kind, mark, mark)


def _text(words: str, script: bool) -> Element:
    """Set running text, and the formulas between dollars in it."""
    nodes: list[Element] = []
    for place, piece in enumerate(words.split("$")):
        if place % 2:
            nodes.append(joined(read(piece), script))
        elif piece:
            words = piece.replace("\\", "")
            inner = words.strip("\u00a0")  # spaces at the edges alone need to be kept from falling away
            nodes.append(element("mtext", text=words.replace(inner, inner.replace("\u00a0", " ")) or words))
    return nodes[0] if len(nodes) == 1 else element("mrow", *nodes)


def _group(node: Element, script: bool) -> Atom:
    """Set what stands in braces, between fences, or in another alphabet."""
    parts = [part for part in node if part.tag != "mo" or part.text]  # without the delimiter of \left.
    inside = joined(parts, script)
    if len(node) and node[0].get("form") == "prefix":
        if any(part.tag == "mtable" for part in parts):
            return Atom("inner", inside)
        return Atom("open", inside, after="close")
    if len(parts) > 1 and all(part.get("mathvariant") == "normal" for part in parts):  # a word
        inside = element("mi", text="".join(part.text or "" for part in parts))
    return Atom("ord", inside)


def _styled(node: Element, script: bool) -> Atom:
    parts, level = list(node), node.get("scriptlevel", "0")
    if len(parts) == 1 and parts[0].tag == "mfrac" and level == "0":  # \tfrac, \dfrac
        atom = _atom(parts[0], script)
        atom.node.set("displaystyle", node.get("displaystyle", "true"))
        return atom
    if "displaystyle" not in node.attrib:
        raise TexError("a size of type cannot be set in a formula")
    inside = joined(parts, script or level != "0")
    return Atom("ord", element("mstyle", inside, displaystyle=node.attrib["displaystyle"], scriptlevel=level))


def _scripted(node: Element, script: bool) -> Atom:
    """Set an accent, a mark over or under a symbol, limits, a subscript, a superscript."""
    parts = list(node)
    only = len(parts[0]) == 1 and parts[0].tag == "mrow" and parts[1].tag != "mo"
    if node.tag in ("msub", "msup", "msubsup"):
        if parts[0].tag in ("msub", "msup", "msubsup"):
            raise TexError("a second '_' or a second '^': put braces around what the first belongs to")
        below = None if node.tag == "msup" else parts[1]
        above = None if node.tag == "msub" else parts[-1]
        return _attach(_atom(parts[0], script), below, above)
    if parts[1].tag == "mo" and len(parts) == 2 and (marked := _marked(node, script)):
        return marked
    base = _atom(parts[0][0] if only else parts[0], script)  # a stack is spaced like the one symbol below
    if base.kind == "op" and base.core is not None:
        base.core.set("movablelimits", "false")
    scripts = [joined([part], script=True) for part in parts[1:]]
    return Atom(base.kind, element(node.tag, base.node, *scripts), base.core)


def _marked(node: Element, script: bool) -> Atom | None:
    base, mark = node
    char = mark.text or ""
    if char in "⏞⏟":
        grown = element("mo", text=char, stretchy="true")
        return Atom("ord", element(node.tag, joined([base], script), grown), limits=True)
    if char == "―":
        return Atom("ord", element("mrow", joined([base], script), **{"class": _LINES[node.tag]}))
    if node.tag == "munder" or char not in _ACCENTS or (char == "→" and "stretchy" not in mark.attrib):
        return None
    wide = char in _WIDE and "accent" not in node.attrib and "stretchy" not in mark.attrib
    accent = element("mo", text=(_WIDE if wide else _ACCENTS)[char], stretchy=str(wide).lower())
    if char == "→":
        accent.set("style", "font-size:.65em")  # the arrow is drawn for the line, not for an accent
    return Atom("ord", element("mover", joined([base], script), accent, accent="true"))


def _attach(base: Atom, below: Element | None, above: Element | None) -> Atom:
    """Put scripts, or limits, on an atom; a prime stands on the base, before its scripts.

    The font's prime hangs at its height already; as a superscript it would float above the letter.
    """
    if base.node.text == "f" and above is not None:  # its hook would run into the prime or the exponent
        base.node.set("class", "tex-leaning")
    if base.core is base.node and base.core.get("minsize"):  # a browser stretches it in a row alone
        base.node = element("mrow", base.node)
    parts = [] if above is None else list(above) if above.tag == "mrow" else [above]
    if parts and parts[0].tag == "mi" and parts[0].text in _PRIMES:
        prime = element("mo", text=parts.pop(0).text, lspace="0", rspace="0")
        base = Atom(base.kind, element("mrow", base.node, prime), after=base.after)
        above = element("mrow", *parts) if parts else None
    if below is None and above is None:
        return base
    scripts = [joined([part], script=True) for part in (below, above) if part is not None]
    tags = ("munder", "mover", "munderover") if base.limits else ("msub", "msup", "msubsup")
    tag = tags[2 if len(scripts) == 2 else above is not None]
    return Atom(base.kind, element(tag, base.node, *scripts), base.core, after=base.after)


def _table(node: Element, script: bool) -> Atom:
    """Set the rows of an environment under the class that the style sheet knows."""
    name, *options = node.get("class", "").split()
    if not name or "rowlines" in node.attrib:
        raise TexError("a table without an environment of its own, or with lines, cannot be set")
    columns = options[0] if name == "tex-array" else ""
    small, display = "tex-small" in options, name in ("tex-align", "tex-gather") or "tex-display" in options
    table = element("mtable", **{"class": name})
    if display:
        table.set("displaystyle", "true")
    if small:
        table.set("scriptlevel", "1")
    for cells in node:
        if columns and len(cells) > len(columns):
            raise TexError(f"an array of {len(columns)} columns has a row of {len(cells)} cells")
        line = element("mtr")
        for place, cell in enumerate(cells):
            items = _items(list(cell), script or small)
            if name == "tex-align" and place % 2:
                # What stands left of the & belongs to the same formula: a relation keeps its space.
                items.insert(0, Atom("ord", element("mrow")))
            line.append(element("mtd", row(items, script or small)))
        for cell, column in zip(line, columns):
            cell.set("class", f"tex-{column}")
        table.append(line)
    return Atom("ord" if name in ("tex-align", "tex-gather") else "inner", table)
