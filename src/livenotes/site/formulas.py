"""Formulas without JavaScript: every one becomes MathML while the book is built."""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from .tex import TexError, to_mathml

logger = logging.getLogger(__name__)


def mathml(node: nodes.Element, display: bool) -> str:
    """Return a formula's MathML; one that cannot be read is a warning, and is shown as it stands."""
    tex = node.astext()
    try:
        return to_mathml(tex, display)
    except TexError as error:
        shown = " ".join(tex.split())
        logger.warning("formula %s: %s", shown, error, location=node, type="livenotes", subtype="formula")
        return f'<code class="tex-error">{escape(tex)}</code>'


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula that stands in a line of text."""
    tag = translator.starttag(node, "span", "", CLASS="math notranslate nohighlight")
    translator.body.append(f"{tag}{mathml(node, display=False)}</span>")
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula that stands on lines of its own, with its number if it has one."""
    tag = translator.starttag(node, "div", CLASS="math notranslate nohighlight")
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
    app.add_html_math_renderer(
        "mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None)
    )
