"""The course of nbgrader's own documentation, graded by nbgrader and by this package: every grade agrees."""

import json
import shutil
import sqlite3
from pathlib import Path

import nbgrader
import pytest

from livenotes.coursework.exam.client import Bench
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.grade import Grading
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small

pytestmark = pytest.mark.usefixtures("bubblewrap")

DOCUMENTATION = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide"
GRADES = """
    select s.student_id, a.name, n.name, c.name, g.auto_score from grade g
    join submitted_notebook sn on g.notebook_id = sn.id join submitted_assignment s on sn.assignment_id = s.id
    join assignment a on s.assignment_id = a.id join base_cell c on g.cell_id = c.id
    join notebook n on c.notebook_id = n.id where g.auto_score is not null"""
# a wrong one of each kind: it does not use the other function, does not refuse, forgets a term
OTHERS = {
    "apart": {"sum_of_squares": "def sum_of_squares(n):\n    return sum(i**2 for i in range(1, n + 1))"},
    "bold": {"squares": "def squares(n):\n    return [i**2 for i in range(1, n + 1)]"},
    "short": {
        "squares": "def squares(n):\n    if n < 1:\n        raise ValueError(n)\n    return [1, 4][:n]",
        "sum_of_squares": "def sum_of_squares(n):\n    return sum(squares(n))",
    },
}


def reference(folder):
    """Return the solutions of a notebook by grade id."""
    cells = json.loads((folder / "problem1.ipynb").read_text())["cells"]
    records = [(cell["metadata"].get("nbgrader", {}), "".join(cell["source"])) for cell in cells]
    return {record["grade_id"]: source for record, source in records if record.get("solution")}


def submit(root, assignment, student, answers):
    folder = root / "submitted" / student / assignment
    shutil.copytree(root / "release" / assignment, folder)
    path = folder / "problem1.ipynb"
    path.chmod(0o644)
    path.write_text(json.dumps(small.filled(json.loads(path.read_text()), answers)))


@pytest.fixture(scope="module")
def root(alembic_on_path, tmp_path_factory):
    root = tmp_path_factory.mktemp("documentation") / "course"
    shutil.copytree(DOCUMENTATION / "source", root / "source", ignore=shutil.ignore_patterns("header.ipynb"))
    shutil.copytree(DOCUMENTATION / "submitted", root / "submitted")
    shutil.copy(DOCUMENTATION / "autotests.yml", root)
    (root / "source" / "ps1_autotest" / "problem2.ipynb").unlink()  # no code, and the same as in ps1
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)  # where nbgrader looks for autotests.yml
        small.generate(root, "ps1", "ps1_autotest")
    right = reference(root / "source" / "ps1")
    for student, answers in {"reference": {}, **OTHERS}.items():
        submit(root, "ps1", student, {**right, **answers})
    right = reference(root / "source" / "ps1_autotest")
    for student in ("reference", "apart"):
        submit(root, "ps1_autotest", student, {**right, **OTHERS.get(student, {})})
    submit(root, "ps1_autotest", "blank", {})
    return root


def grades(root):
    with sqlite3.connect(root / "gradebook.db") as db:
        return {row[:-1]: row[-1] for row in db.execute(GRADES)}


def test_all_automatic_grades_agree(root, tmp_path):
    theirs = small.copied(root, tmp_path / "theirs")
    with Bench(slots=2) as bench, Book(Course.at(root)) as book:
        for assignment in ("ps1", "ps1_autotest"):
            run = Grading(Course.at(root), book, assignment)
            students = run.course.submitted(assignment)
            results = list(run.run(students, bench.examine))
            assert {result.verdict for result in results} == {"graded"}
            small.nbgrader(theirs, "autograde", assignment)
    ours = grades(root)
    assert len(ours) >= 37
    assert ours == grades(theirs)
    assert ours["reference", "ps1", "problem1", "sum_of_squares_uses_squares"] == 0.5
    assert ours["apart", "ps1", "problem1", "sum_of_squares_uses_squares"] == 0.0
