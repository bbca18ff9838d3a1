"""A claim as the ledger shows it: its parts, and the words of each."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Card:
    """A claim with its numbers and sources, cut into the parts that a page shows."""

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


def _number(m: Measured) -> str:
    return f"{m.mean:.3g}" if m.n == 1 else f"{m.mean:.3g} ± {m.sd:.2g} (n = {m.n})"
