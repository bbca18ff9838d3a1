"""The way from a course directory to gradebook, notebooks, feedback, tables and files."""

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

import pytest

from livenotes import cli
from livenotes.coursework.boundary import sandbox
from livenotes.coursework.exam.client import Bench
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.grade import Grading
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small
from .processes import descendants, gone

pytestmark = pytest.mark.usefixtures("bubblewrap")

SAFE = "from livenotes.coursework import adopt\nadopt.safe_grading()\n"
EXPECTED = {"ada": 3.0, "bob": 1.0, "cy": 0.0}


def grade(root, *more):
    return cli.main(["grade", "small", "--course", str(root), *more])


def points(root):
    with Book(Course.at(root)) as book:
        return {student: total for student, (total, _) in book.totals("small").items()}


def test_grades_the_class(course, capsys):
    assert grade(course) == 0
    assert points(course) == EXPECTED
    printed = capsys.readouterr().out
    assert "4 students: 3 graded, 1 missing" in printed
    assert [line.split()[0] for line in printed.split("\n")[1:5]] == ["ada", "bob", "cy", "dee"]
    assert "nothing was submitted" in printed


def test_grading_twice_gives_the_same_gradebook(course):
    grade(course, "--quiet")
    once, pages = small.rows(course), small.tree(course / "autograded")
    grade(course, "--quiet", "--again")
    assert small.rows(course) == once
    assert small.tree(course / "autograded") == pages


def test_points_given_by_hand_stay(course):
    grade(course, "--quiet")
    with Book(Course.at(course)) as book:
        given = book.gradebook.find_grade("why", "small", "small", "ada")
        given.manual_score, given.needs_manual_grade = 1.0, False
        book.gradebook.db.commit()
    grade(course, "--quiet", "--again")
    assert points(course)["ada"] == 4.0


class Interrupted(BaseException):
    pass


def test_an_interrupted_run_goes_on(course):
    asked = []

    def breaks_down(jobs):
        with Bench() as bench:
            for number, pair in enumerate(bench.examine(jobs)):
                if number == 1:
                    raise Interrupted
                asked.append(pair[0])
                yield pair

    def counts(jobs):
        jobs = [*jobs]
        asked.extend(job.key for job in jobs)
        with Bench() as bench:
            yield from bench.examine(jobs)

    with Book(Course.at(course)) as book:
        run = Grading(Course.at(course), book, "small")
        with pytest.raises(Interrupted):
            list(run.run(run.students(), breaks_down))
        results = list(run.run(run.students(), counts))
    assert sorted(result.student for result in results) == ["ada", "bob", "cy", "dee"]
    assert len(asked) == len(set(asked)) == 3, "nobody is graded twice"
    assert points(course) == EXPECTED


def test_a_run_that_was_killed_goes_on(course):
    """The command itself is killed in the middle, with no chance to tidy up."""
    slow = {"double": "import time\ntime.sleep(1)\ndef double(x):\n    return 2 * x", "answer": "answer = 42"}
    for number in range(4):
        small.submit(course, f"slow{number}", small.filled(small.release(course), slow))
    whole = small.copied(course, course.parent / "whole")
    grade(whole, "--quiet")
    command = [sys.executable, "-m", "livenotes.cli", "grade", "small", "--quiet", "--jobs", "1"]
    first = subprocess.Popen(command, cwd=course, env={**os.environ, "PYTHONPATH": ":".join(sys.path)})
    while not list((course / "verdicts" / "small").glob("*.json")):
        assert first.poll() is None
        time.sleep(0.02)
    started = descendants(first.pid)
    first.kill()
    first.wait()
    assert gone(started) == set()
    done = {path.stem: path.stat().st_mtime_ns for path in (course / "verdicts" / "small").glob("*.json")}
    assert 0 < len(done) < 8
    grade(course, "--quiet")
    assert small.rows(course) == small.rows(whole)
    assert small.tree(course / "autograded") == small.tree(whole / "autograded")
    for student, moment in done.items():
        assert (course / "verdicts" / "small" / f"{student}.json").stat().st_mtime_ns == moment


def test_a_changed_submission_is_graded_again(course):
    grade(course, "--quiet")
    shutil.rmtree(course / "submitted" / "bob")
    right = {"double": "def double(x):\n    return x + x", "answer": "answer = 42"}
    small.submit(course, "bob", small.filled(small.release(course), right))
    grade(course, "--quiet")
    assert points(course) == {**EXPECTED, "bob": 3.0}


def test_feedback_of_nbgrader_shows_no_hidden_test(course):
    grade(course, "--quiet")
    small.nbgrader(course, "generate_feedback", "small")
    for student in EXPECTED:
        page = (course / "feedback" / student / "small" / "small.html").read_text()
        assert "271828" not in page
        assert "HIDDEN" not in page
        assert "hidden tests are not shown" in page
        assert str(course) not in page


@pytest.mark.parametrize("by", ["command", "formgrader"])
def test_nbgrader_itself_grades_safely(course, by):
    (course / "nbgrader_config.py").write_text(SAFE)
    attack = f"open({str(course / 'stolen')!r}, 'w').close()\ndef double(x):\n    return 2 * x"
    small.submit(course, "eve", small.filled(small.release(course), {"double": attack}))
    if by == "command":
        printed = small.nbgrader(course, "autograde", "small")
        assert "dee: missing (nothing was submitted)" in printed
    else:
        small.press_autograde(course, "small", ["ada", "bob", "cy", "eve"])
    assert not (course / "stolen").exists()
    assert points(course) == {**EXPECTED, "eve": 0.0}
    assert (course / "verdicts" / "small" / "eve.json").exists()


def test_feedback_runs_no_markup_of_a_student(course):
    (course / "nbgrader_config.py").write_text(SAFE)
    own = "Because.\n\n<script>alert(1)</script><img src=x onerror=alert(2)>\n\n[a](javascript:alert(3))"
    small.submit(course, "eve", small.filled(small.release(course), {"why": own}))
    small.nbgrader(course, "autograde", "small")
    small.nbgrader(course, "generate_feedback", "small", "--student", "eve")
    page = (course / "feedback" / "eve" / "small" / "small.html").read_text()
    assert "Because." in page
    assert "<script>alert(1)" not in page
    assert "&lt; img src=x onerror=alert(2)&gt;" in page, "it is shown as what it is, text"
    assert 'src="x"' not in page
    assert 'href="javascript:' not in page


def test_refuses_where_namespaces_are_denied(course):
    denied = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--uid", "1000", "--disable-userns", "--"]
    done = subprocess.run(
        [*denied, sys.executable, "-m", "livenotes.cli", "grade", "small"],
        cwd=course,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "needs user namespaces" in done.stderr
    assert "sudo sysctl" in done.stderr
    assert "--without-sandbox" in done.stderr.splitlines()[-1], "the last thing to do, not the first"
    assert points(course) == {}


def test_refuses_without_bubblewrap(course, monkeypatch, capsys):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    assert grade(course) == 2
    message = capsys.readouterr().err
    assert "apt-get install bubblewrap" in message
    assert "--without-sandbox" in message.splitlines()[-1], "the last thing to do, not the first"
    assert points(course) == {}


def test_grades_without_a_sandbox_only_when_told_to(course, monkeypatch, capsys):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    assert grade(course, "--without-sandbox") == 0
    assert "WITHOUT a sandbox" in capsys.readouterr().err
    assert points(course) == EXPECTED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade", "nothing"], "no assignment 'nothing'"),
        (["grade", "small", "--student", "zoe"], "zoe"),
        (["grade", "small", "--cell-seconds", "0"], "cell must be greater than 0"),
        (["grade", "small", "--jobs", "0"], "--jobs must be at least 1"),
    ],
)
def test_bad_arguments(course, capsys, arguments, message):
    assert cli.main([*arguments, "--course", str(course)]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_that_is_no_course(tmp_path, capsys):
    assert grade(tmp_path) == 2
    assert "is not an nbgrader course" in capsys.readouterr().err


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["grade", "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for word in (
        "ASSIGNMENT",
        "--course",
        "--again",
        "--scheduler",
        "--without-sandbox",
        "--canvas",
        "--moodle",
        "--picture",
        "16 processes",
        "64 MiB of files",
        "20000 characters of output",
        "10 times as long",
        "--check",
        "--grade-anyway",
    ):
        assert word in " ".join(text.split())


def test_files_for_learning_platforms_and_a_picture(course, tmp_path):
    small.enroll(
        course, "ada", first_name="Ada", last_name="Lovelace", email="ada@example.org", lms_user_id="77"
    )
    small.enroll(course, "=cmd()")
    files = {name: tmp_path / f"{name}.csv" for name in ("canvas", "moodle")}
    picture = tmp_path / "tasks.svg"
    grade(
        course, "--canvas", str(files["canvas"]), "--moodle", str(files["moodle"]), "--picture", str(picture)
    )
    canvas, moodle = (list(csv.reader(files[name].open())) for name in files)
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "small"]
    assert canvas[1] == ["    Points Possible", "", "", "", "", "4"]
    assert ["Lovelace, Ada", "77", "ada", "ada", "", "3.00"] in canvas
    assert ["dee", "", "dee", "dee", "", ""] in canvas
    assert moodle[0][3:] == ["Email address", "Assignment: small (Real)"]
    assert ["Ada", "Lovelace", "77", "ada@example.org", "3.00"] in moodle
    assert not any(cell.startswith("=") for row in canvas + moodle for cell in row)
    drawn = picture.read_text()
    assert drawn.startswith("<?xml")
    assert "test_double" in drawn


def test_no_name_breaks_a_row_or_becomes_a_formula(course, tmp_path):
    names = ("=cmd()", "+1", "-1", "@x", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", " =1", "\t=1", "\n=1")
    for number, name in enumerate(names):
        small.enroll(course, f"student{number:02}", first_name=name, last_name='a "b";\r\n,c', email=name)
    files = {name: tmp_path / f"{name}.csv" for name in ("canvas", "moodle")}
    grade(course, "--quiet", *(word for name, path in files.items() for word in (f"--{name}", str(path))))
    for path, more in ((files["canvas"], 2), (files["moodle"], 1)):
        text = path.read_text()
        assert len(text.splitlines()) == len(names) + 4 + more, "one line each"
        assert all(line.startswith('"') and line.endswith('"') for line in text.splitlines())
        assert len({len(row) for row in csv.reader(text.splitlines())}) == 1
        for row in csv.reader(text.splitlines()):
            for cell in row:
                assert not cell.strip().startswith(
                    ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
                )
    assert '"\'=cmd()"' in files["moodle"].read_text()


def test_pictures_of_the_instructors_are_shown_and_missing_ones_end_no_page(pristine, tmp_path):
    root = small.copied(pristine, tmp_path / "course")
    path = root / "source" / "small" / "small.ipynb"
    content = json.loads(path.read_text())
    record = {"schema_version": 3, "grade_id": "figure", "cell_type": "markdown", "locked": True}
    content["cells"].insert(
        1,
        {
            "cell_type": "markdown",
            "id": "figure",
            "metadata": {"nbgrader": {**record, "grade": False, "solution": False, "task": False}},
            "attachments": {"plot.png": {"image/png": "iVBORw0KGgo="}},
            "source": "![a plot](attachment:plot.png)",
        },
    )
    path.write_text(json.dumps(content))
    small.generate(root, "small")
    own = "Because ![of this](attachment:gone.png)"
    small.submit(root, "ada", small.filled(small.release(root), {"why": own, "answer": "answer = 42"}))
    grade(root, "--quiet")
    small.nbgrader(root, "generate_feedback", "small")
    page = (root / "feedback" / "ada" / "small" / "small.html").read_text()
    assert "data:image/png;base64,iVBORw0KGgo=" in page
    assert "#missing-gone.png" in page


def test_late_work_loses_what_the_rule_says(course):
    (course / "rule.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Rule(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, seconds):\n        return 2.0\n"
    )
    (course / "nbgrader_config.py").write_text(
        f"import sys\nsys.path.insert(0, {str(course)!r})\nfrom rule import Rule\n"
        "c = get_config()\nc.AssignLatePenalties.plugin_class = Rule\n"
    )
    with sqlite3.connect(course / "gradebook.db") as db:
        db.execute("update assignment set duedate = '2026-01-01 00:00:00.000000'")
    (course / "submitted" / "ada" / "small" / "timestamp.txt").write_text("2026-01-02 00:00:00 UTC\n")
    (course / "submitted" / "bob" / "small" / "timestamp.txt").write_text("2025-12-31 00:00:00 UTC\n")
    grade(course, "--quiet")
    grade(course, "--quiet", "--again")
    assert points(course) == {**EXPECTED, "ada": 1.0}


def test_files_of_the_assignment_are_there(pristine, tmp_path):
    root = small.copied(pristine, tmp_path / "course")
    (root / "source" / "small" / "data.txt").write_text("2")
    reads = {
        "double": "factor = int(open('data.txt').read())\ndef double(x):\n    return factor * x",
        "answer": "answer = 42",
    }
    folder = small.submit(root, "ada", small.filled(small.release(root), reads))
    (folder / "data.txt").write_text("3")
    grade(root, "--quiet")
    assert points(root) == {"ada": 3.0}, "the instructor's file counts, not the student's"


def test_partial_points_by_the_last_line(pristine, tmp_path):
    root = small.copied(pristine, tmp_path / "course")
    path = root / "source" / "small" / "small.ipynb"
    content = json.loads(path.read_text())
    content["cells"][3]["source"] = "0.5 if double(1) == 3 else 2"
    path.write_text(json.dumps(content))
    small.generate(root, "small")
    small.submit(
        root, "ada", small.filled(small.release(root), {"double": "def double(x):\n    return 3 * x"})
    )
    grade(root, "--quiet")
    assert points(root) == {"ada": 0.5}
