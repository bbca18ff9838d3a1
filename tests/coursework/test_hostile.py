"""Every row of the table gets its verdict and points, and none leaves a trace."""

import json
import os
import re
import socket
import sqlite3
import threading
from pathlib import Path

import pytest

from livenotes.coursework.boundary import namespaces
from livenotes.coursework.boundary.limits import MIB, Limits
from livenotes.coursework.exam.client import Bench
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.grade import Grading
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small
from .attacks import ATTACKS
from .processes import descendants, gone
from .submissions import TABLE as SUBMISSIONS

pytestmark = pytest.mark.usefixtures("bubblewrap")

TABLE = [*SUBMISSIONS, *ATTACKS]
LIMITS = Limits(cell=2.0, total=12.0, memory=256 * MIB)
WRITTEN = ("autograded", "verdicts", "gradebook.db")
FIXED_TABLES = (
    "assignment",
    "notebook",
    "base_cell",
    "grade_cells",
    "solution_cells",
    "source_cell",
    "student",
    "course",
)


class Listener:
    """A server that counts who connects."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            self.server.accept()
            self.visits += 1


def submit(root, row, port):
    folder = root / "submitted" / row.name / small.ASSIGNMENT
    folder.mkdir(parents=True)
    fill = {"double": row.double, "answer": row.answer, "why": "Because I say so."}
    fill = {
        key: text.replace("{course}", str(root)).replace("{port}", str(port)) for key, text in fill.items()
    }
    notebook = small.filled(small.release(root), fill)
    if row.change:
        row.change(notebook)
    if row.write:
        row.write(folder, notebook, root)
    else:
        (folder / "small.ipynb").write_text(json.dumps(notebook))


def fixed_rows(root):
    with sqlite3.connect(root / "gradebook.db") as db:
        return {table: sorted(map(repr, db.execute(f"select * from {table}"))) for table in FIXED_TABLES}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    root = small.make(tmp_path_factory.mktemp("hostile") / "course")
    listener = Listener()
    for row in TABLE:
        submit(root, row, listener.port)
    course = Course.at(root)
    with Book(course) as book:
        for row in TABLE:
            if row.name.isprintable():  # nbgrader itself takes no other
                book.gradebook.add_student(row.name)
    before = small.tree(root, *WRITTEN), fixed_rows(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSTRUCTORS_SECRET", "1")
        namespaces.join_new_keyring()  # what a login does; submissions must not share it
        bench = Bench(slots=4)  # many of them only wait until their time is up
    with bench, Book(course) as book:
        run = Grading(course, book, small.ASSIGNMENT, LIMITS)
        results = {result.student: result for result in run.run(run.students(), bench.examine)}
        processes = descendants(bench.process.pid)
        totals = book.totals(small.ASSIGNMENT)
    return root, results, totals, before, processes, listener


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name[:40])
def test_verdict_and_points(graded, row):
    root, results, totals, *_ = graded
    result = results[row.name]
    earned = sum(points or 0 for points in result.points.values())
    assert (result.verdict, earned) == (row.verdict, row.points), (result.reason, result.details)
    assert row.reason in result.reason
    assert result.reason
    if row.name == "nothing" or (row.name not in totals and row.verdict == "malformed"):
        assert row.name not in totals
        return
    assert totals[row.name][0] == row.points
    page = (root / "autograded" / row.name / "small" / "small.ipynb").read_text()
    assert row.shown in page
    if row.verdict != "graded":
        assert (row.verdict in page) == row.told


def test_there_are_enough_of_them():
    assert len(TABLE) >= 30
    assert len({row.name for row in TABLE}) == len(TABLE)
    assert {row.verdict for row in TABLE} == {
        "graded",
        "timed out",
        "out of memory",
        "crashed",
        "malformed",
        "missing",
    }


def test_what_the_page_for_instructors_says_of_the_sandbox_is_tested():
    """The last cell of a row of its table names submissions of this one, or files of tests."""
    page = (Path(__file__).parents[2] / "book" / "for-instructors.md").read_text(encoding="utf-8")
    rows = [line for line in page.split("\n") if line.startswith("| ") and line.count("|") == 6]
    assert len(rows) >= 20
    known = {row.name for row in TABLE} | {path.name for path in Path(__file__).parent.glob("test_*.py")}
    for line in rows[1:]:
        names = re.findall(r"`([^`]+)`", line.split("|")[5])
        assert names, line
        assert known.issuperset(names), line


def test_everyone_has_one_verdict(graded):
    _, results, *_ = graded
    assert sorted(results) == sorted(row.name for row in TABLE)


def test_the_course_is_untouched(graded):
    root, _, _, (files, rows), *_ = graded
    assert small.tree(root, *WRITTEN) == files
    assert fixed_rows(root) == rows
    assert {name.split("/")[0] for name in small.tree(root)} - {name.split("/")[0] for name in files} <= set(
        WRITTEN
    )


def test_no_process_is_left(graded):
    *_, processes, _ = graded
    assert len(processes) >= 3, "there was an examiner with a sandbox"
    assert gone(processes) == set()
    running = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                running.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
    assert b"sleep\x0098765\x00" not in running


def test_nobody_reached_the_network(graded):
    assert graded[-1].visits == 0


def test_no_page_shows_a_hidden_test(graded):
    root, *_ = graded
    for row in TABLE:
        path = root / "autograded" / row.name / "small" / "small.ipynb"
        if path.exists():
            page = path.read_text()
            for secret in ("271828", "271,828", "HIDDEN TESTS", "answer == 42", "secret"):
                assert secret not in page, (row.name, secret)


def test_pages_are_small_and_hold_no_scripts(graded):
    root, *_ = graded
    for path in root.glob("autograded/*/small/small.ipynb"):
        notebook = json.loads(path.read_text())
        assert path.stat().st_size < (300_000 if path.parts[-3] != "plots-for-gigabytes" else 9 << 20), path
        for cell in notebook["cells"]:
            for output in cell.get("outputs", []):
                assert set(output.get("data", {})) <= {"text/plain", "image/png", "image/jpeg"}


def test_plots_are_shown(graded):
    page = (graded[0] / "autograded" / "prints-and-plots" / "small" / "small.ipynb").read_text()
    assert "image/png" in page


def test_nothing_is_left_in_the_temporary_folder(graded):
    assert not os.path.exists("/tmp/work")
