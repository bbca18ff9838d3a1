"""The directive ``ledger``: what the notes claim, what became of it, and the numbers.

::

    ```{ledger}
    :chapter: activations
    :verdict: wrong, corrected; holds when
    ```

Both options leave out what they do not name; without them the whole ledger is shown, chapter by chapter.
"""

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .chapters import CHAPTERS, link, page_of

SOURCE = "livenotes.claims"
VERDICTS = {
    "holds": "holds",
    "holds when": "when",
    "wrong, corrected": "wrong",
    "a matter of history": "history",
}
"""Every verdict and the class that the style sheet knows it by."""


@runtime_checkable
class Measured(Protocol):
    """A mean, its standard deviation and the number of values."""

    @property
    def mean(self) -> float: ...  # noqa: D102
    @property
    def sd(self) -> float: ...  # noqa: D102
    @property
    def n(self) -> int: ...  # noqa: D102


@runtime_checkable
class Claim(Protocol):
    """One statement of the notes; ``section`` is the label of the place that discusses it."""

    key: str
    chapter: str
    note: str
    says: str
    verdict: str
    finding: str
    section: str
    quantity: str
    when: str
    cite: tuple[str, ...]


@runtime_checkable
class Card(Protocol):
    """A claim and what was measured for it: under ``measure`` and, where a condition fails, ``otherwise``."""

    claim: Claim
    numbers: Mapping[str, Measured]


def cards() -> Sequence[Card]:
    """Return every claim of the package; none while it has no ledger."""
    if importlib.util.find_spec(SOURCE) is None:
        return []
    found: Sequence[Card] = importlib.import_module(SOURCE).all()
    return found


def number(value: Measured) -> str:
    """Write a mean with its spread, the same as a claim in a notebook does."""
    mean = f"{value.mean:.3g}"
    return mean if value.n == 1 else f"{mean} ± {value.sd:.2g} (n = {value.n})"


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
        groups: dict[str, list[Card]] = {}
        for card in cards():
            if card.claim.verdict in wanted and chapter in (None, card.claim.chapter):
                groups.setdefault(card.claim.chapter, []).append(card)
        if not groups:
            return [nodes.paragraph("", "There is nothing to show here yet.", classes=["ledger-empty"])]
        if chapter:
            return [self._card(card) for card in groups[chapter]]
        order = [*CHAPTERS, *groups]
        return [self._chapter(name, groups[name]) for name in sorted(groups, key=order.index)]

    def _note_sources(self) -> None:
        """Have this page read again when the ledger changes."""
        spec = importlib.util.find_spec(SOURCE)
        if spec is None or spec.origin is None:
            return
        for path in Path(spec.origin).parent.iterdir():
            if path.suffix in (".toml", ".json", ".py"):
                self.env.note_dependency(str(path))

    def _verdicts(self) -> list[str]:
        given = self.options.get("verdict")
        if given is None:
            return list(VERDICTS)
        wanted = [each.strip() for each in given.split(";") if each.strip()]
        for each in wanted:
            if each not in VERDICTS:
                known = "; ".join(VERDICTS)
                raise self.error(f"ledger: there is no verdict {each!r}; give some of: {known}")
        return wanted

    def _chapter(self, chapter: str, group: list[Card]) -> nodes.section:
        page, name = page_of(self.env, chapter), CHAPTERS.get(chapter, chapter)
        section = nodes.section(ids=[f"ledger-{chapter}"], names=[f"ledger-{chapter}"])
        title = nodes.title()
        title += link(self.env, "doc", f"/{page}", name) if page else nodes.Text(name)
        section += title
        section += [self._card(card) for card in group]
        self.state.document.note_implicit_target(section, section)
        return section

    def _card(self, card: Card) -> nodes.container:
        claim = card.claim
        box = nodes.container(
            ids=[f"claim-{claim.key}"], classes=["claim", f"claim-{VERDICTS[claim.verdict]}"]
        )
        box += nodes.paragraph("", f"Notes {claim.note}", classes=["claim-note"])
        box += nodes.paragraph("", claim.says, classes=["claim-says"])
        verdict = f"{claim.verdict} {claim.when}" if claim.when else str(claim.verdict)
        box += nodes.paragraph("", verdict, classes=["claim-verdict"])
        box += nodes.paragraph("", claim.finding, classes=["claim-finding"])
        if "measure" in card.numbers:
            measured = f"{claim.quantity}: {number(card.numbers['measure'])}"
            box += nodes.paragraph("", measured, classes=["claim-measured"])
        if "otherwise" in card.numbers:
            otherwise = f"otherwise: {number(card.numbers['otherwise'])}"
            box += nodes.paragraph("", otherwise, classes=["claim-otherwise"])
        box += self._foot(claim)
        return box

    def _foot(self, claim: Claim) -> nodes.paragraph:
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


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("ledger", LedgerDirective)
