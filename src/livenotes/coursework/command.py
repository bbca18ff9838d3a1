"""``livenotes grade``: from its arguments to its output."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from livenotes.coursework.boundary import wire
from livenotes.coursework.boundary.limits import MIB, Limits
from livenotes.coursework.boundary.sandbox import NoSandbox, require_bubblewrap, require_hidden
from livenotes.coursework.exam.client import Bench

if TYPE_CHECKING:  # the rest takes a second to import, during which the examiner warms up
    from livenotes.coursework.exam.cluster import Cluster
    from livenotes.coursework.nbgrader.grade import Grading, Result
    from livenotes.coursework.nbgrader.gradebook import Book

UNPROTECTED = (
    "WARNING: running student code WITHOUT a sandbox. It can read and change whatever you can,\n"
    "the gradebook and the other submissions among it."
)

CANNOT_WRITE = (
    "The course could not be read or written. See that its disk has room and that you may write to it and\n"
    "to the gradebook, then give the same command to go on. What was graded so far is kept."
)


def grade(given: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    try:
        limits = Limits(given.cell_seconds, given.total_seconds, given.memory * MIB)
        if given.jobs is not None and given.jobs < 1:
            raise ValueError(f"--jobs must be at least 1, got {given.jobs}")
        with _examiner(given) as bench:
            return _grade(given, bench, limits)
    except (NoSandbox, ValueError) as error:
        print(f"livenotes: {error}", file=sys.stderr)
        return 2
    except wire.Closed:
        print("livenotes: the examiner has ended. Give the same command to go on.", file=sys.stderr)
        return 1
    except Exception as error:
        if not isinstance(error, OSError) and not type(error).__module__.startswith("sqlalchemy."):
            raise
        print(f"livenotes: {str(error).splitlines()[0]}\n{CANNOT_WRITE}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Give the same command to go on.", file=sys.stderr)
        return 130


@contextlib.contextmanager
def _examiner(given: argparse.Namespace) -> Iterator[Bench | Cluster]:
    """Start the examiner first of all: it warms up while nbgrader is being imported."""
    if given.without_sandbox:
        print(UNPROTECTED, file=sys.stderr)
    elif given.scheduler is None:
        require_bubblewrap()
    if given.scheduler is not None:
        from livenotes.coursework.exam.cluster import Cluster as Workers

        with Workers(given.scheduler, confined=not given.without_sandbox) as cluster:
            yield cluster
    else:
        with Bench(slots=given.jobs, confined=not given.without_sandbox) as bench:
            yield bench


def _grade(given: argparse.Namespace, bench: Bench | Cluster, limits: Limits) -> int:
    from livenotes.coursework.nbgrader.course import Course
    from livenotes.coursework.nbgrader.grade import Grading
    from livenotes.coursework.nbgrader.gradebook import Book
    from livenotes.coursework.nbgrader.proof import prove, require_proof

    course = Course.at(given.course)
    if not given.without_sandbox:
        require_hidden(course.root)
    with course.alone(), Book(course) as book:
        book.require_writable()
        run = Grading(course, book, given.assignment, limits)
        if given.check:
            proof = prove(run, bench.examine, again=True)
            print(proof)
            return int(bool(proof.faults))
        proof = require_proof(run, bench.examine, anyway=given.grade_anyway)
        if proof.faults:
            print(proof, file=sys.stderr)
        everyone = run.students()
        students = given.student or everyone
        if unknown := sorted({*students} - {*everyone}):
            raise ValueError(f"not on the roster and nothing submitted: {', '.join(unknown)}")
        results = []
        with _progress(len(students), given.quiet) as step:
            for result in run.run(students, bench.examine, again=given.again):
                results.append(result)
                step()
        _report(given, book, run, sorted(results, key=lambda result: result.student))
    return 0


@contextlib.contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Callable[[], object]]:
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    from tqdm import tqdm

    with tqdm(total=total, unit="submission", file=sys.stderr) as bar:
        yield bar.update


def _report(given: argparse.Namespace, book: Book, run: Grading, results: list[Result]) -> None:
    from livenotes.coursework.nbgrader import summary

    worth = run.worth()
    totals, most = book.totals(given.assignment), sum(worth.values())
    if not given.quiet:
        print(summary.table(results, totals, most))
    for name, write in summary.FORMATS.items():
        path = getattr(given, name)
        if path is not None:
            path.write_text(write(given.assignment, book.students(), totals, most), encoding="utf-8")
    if given.picture is not None:
        summary.picture(results, worth, given.picture)
