"""Solutions, asides and the code of figures, which open on a click: ``<details>``, which needs no script.

A cell of the tag ``hide-input`` shows what it made first, and below it a fold with its code, which says what
it is the code of. A cell before it that is hidden, too, and shows nothing prepares it: its code goes into the
same fold.
"""

import ast
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


class FoldCode(SphinxPostTransform):
    """Put the code of a cell with ``hide-input`` below what it made, folded."""

    default_priority = 198  # before MyST-NB folds it above
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Replace the cells of one document."""
        for cell in list(self.document.findall(_is_hidden)):
            codes = [each for each in cell.children if each.get("nb_element") == "cell_code_source"]
            shown = [each for each in cell.children if each not in codes]
            after = cell.next_node(descend=False, siblings=True)
            cell.children = []
            if not shown and _is_hidden(after):  # the cell that it prepares
                after.children = [*codes, *after.children]
                cell.parent.remove(cell)
            else:
                cell += [
                    *shown,
                    fold("", fold_title("", _title_of(codes, shown)), *codes, classes=["code-of"]),
                ]
                cell["hide_mode"] = None


def _is_hidden(node: nodes.Node | None) -> bool:
    """Say whether a node is a cell whose code is to be folded."""
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "cell_code"
        and node.get("hide_mode") == "input"
        and bool(node.children)
        and node[0].get("nb_element") == "cell_code_source"
    )


def _title_of(codes: list[nodes.Element], shown: list[nodes.Element]) -> str:
    """Say what the code is the code of."""
    html = "".join(raw.astext() for each in shown for raw in each.findall(nodes.raw))
    if (
        'class="live"' in html
        or "<svg" in html
        or any(next(each.findall(nodes.image), None) for each in shown)
    ):
        return "The code of this figure"
    if 'class="live ask"' in html:
        return "The code of this question"
    if "<table" in html or any(next(each.findall(nodes.table), None) for each in shown):
        return "The code of this table"
    if shown:
        return "The code of this output"
    only_imports = all(map(_only_imports, codes))
    return "What this page imports" if only_imports else "The code that comes next builds on this"


def _only_imports(code: nodes.Element) -> bool:
    try:
        parts = ast.parse(code.astext()).body
    except SyntaxError:  # a magic
        return False
    return all(isinstance(part, ast.Import | ast.ImportFrom) for part in parts)


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
    app.add_post_transform(FoldCode)
