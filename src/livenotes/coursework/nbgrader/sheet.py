"""An assignment's notebook as the gradebook holds it, and a submission laid over it.

Everything that decides points (tests, their order and worth, which cells are read-only) is taken from
the gradebook, never from the submission: of a submission only the student's own cells count, found by the
ids nbgrader gave them.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from livenotes.coursework.exam.job import Cell
from livenotes.coursework.exam.testing import hidden_lines, without_hidden
from livenotes.coursework.nbgrader.markup import inert, only_pasted
from livenotes.coursework.nbgrader.submission import Notebook, OwnCell


@dataclass(frozen=True)
class SourceCell:
    """A cell that nbgrader keeps: its text in the instructor's version (solutions cleared) and its roles."""

    grade_id: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float
    attachments: dict[str, Any] | None = None
    place: int = 0

    @property
    def is_test(self) -> bool:
        """Whether the cell is graded by running it."""
        return self.grade and not self.solution and self.cell_type == "code"

    def metadata(self) -> dict[str, Any]:
        """Return nbgrader's record of this cell."""
        record = {
            "schema_version": 3,
            "grade_id": self.grade_id,
            "cell_type": self.cell_type,
            "checksum": self.checksum,
            "locked": self.locked,
            "grade": self.grade,
            "solution": self.solution,
            "task": self.task,
        }
        if self.grade or self.task:
            record["points"] = self.points
        return {"nbgrader": record}


@dataclass(frozen=True)
class Sheet:
    """One notebook of an assignment; the cells stand in the instructor's order.

    ``own`` holds what the tests know of those of the instructor's cells that students may change.
    """

    name: str
    kernelspec: dict[str, Any]
    cells: Sequence[SourceCell]
    own: Sequence[Cell] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the sheet as a JSON object, for a fingerprint."""
        return asdict(self)


@dataclass(frozen=True)
class Placed:
    """A cell of the notebook to be graded; ``known`` is its entry in the sheet, if it has one."""

    cell_type: str
    source: str
    known: SourceCell | None = None
    attachments: dict[str, Any] | None = None
    answered: bool = True

    def to_run(self) -> Cell:
        """Return what the exam needs of this cell."""
        if self.cell_type != "code":
            return Cell("text", "")
        if self.known is None or self.known.solution:
            return Cell("code", self.source)
        kind = "test" if self.known.is_test else "given"
        return Cell(kind, self.known.source, self.known.points, self.known.place)

    def shown(self) -> str:
        """Return the source as feedback may show it: no hidden test, no markup of the student's that runs."""
        pasted = self.attachments or {}
        if self.cell_type == "code":
            is_test = self.known is not None and self.known.is_test
            return without_hidden(self.source) if is_test else self.source
        instructors = self.known is not None and not self.known.solution
        return only_pasted(self.source if instructors else inert(self.source), pasted)


def lay_over(sheet: Sheet, submitted: Notebook) -> tuple[list[Placed], list[str]]:
    """Return the cells to grade, and remarks on what was put right.

    The student's order and extra cells stay; cells that are not the student's are restored; of cells
    with the same id the last counts; what was deleted is put back behind the cell it followed.
    """
    known = {cell.grade_id: cell for cell in sheet.cells}
    last = {cell.grade_id: number for number, cell in enumerate(submitted.cells) if cell.grade_id in known}
    placed: list[Placed] = []
    remarks: list[str] = []
    for number, own in enumerate(submitted.cells):
        source_cell = known.get(own.grade_id or "")
        if source_cell is not None and last[source_cell.grade_id] != number:
            remarks.append(f"cell {source_cell.grade_id} occurs more than once; the last one counts")
            source_cell = None
        placed.append(_place(own, source_cell, remarks))
    _put_back(sheet, placed, remarks)
    return placed, remarks


def _place(own: OwnCell, known: SourceCell | None, remarks: list[str]) -> Placed:
    if known is None:
        return Placed(own.cell_type, own.source, None, own.attachments)
    if known.solution:
        if own.cell_type != known.cell_type:
            remarks.append(f"cell {known.grade_id} had become {own.cell_type}")
        return Placed(known.cell_type, own.source, known, own.attachments, own.source != known.source)
    if own.source not in (known.source, without_hidden_region(known.source)):
        remarks.append(f"cell {known.grade_id} had been changed; the original was used")
    return Placed(known.cell_type, known.source, known, known.attachments)


def without_hidden_region(source: str) -> str:
    """Return a test as the release holds it: the hidden lines gone, markers and all."""
    hidden = hidden_lines(source)
    return "\n".join(line for n, line in enumerate(source.split("\n"), start=1) if n not in hidden)


def _put_back(sheet: Sheet, placed: list[Placed], remarks: list[str]) -> None:
    present = {cell.known.grade_id for cell in placed if cell.known is not None}
    before: str | None = None
    for known in sheet.cells:
        if known.grade_id not in present:
            remarks.append(f"cell {known.grade_id} was missing and has been put back")
            ids = [cell.known.grade_id if cell.known is not None else None for cell in placed]
            at = ids.index(before) + 1 if before is not None else 0
            placed.insert(at, Placed(known.cell_type, known.source, known, known.attachments, False))
        before = known.grade_id


def untouched(sheet: Sheet) -> list[Placed]:
    """Return the cells of a notebook that was not submitted, or cannot be read."""
    return [Placed(cell.cell_type, cell.source, cell, cell.attachments) for cell in sheet.cells]
