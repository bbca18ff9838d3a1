"""The directive ``way``: a way through the book, as a picture with links.

Every chapter is a line; an arc leads down to it from each chapter that it builds on. A chapter that is
written is a link with its reading time, one that is planned a name. Drawn when the book is built, from
:data:`~livenotes.site.chapters.CHAPTERS`; it needs no script, and its words and colors are the page's.
"""

import posixpath
from html import escape
from itertools import pairwise

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from .chapters import CHAPTERS, NAMES

WIDTH, ROW, CAPTION = 430, 29, 40  # of the picture, of a chapter's line, of the line with a part's name
LINE, NAME = 74, 88  # where the dots and the names stand
_FLAG = "shows-the-way"


class way(nodes.General, nodes.Element):
    """The picture, on a page beside the chapters."""


class WayDirective(SphinxDirective):
    """Show the way through the book."""

    def run(self) -> list[nodes.Node]:
        """Return the picture, which is drawn when all chapters have been read."""
        self.env.metadata[self.env.docname] |= {NAMES: True, _FLAG: True}
        return [way("", folder=posixpath.dirname(self.env.docname))]


def heights() -> tuple[dict[str, int], dict[str, int], int]:
    """Return where the chapters and the names of the parts stand, and how high the picture is."""
    chapters: dict[str, int] = {}
    parts: dict[str, int] = {}
    at = 0
    for before, name in pairwise(["", *CHAPTERS]):
        part = CHAPTERS[name].part
        if not before or CHAPTERS[before].part != part:
            at += CAPTION if before else CAPTION - 14
            parts[part] = at - 10
        chapters[name] = at + ROW // 2
        at += ROW
    return chapters, parts, at + 4


def arc(top: int, bottom: int) -> str:
    """Return the path from one dot to another below it, the farther to the left the longer it is."""
    reach = min(1.3 * LINE, 14 + 0.32 * (bottom - top))
    left = f"{LINE - reach:g}"
    return f"M{LINE} {top}C{left} {top} {left} {bottom} {LINE} {bottom}"


def draw(pages: dict[str, tuple[str, int]]) -> str:
    """Draw the way.

    Parameters
    ----------
    pages : dict of str to (str, int)
        Address and minutes of the chapters that are written.
    """
    chapters, parts, height = heights()
    names = [f'<text class="part" x="{NAME}" y="{y}">{escape(part)}</text>' for part, y in parts.items()]
    lines = [_line(name, chapters, pages.get(name)) for name in CHAPTERS]
    return (
        f'<svg class="way" viewBox="0 0 {WIDTH} {height}" role="group" aria-label="The way through the book">'
        f"{''.join(names)}{''.join(lines)}</svg>"
    )


def _line(name: str, heights: dict[str, int], page: tuple[str, int] | None) -> str:
    """Draw one chapter: its arcs, its dot and its name."""
    chapter, y = CHAPTERS[name], heights[name]
    needs = " and ".join(CHAPTERS[needed].title for needed in chapter.needs)
    arcs = "".join(f'<path d="{arc(heights[needed], y)}"/>' for needed in chapter.needs)
    words = f'<text x="{NAME}" y="{y + 5}">{escape(chapter.title)}</text>'
    state = "planned"
    if page:
        address, minutes = page
        state = "written"
        words += f'<text class="minutes" x="{WIDTH}" y="{y + 5}">{minutes} min</text>'
        builds = f", builds on {needs}" if needs else ""
        label = f"{chapter.title}, {minutes} minutes{builds}"
        words = f'<a href="{escape(address)}" aria-label="{escape(label)}">{words}</a>'
    return f'<g class="{state}">{arcs}<circle cx="{LINE}" cy="{y}" r="4.5"/>{words}</g>'


def visit(translator: HTML5Translator, node: way) -> None:
    """Write the picture."""
    builder, env = translator.builder, translator.builder.env
    pages = {}
    for name in CHAPTERS:
        page = posixpath.join(node["folder"], name)
        if page in env.found_docs:
            address = builder.get_relative_uri(builder.current_docname, page)
            pages[name] = address, env.metadata[page].get("minutes", 5)
    translator.body.append(f'<figure class="way">{draw(pages)}</figure>\n')
    raise nodes.SkipNode


def leave_out(translator: nodes.NodeVisitor, node: way) -> None:
    """Write nothing where there are no links to draw."""
    raise nodes.SkipNode


def rewrite(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the pages that show the way again: a chapter may take longer now."""
    return [page for page in env.all_docs if env.metadata[page].get(_FLAG)]


def setup(app: Sphinx) -> None:
    """Register directive and node."""
    skip = (leave_out, None)
    app.add_node(way, html=(visit, None), epub=skip, latex=skip, text=skip, man=skip, texinfo=skip)
    app.add_directive("way", WayDirective)
    app.connect("env-updated", rewrite)
