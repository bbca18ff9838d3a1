"""A claim as a notebook shows it: semantic HTML for the page, stable text for a comparison of outputs."""

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from .bibliography import Source
from .ledger import Claim, Measured, Verdict

STYLES = {
    Verdict.HOLDS: "holds",
    Verdict.HOLDS_WHEN: "when",
    Verdict.WRONG: "wrong",
    Verdict.HISTORY: "history",
    Verdict.DEFINITION: "definition",
}
"""Every verdict and the class that the style sheet knows it by."""


class Piece(NamedTuple):
    """Some words of a card, and whether they stand out (``"strong"``) or are Chinese (``"zh"``)."""

    text: str
    kind: str = ""


_HTML = {"": "{}", "strong": "<strong>{}</strong>", "zh": '<span lang="zh">{}</span>'}


@dataclass(frozen=True, repr=False)
class Card:
    """What is displayed when a cell ends in ``claims.card(key)``; the ledger's page shows the same parts.

    The HTML carries no style: an ``<aside>`` of class ``claim`` and a second class for the verdict, with one
    class for every part.
    """

    claim: Claim
    numbers: dict[str, Measured]
    sources: tuple[Source, ...] = ()

    @property
    def style(self) -> str:
        """The class of the verdict."""
        return f"claim-{STYLES[self.claim.verdict]}"

    def parts(self) -> dict[str, list[Piece]]:
        """Every part and its words, in reading order."""
        claim = self.claim
        verdict = [Piece(str(claim.verdict), "strong")] + [Piece(f" {claim.when}")] * bool(claim.when)
        parts = {"says": [Piece(claim.says)], "verdict": verdict, "finding": [Piece(claim.finding)]}
        if claim.checked:  # the number is that of a check, and says nothing to a reader
            parts["measured"] = [Piece(f"Checked against {claim.checked}")]
        elif "measure" in self.numbers:
            measured = f"{claim.quantity}: {_number(self.numbers['measure'])}"
            if "otherwise" in self.numbers:
                measured += f", otherwise {_number(self.numbers['otherwise'])}"
            parts["measured"] = [Piece(measured)]
        if self.sources:
            parts["sources"] = [Piece("; ".join(map(str, self.sources)))]
        number, _, heading = claim.note.partition(" · ")
        return parts | {"note": [Piece(f"Notes {number} · "), Piece(heading, "zh")]}

    def __repr__(self) -> str:
        """Plain text, the same on every machine that has the same ledger."""
        texts = {name: "".join(piece.text for piece in part) for name, part in self.parts().items()}
        return "\n".join(f"{name + ':':<9} {text}" for name, text in texts.items())

    def _repr_html_(self) -> str:
        label = escape(f"Claim: {self.claim.key}")
        lines = [f'<aside class="claim {self.style}" aria-label="{label}">']
        for name, part in self.parts().items():
            text = "".join(_HTML[piece.kind].format(escape(piece.text)) for piece in part)
            lines.append(f'<p class="claim-{name}">{text}</p>')
        return "\n".join([*lines, "</aside>"])


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
