r"""What a command or a character means: its Unicode character and its class in TeX's spacing rules.

The tables of characters are docutils' own; what is added here are the names they lack and the
classes that decide how much space stands around an operator.
"""

from typing import Literal, NamedTuple

from docutils.utils.math import mathalphabet2unichar, tex2unichar

Kind = Literal["ord", "op", "bin", "rel", "open", "close", "punct", "inner"]


class Symbol(NamedTuple):
    """One character, how it behaves among its neighbors, and whether its scripts become limits."""

    char: str
    kind: Kind
    limits: bool = False


def _table(names: dict[str, str], kind: Kind) -> dict[str, Symbol]:
    return {name: Symbol(char, kind) for name, char in names.items()}


# Integrals carry their bounds at the side, the other large operators above and below.
_NO_LIMITS = {name for name in tex2unichar.mathop if name.endswith("int") or "oint" in name}

SYMBOLS: dict[str, Symbol] = {
    **_table(tex2unichar.mathord, "ord"),
    **_table(tex2unichar.mathbin, "bin"),
    **_table(tex2unichar.mathrel, "rel"),
    **_table(tex2unichar.mathpunct, "punct"),
    **_table(tex2unichar.mathopen, "open"),
    **_table(tex2unichar.mathclose, "close"),
    **{name: Symbol(c, "op", name not in _NO_LIMITS) for name, c in tex2unichar.mathop.items()},
    **_table(dict.fromkeys(("ldots", "dots", "dotsc", "dotso"), "…"), "inner"),
    **_table(dict.fromkeys(("cdots", "dotsb", "dotsm", "dotsi"), "⋯"), "inner"),
    **_table({"ddots": "⋱"}, "inner"),
    **_table({"vdots": "⋮", "vert": "|", "Vert": "‖", "|": "‖", "hbar": "ℏ"}, "ord"),
    **_table({"{": "{", "lvert": "|", "lVert": "‖"}, "open"),
    **_table({"}": "}", "rvert": "|", "rVert": "‖"}, "close"),
    **_table({"%": "%", "#": "#", "&": "&", "_": "_", "$": "$"}, "ord"),
    "colon": Symbol(":", "punct"),
    "setminus": Symbol("∖", "bin"),
}

# Letters become identifiers, which a browser sets in italics by itself.
LETTERS: dict[str, str] = {**tex2unichar.mathalpha, "partial": "∂", "nabla": "∇"}
UPRIGHT_LETTERS = frozenset("ΓΔΘΛΞΠΣΥΦΨΩ∇")

# Characters that may be typed as they are; everything a command produces may be typed directly too.
CHARACTERS: dict[str, Symbol] = {
    **{symbol.char: symbol for symbol in SYMBOLS.values()},
    **{c: Symbol(c, "ord") for c in "/|.@∞"},
    **{c: Symbol(c, "rel") for c in "<=>:"},
    **{c: Symbol(c, "open") for c in "(["},
    **{c: Symbol(c, "close") for c in ")]!?"},
    **{c: Symbol(c, "punct") for c in ",;"},
    "+": Symbol("+", "bin"),
    "-": Symbol("−", "bin"),
    "*": Symbol("∗", "bin"),
}

_CIRCULAR = ("arccos", "arcsin", "arctan", "cos", "cot", "csc", "sec", "sin", "tan")
_HYPERBOLIC = ("cosh", "coth", "sinh", "tanh")
FUNCTIONS = frozenset((*_CIRCULAR, *_HYPERBOLIC, "arg", "deg", "dim", "exp", "hom", "ker", "lg", "ln", "log"))
LIMIT_FUNCTIONS = {
    **{name: name for name in ("det", "gcd", "inf", "lim", "max", "min", "Pr", "sup")},
    "liminf": "lim\u202finf",
    "limsup": "lim\u202fsup",
}

SPACES: dict[str, float] = {  # in em
    "quad": 1.0,
    "qquad": 2.0,
    " ": 0.25,
    "~": 0.25,
    ",": 1 / 6,
    "thinspace": 1 / 6,
    ":": 2 / 9,
    ">": 2 / 9,
    "medspace": 2 / 9,
    ";": 5 / 18,
    "thickspace": 5 / 18,
    "!": -1 / 6,
    "negthinspace": -1 / 6,
    "enspace": 0.5,
}

# Name -> character of the accent, and whether it stretches over its base.
ACCENTS: dict[str, tuple[str, bool]] = {
    "bar": ("¯", False),
    "check": ("ˇ", False),
    "dot": ("˙", False),
    "ddot": ("¨", False),
    "hat": ("ˆ", False),
    "tilde": ("˜", False),
    "vec": ("→", False),
    "widehat": ("\u0302", True),
    "widetilde": ("\u0303", True),
}
BRACES: dict[str, str] = {"overbrace": "⏞", "underbrace": "⏟"}

SIZES: dict[str, str] = {"big": "1.2em", "Big": "1.8em", "bigg": "2.4em", "Bigg": "3em"}

STYLES: dict[str, tuple[bool, int]] = {  # displaystyle, scriptlevel
    "displaystyle": (True, 0),
    "textstyle": (False, 0),
    "scriptstyle": (False, 1),
    "scriptscriptstyle": (False, 2),
}


def alphabet(name: str) -> dict[str, str]:
    r"""Characters that ``\mathbb``, ``\mathbf`` ... put in place of the plain letters and digits."""
    names = {"mathscr": "mathcal", "boldsymbol": "mathbfit", "bm": "mathbfit"}
    letters: dict[str, str] = dict(getattr(mathalphabet2unichar, names.get(name, name), {}))
    if name in ("boldsymbol", "bm"):  # digits and capital Greek stay upright, as in TeX
        upright = mathalphabet2unichar.mathbf
        letters.update({c: u for c, u in upright.items() if c.isdigit() or c in UPRIGHT_LETTERS})
    return letters


ALPHABETS = ("mathbb", "mathbf", "mathcal", "mathit", "mathrm", "mathscr", "boldsymbol", "bm")


def delimiter(token: str) -> str | None:
    r"""Return the character of a delimiter after ``\left``, ``\big`` ..., or None if it is none."""
    if token == ".":
        return ""
    if token in ("<", r"\lt"):
        return "⟨"
    if token in (">", r"\gt"):
        return "⟩"
    symbol = SYMBOLS.get(token[1:]) if token.startswith("\\") else CHARACTERS.get(token)
    fences = set("()[]|/‖{}⟨⟩⌊⌋⌈⌉↑↓↕⇑⇓⇕\\")
    return symbol.char if symbol and symbol.char in fences else None
