"""The role ``chapter``: a link to a chapter, and plain words as long as the chapter is not written.

``{chapter}`dropout``` names the page beside the one it stands on and shows the chapter's title;
``{chapter}`the chapter on dropout <dropout>``` shows other words.
"""

import posixpath
from dataclasses import dataclass

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import ReferenceRole


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book, written or planned: its title, its part, and the chapters that it builds on."""

    title: str
    part: str
    needs: tuple[str, ...] = ()


_BEFORE = "Before the notes"
_NEURONS = "Part I · Neurons and how to keep them honest"
_SEQUENCES = "Part II · Sequences"
_DEEPER = "Part III · Deeper"
_QUESTIONS = "Part IV · Questions"

CHAPTERS: dict[str, Chapter] = {
    "learning": Chapter("How a network learns", _BEFORE),
    "activations": Chapter("Activation functions", _NEURONS, ("learning",)),
    "dropout": Chapter("Dropout", _NEURONS, ("learning",)),
    "training-vocabulary": Chapter("The vocabulary of training", _NEURONS, ("learning",)),
    "normalization": Chapter("Normalization", _NEURONS, ("dropout", "training-vocabulary")),
    "embeddings": Chapter("Word vectors and other embeddings", _SEQUENCES, ("learning",)),
    "recurrent": Chapter("Recurrent networks", _SEQUENCES, ("learning",)),
    "lstm": Chapter("LSTM and its variants", _SEQUENCES, ("recurrent",)),
    "beyond-relu": Chapter("Beyond ReLU", _DEEPER, ("activations", "normalization")),
    "residual": Chapter("Residual networks", _DEEPER, ("normalization",)),
    "bidirectional": Chapter("Bidirectional and deep recurrent networks", _DEEPER, ("lstm",)),
    "attention": Chapter("Attention", _DEEPER, ("embeddings", "bidirectional")),
    "questions": Chapter("Five questions", _QUESTIONS, ("normalization", "lstm")),
}
"""Every chapter by the name of its page, in the order of the book; what it needs stands before it."""

NAMES = (
    "names-chapters"  # what the environment keeps of a page that is read again when a chapter comes or goes
)


def page_of(env: BuildEnvironment, chapter: str) -> str | None:
    """Return the page of a chapter, None while there is none; the page that asks is read again then."""
    env.metadata[env.docname][NAMES] = True
    page = posixpath.join(posixpath.dirname(env.docname), chapter)
    return page if page in env.found_docs else None


def link(env: BuildEnvironment, kind: str, target: str, text: str) -> addnodes.pending_xref:
    """Make a reference to a page (``doc``) or to a label (``ref``); one that leads nowhere is a warning."""
    return addnodes.pending_xref(
        "",
        nodes.inline("", text, classes=["std", f"std-{kind}"]),
        refdomain="std",
        reftype=kind,
        reftarget=target,
        refexplicit=True,
        refwarn=True,
        refdoc=env.docname,
    )


class ChapterRole(ReferenceRole):
    """Link to a chapter, or name it and say that it is planned."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the reference or the words."""
        if self.target not in CHAPTERS:
            known = ", ".join(CHAPTERS)
            message = f"there is no chapter {self.target!r}; the chapters are {known}"
            problem = self.inliner.reporter.error(message, line=self.lineno)
            return [nodes.problematic(self.rawtext, self.rawtext)], [problem]
        title = self.title if self.has_explicit_title else CHAPTERS[self.target].title
        page = page_of(self.env, self.target)
        if page is None:
            return [nodes.inline("", f"{title} (planned)", classes=["planned"])], []
        reference = link(self.env, "doc", f"/{page}", title)
        self.set_source_info(reference)
        return [reference], []


def reread(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Read the pages that name chapters again when a chapter comes or goes."""
    if not added and not removed:
        return []
    return [page for page in env.all_docs if env.metadata[page].get(NAMES)]


def setup(app: Sphinx) -> None:
    """Register the role."""
    app.add_role("chapter", ChapterRole())
    app.connect("env-get-outdated", reread)
