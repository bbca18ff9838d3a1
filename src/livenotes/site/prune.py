"""Style sheets without the rules that no page of the book can use.

The theme's style sheet is 400 kB: all of Bootstrap and two thousand icons. A rule goes if every one of its
selectors names a class or an id that occurs nowhere, as a word, in the pages and scripts of the site; words
of the prose count too, so that the error is always on the side of keeping a rule.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_NAMED = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
_PARENTHESES = re.compile(r"\([^()]*\)")
_ASIDE = re.compile(r"\"[^\"]*\"|'[^']*'|\[[^\]]*\]")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_OUR_OWN = ("livenotes.css", "live.css")
# Loaded by no page any more: icons come from livenotes.css, menus and folds from <details>.
_UNUSED = ("vendor", "scripts/fontawesome.js", "scripts/bootstrap.js")


def rules(css: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before each pair of braces and what stands between them.

    A statement without braces, such as ``@import``, comes with an empty second part.
    """
    start = place = depth = 0
    opened, quote = 0, ""
    while place < len(css):
        char = css[place]
        if quote:
            place += char == "\\"
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "{":
            depth += 1
            opened = place if depth == 1 else opened
        elif char == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : place]
                start = place + 1
        elif char == ";" and depth == 0:
            yield css[start : place + 1].strip(), ""
            start = place + 1
        place += 1


def _may_match(selector: str, words: set[str]) -> bool:
    """Say whether everything a selector names occurs; what stands in parentheses is taken to match."""
    if "\\" in selector:
        return True
    plain, before = _ASIDE.sub("", selector), ""
    while plain != before:
        plain, before = _PARENTHESES.sub("", plain), plain
    return all(name in words for name in _NAMED.findall(plain))


def _split(selectors: str) -> list[str]:
    """Split a list of selectors at its commas, not at those inside of parentheses."""
    parts, depth, start = [], 0, 0
    for place, char in enumerate(selectors):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append(selectors[start:place])
            start = place + 1
    return [*parts, selectors[start:]]


def prune(css: str, words: set[str]) -> str:
    """Return a style sheet with the rules alone that may match something.

    Parameters
    ----------
    css : str
        A style sheet.
    words : set of str
        Every word of the site's pages and scripts.
    """
    kept = []
    for prelude, block in rules(_COMMENT.sub("", css)):
        if prelude.endswith(";"):
            kept.append(prelude)
        elif prelude.startswith(("@media", "@supports", "@layer", "@container")):
            inside = prune(block, words)
            kept += [f"{prelude}{{{inside}}}"] if inside else []
        elif prelude.startswith("@font-face") and "fontawesome" in block.lower():
            continue
        elif prelude.startswith("@"):
            kept.append(f"{prelude}{{{block}}}")
        else:
            selectors = [s.strip() for s in _split(prelude) if _may_match(s, words)]
            kept += [f"{','.join(selectors)}{{{block}}}"] if selectors else []
    return "".join(kept)


def words_of(site: Path) -> set[str]:
    """Collect every word of the pages and scripts of a site."""
    words: set[str] = set()
    for path in site.rglob("*"):
        if path.suffix in (".html", ".js") and "fontawesome" not in path.name:
            words.update(_WORD.findall(path.read_text(encoding="utf-8", errors="replace")))
    return words


def prune_site(app: Sphinx, error: Exception | None) -> None:
    """Prune the style sheets of a finished build, and delete what no page loads."""
    if error or app.builder.name not in ("html", "dirhtml"):
        return
    static = Path(app.outdir) / "_static"
    for name in _UNUSED:
        _delete(static / name)
    for path in static.rglob("*.map"):
        path.unlink()
    words = words_of(Path(app.outdir))
    for path in static.rglob("*.css"):
        if path.name not in _OUR_OWN:
            path.write_text(prune(path.read_text(encoding="utf-8"), words), encoding="utf-8")


def _delete(path: Path) -> None:
    if path.is_dir():
        for inside in path.iterdir():
            _delete(inside)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Prune last, after every page is written."""
    app.connect("build-finished", prune_site, priority=900)
