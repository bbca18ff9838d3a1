"""Submissions on the workers of a real Dask cluster: a scheduler and two workers on this machine."""

import os
import signal
import subprocess
import sys
import time

import pytest

from livenotes import cli
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.grade import Grading
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small

pytest.importorskip("distributed")
from distributed import Client

from livenotes.coursework.exam.cluster import Cluster

from .processes import descendants, gone

pytestmark = pytest.mark.usefixtures("bubblewrap")

SLOW = "import time\ntime.sleep(0.5)\ndef double(x):\n    return 2 * x"
MANY = 8


def start(role, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{role}", *arguments],
        env={**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler with two worker processes, and the processes."""
    file = tmp_path / "scheduler.json"
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    processes = [start("scheduler", *common, "--host", "127.0.0.1", "--port", "0")]
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.1)
    local = ["--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path)]
    processes += [start("worker", *common, *local, "--name", name) for name in ("one", "two")]
    with Client(scheduler_file=str(file), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        yield client.scheduler.address, processes, client
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def slow(pristine, tmp_path):
    root = small.copied(pristine, tmp_path / "course")
    for number in range(MANY):
        answers = {"double": SLOW, "answer": "answer = 42" if number % 2 else "answer = 41"}
        small.submit(root, f"student{number}", small.filled(small.release(root), answers))
    return root


def test_a_worker_is_killed_in_the_middle(cluster, slow):
    address, processes, _ = cluster
    done, started = [], set()
    with Cluster(address) as workers, Book(Course.at(slow)) as book:
        run = Grading(Course.at(slow), book, "small")
        for result in run.run(run.students(), workers.examine):
            done.append(result)
            if len(done) == 2:
                started |= descendants(processes[1].pid)
                processes[1].send_signal(signal.SIGKILL)
        started |= descendants(processes[2].pid)
    assert len(started) >= 4, "each of the two had an examiner and a sandbox"
    assert gone(started) == set()
    assert sorted(result.student for result in done) == [f"student{n}" for n in range(MANY)]
    assert {result.verdict for result in done} == {"graded"}
    with Book(Course.at(slow)) as book:
        totals = {student: total for student, (total, _) in book.totals("small").items()}
    assert totals == {f"student{n}": 3.0 if n % 2 else 2.0 for n in range(MANY)}


def test_the_command_takes_a_scheduler(cluster, course):
    address, *_ = cluster
    assert cli.main(["grade", "small", "--course", str(course), "--quiet", "--scheduler", address]) == 0
    there = small.rows(course)
    assert cli.main(["grade", "small", "--course", str(course), "--quiet", "--again"]) == 0
    assert small.rows(course) == there


def test_no_scheduler_answers(course, capsys):
    address = "tcp://127.0.0.1:9"
    assert cli.main(["grade", "small", "--course", str(course), "--scheduler", address]) == 2
    assert f"no Dask scheduler answers at {address}" in capsys.readouterr().err
