"""Seconds a submission for a large class, beside plain ``nbgrader autograde`` on thirty of the same files.

Both are given end to end, as the command is: what it takes to start is in it, too. On a machine that does
other things as well, both take longer.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CLASS = 200
BESIDE = 30
ROUNDS = 20
SMALL = {"CLASS": 1, "BESIDE": 1, "ROUNDS": 1}
BOOK = Path(__file__).parents[1] / "book" / "coursework"
ASSIGNMENT = "activations"


def _run(course: Path, *command: str) -> float:
    """Run a Python program in the course; return how long it took."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", *command],
        cwd=course,
        env={**os.environ, "PATH": path},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def _class(course: Path, size: int) -> None:
    """Make a course in which so many students submit the solution."""
    shutil.copytree(BOOK / "source" / ASSIGNMENT, course / "source" / ASSIGNMENT)
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    _run(course, "nbgrader", "generate_assignment", ASSIGNMENT)
    cells = json.loads((course / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text())["cells"]
    answers = {cell["id"]: cell["source"] for cell in cells}
    released = json.loads((course / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text())
    for cell in released["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = answers[cell["id"]]
    for number in range(size):
        folder = course / "submitted" / f"student{number:03}" / ASSIGNMENT
        folder.mkdir(parents=True)
        (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(released))


def _points(course: Path) -> list[float]:
    from livenotes.coursework.nbgrader.course import Course
    from livenotes.coursework.nbgrader.gradebook import Book

    with Book(Course.at(course)) as book:
        return sorted(total for total, _ in book.totals(ASSIGNMENT).values())


def _graded() -> tuple[float, float]:
    """Grade a class with both; return seconds a submission of ours and of theirs."""
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder, "ours"), Path(folder, "theirs")
        _class(ours, CLASS)
        _class(theirs, BESIDE)
        mine = _run(ours, "livenotes.cli", "grade", ASSIGNMENT)
        plain = _run(theirs, "nbgrader", "autograde", ASSIGNMENT)
        if {*_points(ours), *_points(theirs)} != {16.0} or len(_points(ours)) != CLASS:
            raise RuntimeError("the two do not agree on the points")
        return mine / CLASS, plain / BESIDE


def _overhead() -> float:
    """Return what confining adds to one submission, in milliseconds: the same with and without, in turns."""
    from livenotes.coursework.boundary.limits import DEFAULT
    from livenotes.coursework.boundary.sandbox import Sandbox
    from livenotes.coursework.exam.job import Cell
    from livenotes.coursework.exam.notebook import Exam

    cells = [Cell("code", "def double(x):\n    return 2 * x"), Cell("test", "assert double(2) == 4", 1.0)]
    times: dict[bool, list[float]] = {True: [], False: []}
    with Sandbox() as closed, Sandbox(confined=False) as open_:
        for number in range(2 * (ROUNDS + 2)):
            confined = number % 2 == 0
            began = time.perf_counter()
            session = (closed if confined else open_).start(DEFAULT, 1)
            report = Exam(cells, DEFAULT, session).run()
            session.close()
            times[confined].append(time.perf_counter() - began)
            if report.cells[1].score != 1.0:
                raise RuntimeError(report.reason)
    return 1000 * (statistics.median(times[True][2:]) - statistics.median(times[False][2:]))


def main() -> list[dict[str, Any]]:
    """Measure both; return one row a figure."""
    ours, theirs = _graded()
    overhead = _overhead()
    return [
        {
            "figure": f"grading {CLASS} honest submissions, s each",
            "ours": ours,
            "theirs": theirs,
            "ratio": ours / theirs,
            "target": 1 / 20,
            "against": f"nbgrader autograde, {BESIDE} of the same",
        },
        {
            "figure": "overhead of the sandbox, ms a submission",
            "ours": overhead,
            "theirs": None,
            "ratio": None,
            "target": 25.0,
            "bounds": "ours",
        },
    ]
