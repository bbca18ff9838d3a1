"""Links in the text that put a live figure into a state: ``[at p = 0.9](#dropout-curves?p=0.9)``.

In JupyterLab it reads as an ordinary link, and in a book for print as ordinary text. On the site the
page's script follows it; the same address with the same query opens the page in that state.
"""

from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from docutils import nodes
from docutils.transforms import Transform
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from .figures import Figure, find

logger = logging.getLogger(__name__)


class state_link(nodes.Inline, nodes.TextElement):
    """A link to a state of a figure on the same page."""


class ReadStateLinks(Transform):
    """Turn links to ``#figure?control=value`` into state links, before MyST looks for such a heading."""

    default_priority = 870

    def apply(self, **kwargs: Any) -> None:
        """Replace the links of one document."""
        for link in list(self.document.findall(nodes.reference)):
            figure, mark, query = link.get("refuri", "").partition("?")
            if figure.startswith("#") and mark and link.get("id_link"):
                values = parse_qsl(query, keep_blank_values=True)
                state = state_link("", "", *link.children, figure=figure[1:], values=values)
                state.source, state.line = link.source, link.line
                link.replace_self(state)


def problem(figures: dict[str, Figure], name: str, values: list[tuple[str, str]]) -> str:
    """Say what is wrong with a link to a state, the empty string if nothing is.

    Parameters
    ----------
    figures : dict of str to Figure
        The figures of the page.
    name : str
        The figure that the link names.
    values : list of (str, str)
        Controls and the values they are put to.
    """
    if name not in figures:
        known = ", ".join(map(repr, figures)) or "none"
        return f"there is no live figure {name!r} on this page; the figures here are: {known}"
    controls = figures[name].controls
    if not values:
        return f"the link to the figure {name!r} sets no control; it has {', '.join(map(repr, controls))}"
    for control, value in values:
        if control not in controls:
            known = ", ".join(map(repr, controls)) or "none"
            return f"the figure {name!r} has no control {control!r}; its controls are: {known}"
        if not _allowed(controls[control], value):
            return (
                f"the control {control!r} of the figure {name!r} cannot be {value!r}; "
                f"allowed is {_describe(controls[control])}"
            )
    return ""


def _allowed(texts: list[str], value: str) -> bool:
    """Say whether a control can take a value: it is one of its texts, or the same number as one."""
    if value in texts:
        return True
    try:
        return float(value) in [float(text) for text in texts]
    except ValueError:
        return False


def _describe(texts: list[str]) -> str:
    if len(texts) <= 12:
        return "one of " + ", ".join(texts)
    return f"one of {texts[0]}, {texts[1]}, {texts[2]} … {texts[-1]} ({len(texts)} values)"


def check(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Warn of every link of a page to a state that no figure of the page can take."""
    links = list(doctree.findall(state_link)) if doctree else []
    if not links:
        return
    try:
        figures = find(context.get("body", ""))
    except ValueError as error:
        logger.warning("%s: %s", page, error, location=page, type="livenotes", subtype="figure")
        return
    for link in links:
        if wrong := problem(figures, link["figure"], link["values"]):
            logger.warning("%s: %s", page, wrong, location=link, type="livenotes", subtype="state")


def visit_html(translator: HTML5Translator, node: state_link) -> None:
    """Open the link."""
    href = f"?{urlencode(node['values'])}#{node['figure']}"
    translator.body.append(f'<a class="live-link" href="{escape(href)}">')


def depart_html(translator: HTML5Translator, node: state_link) -> None:
    """Close the link."""
    translator.body.append("</a>")


def text_alone(translator: nodes.NodeVisitor, node: state_link) -> None:
    """Write the text of the link and nothing else."""


def setup(app: Sphinx) -> None:
    """Register node, transform and check."""
    plain = (text_alone, text_alone)
    app.add_node(
        state_link,
        html=(visit_html, depart_html),
        epub=plain,
        latex=plain,
        text=plain,
        man=plain,
        texinfo=plain,
    )
    app.add_transform(ReadStateLinks)
    app.connect("html-page-context", check)
