"""The book's references, by which a claim names its sources."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from pybtex.database import BibliographyDataError, parse_file
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from livenotes._folders import book


class Source(NamedTuple):
    """One entry of the bibliography; ``authors`` is empty where the work names none."""

    key: str
    authors: tuple[str, ...]
    year: str
    title: str

    @property
    def who(self) -> str:
        """The authors as a text names them: ``Glorot and Bengio``; the title where there is no author."""
        names = [name.split(",")[0] for name in self.authors]
        return f"{names[0]} et al." if len(names) > 2 else " and ".join(names) or self.title

    def __str__(self) -> str:
        """Name it as a text would: ``Glorot and Bengio (2010)``."""
        return f"{self.who} ({self.year})" if self.year else self.who


@cache
def references(path: Path | None = None) -> dict[str, Source]:
    """Read a BibTeX file, ``book/references.bib`` by default: every entry by its key.

    A body that is an author stands in braces of its own.

    Raises
    ------
    ValueError
        If the file is not BibTeX, an entry has no title, or a key occurs twice.
    """
    path = path or book() / "references.bib"
    try:
        entries = parse_file(str(path), bib_format="bibtex", encoding="utf-8").entries
    except BibliographyDataError as error:
        raise ValueError(f"{path.name}: {error}; remove one") from error
    except PybtexError as error:
        raise ValueError(f"{path.name}: {error}") from error
    found: dict[str, Source] = {}
    for key, entry in entries.items():
        if "title" not in entry.fields:
            raise ValueError(f"{path.name}: entry {key!r} has no title; add it")
        authors = (str(Text.from_latex(str(person))) for person in entry.persons.get("author", ()))
        title, year = (str(Text.from_latex(entry.fields.get(name, ""))) for name in ("title", "year"))
        found[key] = Source(key, tuple(authors), year, title)
    return found
