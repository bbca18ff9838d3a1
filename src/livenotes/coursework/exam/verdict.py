"""What became of a submission: one of six verdicts, and the reason in words."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Every student on the roster gets exactly one."""

    GRADED = "graded"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "crashed"
    MALFORMED = "malformed"
    MISSING = "missing"


@dataclass
class CellReport:
    """What one cell came to: its outputs in the notebook format and, for a test, the points.

    ``detail`` is for the instructor's eyes: it may quote a hidden test.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    score: float | None = None
    detail: str = ""


@dataclass
class Report:
    """What one notebook of a submission came to; not ``final`` if the machine is to blame for it.

    A verdict that is not ``shown`` came up in a hidden test: students do not learn it.
    """

    verdict: Verdict
    reason: str
    cells: list[CellReport] = field(default_factory=list)
    final: bool = True
    shown: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Report":
        """Return the report that ``as_json`` gave."""
        cells = [CellReport(**cell) for cell in data["cells"]]
        return cls(Verdict(data["verdict"]), data["reason"], cells, data["final"], data["shown"])
