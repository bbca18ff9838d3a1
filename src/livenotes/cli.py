"""The command ``livenotes``."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import requires
from pathlib import Path

from livenotes._guard import LibraryChanged, require
from livenotes.coursework.boundary.clock import SLOWEST
from livenotes.coursework.boundary.limits import DEFAULT, MIB

GRADE = """\
Grade the submissions of an assignment: student code runs in a sandbox, the tests run outside it, and every
student on the roster gets one verdict with its reason. Points go into nbgrader's gradebook, graded
notebooks into autograded/, verdicts into verdicts/. First of all, and once for each version of an assignment,
its own solution and a blank release are graded: should the one lose points, or the other earn any, it is said
which test is to blame, and nobody is graded. What was graded before and has not changed is left
alone, so an interrupted run goes on where it stopped."""

OTHER_LIMITS = (
    f"Besides those below: {DEFAULT.processes} processes at a time, files of {DEFAULT.file_size // MIB} MiB, "
    f"{DEFAULT.tmp // MIB} MiB of files together, {DEFAULT.output} characters of output a cell. "
    "Memory is for each process; all together may have twice as much. Seconds are the submission's own, "
    f"whatever else the machine does; on the clock they may take {SLOWEST:g} times as long."
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="livenotes", description="Deep Learning Notes, Live: tools beside the book."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    grade = commands.add_parser("grade", help="grade an assignment safely", description=GRADE)
    grade.add_argument("assignment", metavar="ASSIGNMENT", help="its name, a folder in source/")
    grade.add_argument(
        "--course", type=Path, default=Path(), metavar="DIR", help="course directory (default: here)"
    )
    grade.add_argument(
        "--student", action="append", metavar="ID", help="grade only this student; may be repeated"
    )
    grade.add_argument("--again", action="store_true", help="grade even what was graded and has not changed")
    grade.add_argument(
        "--check",
        action="store_true",
        help="try the assignment on its own solution and a blank release, no more",
    )
    grade.add_argument(
        "--grade-anyway",
        action="store_true",
        help="go on although the solution loses points, or a blank release earns some; said once a version",
    )
    limits = grade.add_argument_group("limits of one submission", OTHER_LIMITS)
    limits.add_argument(
        "--cell-seconds", type=float, default=30.0, metavar="S", help="one cell (default: 30)"
    )
    limits.add_argument(
        "--total-seconds", type=float, default=120.0, metavar="S", help="all of it (default: 120)"
    )
    limits.add_argument("--memory", type=int, default=1024, metavar="MIB", help="memory (default: 1024)")
    where = grade.add_argument_group("where it runs")
    where.add_argument("--jobs", type=int, metavar="N", help="how many at a time (default: one a processor)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="send submissions to this Dask cluster")
    where.add_argument(
        "--without-sandbox",
        action="store_true",
        help="run student code unprotected, with your own rights (only where bubblewrap cannot be had)",
    )
    out = grade.add_argument_group("files to write")
    out.add_argument("--canvas", type=Path, metavar="FILE", help="grades as CSV for Canvas")
    out.add_argument("--moodle", type=Path, metavar="FILE", help="grades as CSV for Moodle")
    out.add_argument("--picture", type=Path, metavar="FILE", help="how each task went, as .svg, .png or .pdf")
    grade.add_argument("--quiet", action="store_true", help="no progress bar and no table")
    return top


def without_grammar_of_addresses() -> None:
    """Keep jsonschema, which nbgrader imports, from building a grammar of web addresses for over a second.

    The grammar is an extra of jsonschema's, for formats that no notebook uses.
    """
    needs = [need for need in requires("jsonschema") or () if need.startswith("rfc3987-syntax")]
    require("jsonschema", "rfc3987-syntax is one of its extras", all("extra ==" in need for need in needs))
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    given = parser().parse_args(arguments)
    try:
        without_grammar_of_addresses()
        from livenotes.coursework.command import grade

        return grade(given)
    except LibraryChanged as error:
        print(f"livenotes: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
