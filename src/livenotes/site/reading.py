"""How long a chapter takes to read: counted when the book is built, and written under the chapter's title.

A page of the name of a chapter gets the line by itself. What it counts: words of running text, a formula of a
line as one word, and the live figures, which a reader tries.
"""

import posixpath

from docutils import nodes
from sphinx.application import Sphinx

from .chapters import CHAPTERS, link, page_of

WORDS_A_MINUTE = 200
MINUTES_A_FIGURE = 1
_NOT_READ = (nodes.literal_block, nodes.math_block, nodes.raw, nodes.comment)


def minutes(document: nodes.Element) -> int:
    """Estimate the minutes that a page takes, to the nearest five, and five at least."""
    words = figures = 0
    for node in document.findall(lambda node: isinstance(node, nodes.Text | nodes.raw)):
        if isinstance(node, nodes.raw):
            figures += node.astext().count('<figure class="live"')
        elif not inside(node, _NOT_READ):
            words += 1 if isinstance(node.parent, nodes.math) else len(node.astext().split())
    return max(5, 5 * round((words / WORDS_A_MINUTE + figures * MINUTES_A_FIGURE) / 5))


def inside(node: nodes.Node, kinds: tuple[type[nodes.Element], ...]) -> bool:
    """Say whether a node stands in one of these, at whatever depth."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def tell(app: Sphinx, document: nodes.document) -> None:
    """Count a chapter's minutes, and write them and what it builds on under its title."""
    env = app.env
    chapter = CHAPTERS.get(posixpath.basename(env.docname))
    title = next(iter(document.findall(nodes.title)), None)
    if chapter is None or title is None:
        return
    env.metadata[env.docname]["minutes"] = taken = minutes(document)
    line = nodes.paragraph("", f"About {taken} minutes", classes=["reading-time"])
    for place, needed in enumerate(chapter.needs):
        line += nodes.Text(" · builds on " if not place else " and ")
        page, words = page_of(env, needed), CHAPTERS[needed].title
        line += link(env, "doc", f"/{page}", words) if page else nodes.Text(words)
    title.parent.insert(title.parent.index(title) + 1, line)


def setup(app: Sphinx) -> None:
    """Count when a page has been read."""
    app.connect("doctree-read", tell)
