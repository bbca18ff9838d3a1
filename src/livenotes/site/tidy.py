"""What other extensions write that the rules of HTML do not allow.

Ids stand on a page once: sphinx-exercise gives every exercise's content the same id, and a nested parse, as
in the reference, counts its citations from one again. An address only ever reaches the first of several; the
others are dropped.

A list holds list items: docutils calls a list of citations one, though its entries are of another kind.
What scrolls must be reached by the keyboard: a formula wider than its page.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

_REPLACED = {
    '<div role="list" class="citation-list"': '<div class="citation-list"',
    '<div class="math notranslate nohighlight"': '<div tabindex="0" class="math notranslate nohighlight"',
}
_ID = re.compile(r'(<[a-zA-Z][^<>]*?) id="([^"]+)"')


def unique_ids(body: str) -> str:
    """Return the HTML without ids that an element before has already."""
    seen: set[str] = set()

    def kept(match: re.Match[str]) -> str:
        tag, name = match.groups()
        if name in seen:
            return tag
        seen.add(name)
        return match[0]

    return _ID.sub(kept, body)


def on_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Clean the page that is about to be written."""
    if "body" in context:
        body = unique_ids(context["body"])
        for written, allowed in _REPLACED.items():
            body = body.replace(written, allowed)
        context["body"] = body


def setup(app: Sphinx) -> None:
    """Run after the parts that write ids of their own."""
    app.connect("html-page-context", on_page, priority=900)
