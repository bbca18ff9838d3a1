"""A small course to grade: one assignment, its release, and notebooks made of it."""

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.gradebook import Book

ASSIGNMENT = "small"
ENVIRONMENT_BIN = Path(sys.executable).parent


def _cell(kind, grade_id, source, points=None):
    prose = kind in ("text", "write")
    cell = {"cell_type": "markdown" if prose else "code", "metadata": {}, "source": source, "id": grade_id}
    if not prose:
        cell |= {"execution_count": None, "outputs": []}
    if kind != "text":
        record = {"schema_version": 3, "grade_id": grade_id, "task": False, "cell_type": cell["cell_type"]}
        record |= {"grade": kind in ("test", "write"), "solution": kind in ("solve", "write")}
        record["locked"] = kind in ("test", "given")
        if points is not None:
            record["points"] = points
        cell["metadata"]["nbgrader"] = record
    return cell


SOLUTION = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
TEST = """\
np.testing.assert_allclose(double(np.array([1.0, 2.0])), [2.0, 4.0])
### BEGIN HIDDEN TESTS
secret = np.array([271828.0, -3.5])
np.testing.assert_allclose(double(secret), secret + secret)
assert double(np.float64(1.5)) == 3.0
### END HIDDEN TESTS"""

SOURCE = {
    "cells": [
        _cell("text", "intro", "# A small assignment"),
        _cell("given", "imports", "import numpy as np"),
        _cell("solve", "double", SOLUTION.format("def double(x):\n    return 2 * x")),
        _cell("test", "test_double", TEST, 2),
        _cell("solve", "answer", SOLUTION.format("answer = 42")),
        _cell(
            "test",
            "test_answer",
            "assert answer > 0\n### BEGIN HIDDEN TESTS\nassert answer == 42\n### END HIDDEN TESTS",
            1,
        ),
        _cell("write", "why", SOLUTION.format("Because.").replace("### ", ""), 1),
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def nbgrader(course, *arguments):
    """Run nbgrader in a course; return what it printed."""
    path = f"{ENVIRONMENT_BIN}:/usr/bin:/bin"  # nbgrader starts alembic by name
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env={"PATH": path, "HOME": str(course.parent), "PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def make(root):
    """Make a course with the small assignment, generated and ready for submissions."""
    folder = root / "source" / ASSIGNMENT
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(SOURCE))
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    generate(root, ASSIGNMENT)
    return root


def generate(root, *assignments):
    """Do what ``nbgrader generate_assignment`` does, in this process."""
    from nbgrader.apps.api import NbGraderAPI

    api = NbGraderAPI(Course.at(root).directory)
    for assignment in assignments:
        done = api.generate_assignment(assignment)
        assert done["success"], done


def release(root, assignment=ASSIGNMENT):
    """Return the released notebook."""
    return json.loads((root / "release" / assignment / f"{assignment}.ipynb").read_text())


def filled(notebook, answers):
    """Return a notebook with the sources of some cells replaced, by grade id."""
    made = copy.deepcopy(notebook)
    for cell in made["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id in answers:
            cell["source"] = answers[grade_id]
    return made


def submit(root, student, content, assignment=ASSIGNMENT):
    """Put a notebook where nbgrader collects it; ``content`` is a notebook or bytes."""
    folder = root / "submitted" / student / assignment
    folder.mkdir(parents=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / f"{assignment}.ipynb").write_bytes(data)
    return folder


def tree(root, *without):
    """Return every file, link and folder below a folder: its mode and content."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name.split("/")[0] in without:
            continue
        content = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[name] = (path.lstat().st_mode, content)
    return found


def copied(course, to):
    """Return a copy of a course."""
    return Path(shutil.copytree(course, to, symlinks=True))


def enroll(root, *students, **details):
    """Put students on the roster."""
    with Book(Course.at(root)) as book:
        for student in students:
            book.gradebook.update_or_create_student(student, **details)


def rows(root):
    """Return what the gradebook holds of the submissions, apart from the ids it invents."""
    grades = """
        select sa.student_id, sa.timestamp, bc.name, g.auto_score, g.manual_score,
               case when g.needs_manual_grade then 1 else 0 end
        from grade g join submitted_notebook sn on g.notebook_id = sn.id
        join submitted_assignment sa on sn.assignment_id = sa.id join base_cell bc on g.cell_id = bc.id
        order by sa.student_id, bc.name"""
    with Book(Course.at(root)) as book:
        queries = (grades, "select auto_comment from comment")
        # sorted here: databases do not agree on where nothing stands
        return [sorted(map(repr, map(tuple, book.gradebook.db.execute(text(query))))) for query in queries]


PRESS = """
import sys
from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI
app = NbGrader()
app.initialize([])
api = NbGraderAPI(config=app.config)
for student in sys.argv[2:]:
    done = api.autograde(sys.argv[1], student)
    assert done["success"], done
"""


def press_autograde(root, assignment, students):
    """Do what the formgrader's button does, with the settings the formgrader reads."""
    done = subprocess.run(
        [sys.executable, "-c", PRESS, assignment, *students],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
