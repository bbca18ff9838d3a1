r"""A formula in LaTeX read into MathML elements."""

import re
from xml.etree.ElementTree import Element

from . import symbols
from .atoms import Atom, attach, element, identifier, operator, row, space
from .commands import COMMANDS
from .reader import Reader, TexError

_REST_OF_NUMBER = re.compile(r"(?:\d|\.(?=\d)|\{,\}(?=\d))*")
# What ends a row: it closes a group, a cell or a fence.
_CLOSING = frozenset(("}", "&", "\\\\", "\\right", "\\end", "\\middle", ""))


class Parser:
    r"""Reads one formula; ``script`` says throughout whether the place is inside a sub- or superscript.

    Parameters
    ----------
    source : str
        A formula without its dollars.
    """

    def __init__(self, source: str) -> None:
        self.read = Reader(source)

    def items(self, script: bool) -> list[Atom | Element]:
        """Read atoms until something that closes a group, a cell or a fence, or the end."""
        found: list[Atom | Element] = []
        while (token := self.read.peek()) not in _CLOSING:
            name = token[1:]
            if token.startswith("\\") and name in symbols.SPACES:
                self.read.take()
                found.append(space(symbols.SPACES[name]))
            elif token == "~":
                self.read.take()
                found.append(space(0.25))
            elif token.startswith("\\") and name in symbols.STYLES:
                self.read.take()
                found.append(self.styled(name))
            elif token in ("\\limits", "\\nolimits"):
                raise TexError(f"{token} must follow an operator")
            else:
                found.append(self.scripted(script))
        return found

    def row(self, script: bool) -> Element:
        """Read a row as one element."""
        return row(self.items(script), script)

    def styled(self, name: str) -> Atom:
        r"""Read the rest of a group under ``\displaystyle`` or one of its kin."""
        display, level = symbols.STYLES[name]
        inside = self.row(script=level > 0)
        attributes = {"displaystyle": str(display).lower(), "scriptlevel": str(level)}
        return Atom("ord", element("mstyle", inside, **attributes))

    def argument(self, why: str, script: bool) -> Element:
        """Read one token, or a group in braces, as a command's argument."""
        if self.read.accept("{"):
            return self.group(script)
        token = self.read.peek()
        if token in _CLOSING or token in "^_'":
            raise TexError(f"{why} needs an argument, found {self.read.describe()}")
        if token.isdigit():
            return element("mn", text=self.read.take())
        return row([self.atom(script)], script)

    def group(self, script: bool) -> Element:
        """Read what follows an opening brace, and the brace that closes it."""
        inside = self.row(script)
        self.read.expect("}", "a group is not closed")
        return inside

    def scripted(self, script: bool) -> Atom:
        """Read an atom with its primes, subscript and superscript."""
        base = Atom("ord", element("mrow")) if self.read.peek() in ("^", "_", "'") else self.atom(script)
        if self.read.peek() in ("\\limits", "\\nolimits"):
            base.limits = self.read.take() == "\\limits"
            if base.limits and base.core is not None:
                base.core.set("movablelimits", "false")
        scripts: dict[str, Element] = {}
        while (token := self.read.peek()) in ("^", "_", "'"):
            if token == "'":
                base = self.primed(base, scripts)
                continue
            self.read.take()
            if token in scripts:
                raise TexError(f"a second {token!r}: put braces around what the first belongs to")
            scripts[token] = self.argument(f"{token!r}", script=True)
        return attach(base, scripts.get("_"), scripts.get("^"))

    def primed(self, base: Atom, scripts: dict[str, Element]) -> Atom:
        """Read one prime or more behind an atom.

        The font's prime hangs at its height already; as a superscript it would float above the letter.
        """
        if "^" in scripts:
            raise TexError("a prime after a superscript: put braces around what the superscript belongs to")
        count = 0
        while self.read.accept("'"):
            count += 1
        prime = element("mo", text="′″‴"[count - 1] if count <= 3 else "′" * count, lspace="0", rspace="0")
        return Atom(base.kind, element("mrow", base.node, prime), after=base.after)

    def atom(self, script: bool) -> Atom:
        """Read one symbol, number, group or command."""
        token = self.read.take()
        if token == "{":
            return Atom("ord", self.group(script))
        if token.startswith("\\"):
            return self.command(token[1:], script)
        if token.isdigit():
            return self.number(token)
        if token.isalpha():
            return Atom("ord", identifier(token))
        if token in symbols.CHARACTERS:
            return operator(symbols.CHARACTERS[token])
        raise TexError(f"the character {token!r} has no meaning in a formula")

    def number(self, first: str) -> Atom:
        r"""Read the rest of a number: digits, a decimal point, and ``{,}`` between thousands."""
        rest = self.read.take_directly(_REST_OF_NUMBER)
        return Atom("ord", element("mn", text=first + rest.replace("{,}", ",")))

    def command(self, name: str, script: bool) -> Atom:
        """Read what a command stands for, with its arguments."""
        if name in symbols.LETTERS:
            return Atom("ord", identifier(symbols.LETTERS[name]))
        if name in symbols.SYMBOLS:
            return operator(symbols.SYMBOLS[name])
        if name in symbols.FUNCTIONS:
            return Atom("op", element("mi", text=name))
        if name in symbols.LIMIT_FUNCTIONS:
            return operator(symbols.Symbol(symbols.LIMIT_FUNCTIONS[name], "op", limits=True))
        if name in COMMANDS:
            return COMMANDS[name](self, name, script)
        raise TexError(f"unknown command \\{name}")

    def nested(self, source: str, script: bool) -> Element:
        """Read a formula that stands inside another one's text or option."""
        return Parser(source).whole(script)

    def whole(self, script: bool = False) -> Element:
        """Read the formula to its end."""
        found = self.row(script)
        if self.read.peek():
            raise TexError(f"{self.read.peek()!r} closes nothing")
        return found
