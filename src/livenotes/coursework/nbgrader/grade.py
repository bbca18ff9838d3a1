"""Grade an assignment: read the submissions, have them examined, write points, notebooks and verdicts.

Only this module and those it calls touch the course directory and the gradebook; what examines the
submissions, here or on other machines, gets jobs and gives reports.
"""

import hashlib
import json
import os
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from livenotes.coursework.boundary.limits import DEFAULT, Limits
from livenotes.coursework.exam.job import Job
from livenotes.coursework.exam.verdict import CellReport, Report, Verdict
from livenotes.coursework.nbgrader import autograded, submission
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.gradebook import Book
from livenotes.coursework.nbgrader.sheet import Placed, Sheet, lay_over, untouched

Examine = Callable[[Iterable[Job]], Iterator[tuple[str, Report]]]
FORMAT = 2


@dataclass
class Result:
    """What one student's submission came to; ``points`` by task, None for what is graded by hand."""

    student: str
    verdict: Verdict
    reason: str
    points: dict[str, float | None] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    answers: str = ""  # a hash of what the student wrote, empty if that is nothing
    fresh: bool = True

    def save(self, folder: Path) -> None:
        """Keep the result, so that an interrupted run can go on behind it."""
        folder.mkdir(parents=True, exist_ok=True)
        record = {key: value for key, value in asdict(self).items() if key != "fresh"}
        autograded.write_whole(folder / f"{self.student}.json", json.dumps(record, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path, student: str) -> "Result | None":
        """Return the result kept for a student, if there is one."""
        try:
            data = json.loads((folder / f"{student}.json").read_text(encoding="utf-8"))
            return cls(**{**data, "verdict": Verdict(data["verdict"]), "fresh": False})
        except (OSError, ValueError, TypeError, KeyError):
            return None


@dataclass
class Submission:
    """One student's submission while it is graded."""

    student: str
    answers: str = ""
    fingerprint: str = ""
    timestamp: str | None = None
    notes: dict[str, str] = field(default_factory=dict)
    placed: dict[str, list[Placed]] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    jobs: deque[Job] = field(default_factory=deque)
    there: bool = True


class Grading:
    """One run over an assignment."""

    def __init__(self, course: Course, book: Book, assignment: str, limits: Limits = DEFAULT):
        self.course = course
        self.book = book
        self.assignment = assignment
        self.limits = limits
        self.sheets = book.sheets(assignment)
        self.source = course.folder("source", ".", assignment)
        self.material = submission.other_files(self.source)
        self.instructors = submission.inodes(self.source)
        self.records = course.records(assignment)

    def worth(self) -> dict[str, float]:
        """Return what every task is worth at most."""
        return {
            self._within(sheet) + cell.grade_id: cell.points
            for sheet in self.sheets
            for cell in sheet.cells
            if cell.grade or cell.task
        }

    def most(self, *, automatic: bool = False) -> float:
        """Return what a submission can earn, or what it can earn without a person to say so."""
        cells = (cell for sheet in self.sheets for cell in sheet.cells)
        return sum(cell.points for cell in cells if cell.is_test or not automatic)

    def _within(self, sheet: Sheet) -> str:
        """Return what tells the tasks of a notebook from those of the others, if there are others."""
        return f"{sheet.name}/" if len(self.sheets) > 1 else ""

    def students(self) -> list[str]:
        """Return everyone on the roster, and everyone who submitted something."""
        return sorted({*self.book.students(), *self.course.submitted(self.assignment)})

    def misspelt(self) -> dict[str, str]:
        """Return the folders named like a student on the roster but for case or accents, and that student.

        A folder ``Ada`` would otherwise become a student of its own beside ``ada``.
        """
        roster = {_alike(student): student for student in self.book.students()}
        others = {*self.course.submitted(self.assignment)} - {*roster.values()}
        return {name: roster[_alike(name)] for name in others if _alike(name) in roster}

    def run(self, students: Iterable[str], examine: Examine, *, again: bool = False) -> Iterator[Result]:
        """Grade students; yield one result for each, in the order in which they are done."""
        misspelt = self.misspelt()
        pending: dict[str, Submission] = {}
        at_once: deque[Result] = deque()

        def jobs() -> Iterator[Job]:
            """Read one student after the other as there is room for more, so that few are in memory."""
            for student in students:
                try:
                    submission.require_id(student)
                    if student in misspelt:
                        raise submission.Malformed(
                            f"the roster has {misspelt[student]}: rename this folder, or add {student} to it"
                        )
                except submission.Malformed as error:  # then there is nowhere to write it
                    at_once.append(Result(student, Verdict.MALFORMED, str(error)))
                    continue
                entry = self._read(student)
                kept = None if again else self._kept(entry)
                if kept is not None:
                    at_once.append(kept)
                elif not entry.jobs:
                    at_once.append(self._finish(entry))
                else:
                    pending[student] = entry
                    while entry.jobs:
                        yield entry.jobs.popleft()

        for key, report in examine(jobs()):
            while at_once:
                yield at_once.popleft()
            student, name = json.loads(key)
            pending[student].reports[name] = report
            if len(pending[student].reports) == len(self.sheets):
                yield self._finish(pending.pop(student))
        yield from at_once

    def _read(self, student: str) -> Submission:
        """Read a submission; what cannot be read has its report already."""
        folder = self.course.folder("submitted", student, self.assignment)
        entry = Submission(student)
        digest = hashlib.sha256(json.dumps(self.terms(), sort_keys=True).encode())
        files: dict[str, bytes] = {}
        for sheet in self.sheets:
            try:
                own = submission.read_notebook(folder, sheet.name, self.instructors)
                own_files = submission.other_files(folder, instructors=self.instructors)
                files = files or {**own_files, **self.material}
                placed, remarks = lay_over(sheet, own)
            except (submission.Malformed, submission.Missing, OSError) as error:
                verdict = Verdict.MISSING if isinstance(error, submission.Missing) else Verdict.MALFORMED
                entry.placed[sheet.name] = untouched(sheet)
                entry.reports[sheet.name] = Report(verdict, str(error))
                digest.update(f"{verdict}: {error}".encode())
                continue
            digest.update(own.data)
            entry.placed[sheet.name] = placed
            entry.remarks += remarks
            key = json.dumps([student, sheet.name])
            entry.jobs.append(
                Job(key, [c.to_run() for c in placed], self.limits, files, sheet.own, [*self.material])
            )
        entry.there = os.path.lexists(folder)
        entry.timestamp = self._timestamp(folder)
        secret = submission.read_note(folder, "submission_secret.txt")
        for name, blob in files.items():
            digest.update(name.encode() + blob)
        digest.update(f"{entry.timestamp} {secret}".encode())
        entry.fingerprint = digest.hexdigest()
        entry.answers = _answers(entry)
        # nbgrader returns feedback by these two, and to nobody at all if a single submission lacks one
        notes = (entry.timestamp or "", secret or entry.fingerprint)
        entry.notes = dict(zip(submission.EXCHANGE, notes, strict=True))
        return entry

    def terms(self) -> dict[str, Any]:
        """Return all that decides a result besides the submission."""
        sheets = [sheet.as_json() for sheet in self.sheets]
        return {"format": FORMAT, "sheets": sheets, "limits": self.limits.as_json()}

    def _timestamp(self, folder: Path) -> str | None:
        from nbgrader.utils import parse_utc

        try:
            text = (submission.read_note(folder, "timestamp.txt") or "").strip()
            return text if text and parse_utc(text) else None
        except Exception:  # whatever a parser of dates makes of it
            return None

    def _kept(self, entry: Submission) -> Result | None:
        """Return the result of an earlier run if nothing has changed since and its notebooks are there."""
        kept = Result.load(self.records, entry.student)
        if kept is None or kept.fingerprint != entry.fingerprint:
            return None
        folder = self.course.folder("autograded", entry.student, self.assignment)
        there = all((folder / f"{sheet.name}.ipynb").is_file() for sheet in self.sheets)
        return kept if there or not entry.there else None

    def _finish(self, entry: Submission) -> Result:
        """Write what a submission came to: first the notebooks, then the points, then that it is done."""
        final = all(report.final for report in entry.reports.values())
        result = Result(entry.student, *self._verdict(entry), fingerprint=entry.fingerprint if final else "")
        result.answers = entry.answers
        scores = {sheet.name: self._scores(entry, sheet, result) for sheet in self.sheets}
        if entry.there:
            folder = self.course.folder("autograded", entry.student, self.assignment)
            for sheet in self.sheets:
                placed, report = entry.placed[sheet.name], entry.reports[sheet.name]
                autograded.write(folder, sheet.name, autograded.notebook(sheet, placed, report))
            for name, text in entry.notes.items():
                autograded.write_whole(folder / name, text, autograded.READ_ONLY)
            there = {name for name, report in entry.reports.items() if report.cells}
            self.book.record(self.assignment, entry.student, entry.timestamp, scores, entry.placed, there)
        result.save(self.records)
        return result

    def _verdict(self, entry: Submission) -> tuple[Verdict, str]:
        """Return the verdict of the whole submission: that of the first notebook not plainly graded."""
        several = len(self.sheets) > 1
        for sheet in self.sheets:
            report = entry.reports[sheet.name]
            if report.verdict is not Verdict.GRADED:
                return report.verdict, f"{sheet.name}: {report.reason}" if several else report.reason
        return Verdict.GRADED, "; ".join(dict.fromkeys(entry.remarks)) or "every cell ran"

    def _scores(self, entry: Submission, sheet: Sheet, result: Result) -> dict[str, float | None]:
        """Return the points of every graded cell: what its test earned, or None for a person to say."""
        report, placed = entry.reports[sheet.name], entry.placed[sheet.name]
        cells = report.cells or [CellReport() for _ in placed]
        scores: dict[str, float | None] = {}
        prefix = self._within(sheet)
        for cell, done in zip(placed, cells, strict=True):
            if cell.known is None or not (cell.known.grade or (cell.known.task and not report.cells)):
                continue  # what was done of a task only a person can say
            if cell.known.is_test:
                scores[cell.known.grade_id] = done.score or 0.0
            else:
                scores[cell.known.grade_id] = None if cell.answered and report.cells else 0.0
            if done.detail:
                result.details[prefix + cell.known.grade_id] = done.detail
        result.points |= {prefix + task: points for task, points in scores.items()}
        return scores


def _alike(student: str) -> str:
    """Return an id as it would be if it were typed with no care for case and accents."""
    return unicodedata.normalize("NFKC", student).casefold().strip()


def _answers(entry: Submission) -> str:
    """Return a hash of what the student has written into cells meant for it, but for space at its end."""
    written = [
        (name, cell.known.grade_id, cell.source.rstrip())
        for name, placed in sorted(entry.placed.items())
        if name not in entry.reports  # it could be read
        for cell in placed
        if cell.known is not None and cell.known.solution and cell.answered
    ]
    return hashlib.sha256(json.dumps(sorted(written)).encode()).hexdigest() if written else ""
