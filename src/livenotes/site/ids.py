"""Ids that stand on a page once, as HTML demands.

sphinx-exercise gives every exercise's content the same id, and a nested parse, as in the reference, counts
its citations from one again. An address only ever reaches the first of several; the others are dropped.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

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
        context["body"] = unique_ids(context["body"])


def setup(app: Sphinx) -> None:
    """Run after the parts that write ids of their own."""
    app.connect("html-page-context", on_page, priority=900)
