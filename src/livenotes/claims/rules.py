"""What makes the ledger sound: every verdict follows from its number or its source."""

import re
from collections.abc import Collection, Mapping

from .bibliography import references
from .ledger import Claim, Measured, Verdict, shipped, shipped_numbers

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NOTE = re.compile(r"\d{3} · \S.*")
TEST = re.compile(r"tests/[\w/]+\.py::test_\w+")
AGAIN = "run 'python -m livenotes.claims measure'"


def validate(
    ledger: Mapping[str, Claim] | None = None,
    numbers: Mapping[str, Mapping[str, Measured]] | None = None,
    sources: Collection[str] | None = None,
) -> None:
    """Check a ledger, its numbers and its citations; by default those of this package and this book.

    Raises
    ------
    ValueError
        With one line for everything that is wrong: the file, the key and what to do.
    """
    ledger = shipped() if ledger is None else ledger
    numbers = shipped_numbers() if numbers is None else numbers
    sources = references() if sources is None else sources
    wrong = [line for claim in ledger.values() for line in _form(claim, sources)]
    for claim in ledger.values():
        if claim.verdict != Verdict.HISTORY:
            wrong += verdict_problems(claim, numbers.get(claim.key, {}))
    for key in sorted(set(numbers) - {c.key for c in ledger.values() if c.measure}):
        wrong.append(f"measured.json, {key!r}: no claim measures this; {AGAIN}")
    if wrong:
        raise ValueError("\n".join(wrong))


def _form(claim: Claim, sources: Collection[str]) -> list[str]:
    """Say what is wrong with the entry itself."""
    wrong = []
    for name in ("key", "section"):
        if not KEBAB.fullmatch(getattr(claim, name)):
            wrong.append(f"{name} {getattr(claim, name)!r} is not in kebab case; rename it")
    if not NOTE.fullmatch(claim.note):
        wrong.append(
            f"note {claim.note!r} is not 'NNN · heading'; give the number of the file and its heading"
        )
    for cited in claim.cite:
        if cited not in sources:
            wrong.append(f"cite {cited!r} is not in book/references.bib; add the entry or correct the key")
    need = {
        Verdict.HISTORY: {"cite"},
        Verdict.DEFINITION: {"checked", *({"test"} if claim.test else {"measure", "claimed"})},
        Verdict.HOLDS_WHEN: {"quantity", "measure", "claimed", "when", "otherwise"},
    }.get(claim.verdict, {"quantity", "measure", "claimed"})
    for name in ("quantity", "measure", "claimed", "when", "otherwise", "checked", "test", "cite"):
        if name in need and not getattr(claim, name):
            wrong.append(f"a claim that is {str(claim.verdict)!r} needs {name!r}; add it")
        if name not in need and name != "cite" and getattr(claim, name):
            wrong.append(f"a claim that is {str(claim.verdict)!r} has no {name!r}; remove it")
    if claim.test and not TEST.fullmatch(claim.test):
        wrong.append(f"test {claim.test!r} is not 'tests/FILE.py::test_name'; correct it")
    return [f"{claim.place}: {line}" for line in wrong]


def verdict_problems(claim: Claim, numbers: Mapping[str, Measured]) -> list[str]:
    """Say where the numbers contradict the verdict: mean ± sd within ``claimed``, or clear of it."""
    if claim.claimed is None:
        return []
    inside = {"measure": claim.verdict != Verdict.WRONG}
    if claim.verdict == Verdict.HOLDS_WHEN:
        inside["otherwise"] = False
    wrong = []
    for name, expected in inside.items():
        if name not in numbers:
            wrong.append(f"{claim.place}: {name!r} has not been measured; {AGAIN}")
            continue
        m, (low, high) = numbers[name], claim.claimed
        least, most = m.mean - m.sd, m.mean + m.sd
        if not ((low <= least and most <= high) if expected else (most < low or high < least)):
            wrong.append(
                f"{claim.place}: the verdict is {str(claim.verdict)!r}, "
                f"but {name!r} is {m.mean:.4g} ± {m.sd:.2g}, "
                f"not {'within' if expected else 'clear of'} {list(claim.claimed)}: "
                "change the verdict and the finding, or look for the fault in the measurement"
            )
    return wrong
