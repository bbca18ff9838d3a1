"""What the extension asks the server: the works, the labels and the chapters of the book."""

import asyncio
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from livenotes._folders import book
from livenotes.claims import bibliography

_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)
_LABEL = re.compile(r"^\(([\w-]+)\)=\s*\n#+ +(.+)$", re.MULTILINE)
_EXERCISE = re.compile(r"^[`:]{3,}\{exercise\} *(.*)\n:label: *([\w-]+)$", re.MULTILINE)
_EQUATION = re.compile(r"^\$\$ *\(([\w-]+)\)$", re.MULTILINE)


class Book(APIHandler):
    """Everything at once: it is asked when the interface starts."""

    @web.authenticated
    async def get(self) -> None:
        """Answer with works, labels and chapters, and whether it is this book that the server serves."""
        said = await asyncio.to_thread(contents)  # others are served while the book is read
        root = Path(self.settings["server_root_dir"]).expanduser().resolve()
        self.finish({**said, "here": root == book().resolve().parent})


def handlers(base: str) -> list[tuple[str, Any]]:
    """Return the addresses and who answers there."""
    return [(url_path_join(base, "livenotes", "book"), Book)]


@cache
def contents() -> dict[str, Any]:
    """Return what the prose shows of every work, label and chapter.

    A package without the repository knows the works; the labels and chapters are in the book alone.
    """
    works = {
        key: {"who": source.who, "year": source.year, "title": source.title}
        for key, source in bibliography.references().items()
    }
    labels: dict[str, dict[str, str]] = {}
    chapters = {name: {"title": title} for name, title in _planned().items()}
    for path in sorted([*book().glob("*.ipynb"), *book().glob("*.md")]):
        text = prose(path)
        labels |= {label: {"file": path.name, "title": title} for label, title in labels_of(text)}
        if found := _TITLE.search(text):
            chapters[path.stem] = {"title": found[1].strip(), "file": path.name}
    return {"works": works, "labels": labels, "chapters": chapters}


def prose(path: Path) -> str:
    """Return the text of a page, or of a notebook's cells of text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def labels_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield every label of a page and what a reference to it says."""
    for label, heading in _LABEL.findall(text):
        yield label, heading.strip()
    for title, label in _EXERCISE.findall(text):
        yield label, f"Exercise: {title.strip()}" if title.strip() else "Exercise"
    for number, label in enumerate(_EQUATION.findall(text), 1):
        yield label, f"({number})"


def _planned() -> dict[str, str]:
    try:
        from livenotes.site.chapters import CHAPTERS  # stands on Sphinx, which builds the site
    except ImportError:
        return {}
    return {name: chapter.title for name, chapter in CHAPTERS.items()}
