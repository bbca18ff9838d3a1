"""Assignments with all that nbgrader knows, graded by it and by us: the two gradebooks are the same.

One assignment has two notebooks. In it are a task, code and text that a person grades, tests that nbgrader
writes itself, points by the last line of a test, and nbgrader's own rule for late work.
"""

import json
import sqlite3

import pytest

from livenotes import cli
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small

pytestmark = pytest.mark.usefixtures("bubblewrap")

CONFIG = 'c = get_config()\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
AUTOTESTS = """\
python3:
    setup: "from hashlib import sha1"
    hash: 'sha1({{snippet}}.encode("utf-8") + b"{{salt}}").hexdigest()'
    dispatch: "type({{snippet}})"
    normalize: "str({{snippet}})"
    check: 'assert {{snippet}} == "{{value}}", "{{message}}"'
    success: "print('right')"
    templates:
        default:
            - test: "type({{snippet}})"
              fail: "{{snippet}} has the wrong type"
            - test: "{{snippet}}"
              fail: "{{snippet}} has the wrong value"
"""
RIGHT = "def square(n):\n    return n * n"
PARTLY = "0.5 if square(3) == 8 else 1"


def task(grade_id, source, points):
    cell = small._cell("given", grade_id, source, points)
    del cell["outputs"], cell["execution_count"]
    cell["cell_type"] = "markdown"
    cell["metadata"]["nbgrader"] |= {"cell_type": "markdown", "task": True, "locked": True}
    return cell


def by_hand(grade_id, source, points):
    """Return a cell of code that a person grades."""
    cell = small._cell("solve", grade_id, source, points)
    cell["metadata"]["nbgrader"]["grade"] = True
    return cell


NOTEBOOKS = {
    "by-hand": [
        small._cell("solve", "square", small.SOLUTION.format(RIGHT)),
        small._cell("test", "test_square", f"assert square(2) == 4\n{PARTLY}", 1),
        by_hand("use", small.SOLUTION.format("square(5)"), 2),
        small._cell("write", "formula", "$n^2$", 1),
        task("task", "Write about squares.", 4),
    ],
    "by-nbgrader": [
        small._cell("solve", "cube", small.SOLUTION.format("def cube(n):\n    return n**3\nname = 'cube'")),
        small._cell("test", "auto", "### AUTOTEST cube(2); name\n### HASHED AUTOTEST cube(3)", 3),
        small._cell(
            "test",
            "auto_hidden",
            "### AUTOTEST type(name)\n### BEGIN HIDDEN TESTS\n### AUTOTEST cube(4)\n### END HIDDEN TESTS",
            2,
        ),
    ],
}
SUBMITTED = {
    "ada": {
        "by-hand": {"square": RIGHT, "use": "print(square(3))", "formula": "I do not know."},
        "by-nbgrader": {"cube": "def cube(n):\n    return {2: 8, 3: 27}.get(n, 0)\nname = 'cube'"},
    },
    "bob": {"by-hand": {"square": "def square(n):\n    return 4 if n == 2 else 8"}},
}
PENALTIES = """
    select sa.student_id, bc.name, sn.late_submission_penalty from submitted_notebook sn
    join submitted_assignment sa on sn.assignment_id = sa.id join notebook bc on sn.notebook_id = bc.id
    order by 1, 2"""


@pytest.fixture(scope="module")
def both(tmp_path_factory, bubblewrap):
    """The course graded by us, with what was printed, and a copy graded by nbgrader."""
    ours = tmp_path_factory.mktemp("beside") / "ours"
    source = ours / "source" / "two"
    source.mkdir(parents=True)
    for name, cells in NOTEBOOKS.items():
        (source / f"{name}.ipynb").write_text(json.dumps({**small.SOURCE, "cells": cells}))
    (source / "autotests.yml").write_text(AUTOTESTS)
    (ours / "nbgrader_config.py").write_text(CONFIG)
    small.nbgrader(ours, "generate_assignment", "two")
    for student, notebooks in SUBMITTED.items():
        folder = ours / "submitted" / student / "two"
        folder.mkdir(parents=True)
        for name, answers in notebooks.items():
            released = json.loads((ours / "release" / "two" / f"{name}.ipynb").read_text())
            (folder / f"{name}.ipynb").write_text(json.dumps(small.filled(released, answers)))
        (folder / "timestamp.txt").write_text(f"2026-01-0{2 if student == 'bob' else 1} 00:00:00 UTC\n")
    with sqlite3.connect(ours / "gradebook.db") as db:
        db.execute("update assignment set duedate = '2026-01-01 12:00:00.000000'")
    theirs = small.copied(ours, ours.parent / "theirs")
    small.nbgrader(theirs, "autograde", "two")
    return ours, theirs


def of_both(both, find):
    return [find(root) for root in both]


def totals(root):
    with Book(Course.at(root)) as book:
        return book.totals("two"), book.gradebook.find_assignment("two").max_score


def penalties(root):
    with sqlite3.connect(root / "gradebook.db") as db:
        return list(db.execute(PENALTIES))


def test_the_two_gradebooks_are_the_same(both, capsys):
    ours, _ = both
    assert cli.main(["grade", "two", "--course", str(ours)]) == 0
    printed = capsys.readouterr().out
    mine, plain = of_both(both, small.rows)
    assert mine == plain
    mine, plain = of_both(both, penalties)
    assert mine == plain
    assert ("bob", "by-hand", 0.5) in mine
    (mine, most), (plain, _) = of_both(both, totals)
    assert mine == plain == {"ada": (4.0, True), "bob": (0.0, True)}
    assert most == 13.0
    assert "4/13+" in printed, "what a person has to grade counts in full"
    assert "0/13+" in printed
    before = of_both(both, small.rows)
    assert cli.main(["grade", "two", "--course", str(ours), "--quiet", "--again"]) == 0
    assert of_both(both, small.rows) == before
