"""The directive ``ledger``: what the notes claim, what became of it, and the numbers.

::

    ```{ledger}
    :chapter: activations
    :verdict: wrong, corrected; holds when
    ```

Both options leave out what they do not name; without them the whole ledger is shown, chapter by chapter. All
entries stand on the page; with a script, a reader can narrow them down by chapter, verdict and words.

A section of a chapter that discusses claims ends with a link to the first of them.
"""

import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from livenotes import claims
from livenotes._folders import ROOMS
from livenotes.claims.card import STYLES

from .chapters import CHAPTERS, link, page_of


class LedgerDirective(SphinxDirective):
    """Show the claims of a chapter, of a verdict, or all."""

    option_spec: ClassVar[dict[str, Any]] = {
        "chapter": directives.unchanged_required,
        "verdict": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return one section a chapter, or the cards alone where a single chapter is asked for."""
        self._note_sources()
        wanted = self._verdicts()
        chapter = self.options.get("chapter")
        groups: dict[str, list[claims.Card]] = {}
        for card in claims.all():
            if card.claim.verdict in wanted and chapter in (None, card.claim.chapter):
                groups.setdefault(card.claim.chapter, []).append(card)
        if not groups:
            return [nodes.paragraph("", "There is nothing to show here yet.", classes=["ledger-empty"])]
        if chapter:
            return [self._card(card) for card in groups[chapter]]
        order = [*CHAPTERS, *groups]
        names = sorted(groups, key=order.index)
        head = nodes.raw("", _head({name: groups[name] for name in names}), format="html")
        return [head, *(self._chapter(name, groups[name]) for name in names)]

    def _note_sources(self) -> None:
        """Have this page read again when the ledger, or what draws it, changes."""
        files = [*ROOMS.glob("*/claims.toml"), *ROOMS.glob("*/measured.json")]
        for path in [*files, *Path(claims.__file__).parent.glob("*.py")]:
            self.env.note_dependency(str(path))

    def _verdicts(self) -> list[str]:
        given = self.options.get("verdict")
        if given is None:
            return list(claims.Verdict)
        wanted = [each.strip() for each in given.split(";") if each.strip()]
        for each in wanted:
            if each not in list(claims.Verdict):
                known = "; ".join(claims.Verdict)
                raise self.error(f"ledger: there is no verdict {each!r}; give some of: {known}")
        return wanted

    def _chapter(self, chapter: str, group: list[claims.Card]) -> nodes.section:
        page, name = page_of(self.env, chapter), _title(chapter)
        section = nodes.section(ids=[f"ledger-{chapter}"], names=[f"ledger-{chapter}"])
        title = nodes.title()
        title += link(self.env, "doc", f"/{page}", name) if page else nodes.Text(name)
        section += title
        section += [self._card(card) for card in group]
        self.state.document.note_implicit_target(section, section)
        return section

    def _card(self, card: claims.Card) -> nodes.container:
        """Return the parts of a card; its foot links the sources, which the card only names."""
        box = nodes.container(ids=[f"claim-{card.claim.key}"], classes=["claim", card.style])
        for name, part in card.parts().items():
            if name != "sources":
                box += nodes.paragraph("", "", *map(_words, part), classes=[f"claim-{name}"])
        box += self._foot(card.claim)
        return box

    def _foot(self, claim: claims.Claim) -> nodes.paragraph:
        """Return the line that says where the claim is discussed and who has shown it."""
        foot = nodes.paragraph(classes=["claim-foot"])
        if page_of(self.env, claim.chapter):
            discussed = link(self.env, "ref", claim.section, "Where it is discussed")
            self.set_source_info(discussed)
            foot += discussed
        else:
            foot += nodes.Text("The chapter is still to be written.")
        if claim.cite:
            foot += nodes.Text(" · ")
            cited, _ = self.parse_inline(f"{{cite:t}}`{','.join(claim.cite)}`")
            foot += cited
        return foot


def _head(groups: Mapping[str, Iterable[claims.Card]]) -> str:
    """Write how many claims have each verdict, and the controls that narrow the list down."""
    counts = Counter(card.claim.verdict for group in groups.values() for card in group)
    verdicts = [verdict for verdict in claims.Verdict if counts[verdict]]
    rows = "".join(
        f'<li class="claim-{STYLES[verdict]}"><strong>{counts[verdict]}</strong> {verdict}</li>'
        for verdict in verdicts
    )
    chapters = "".join(_option(f"ledger-{name}", _title(name)) for name in groups)
    kinds = "".join(_option(f"claim-{STYLES[verdict]}", str(verdict)) for verdict in verdicts)
    return (
        f'<ul class="ledger-counts">{rows}</ul>'
        '<form class="ledger-filter" role="search" aria-label="Narrow the ledger down">'
        f'<label>Chapter <select name="chapter"><option value="">all</option>{chapters}</select></label>'
        f'<label>Verdict <select name="verdict"><option value="">all</option>{kinds}</select></label>'
        '<label>Words <input type="search" name="words" autocomplete="off"/></label>'
        '<p class="ledger-shown" role="status">'
        f"{counts.total()} of {counts.total()} entries</p></form>"
    )


def _option(value: str, text: str) -> str:
    return f'<option value="{value}">{escape(text)}</option>'


def _title(chapter: str) -> str:
    return CHAPTERS[chapter].title if chapter in CHAPTERS else chapter


class LinkBack(SphinxPostTransform):
    """End the sections of a chapter that discuss claims with a link to these."""

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Add the links to one document."""
        page = self.env.docname
        folder, chapter = posixpath.split(page)
        ledger = posixpath.join(folder, "ledger")
        if ledger not in self.env.found_docs:
            return
        discussed: dict[str, list[str]] = {}
        for card in claims.all():
            if card.claim.chapter == chapter:
                discussed.setdefault(card.claim.section, []).append(card.claim.key)
        for section in list(self.document.findall(nodes.section)) if discussed else ():
            keys = [key for label in section["ids"] for key in discussed.get(label, ())]
            if keys:
                address = self.app.builder.get_relative_uri(page, ledger)
                words = f"{len(keys)} {'entry' if len(keys) == 1 else 'entries'} in the ledger"
                link = nodes.reference("", words, refuri=f"{address}#claim-{keys[0]}", internal=True)
                line = nodes.paragraph("", "", link, classes=["ledger-back"])
                section.insert(section.first_child_matching_class(nodes.section) or len(section), line)


def load_script(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load what narrows a ledger down on the pages that show one."""
    if 'class="ledger-filter"' in context.get("body", ""):
        app.add_js_file("ledger.js", loading_method="defer")


def _words(piece: claims.Piece) -> nodes.Node:
    if piece.kind == "strong":
        return nodes.strong("", piece.text)
    if piece.kind == "zh":
        return nodes.inline("", piece.text, classes=["language-zh"])
    return nodes.Text(piece.text)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("ledger", LedgerDirective)
    app.add_post_transform(LinkBack)
    app.connect("html-page-context", load_script)
