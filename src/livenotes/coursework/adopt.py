"""Have nbgrader itself grade safely: its command ``autograde`` and the button of its formgrader.

Called from a course's ``nbgrader_config.py``, which both read before they grade.
"""

import inspect
from typing import Any, NoReturn

from livenotes._guard import LibraryChanged, require


def safe_grading() -> None:
    """Replace the step of nbgrader that executes submissions; end the program if that cannot be done.

    An exception would not stop nbgrader: it logs what goes wrong in its settings, and goes on without them.
    """
    try:
        from nbgrader.converters.autograde import Autograde

        if Autograde.start is _start:
            return  # a server may read its settings more than once
        _require_expected(Autograde)
    except (ImportError, LibraryChanged) as error:
        raise SystemExit(f"Nothing is graded, as student code would run unprotected. {error}") from error
    Autograde.start = _start
    # should another way ever lead around `start`, no cell of a student's is run on it
    Autograde.convert_single_notebook = _refuse


def _require_expected(autograde: Any) -> None:
    start = getattr(autograde, "start", None)
    require(
        "nbgrader",
        "Autograde.start(self) grades all the submissions that were asked for",
        callable(start) and [*inspect.signature(start).parameters] == ["self"],
    )
    require(
        "nbgrader",
        "Autograde.convert_single_notebook executes a submission",
        "convert_single_notebook" in vars(autograde),
    )
    require(
        "nbgrader",
        "Autograde has the settings coursedir and force",
        {"coursedir", "force"} <= {*autograde.class_trait_names()},
    )


def _refuse(*_: Any) -> NoReturn:
    raise SystemExit("nbgrader was about to run student code unprotected. Grade with: livenotes grade")


def _start(converter: Any) -> None:
    """Grade what nbgrader was asked to, as ``livenotes grade`` does; stands in for ``Autograde.start``."""
    from nbgrader.converters.base import NbGraderException

    from livenotes.coursework.boundary.sandbox import NoSandbox, require_bubblewrap, require_hidden
    from livenotes.coursework.exam.client import Bench
    from livenotes.coursework.nbgrader.course import Course
    from livenotes.coursework.nbgrader.grade import Grading
    from livenotes.coursework.nbgrader.gradebook import Book
    from livenotes.coursework.nbgrader.proof import require_proof

    course = Course(converter.coursedir)
    assignment, student = converter.coursedir.assignment_id, converter.coursedir.student_id
    try:
        require_bubblewrap()
        require_hidden(course.root)
        with course.alone(), Bench() as bench, Book(course) as book:
            book.require_writable()
            run = Grading(course, book, assignment)
            require_proof(run, bench.examine)
            students = run.students() if student == "*" else [student]
            for result in run.run(students, bench.examine, again=converter.force):
                converter.log.info("%s: %s (%s)", result.student, result.verdict, result.reason)
    except (NoSandbox, ValueError) as error:
        converter.log.error("%s", error)
        raise NbGraderException(str(error)) from error
