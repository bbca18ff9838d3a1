"""When the machine fails, or another grader or a file is in the way, nobody is graded wrongly."""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from nbgrader.api import Gradebook, InvalidEntry

from livenotes import cli
from livenotes.coursework.boundary import groups
from livenotes.coursework.boundary.limits import Limits
from livenotes.coursework.exam.client import Bench
from livenotes.coursework.exam.job import Cell, Job
from livenotes.coursework.nbgrader import autograded, submission
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small
from .processes import descendants, gone

pytestmark = pytest.mark.usefixtures("bubblewrap")

EXPECTED = {"ada": 3.0, "bob": 1.0, "cy": 0.0}
SLOW = "import time\ntime.sleep(1.5)\ndef double(x):\n    return 2 * x"
PLOTS = """\
import os, base64
for _ in range(3):
    display({"image/png": base64.b64encode(os.urandom(700_000)).decode()}, raw=True)
def double(x):
    return 2 * x
"""


def grade(root, *more):
    return cli.main(["grade", "small", "--course", str(root), "--quiet", *more])


def points(root):
    with Book(Course.at(root)) as book:
        return {student: total for student, (total, _) in book.totals("small").items()}


def start(root, *more):
    """Start the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "livenotes.cli", "grade", "small", "--quiet", *more],
        cwd=root,
        env={**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))},
        stderr=subprocess.PIPE,
        text=True,
    )


def slow(root, count):
    for number in range(count):
        answers = {"double": SLOW, "answer": "answer = 42"}
        small.submit(root, f"slow{number}", small.filled(small.release(root), answers))


def named(processes, word):
    """Return which of some processes have a word in their command."""
    found = []
    for pid, _ in processes:
        try:
            if word in Path(f"/proc/{pid}/cmdline").read_bytes().decode():
                found.append(pid)
        except OSError:
            continue
    return found


def end(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def sandbox_at_work(examiner):
    """Return bubblewrap's processes if a submission runs in them: then there are six in all."""
    started = descendants(examiner)
    return named(started, "bwrap") if len(started) >= 6 else []


def wait_for(ready, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_large_files_and_plots_of_a_class_do_not_stop_it(pristine, tmp_path):
    """Both sides have more to write than fits between them; should both wait, neither would ever go on."""
    root = small.copied(pristine, tmp_path / "course")
    answers = {"double": PLOTS, "answer": "answer = 42"}
    for number in range(12):
        folder = small.submit(root, f"student{number}", small.filled(small.release(root), answers))
        (folder / "data").write_bytes(bytes(7 << 20))
    assert grade(root) == 0
    assert points(root) == {f"student{number}": 3.0 for number in range(12)}


def test_few_submissions_are_in_memory_at_a_time():
    asked = []

    def jobs():
        for number in range(12):
            asked.append(number)
            yield Job(str(number), [Cell("code", "x = 1")])

    with Bench(slots=1) as bench:
        for done, _ in enumerate(bench.examine(jobs()), start=1):
            assert len(asked) <= done + bench.window
    assert asked == [*range(12)]


def test_the_sandbox_is_killed_in_the_middle_and_its_submissions_are_tried_again():
    job = [Cell("code", SLOW), Cell("test", "assert double(2) == 4", 1.0)]
    with Bench(slots=2) as bench:

        def kill():
            end(wait_for(lambda: sandbox_at_work(bench.process.pid)))

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        reports = dict(bench.examine(Job(str(number), job) for number in range(4)))
        killer.join()
    assert {(report.verdict, report.cells[1].score) for report in reports.values()} == {("graded", 1.0)}
    place = groups.place()
    assert place is None or not [*place.glob(f"livenotes-{bench.process.pid}-*")], "no control group is left"


def test_a_sandbox_that_is_killed_again_and_again_is_said_and_not_kept():
    """As when the kernel wants memory each time; nothing but this submission suffers."""
    job = [Cell("code", "import time\ntime.sleep(60)"), Cell("test", "assert False", 1.0)]
    with Bench(slots=1) as bench:
        over = threading.Event()

        def kill():
            while not over.is_set():
                end(sandbox_at_work(bench.process.pid))
                time.sleep(0.1)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        ((_, report),) = bench.examine([Job("key", job, Limits(cell=30))])
        over.set()
        killer.join()
        assert (report.verdict, report.final) == ("crashed", False)
        assert "the next run tries it again" in report.reason
        ((_, report),) = bench.examine([Job("next", [Cell("code", "x = 1")])])
        assert report.verdict == "graded"


def test_the_examiner_is_killed_and_the_next_run_goes_on(course):
    slow(course, 3)
    first = start(course, "--jobs", "1")
    wait_for(lambda: list((course / "verdicts" / "small").glob("*.json")))
    processes = descendants(first.pid)
    servers = named(processes, "exam.server")
    end(servers)
    assert "Give the same command to go on" in first.communicate()[1]
    assert first.returncode == 1
    assert gone(processes) == set()
    assert grade(course) == 0
    assert points(course) == {**EXPECTED, **{f"slow{number}": 3.0 for number in range(3)}}
    place = groups.place()
    assert place is None or not [path for pid in servers for path in place.glob(f"livenotes-{pid}-*")]


def test_two_graders_at_once(course, capsys):
    slow(course, 3)
    first = start(course, "--jobs", "1")
    wait_for(lambda: list((course / "verdicts" / "small").glob("*.json")))
    assert grade(course) == 2
    assert "somebody is grading" in capsys.readouterr().err
    assert (first.wait(), first.stderr.read()) == (0, "")
    assert grade(course) == 0
    assert len(points(course)) == 6


def test_a_full_disk_is_said_and_nothing_half_written_stays(course, monkeypatch, capsys):
    replace = os.replace

    def full(part, path):
        if "bob" in str(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(part, path)

    monkeypatch.setattr(autograded.os, "replace", full)
    assert grade(course) == 1
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert "see that its disk has room" in said.lower()
    assert not list(course.rglob("*.part"))
    monkeypatch.undo()
    assert grade(course) == 0
    assert points(course) == EXPECTED


def test_a_disk_that_fills_while_the_gradebook_is_written(course, monkeypatch, capsys):
    said = "(sqlite3.OperationalError) database or disk is full"

    def full(*_, **__):
        raise InvalidEntry(said)  # as nbgrader puts it

    monkeypatch.setattr(Gradebook, "update_or_create_submission", full)
    assert grade(course) == 1
    assert f"{said}\nThe course could not be read or written" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["numpy", "json", "livenotes"])
def test_a_students_modules_are_not_imported_with_the_instructors_rights(course, tmp_path, name):
    """The command is given in a folder that holds what a student sent."""
    sent = tmp_path / "sent"
    sent.mkdir()
    (sent / f"{name}.py").write_text(f"open({str(tmp_path / 'stolen')!r}, 'w').close()\n")
    script = Path(sys.executable).with_name("livenotes")
    path = ":".join(part for part in sys.path if part and Path(part) != Path.cwd())
    done = subprocess.run(
        [sys.executable, "-P", str(script), "grade", "small", "--course", str(course), "--quiet"],
        cwd=sent,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "stolen").exists()
    assert points(course) == EXPECTED


def test_nbgrader_refuses_where_livenotes_cannot_be_imported(course, tmp_path):
    config = Path(__file__).parents[2] / "book" / "coursework" / "nbgrader_config.py"
    shutil.copy(config, course)
    attack = f"open({str(tmp_path / 'stolen')!r}, 'w').close()"
    small.submit(course, "eve", small.filled(small.release(course), {"double": attack}))
    (tmp_path / "livenotes.py").write_text("raise ImportError('not in this environment')\n")
    path = ":".join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", "small"],
        cwd=course,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Nothing is graded" in done.stderr
    assert not (tmp_path / "stolen").exists()
    assert points(course) == {}


def test_an_id_on_the_roster_cannot_lead_out_of_the_course(course, capsys):
    outside = course.parent / "outside"
    small.enroll(course, "../../outside", "..", "up/down")
    before = small.tree(course.parent)
    assert cli.main(["grade", "small", "--course", str(course)]) == 0
    assert not outside.exists()
    assert {name.split("/")[0] for name in small.tree(course.parent)} == {
        name.split("/")[0] for name in before
    }
    assert capsys.readouterr().out.count("its id cannot name a folder") == 3
    assert points(course) == EXPECTED


def test_folders_nested_too_deep_are_left_out(course):
    here = os.open(course / "submitted" / "ada" / "small", os.O_RDONLY)
    for _ in range(1500):  # step by step, as the whole path would be too long for one
        os.mkdir("d", dir_fd=here)
        here, before = os.open("d", os.O_RDONLY, dir_fd=here), here
        os.close(before)
    os.close(here)
    try:
        assert grade(course) == 0
        assert points(course) == EXPECTED
        assert submission.other_files(course / "submitted" / "ada" / "small") == {}
    finally:
        subprocess.run(["rm", "-r", str(course / "submitted" / "ada" / "small" / "d")], check=True)
