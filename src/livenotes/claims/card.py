"""A claim as a notebook shows it: semantic HTML for the page, stable text for a comparison of outputs."""

from collections import Counter
from dataclasses import dataclass
from html import escape

from .bibliography import Source
from .ledger import Claim, Measured, Verdict

_CLASS = {
    Verdict.HOLDS: "holds",
    Verdict.HOLDS_WHEN: "when",
    Verdict.WRONG: "wrong",
    Verdict.HISTORY: "history",
}


@dataclass(frozen=True, repr=False)
class Card:
    """What is displayed when a cell ends in ``claims.card(key)``.

    The HTML carries no style: an ``<aside>`` of class ``claim`` and a second class for the verdict, with one
    class for every part.
    """

    claim: Claim
    numbers: dict[str, Measured]
    sources: tuple[Source, ...] = ()

    def _parts(self) -> dict[str, str]:
        """Every part and its text, in reading order."""
        claim = self.claim
        parts = {"says": claim.says, "verdict": f"{claim.verdict} {claim.when}".strip()}
        parts["finding"] = claim.finding
        if "measure" in self.numbers:
            parts["measured"] = f"{claim.quantity}: {_number(self.numbers['measure'])}"
        if "otherwise" in self.numbers:
            parts["measured"] += f", otherwise {_number(self.numbers['otherwise'])}"
        if self.sources:
            parts["sources"] = "; ".join(map(str, self.sources))
        return parts | {"note": f"Notes {claim.note}"}

    def __repr__(self) -> str:
        """Plain text, the same on every machine that has the same ledger."""
        return "\n".join(f"{name + ':':<9} {text}" for name, text in self._parts().items())

    def _repr_html_(self) -> str:
        verdict = str(self.claim.verdict)
        parts = {name: escape(text) for name, text in self._parts().items()}
        parts["verdict"] = f"<strong>{verdict}</strong>" + parts["verdict"].removeprefix(verdict)
        number, _, heading = self.claim.note.partition(" · ")
        parts["note"] = f'Notes {escape(number)} · <span lang="zh">{escape(heading)}</span>'
        lines = [f'<p class="claim-{name}">{text}</p>' for name, text in parts.items()]
        label = escape(f"Claim: {self.claim.key}")
        head = f'<aside class="claim claim-{_CLASS[self.claim.verdict]}" aria-label="{label}">'
        return "\n".join([head, *lines, "</aside>"])


@dataclass(frozen=True, repr=False)
class Cards:
    """Several claims under one line that counts their verdicts; the page unfolds them."""

    cards: tuple[Card, ...]

    def _summary(self) -> str:
        counts = Counter(str(card.claim.verdict) for card in self.cards)
        verdicts = "; ".join(
            f"{verdict}: {counts[verdict]}" for verdict in map(str, Verdict) if counts[verdict]
        )
        return f"What the notes say here, measured ({verdicts})"

    def __repr__(self) -> str:
        """Plain text, the same on every machine that has the same ledger."""
        return "\n\n".join([self._summary(), *map(repr, self.cards)])

    def _repr_html_(self) -> str:
        inside = "\n".join(card._repr_html_() for card in self.cards)
        return f'<details class="claims"><summary>{escape(self._summary())}</summary>\n{inside}\n</details>'


def _number(m: Measured) -> str:
    return f"{m.mean:.3g}" if m.n == 1 else f"{m.mean:.3g} ± {m.sd:.2g} (n = {m.n})"
