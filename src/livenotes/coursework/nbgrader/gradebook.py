"""Read an assignment from nbgrader's gradebook, and write points into it, by nbgrader's own API."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, InvalidEntry, MissingEntry, Student
from sqlalchemy import false, update

from livenotes.coursework.exam import instructor
from livenotes.coursework.exam.job import Cell
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.sheet import Placed, Sheet, SourceCell
from livenotes.coursework.nbgrader.submission import pictures


class Book:
    """The gradebook of a course, open. Close it when done."""

    def __init__(self, course: Course):
        self.course = course
        self.gradebook = Gradebook(course.db_url, course.directory.course_id)
        # nobody else grades meanwhile: what was read for one submission need not be read again for the next
        self.gradebook.db().expire_on_commit = False

    def require_writable(self) -> None:
        """Raise what the database says if it cannot be written: before anybody is graded."""
        self.gradebook.db.execute(update(Student).where(false()).values(email=None))
        self.gradebook.db.rollback()

    def sheets(self, assignment: str) -> list[Sheet]:
        """Return the notebooks of an assignment; raise ValueError if there is none, or one is not Python."""
        try:
            entry = self.gradebook.find_assignment(assignment)
        except MissingEntry:
            raise ValueError(
                f"the gradebook has no assignment {assignment!r}; "
                f"run: nbgrader generate_assignment {assignment}"
            ) from None
        folder = self.course.folder("source", ".", assignment)
        sheets = [_sheet(notebook, folder) for notebook in sorted(entry.notebooks, key=lambda n: n.name)]
        for sheet in sheets:
            language = sheet.kernelspec.get("language") or "python"
            if language.lower() != "python":
                raise ValueError(
                    f"notebook {sheet.name!r} of {assignment!r} is written in {language}; "
                    "only notebooks in Python can be graded here, so nobody has been graded"
                )
        return sheets

    def students(self) -> dict[str, Mapping[str, str]]:
        """Return the roster: names, mail address and the learning platform's id by student id."""
        return {
            student.id: {
                "first_name": student.first_name or "",
                "last_name": student.last_name or "",
                "email": student.email or "",
                "lms_user_id": student.lms_user_id or "",
            }
            for student in self.gradebook.students
        }

    def record(
        self,
        assignment: str,
        student: str,
        timestamp: str | None,
        scores: Mapping[str, Mapping[str, float | None]],
        placed: Mapping[str, Sequence[Placed]],
        penalized: Collection[str],
    ) -> None:
        """Write the points of one submission, as nbgrader's autograde would.

        ``scores`` holds, by notebook and cell id, the points, or None for what is graded by hand;
        ``penalized`` names the notebooks that were there, from which late work may lose something.
        """
        book = self.gradebook
        if book.db.get(Student, student) is None:
            book.add_student(student)
        given = {"timestamp": timestamp} if timestamp else {}
        with (
            book.db.no_autoflush
        ):  # nbgrader builds a submission piece by piece; half of one cannot be written
            try:
                submission = book.update_or_create_submission(assignment, student, **given)
            except InvalidEntry as error:  # what nbgrader makes of anything that its database says
                raise OSError(str(error)) from error
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                if grade.name in scores[notebook.name]:
                    grade.auto_score = scores[notebook.name][grade.name]
                    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
            answered = {cell.known.grade_id: cell.answered for cell in placed[notebook.name] if cell.known}
            for comment in notebook.comments:
                comment.auto_comment = None if answered.get(comment.name, True) else "No response."
        book.db.commit()
        self._late_penalty(submission, penalized)

    def _late_penalty(self, submission: Any, penalized: Collection[str]) -> None:
        """Apply the course's rule for late work, nbgrader's plugin."""
        late = submission.total_seconds_late
        penalties = [notebook.late_submission_penalty for notebook in submission.notebooks]
        if late <= 0 and not any(penalties):
            return
        from nbgrader.preprocessors import AssignLatePenalties

        self.gradebook.db.expire_all()  # the database adds up the points

        rule = AssignLatePenalties(config=self.course.config)
        rule.init_plugin()
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = None
            if late > 0 and notebook.name in penalized:
                penalty = rule.plugin_inst.late_submission_penalty(
                    submission.student_id, notebook.score, late
                )
                if penalty is not None:
                    notebook.late_submission_penalty = rule._check_late_penalty(notebook, penalty)
        self.gradebook.db.commit()

    def totals(self, assignment: str) -> dict[str, tuple[float, bool]]:
        """Return points, late penalty taken off, and whether a part still waits for grading by hand."""
        self.gradebook.db.expire_all()
        return {
            entry.student_id: (
                entry.score - sum(n.late_submission_penalty or 0.0 for n in entry.notebooks),
                bool(entry.needs_manual_grade),
            )
            for entry in self.gradebook.assignment_submissions(assignment)
        }

    def close(self) -> None:
        """Close the connection."""
        self.gradebook.close()

    def __enter__(self) -> "Book":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _sheet(notebook: Any, folder: Path) -> Sheet:
    graded = {cell.name: cell for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name: cell for cell in notebook.task_cells}
    own, other = _instructors(folder / f"{notebook.name}.ipynb")
    order = {grade_id: cell["place"] for grade_id, cell in own.items()}
    cells = [
        SourceCell(
            grade_id=cell.name,
            cell_type=cell.cell_type,
            source=cell.source or "",
            checksum=cell.checksum or "",
            locked=bool(cell.locked),
            grade=cell.name in graded,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            points=float((graded.get(cell.name) or tasks[cell.name]).max_score)
            if cell.name in {*graded, *tasks}
            else 0.0,
            attachments=pictures(own.get(cell.name, {}).get("attachments")),
            place=order.get(cell.name, len(order)),
        )
        for cell in notebook.source_cells
    ]
    cells.sort(key=lambda cell: cell.place)
    return Sheet(notebook.name, json.loads(notebook.kernelspec or "{}") or {}, cells, other)


def _instructors(source: Path) -> tuple[dict[str, dict[str, Any]], list[Cell]]:
    """Return the instructor's cells by id, in order, and for the tests those that students may change.

    The gradebook keeps no order, no pictures, no solutions, and of cells without an id nothing at all.
    """
    if not source.is_file():
        return {}, []
    known: dict[str, dict[str, Any]] = {}
    other: list[Cell] = []
    for place, cell in enumerate(json.loads(source.read_text(encoding="utf-8"))["cells"]):
        record = cell["metadata"].get("nbgrader", {})
        text = "".join(cell["source"])
        if record.get("grade_id"):
            known[record["grade_id"]] = {**cell, "place": place}
        if cell["cell_type"] != "code":
            continue
        if record.get("solution"):
            made = sorted(instructor.answers(text))
            other.append(Cell("solution", instructor.imports(text), place=place, makes=made))
        elif not record.get("grade_id"):
            other.append(Cell("given", text, place=place))
    return known, other
