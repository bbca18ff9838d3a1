"""Just enough of BibTeX to name a source: the book's references, one entry after another."""

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

from livenotes._folders import book

# The accents LaTeX puts before a letter, as the combining characters Unicode puts after it.
_ACCENTS = dict(zip("'`^\"~c", "\u0301\u0300\u0302\u0308\u0303\u0327", strict=True))


class Source(NamedTuple):
    """One entry of the bibliography; ``authors`` is empty where the work names none."""

    key: str
    authors: tuple[str, ...]
    year: str
    title: str

    def __str__(self) -> str:
        """Name it as a text would: ``Glorot and Bengio (2010)``; by its title where it has no author."""
        names = [name.split(",")[0] for name in self.authors]
        who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names) or self.title
        return f"{who} ({self.year})" if self.year else who


def references(path: Path | None = None) -> dict[str, Source]:
    """Read a BibTeX file, ``book/references.bib`` by default: every entry by its key.

    Authors are written ``Surname, Given``, and a body that is an author stands in braces of its own.

    Raises
    ------
    ValueError
        If an entry has no key or no title, or a key occurs twice.
    """
    path = path or book() / "references.bib"
    found: dict[str, Source] = {}
    for entry in re.split(r"^@", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head = re.match(r"\w+\{\s*([^,\s]+)\s*,", entry)
        if head is None:
            raise ValueError(f"{path.name}: expected '@type{{key,', got '@{entry[:40]}'")
        key, title, authors = head[1], _field(entry, "title"), _field(entry, "author")
        if key in found:
            raise ValueError(f"{path.name}: key {key!r} occurs twice; remove one")
        if not title:
            raise ValueError(f"{path.name}: entry {key!r} has no title; add it")
        names = [authors] if authors.startswith("{") else re.split(r"\s+and\s+", authors)
        found[key] = Source(key, tuple(_plain(n) for n in names if n), _field(entry, "year"), _plain(title))
    return found


def _field(entry: str, name: str) -> str:
    """What stands in the braces after ``name =``, further braces included; empty if not there."""
    match = re.search(rf"\b{name}\s*=\s*(?=\{{)", entry, flags=re.IGNORECASE)
    if match is None:
        return ""
    start = end = match.end()
    depth = 1
    while depth:
        end += 1
        depth += (entry[end] == "{") - (entry[end] == "}")
    return " ".join(entry[start + 1 : end].split())


def _plain(text: str) -> str:
    r"""Turn ``{\"u}`` into ü and drop the braces."""
    accent = r"\\(['`^\"~]|c(?=\{))\{?(\w)\}?"
    text = re.sub(accent, lambda m: unicodedata.normalize("NFC", m[2] + _ACCENTS[m[1]]), text)
    return re.sub(r"[{}]", "", text)
