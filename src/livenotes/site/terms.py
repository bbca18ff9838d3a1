"""Words of the glossary, explained where a chapter first uses them: on hover, or when the focus is on them.

The first time that a chapter uses a term in running text, the word can be reached with the keyboard and says
what the glossary says of it, in a strip under its line. Nothing has to be marked by hand. A term that is also
an everyday word is explained in the chapter alone that its entry links to.
"""

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from .chapters import CHAPTERS
from .reading import inside

GLOSSARY = "glossary"
EVERYDAY = frozenset(
    {
        *("attention", "candidate", "context", "convolution", "degradation", "distribution", "gate"),
        *("inference", "mask", "perceptron", "pixel", "rank", "relatedness", "robust", "shortcut"),
        *("similarity", "threshold", "vanilla", "window", "zero-centered"),
    }
)


@dataclass(frozen=True)
class Entry:
    """A term, what the notes call it, what it means, and the chapters that explain it."""

    term: str
    notes: tuple[str, ...]
    meaning: str
    homes: frozenset[str]

    @property
    def key(self) -> str:
        """An id for the explanation."""
        return "says-" + re.sub(r"\W+", "-", self.term.lower())

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The term as a whole word, or its plural; names are told from words by their capitals."""
        case = re.IGNORECASE if self.term == self.term.lower() else re.NOFLAG
        return re.compile(rf"(?<![\w-]){re.escape(self.term)}(?:e?s)?(?![\w-])", case)


def entries(glossary: nodes.document) -> list[Entry]:
    """Read the entries of a glossary, the longest terms first."""
    found = []
    for item in glossary.findall(nodes.definition_list_item):
        terms = [term.astext() for term in item.findall(nodes.term)]
        meaning = item.next_node(nodes.definition).next_node(nodes.paragraph)
        homes = (posixpath.basename(link["reftarget"]) for link in item.findall(addnodes.pending_xref))
        words = "".join(child.astext() for child in meaning.children if isinstance(child, nodes.Text))
        found.append(Entry(terms[0], tuple(terms[1:]), " ".join(words.split()), frozenset(homes)))
    return sorted(found, key=lambda entry: -len(entry.term))


class Explained(nodes.Inline, nodes.TextElement):
    """A word of running text and the entry that explains it."""


_RUNNING_TEXT = (nodes.paragraph,)
_NO_PLACE = (
    *(nodes.literal, nodes.math, nodes.reference, nodes.raw, nodes.title, nodes.caption, nodes.table),
    *(nodes.footnote, nodes.citation, addnodes.pending_xref, Explained),
)


class Explain(SphinxPostTransform):
    """Find the first place of every term in a chapter."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Explain the terms of one chapter."""
        page = self.env.docname
        chapter = posixpath.basename(page)
        glossary = posixpath.join(posixpath.dirname(page), GLOSSARY)
        if chapter not in CHAPTERS or glossary not in self.env.found_docs:
            return
        for entry in entries(self.env.get_doctree(glossary)):
            if entry.term not in EVERYDAY or chapter in entry.homes:
                _explain_first(self.document, entry)


def _explain_first(document: nodes.document, entry: Entry) -> None:
    for text in document.findall(nodes.Text):
        place = entry.pattern.search(text)
        runs = inside(text, _RUNNING_TEXT) and not inside(text, _NO_PLACE)
        if place and runs and "reading-time" not in text.parent["classes"]:
            before, word, after = text[: place.start()], place[0], text[place.end() :]
            explained = Explained("", nodes.Text(word), entry=entry)
            text.parent.replace(text, [nodes.Text(before), explained, nodes.Text(after)])
            return


def visit_explained(translator: HTML5Translator, node: Explained) -> None:
    """Open the word."""
    key = node["entry"].key
    translator.body.append(f'<span class="term"><span tabindex="0" aria-describedby="{key}">')


def depart_explained(translator: HTML5Translator, node: Explained) -> None:
    """Close the word, and say what it means."""
    entry = node["entry"]
    chinese = (term for term in entry.notes if not term.isascii())
    notes = "".join(f' <span lang="zh">{escape(term)}</span>' for term in chinese)
    says = f"<b>{escape(entry.term)}</b>{notes} {escape(entry.meaning)}"
    translator.body.append(f'</span><span role="tooltip" id="{entry.key}">{says}</span></span>')


def reread(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Write the chapters again when the glossary has changed."""
    if not any(posixpath.basename(page) == GLOSSARY for page in added | changed | removed):
        return []
    return [page for page in env.all_docs if posixpath.basename(page) in CHAPTERS]


def load_script(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load what closes an explanation, on the pages that have one."""
    if 'class="term"' in context.get("body", ""):
        app.add_js_file("terms.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register the transform, the words and their script."""
    app.add_node(Explained, html=(visit_explained, depart_explained))
    app.add_post_transform(Explain)
    app.connect("env-get-outdated", reread)
    app.connect("html-page-context", load_script)
