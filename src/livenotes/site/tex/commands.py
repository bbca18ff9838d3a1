r"""Commands that take arguments: fractions, roots, accents, fences, alphabets, text."""

import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from . import symbols
from .atoms import Atom, element, fence, operator, row
from .environments import environment
from .reader import TexError

if TYPE_CHECKING:
    from .parser import Parser

_FRACTIONS: dict[str, dict[str, str]] = {
    "frac": {},
    "dfrac": {"displaystyle": "true"},
    "cfrac": {"displaystyle": "true"},
    "tfrac": {"displaystyle": "false"},
}


def _alphabet(parser: "Parser", name: str, script: bool) -> Atom:
    r"""Put the letters of ``\mathbf`` and its kin in place of the plain ones."""
    inside = parser.argument(f"\\{name}", script)
    letters = symbols.alphabet(name)
    children = list(inside) if inside.tag == "mrow" else [inside]
    if name == "mathrm" and len(children) > 1 and all(c.tag == "mi" for c in children):
        inside = element("mi", text="".join(c.text or "" for c in children))
    for node in inside.iter():
        if node.tag in ("mi", "mn") and node.text:
            if name == "mathrm" and len(node.text) == 1:
                node.set("mathvariant", "normal")
            node.text = "".join(letters.get(c, c) for c in node.text)
    return Atom("ord", inside)


def _accent(parser: "Parser", name: str, script: bool) -> Atom:
    char, stretchy = symbols.ACCENTS[name]
    mark = element("mo", text=char, stretchy=str(stretchy).lower())
    if name == "vec":
        mark.set("style", "font-size:.65em")  # the arrow is drawn for the line, not for an accent
    return Atom("ord", element("mover", parser.argument(f"\\{name}", script), mark, accent="true"))


def _brace(parser: "Parser", name: str, script: bool) -> Atom:
    tag = "mover" if name == "overbrace" else "munder"
    mark = element("mo", text=symbols.BRACES[name], stretchy="true")
    return Atom("ord", element(tag, parser.argument(f"\\{name}", script), mark), limits=True)


def _fraction(parser: "Parser", name: str, script: bool) -> Atom:
    parts = [parser.argument(f"\\{name}", script) for _ in range(2)]
    return Atom("inner", element("mfrac", *parts, **_FRACTIONS[name]))


def _binomial(parser: "Parser", name: str, script: bool) -> Atom:
    parts = [parser.argument(f"\\{name}", script) for _ in range(2)]
    stack = element("mfrac", *parts, linethickness="0")
    return Atom("ord", element("mrow", fence("(", "prefix"), stack, fence(")", "postfix")))


def _root(parser: "Parser", name: str, script: bool) -> Atom:
    index = parser.read.option()
    base = parser.argument(f"\\{name}", script)
    if index is None:
        return Atom("ord", element("msqrt", base))
    return Atom("ord", element("mroot", base, parser.nested(index, script=True)))


def _delimiter(parser: "Parser", name: str, form: str, **attributes: str) -> Element | None:
    r"""Read the delimiter after ``\left``, ``\big`` ...; None for a dot."""
    token = parser.read.take()
    char = symbols.delimiter(token)
    if char is None:
        raise TexError(f"\\{name} needs a delimiter, found {token!r}" if token else f"\\{name} is cut off")
    return fence(char, form, **attributes) if char else None


def _sized(parser: "Parser", name: str, script: bool) -> Atom:
    side = name[-1] if name not in symbols.SIZES else ""
    size = symbols.SIZES[name.removesuffix(side)]
    form = {"l": "prefix", "r": "postfix"}.get(side, "infix")
    node = _delimiter(parser, name, form, minsize=size, maxsize=size)
    if node is None:
        raise TexError(f"\\{name} needs a delimiter, found '.'")
    kinds: dict[str, symbols.Kind] = {"l": "open", "r": "close", "m": "rel"}
    return Atom(kinds.get(side, "ord"), node, core=node)


def _fenced(parser: "Parser", name: str, script: bool) -> Atom:
    nodes = [_delimiter(parser, name, "prefix"), parser.row(script)]
    while parser.read.accept("\\middle"):
        nodes += [_delimiter(parser, "middle", "infix"), parser.row(script)]
    parser.read.expect("\\right", "\\left without \\right")
    nodes.append(_delimiter(parser, "right", "postfix"))
    return Atom("open", element("mrow", *(n for n in nodes if n is not None)), after="close")


def _negation(parser: "Parser", name: str, script: bool) -> Atom:
    atom = parser.atom(script)
    if atom.core is None or len(atom.core.text or "") != 1:
        raise TexError(f"\\{name} can strike out one relation only")
    atom.core.text = unicodedata.normalize("NFC", f"{atom.core.text}\u0338")
    return atom


def _text(parser: "Parser", name: str, script: bool) -> Atom:
    nodes: list[Element] = []
    for place, piece in enumerate(parser.read.raw_group(f"\\{name}").split("$")):
        if place % 2:
            nodes.append(parser.nested(piece, script))
        elif piece:
            words = piece.replace("\\ ", " ").replace("\\", "").replace("~", "\u00a0")
            # MathML drops the spaces at the edges of a text unless they are no-break spaces.
            inner = " ".join(words.split(" ")).strip(" \n")
            before = "\u00a0" if words[0].isspace() else ""
            after = "\u00a0" if inner and words[-1].isspace() else ""
            nodes.append(element("mtext", text=f"{before}{inner}{after}"))
    return Atom("ord", nodes[0] if len(nodes) == 1 else element("mrow", *nodes))


def _operator_name(parser: "Parser", name: str, script: bool) -> Atom:
    limits = parser.read.accept("*")
    word = parser.read.raw_group(f"\\{name}").replace("\\,", "\u2009").replace("\\ ", " ")
    if "\\" in word or not word:
        raise TexError(f"\\{name} takes plain letters, found {word!r}")
    if limits:
        return operator(symbols.Symbol(word, "op", limits=True))
    upright = {"mathvariant": "normal"} if len(word) == 1 else {}
    return Atom("op", element("mi", text=word, **upright))


def _stacked(parser: "Parser", name: str, script: bool) -> Atom:
    mark = parser.argument(f"\\{name}", script=True)
    parser.read.expect("{", f"\\{name} needs a second argument in braces")
    items = parser.items(script)
    parser.read.expect("}", "a group is not closed")
    # The stack is spaced like the one symbol it stands on.
    only = items[0] if len(items) == 1 and isinstance(items[0], Atom) else None
    base = only or Atom("ord", row(items, script))
    tag = "munder" if name == "underset" else "mover"
    return Atom(base.kind, element(tag, base.node, mark), core=base.core)


def _wrapped(parser: "Parser", name: str, script: bool) -> Atom:
    inside = parser.argument(f"\\{name}", script)
    if name == "phantom":
        return Atom("ord", element("mphantom", inside))
    return Atom("ord", element("mrow", inside, **{"class": f"tex-{name}"}))


Command = Callable[["Parser", str, bool], Atom]
COMMANDS: dict[str, Command] = {
    **dict.fromkeys(symbols.ALPHABETS, _alphabet),
    **dict.fromkeys(symbols.ACCENTS, _accent),
    **dict.fromkeys(symbols.BRACES, _brace),
    **dict.fromkeys(_FRACTIONS, _fraction),
    **dict.fromkeys((size + side for size in symbols.SIZES for side in ("", "l", "r", "m")), _sized),
    **dict.fromkeys(("text", "textrm", "mbox"), _text),
    **dict.fromkeys(("overset", "underset", "stackrel"), _stacked),
    **dict.fromkeys(("phantom", "boxed", "overline", "underline"), _wrapped),
    "begin": environment,
    "binom": _binomial,
    "left": _fenced,
    "not": _negation,
    "operatorname": _operator_name,
    "sqrt": _root,
}
