r"""A formula's source: what is wrong with it, and the form in which latex2mathml reads it rightly.

The library drops an open group, an unknown environment, a missing delimiter without a word. It has no
``aligned``, takes the braces that begin a matrix for its columns, and forgets whether a bar opened or
closed; its own command ``\class`` carries such things through to the element.
"""

import re
from html import unescape
from xml.etree.ElementTree import Element

_TOKEN = re.compile(r"\\(?P<edge>begin|end)\s*\{(?P<name>\w+\*?)\}|\\[a-zA-Z]+|\\.|.", re.DOTALL)
_ENVIRONMENT = re.compile(
    r"\\(begin|end)\s*\{(\w+\*?)\}(?:(?<=array\})\s*\{([^{}]*)\}|(?<=alignedat\})\s*\{\d*\})?"
)
_DELIMITED = re.compile(
    r"\\(left|right|middle|[bB]igg?[lrm]?)(?![a-zA-Z])\s*(\\[a-zA-Z]+|\\.|.|$)", re.DOTALL
)
_NAMED = re.compile(r"\\(operatorname\*?|text|textrm|mbox)(?![a-zA-Z*])\s*(\{[^{}]*\}|.|$)", re.DOTALL)
_PAIRS = {"floor": "⌊⌋", "ceil": "⌈⌉", "brack": "[]", "brace": (r"\{", r"\}")}
_DELIMITERS: dict[str, str] = {  # as the library reads them after each of these commands
    **{char: char for char in ("(", ")", "[", "]", "|", "/", ".", r"\{", r"\}", r"\backslash")},
    **dict.fromkeys((r"\vert", r"\lvert", r"\rvert"), "|"),
    **dict.fromkeys((r"\|", r"\Vert", r"\lVert", r"\rVert"), "‖"),
    **dict.fromkeys(("<", r"\lt", r"\langle"), "⟨"),
    **dict.fromkeys((">", r"\gt", r"\rangle"), "⟩"),
    **{rf"\{side}{name}": char for name, pair in _PAIRS.items() for side, char in zip("lr", pair)},
    **dict(zip((r"\uparrow", r"\downarrow", r"\updownarrow"), "↑↓↕")),
    **dict(zip((r"\Uparrow", r"\Downarrow", r"\Updownarrow"), "⇑⇓⇕")),
}
_SIDES = {"l": "open", "r": "close", "m": "rel"}
# What the library forgets about a symbol: how it meets its neighbors, where its scripts stand.
_CLASSES = (
    (re.compile(r"(\\l[vV]ert)(?![a-zA-Z])"), r"\\class{open}\1"),
    (re.compile(r"(\\r[vV]ert)(?![a-zA-Z])"), r"\\class{close}\1"),
    (re.compile(r"(\\colon)(?![a-zA-Z])"), r"\\class{punct}\1"),
    (re.compile(r"(\\[a-zA-Z]+)\s*\\nolimits(?![a-zA-Z])"), r"\\class{nolimits}\1"),
)
# The distance of two rows is the style sheet's; without the blank, one upright letter loses its shape;
# several primes behind an index are read one over the other.
_REPLACED = (
    (re.compile(r"\\\\\s*\[[^\]]*\]"), r"\\\\ "),
    (re.compile(r"\\mathrm\s*\{"), r"\\mathrm{ "),
    (re.compile(r"\\lbrace(?![a-zA-Z])"), r"\\{"),
    (re.compile(r"\\rbrace(?![a-zA-Z])"), r"\\}"),
    (re.compile(r"'''(?!\s*\^)"), r"^{‴}"),
    (re.compile(r"''(?!\s*\^)"), r"^{″}"),
)
_ENVIRONMENTS: dict[str, tuple[str, str, str]] = {  # left fence, the style sheet's class, right fence
    **dict.fromkeys(("aligned", "align", "align*", "split", "alignedat", "eqnarray"), ("", "tex-align", "")),
    **dict.fromkeys(("gathered", "gather", "gather*", "multline", "multline*"), ("", "tex-gather", "")),
    **dict.fromkeys(("equation", "equation*"), ("", "tex-gather", "")),
    "matrix": ("", "tex-matrix", ""),
    "smallmatrix": ("", "tex-matrix tex-small", ""),
    "pmatrix": ("(", "tex-matrix", ")"),
    "bmatrix": ("[", "tex-matrix", "]"),
    "Bmatrix": (r"\{", "tex-matrix", r"\}"),
    "vmatrix": ("|", "tex-matrix", "|"),
    "Vmatrix": (r"\|", "tex-matrix", r"\|"),
    "cases": (r"\{", "tex-cases", "."),
    "dcases": (r"\{", "tex-cases tex-display", "."),
    "rcases": (".", "tex-cases", r"\}"),
    "array": ("", "tex-array", ""),
}


class TexError(ValueError):
    """A formula that cannot be set; the message says what was found and what is expected."""


# The library's errors carry their meaning in their names alone.
_MEANINGS = {
    "DoubleSubscriptsError": "a second '_': put braces around what the first belongs to",
    "DoubleSuperscriptsError": "a second '^', or a prime after a superscript: put braces around the first",
    "LimitsMustFollowMathOperatorError": r"\limits must follow an operator",
    "MissingSuperScriptOrSubscriptError": "a script needs an argument, found the end of the formula",
    "NoAvailableTokensError": "a command needs an argument, found the end of the formula",
}


def read(tex: str, display: bool = False) -> list[Element]:
    """Return the elements of a formula as the library reads it.

    Parameters
    ----------
    tex : str
        The formula, without dollars.
    display : bool
        Whether it stands on lines of its own and may have several.

    Raises
    ------
    TexError
        Something that opens is not closed, an argument is missing, a name is unknown.
    """
    from latex2mathml.converter import Converter  # a fifth of a second, spent where there is a formula

    source = _prepared(tex, display)
    try:
        math = Converter().convert_to_element(source)
    except Exception as error:  # the library's errors have no class in common
        raise TexError(_MEANINGS.get(type(error).__name__, f"cannot be read: {error!r}")) from error
    for node in math.iter():
        node.text = unescape(node.text or "")
    return list(math[0])


def _prepared(tex: str, display: bool) -> str:
    tex = re.sub(r"(?<!\\)%[^\n]*", "", tex)
    if not tex.strip():
        raise TexError("the formula is empty")
    if cut := re.search(r"\\sqrt\s*(\[[^\]]*$)", tex):
        raise TexError(f"an optional argument is never closed: {cut[1]!r}")
    tex = _NAMED.sub(_named, tex)
    tex = _DELIMITED.sub(_delimited, tex)
    if edge := _edge(tex):
        if not display:
            raise TexError(f"{edge!r} closes nothing")
        tex = rf"\begin{{align}}{tex}\end{{align}}"
    for pattern, other in (*_CLASSES, *_REPLACED):
        tex = pattern.sub(other, tex)
    return _ENVIRONMENT.sub(_environment, tex)


def _edge(tex: str) -> str:
    r"""Check that all that opens is closed; return the first ``&`` or ``\\`` outside of an environment."""
    opened: list[tuple[str, int]] = []
    edge = ""
    for found in _TOKEN.finditer(tex):
        token = found["edge"] or found[0].lstrip("\\") if len(found[0]) > 2 else found[0]
        if token in ("{", "left", "begin"):
            opened.append((found["name"] or token, found.end()))
        elif token in ("}", "right", "end"):
            kind, _ = opened.pop() if opened else ("", 0)
            if token == "end" and kind not in ("", "{", "left", found["name"]):
                raise TexError(f"\\begin{{{kind}}} is closed by {found[0]}")
            if kind != {"}": "{", "right": "left"}.get(token, found["name"]):
                raise TexError(f"{found[0]!r} closes nothing")
        elif token in ("&", r"\\") and not opened:
            edge = edge or token
    if opened:
        kind, place = opened[-1]
        said = {"{": "a group is never closed", "left": r"\left without \right"}
        said.setdefault(kind, f"the environment {kind!r} is not closed")
        raise TexError(f"{said[kind]}: before {tex[place:]!r}; found the end of the formula")
    return edge


def _named(found: re.Match[str]) -> str:
    r"""Check the braces of ``\text`` and of a name; write a name as text: the library takes letters alone."""
    command, word = found.groups()
    if not word.startswith("{"):
        if word == "{":
            raise TexError(f"\\{command}: the group opened here is never closed, or holds another")
        raise TexError(f"\\{command}: expected '{{', found {word or 'the end of the formula'!r}")
    if not command.startswith("operatorname"):
        return rf"\text{word}"
    word = word.replace(r"\,", "\u2009").replace(r"\ ", " ")
    if "\\" in word or word == "{}":
        raise TexError(f"\\{command} takes plain letters, found {word!r}")
    return rf"\class{{{'limits' if command.endswith('*') else 'op'}}}\text{word}"


def _delimited(found: re.Match[str]) -> str:
    r"""Check the delimiter after ``\left``, ``\big`` and the like."""
    command, token = found.groups()
    if not token:
        raise TexError(f"\\{command} is cut off")
    if token not in _DELIMITERS or (token == "." and command.lower().startswith("big")):
        raise TexError(f"\\{command} needs a delimiter, found {token!r}")
    side = _SIDES.get(command[-1]) if command.lower().startswith("big") else None
    mark = rf"\class{{{side}}}" if side else ""
    return rf"{mark}\{command}{_DELIMITERS[token]} "


def _environment(found: re.Match[str]) -> str:
    """Write an environment as the library's array, with a class and fences that grow."""
    edge, name, columns = found.groups()
    if name not in _ENVIRONMENTS:
        raise TexError(f"unknown environment {name!r}; known are {', '.join(sorted(_ENVIRONMENTS))}")
    left, style, right = _ENVIRONMENTS[name]
    if edge == "end":
        return r"\end{array}" + (rf"\right{right} " if right else "")
    if name == "array":
        columns = (columns or "").replace(" ", "")
        if not columns or set(columns) - set("lcr"):
            raise TexError(f"an array's columns are given by the letters l, c and r, found {columns!r}")
        style = f"{style} {columns}"
    opening = rf"\left{left} " if left else ""
    return rf"{opening}\class{{{style}}}\begin{{array}}{{c}}"
