"""A claim as a notebook shows it: semantic HTML for the page, stable text for a comparison of outputs."""

from dataclasses import dataclass
from html import escape

from .bibliography import Source
from .ledger import Claim, Measured, Verdict


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
        verdict = f"{claim.verdict} {claim.when}" if claim.when else str(claim.verdict)
        parts = {"note": f"Notes {claim.note}", "says": claim.says}
        parts |= {"verdict": verdict, "finding": claim.finding}
        if "measure" in self.numbers:
            parts["measured"] = f"{claim.quantity}: {_number(self.numbers['measure'])}"
        if "otherwise" in self.numbers:
            parts["otherwise"] = f"otherwise: {_number(self.numbers['otherwise'])}"
        if self.sources:
            parts["sources"] = "; ".join(map(str, self.sources))
        return parts

    def __repr__(self) -> str:
        """Plain text, the same on every machine that has the same ledger."""
        return "\n".join(f"{name + ':':<10} {text}" for name, text in self._parts().items())

    def _repr_html_(self) -> str:
        claim, parts = self.claim, self._parts()
        kind = {
            Verdict.HOLDS: "holds",
            Verdict.HOLDS_WHEN: "when",
            Verdict.WRONG: "wrong",
            Verdict.HISTORY: "history",
        }[claim.verdict]
        note = f'<footer class="claim-note">{escape(parts.pop("note"))}</footer>'
        lines = [f'<p class="claim-{name}">{escape(text)}</p>' for name, text in parts.items()]
        head = f'<aside class="claim claim-{kind}" aria-label="{escape(f"Claim: {claim.key}")}">'
        return "\n".join([head, *lines, note, "</aside>"])


def _number(m: Measured) -> str:
    return f"{m.mean:.3g}" if m.n == 1 else f"{m.mean:.3g} ± {m.sd:.2g} (n = {m.n})"
