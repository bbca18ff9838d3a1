r"""The few marks that the text of a question may hold: ``$TeX$``, ``*emphasis*`` and code in backquotes.

A backslash takes a mark's meaning away: ``\$``, ``\*``.
"""

import re
from html import escape

_MARKS = re.compile(r"\\([\\$*`])|\$([^$]+)\$|`([^`]+)`|\*(?=\S)((?:[^*$`]|\$[^$]+\$|`[^`]+`)+)(?<=\S)\*")
_ALONE = re.compile(r"(?<!\\)[$`]")


def html(text: str) -> str:
    """Write a text as HTML, its formulas as MathML.

    Raises
    ------
    ValueError
        If a dollar or a backquote has no partner, or a formula cannot be set.
    """
    pieces, end = [], 0
    for mark in _MARKS.finditer(text):
        pieces += [_plain(text[end : mark.start()], text), _marked(mark)]
        end = mark.end()
    return "".join([*pieces, _plain(text[end:], text)])


def plain(text: str) -> str:
    """Write a text without its marks; formulas stand as TeX."""
    return _MARKS.sub(lambda mark: plain(mark[4]) if mark[4] else mark[1] or mark[2] or mark[3], text)


def _marked(mark: re.Match[str]) -> str:
    kept, tex, code, stressed = mark.groups()
    if kept:
        return escape(kept)
    if tex:
        from livenotes._tex import to_mathml  # brings what most questions have no use for

        return f'<span class="math">{to_mathml(tex)}</span>'
    if code:
        return f"<code>{escape(code)}</code>"
    return f"<em>{html(stressed)}</em>"


def _plain(piece: str, text: str) -> str:
    """Write what stands between marks, with a printer's quotes."""
    if alone := _ALONE.search(piece):
        raise ValueError(f"a {alone[0]} has no partner in {text!r}; close it, or write \\{alone[0]}")
    piece = re.sub(r"(?<=\w)'(?=\w)", "’", piece)
    return escape(re.sub(r'"([^"]*)"', r"“\1”", piece))
