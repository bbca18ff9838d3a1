"""What other extensions write that the rules of HTML do not allow.

Ids stand on a page once: sphinx-exercise gives every exercise's content the same id, and a nested parse, as
in the reference, counts its citations from one again. An address only ever reaches the first of several; the
others are dropped.

A list holds list items: docutils calls a list of citations one, though its entries are of another kind.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator


class UniqueIds(SphinxPostTransform):
    """Drop the ids that an element before has already."""

    default_priority = 995  # after every part that makes elements of its own
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Drop them in one document."""
        unique_ids(self.document)


def unique_ids(document: nodes.Element) -> None:
    """Drop from a document, in place, the ids that an element before has already."""
    seen: set[str] = set()
    for element in document.findall(nodes.Element):
        own = list(dict.fromkeys(name for name in element.get("ids", ()) if name not in seen))
        element["ids"] = own
        seen.update(own)


def visit_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    """Open an entry, and before the first one what holds them all: no list."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        translator.body.append('<div class="citation-list">\n')
    translator.body.append(translator.starttag(node, "div", classes=["citation"], role="doc-biblioentry"))


def setup(app: Sphinx) -> None:
    """Register the transform and the visitor."""
    app.add_post_transform(UniqueIds)
    app.add_node(nodes.citation, override=True, html=(visit_citation, HTML5Translator.depart_citation))
