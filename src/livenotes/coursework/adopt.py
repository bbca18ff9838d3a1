"""Have nbgrader itself grade safely: its command ``autograde`` and the button of its formgrader.

Called from a course's ``nbgrader_config.py``, which both read before they grade.
"""

from typing import Any


def safe_grading() -> None:
    """Replace the step of nbgrader that executes hand-ins."""
    from nbgrader.converters.autograde import Autograde

    Autograde.start = _start


def _start(converter: Any) -> None:
    """Grade what nbgrader was asked to, as ``livenotes grade`` does; stands in for ``Autograde.start``."""
    from nbgrader.converters.base import NbGraderException

    from livenotes.coursework.course import Course
    from livenotes.coursework.examiner import Bench
    from livenotes.coursework.grade import Grading
    from livenotes.coursework.gradebook import Book
    from livenotes.coursework.sandbox import NoSandbox, require_bubblewrap, require_hidden

    course = Course(converter.coursedir)
    assignment, student = converter.coursedir.assignment_id, converter.coursedir.student_id
    try:
        require_bubblewrap()
        require_hidden(course.root)
        with Bench() as bench, Book(course) as book:
            run = Grading(course, book, assignment)
            students = run.students() if student == "*" else [student]
            for result in run.run(students, bench.examine, again=converter.force):
                converter.log.info("%s: %s (%s)", result.student, result.verdict, result.reason)
    except (NoSandbox, ValueError) as error:
        converter.log.error("%s", error)
        raise NbGraderException(str(error)) from error
