"""Style sheets without the rules that no page of the book can use.

The theme's style sheet is 400 kB: all of Bootstrap and two thousand icons. A rule goes if every one of its
selectors names a class or an id that occurs nowhere, as a word, in the pages and scripts of the site; words
of the prose count too, so that the error is always on the side of keeping a rule.
"""

import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx
from tinycss2.ast import Node

_WORD = re.compile(r"-?[A-Za-z_][\w-]*")
_HOLDS_RULES = ("media", "supports", "layer", "container")
_OUR_OWN = ("livenotes.css", "live.css")
# Loaded by no page any more: icons come from livenotes.css, menus and folds from <details>.
_UNUSED = ("vendor", "scripts/fontawesome.js", "scripts/bootstrap.js")


def prune(css: str, words: set[str]) -> str:
    """Return a style sheet with the rules alone that may match something.

    Parameters
    ----------
    css : str
        A style sheet.
    words : set of str
        Every word of the site's pages and scripts.
    """
    return _pruned(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), words)


def _pruned(rules: list[Node], words: set[str]) -> str:
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [text for text in _selectors(rule.prelude, words) if text]
            kept += [f"{','.join(selectors)}{{{_text(rule.content)}}}"] if selectors else []
        elif rule.type == "at-rule" and rule.lower_at_keyword in _HOLDS_RULES:
            inside = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if block := _pruned(inside, words):
                kept.append(f"@{rule.at_keyword}{_text(rule.prelude)}{{{block}}}")
        elif not (rule.type == "at-rule" and rule.at_keyword == "font-face" and _is_icons(rule.content)):
            kept.append(rule.serialize())
    return "".join(kept)


def _selectors(prelude: list[Node], words: set[str]) -> Iterator[str]:
    """Yield each selector of a list that may match; what stands in parentheses is taken to match."""
    for ends, part in groupby(prelude, lambda token: token == ","):
        tokens = list(part)
        named = [token.value for token in tokens if token.type == "hash"]
        named += [name.value for dot, name in pairwise(tokens) if dot == "." and name.type == "ident"]
        if not ends and all(name in words or not _WORD.fullmatch(name) for name in named):
            yield _text(tokens).strip()


def _text(tokens: list[Node]) -> str:
    return str(tinycss2.serialize([token for token in tokens if token.type != "comment"]))


def _is_icons(content: list[Node]) -> bool:
    return "fontawesome" in _text(content).lower()


def words_of(site: Path) -> set[str]:
    """Collect every word of the pages and scripts of a site."""
    words: set[str] = set()
    for path in site.rglob("*"):
        if path.suffix in (".html", ".js") and "fontawesome" not in path.name:
            found = set(_WORD.findall(path.read_text(encoding="utf-8", errors="replace")))
            words |= found | {word.removeprefix("-") for word in found}
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
