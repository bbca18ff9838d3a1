r"""Reading a formula token by token."""

import re

TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|.", re.DOTALL)
SPACE = re.compile(r"(?:\s|%[^\n]*\n)+")


class TexError(ValueError):
    """A formula that cannot be read; the message says what was found and what is expected."""


class Reader:
    r"""A formula and the place reached in it; white space is skipped, as TeX does in mathematics.

    Parameters
    ----------
    source : str
        A formula without its dollars.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.place = 0

    def peek(self) -> str:
        """Return the next token, the empty string at the end."""
        if space := SPACE.match(self.source, self.place):
            self.place = space.end()
        found = TOKEN.match(self.source, self.place)
        return found.group() if found else ""

    def take(self) -> str:
        """Return the next token and step over it."""
        token = self.peek()
        self.place += len(token)
        return token

    def take_directly(self, pattern: re.Pattern[str]) -> str:
        """Return what matches at this very place, without skipping white space, and step over it."""
        found = pattern.match(self.source, self.place)
        text = found.group() if found else ""
        self.place += len(text)
        return text

    def accept(self, token: str) -> bool:
        """Step over ``token`` if it is next, and say whether it was."""
        if self.peek() == token:
            self.take()
            return True
        return False

    def expect(self, token: str, why: str) -> None:
        """Step over ``token`` or raise TexError."""
        if not self.accept(token):
            raise TexError(f"{why}: expected {token!r}, found {self.describe()}")

    def describe(self) -> str:
        """Name the next token for an error message."""
        token = self.peek()
        return repr(token) if token else "the end of the formula"

    def raw_group(self, why: str) -> str:
        r"""Return the text between the next pair of braces as it stands, for ``\text{...}`` and names."""
        self.expect("{", why)
        start, depth = self.place, 1
        while depth:
            found = TOKEN.match(self.source, self.place)
            if not found:
                raise TexError(f"{why}: the group opened here is never closed: {self.source[start - 1 :]!r}")
            depth += {"{": 1, "}": -1}.get(found.group(), 0)
            self.place = found.end()
        return self.source[start : self.place - 1]

    def option(self) -> str | None:
        r"""Return the text of a ``[...]`` that follows directly, None if there is none."""
        if self.peek() != "[":
            return None
        end = self.source.find("]", self.place)
        if end < 0:
            raise TexError(f"an optional argument is never closed: {self.source[self.place :]!r}")
        text = self.source[self.place + 1 : end]
        self.place = end + 1
        return text
