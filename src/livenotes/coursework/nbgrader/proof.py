"""An assignment proves itself before it judges: its own solution earns every point, a blank release none.

Both are graded as submissions are, by the same examiner, once for all that decides how they fare. Where they
do not earn what they should, something is wrong with a test, with the solution or with this grader, and
nobody is graded until the instructor says that it is meant so.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from livenotes.coursework.exam.job import Job
from livenotes.coursework.exam.testing import TEST_FILE
from livenotes.coursework.exam.verdict import CellReport, Report, Verdict
from livenotes.coursework.nbgrader import autograded, submission
from livenotes.coursework.nbgrader.grade import Examine, Grading
from livenotes.coursework.nbgrader.sheet import Placed, Sheet, lay_over

SOLUTION, BLANK = "the solution", "a blank release"
MAX_WHY = 300


class Unproved(ValueError):
    """The assignment does not grade its own solution as it should; the message says where, and what to do."""


@dataclass
class Proof:
    """What the two earned: lines for a table, the faults in words, and whether they have been accepted."""

    fingerprint: str
    earned: dict[str, float] = field(default_factory=dict)
    most: float = 0.0
    faults: list[str] = field(default_factory=list)
    accepted: bool = False

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> "Proof | None":
        """Return the proof that is kept, if it is one of this very assignment."""
        try:
            proof = cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return proof if proof.fingerprint == fingerprint else None

    def save(self, path: Path) -> None:
        """Keep the proof."""
        path.parent.mkdir(parents=True, exist_ok=True)
        autograded.write_whole(path, json.dumps(asdict(self), indent=1) + "\n")

    def __str__(self) -> str:
        """Say what the two earned, and what is wrong with it."""
        said = (f"{who} earned {points:g} of {self.most:g} points" for who, points in self.earned.items())
        return "\n".join([f"Tried on itself, before anybody is graded: {', '.join(said)}.", *self.faults])


def prove(run: Grading, examine: Examine, *, again: bool = False) -> Proof:
    """Grade the assignment's own solution and a blank release, unless that has been done; keep the proof."""
    fingerprint = _fingerprint(run)
    before = Proof.load(_path(run), fingerprint)
    if before is not None and not again:
        return before
    earned = {SOLUTION: 0.0, BLANK: 0.0}
    accepted = before is not None and before.accepted
    proof = Proof(fingerprint, earned, run.most(automatic=True), accepted=accepted)
    tried = [(who, sheet, cells) for sheet in run.sheets for who, cells in _both(run, sheet)]
    reports = dict(examine(_job(run, *one) for one in tried))
    for who, sheet, cells in tried:
        report = reports[_key(who, sheet)]
        proof.earned[who] += sum(done.score or 0.0 for done in report.cells)
        proof.faults += _faults(who, sheet.name, cells, report)
    proof.save(_path(run))
    return proof


def require_proof(run: Grading, examine: Examine, *, anyway: bool = False) -> Proof:
    """Return the proof of an assignment; raise Unproved where it fails and has not been accepted."""
    proof = prove(run, examine)
    if anyway and not proof.accepted:
        proof = replace(proof, accepted=True)
        proof.save(_path(run))
    if proof.faults and not proof.accepted:
        raise Unproved(f"nobody has been graded.\n{proof}\n{_advice(run.assignment)}")
    return proof


def _advice(assignment: str) -> str:
    return (
        f"Correct source/{assignment}, then: nbgrader generate_assignment {assignment}\n"
        f"`livenotes grade {assignment} --check` tries it again, and grades nobody.\n"
        f"If all this is meant so: `livenotes grade {assignment} --grade-anyway`, "
        "which has to be said once for this version."
    )


def _path(run: Grading) -> Path:
    return run.records.parent / ".proofs" / f"{run.assignment}.json"


def _key(who: str, sheet: Sheet) -> str:
    return json.dumps([who, sheet.name])


def _job(run: Grading, who: str, sheet: Sheet, placed: Iterable[Placed]) -> Job:
    cells = [cell.to_run() for cell in placed]
    return Job(_key(who, sheet), cells, run.limits, run.material, sheet.own, [*run.material])


def _fingerprint(run: Grading) -> str:
    """Return a hash of all that decides how the two fare."""
    digest = hashlib.sha256(json.dumps([version("livenotes"), run.terms()], sort_keys=True).encode())
    for sheet in run.sheets:
        path = run.source / f"{sheet.name}.ipynb"
        if not path.is_file():
            raise Unproved(
                f"nobody has been graded: {path} is not there, with the solution on which "
                f"{run.assignment} is tried first. Put it back and give the same command again."
            )
        digest.update(path.read_bytes())
    for name, blob in run.material.items():
        digest.update(name.encode() + blob)
    return digest.hexdigest()


def _both(run: Grading, sheet: Sheet) -> Iterator[tuple[str, list[Placed]]]:
    """Yield the instructor's notebook laid over the sheet: as it is, and with the solutions cleared."""
    own = submission.read_notebook(run.source, sheet.name)
    yield SOLUTION, lay_over(sheet, own)[0]
    cleared = {cell.grade_id: cell.source for cell in sheet.cells if cell.solution}
    cells = [replace(cell, source=cleared.get(cell.grade_id or "", cell.source)) for cell in own.cells]
    yield BLANK, lay_over(sheet, replace(own, cells=cells))[0]


def _faults(who: str, notebook: str, placed: Iterable[Placed], report: Report) -> Iterator[str]:
    """Yield what is wrong, a line or two each."""
    is_solution = who == SOLUTION
    if is_solution and report.verdict is not Verdict.GRADED:
        yield f"  {who} of {notebook} was not graded to its end ({report.verdict}): {report.reason}"
    for cell, done in zip(placed, report.cells, strict=True):
        if cell.known is None or not cell.known.is_test:
            continue
        score, points = done.score or 0.0, cell.known.points
        if score < points if is_solution else score > 0:
            why = _why(cell.known.source, done)
            yield f"  {cell.known.grade_id} of {notebook} gave {who} {score:g} of {points:g} points{why}"


def _why(source: str, done: CellReport) -> str:
    """Return where a test failed and with which error; for the instructor, so hidden lines are quoted."""
    if not done.detail:
        return ""
    places = re.findall(rf'File "{TEST_FILE}", line (\d+)', done.detail)
    lines = done.detail.rstrip().split("\n")
    last = max((k for k, line in enumerate(lines) if line.startswith("  File ")), default=-1)
    error = " ".join(" ".join(line for line in lines[last + 1 :] if not line.startswith("    ")).split())
    where = f"line {places[0]}: {source.split(chr(10))[int(places[0]) - 1].strip()}\n      " if places else ""
    return f"\n    {where}{error[:MAX_WHY]}"
