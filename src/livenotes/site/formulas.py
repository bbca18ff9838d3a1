"""Formulas without JavaScript: every one becomes MathML while the book is built."""

import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from livenotes._tex import TexError, to_mathml

logger = logging.getLogger(__name__)
WORD_JOINER = "&#8288;"
_OPENING = re.compile(r"[(\[“‘—–]+$")
_CLOSING = re.compile(r"^[)\],.;:!?”’…]+")


def mathml(node: nodes.Element, display: bool) -> str:
    """Return a formula's MathML; one that cannot be read is a warning, and is shown as it stands."""
    tex = node.astext()
    try:
        return to_mathml(tex, display)
    except TexError as error:
        shown = " ".join(tex.split())
        logger.warning("formula %s: %s", shown, error, location=node, type="livenotes", subtype="formula")
        return f'<code class="tex-error">{escape(tex)}</code>'


class KeepPunctuation(SphinxPostTransform):
    """Keep a formula in a line together with the brackets and marks that touch it.

    A browser takes a formula for a picture, and may break the line on either side of it.
    """

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Put each such formula of one document into a span that is not broken."""
        for formula in list(self.document.findall(nodes.math)):
            parent, place = formula.parent, formula.parent.index(formula)
            left = self._cut(parent, place - 1, _OPENING) if place else ""
            right = self._cut(parent, place + 1, _CLOSING) if place + 1 < len(parent) else ""
            if left or right:
                whole = nodes.inline("", "", nodes.Text(left), classes=["unbroken"])
                parent[place] = whole
                whole += [formula, nodes.Text(right)]

    @staticmethod
    def _cut(parent: nodes.Element, place: int, marks: re.Pattern[str]) -> str:
        """Take the marks from the text at a place."""
        text = parent[place]
        found = marks.search(text.astext()) if isinstance(text, nodes.Text) else None
        if not found:
            return ""
        parent[place] = nodes.Text(marks.sub("", text.astext()))
        return found[0]


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula that stands in a line of text.

    A browser may break the line on either side of it, and leave a comma or a bracket alone; a word
    joiner keeps it with what it touches.
    """
    place = node.parent.index(node)
    before = node.parent[place - 1].astext()[-1:] if place else " "
    after = node.parent[place + 1].astext()[:1] if place + 1 < len(node.parent) else " "
    left, right = ("" if side.isspace() or not side else WORD_JOINER for side in (before, after))
    tag = translator.starttag(node, "span", "", CLASS="math notranslate nohighlight")
    translator.body.append(f"{left}{tag}{mathml(node, display=False)}</span>{right}")
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula that stands on lines of its own, with its number if it has one.

    Wider than its page it scrolls, and what scrolls must be reached by the keyboard.
    """
    tag = translator.starttag(node, "div", CLASS="math notranslate nohighlight", tabindex=0)
    translator.body.append(f"{tag}{mathml(node, display=True)}")
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the renderer under the name ``mathml``; ``html_math_renderer`` chooses it."""
    app.add_post_transform(KeepPunctuation)
    app.add_html_math_renderer(
        "mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None)
    )
