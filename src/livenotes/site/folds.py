"""Solutions and asides that open on a click: ``<details>``, which needs no script."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import admonitionlabels
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator


class fold(nodes.General, nodes.Element):
    """A block that is closed at first."""


class fold_title(nodes.TextElement):
    """What stands on a closed block."""


class FoldDropdowns(SphinxPostTransform):
    """Turn admonitions, exercises and solutions of the class ``dropdown`` into folds."""

    default_priority = 990  # after the titles of solutions are resolved
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Replace them in one document."""
        for block in list(self.document.findall(nodes.Admonition)):
            if "dropdown" not in block.get("classes", ()):
                continue
            closed = fold("", **block.attributes)
            content = list(block.children)
            if content and isinstance(content[0], nodes.title):
                title = _without_links(content.pop(0)).children
            else:  # a note or a tip gets its title from its kind
                title = [nodes.Text(admonitionlabels[block.tagname])]
                closed["classes"].append(block.tagname)
            closed += [fold_title("", "", *title), *content]
            block.replace_self(closed)


def _without_links(title: nodes.Element) -> nodes.Element:
    """Replace links by their text: what opens on a click cannot hold another thing to click."""
    for link in list(title.findall(nodes.reference)):
        link.replace_self(link.children)
    return title


def visit_fold(translator: HTML5Translator, node: fold) -> None:
    """Open the block."""
    translator.body.append(translator.starttag(node, "details", CLASS="admonition"))


def depart_fold(translator: HTML5Translator, node: fold) -> None:
    """Close the block."""
    translator.body.append("</details>\n")


def visit_title(translator: HTML5Translator, node: fold_title) -> None:
    """Open the title."""
    translator.body.append(translator.starttag(node, "summary", "", CLASS="admonition-title"))


def depart_title(translator: HTML5Translator, node: fold_title) -> None:
    """Close the title."""
    translator.body.append("</summary>\n")


def setup(app: Sphinx) -> None:
    """Register nodes and transform."""
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(fold_title, html=(visit_title, depart_title))
    app.add_post_transform(FoldDropdowns)
