"""An assignment is tried on its own solution and a blank release before anybody is graded."""

import contextlib
import json

import pytest

from livenotes import cli
from livenotes.coursework import command
from livenotes.coursework.exam.client import Bench
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small

pytestmark = pytest.mark.usefixtures("bubblewrap", "one_bench")

SAFE = "from livenotes.coursework import adopt\nadopt.safe_grading()\n"
EXPECTED = {"ada": 3.0, "bob": 1.0, "cy": 0.0}


@pytest.fixture(scope="module")
def bench(bubblewrap):
    with Bench() as bench:
        yield bench


@pytest.fixture
def one_bench(bench, monkeypatch):
    """Let one examiner serve every command, as each takes seconds to warm up."""
    monkeypatch.setattr(command, "Bench", lambda **_: contextlib.nullcontext(bench))


def grade(root, *more):
    return cli.main(["grade", "small", "--course", str(root), "--quiet", *more])


def points(root):
    with Book(Course.at(root)) as book:
        return {student: total for student, (total, _) in book.totals("small").items()}


def change(root, number, source):
    """Change a cell of the instructor's, and generate the assignment again."""
    path = root / "source" / "small" / "small.ipynb"
    content = json.loads(path.read_text())
    content["cells"][number]["source"] = source
    path.write_text(json.dumps(content))
    small.generate(root, "small")


def wrong_test(root):
    change(
        root, 3, "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(3) == 7\n### END HIDDEN TESTS"
    )


def test_a_solution_that_loses_points_stops_all_until_told_to_go_on(course, capsys):
    wrong_test(course)
    assert grade(course) == 2
    said = capsys.readouterr().err
    assert "nobody has been graded" in said
    assert "test_double of small gave the solution 0 of 2 points" in said
    assert "line 3: assert double(3) == 7\n      AssertionError" in said
    assert "--grade-anyway" in said
    assert points(course) == {}
    assert not (course / "autograded").exists()
    assert grade(course, "--grade-anyway") == 0
    assert points(course) == {"ada": 1.0, "bob": 1.0, "cy": 0.0}
    assert grade(course, "--again") == 0, "it was said for this version"
    assert "test_double" in capsys.readouterr().err, "and is not forgotten"
    change(course, 5, "assert answer == 42")
    assert grade(course) == 2, "another version has to be looked at anew"


def test_a_blank_release_that_earns_points_stops_all(course, capsys):
    change(course, 5, "assert 1 == 1")
    assert grade(course) == 2
    said = capsys.readouterr().err
    assert "test_answer of small gave a blank release 1 of 1 points" in said
    assert "gave the solution" not in said
    assert points(course) == {}


def test_a_solution_that_does_not_run_to_its_end(course, capsys):
    change(course, 2, small.SOLUTION.format("import os\nos._exit(0)"))
    assert grade(course) == 2
    said = capsys.readouterr().err
    assert "the solution of small was not graded to its end (crashed): cell 3 ended the process" in said


def test_it_is_tried_once_for_each_version(course, capsys):
    proof = course / "verdicts" / ".proofs" / "small.json"
    assert grade(course) == 0
    first = proof.stat().st_mtime_ns
    assert capsys.readouterr() == ("", "")
    assert grade(course, "--again") == 0
    assert proof.stat().st_mtime_ns == first
    assert grade(course, "--cell-seconds", "20") == 0
    assert proof.stat().st_mtime_ns > first
    assert points(course) == EXPECTED


def test_check_grades_nobody(course, capsys):
    assert grade(course, "--check") == 0
    said = "the solution earned 3 of 3 points, a blank release earned 0 of 3 points"
    assert said in capsys.readouterr().out
    assert points(course) == {}
    wrong_test(course)
    assert grade(course, "--check") == 1
    assert "test_double of small gave the solution 0 of 2 points" in capsys.readouterr().out
    assert not (course / "autograded").exists()
    (course / "source" / "small" / "small.ipynb").unlink()
    assert grade(course) == 2
    assert "is not there" in capsys.readouterr().err


def test_nbgrader_itself_tries_it_first(course):
    (course / "nbgrader_config.py").write_text(SAFE)
    wrong_test(course)
    with pytest.raises(AssertionError, match="test_double of small gave the solution 0 of 2 points"):
        small.nbgrader(course, "autograde", "small")
    assert points(course) == {}


def test_a_notebook_in_another_language_is_refused_by_name(course, capsys):
    path = course / "source" / "small" / "small.ipynb"
    content = json.loads(path.read_text())
    content["metadata"]["kernelspec"] = {"display_name": "R", "language": "R", "name": "ir"}
    path.write_text(json.dumps(content))
    small.generate(course, "small")
    assert grade(course) == 2
    assert "notebook 'small' of 'small' is written in R" in capsys.readouterr().err


def test_a_folder_spelled_almost_like_a_student_is_not_another_student(course, capsys):
    released = small.release(course)
    for name in ("Ada", "dee ", "eve"):
        small.submit(course, name, small.filled(released, {"answer": "answer = 42"}))
    assert cli.main(["grade", "small", "--course", str(course)]) == 0
    said = capsys.readouterr().out
    assert "the roster has ada: rename this folder, or add Ada to it" in said
    assert "the roster has dee: rename" in said
    assert points(course) == {**EXPECTED, "eve": 1.0}
    small.enroll(course, "Ada")
    assert grade(course) == 0
    assert points(course)["Ada"] == 1.0


def test_the_same_answers_are_pointed_out(course, capsys):
    twin = small.filled(
        small.release(course),
        {"double": "def double(x):\n    return 2 * x\n", "answer": "answer = 42  ", "why": "Because."},
    )
    small.submit(course, "eve", twin)
    small.submit(course, "fay", small.release(course))
    for _ in range(2):  # the second time from what was kept
        assert cli.main(["grade", "small", "--course", str(course)]) == 0
        said = [line for line in capsys.readouterr().out.splitlines() if "the same" in line]
        assert said == ["the same answers, letter for letter: ada, eve"], "untouched ones do not count"
