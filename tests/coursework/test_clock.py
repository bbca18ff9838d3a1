"""What a submission is given is its own time: it does not run out because others use the machine."""

import subprocess
import sys
import time

import pytest

from livenotes.coursework.boundary import groups
from livenotes.coursework.boundary.clock import Clock
from livenotes.coursework.boundary.limits import Limits
from livenotes.coursework.exam.client import Bench
from livenotes.coursework.exam.job import Cell, Job

BUSY = "while True: pass"
COMPUTES = """
import os, time
end = time.process_time() + 0.6
while time.process_time() < end: pass
session = os.getsid(0)
"""
MANY = """
import os, time
for _ in range(12):
    if not os.fork():
        while True: pass
time.sleep(60)
"""


DEAF = """
while True:
    try:
        while True: pass
    except BaseException: pass
"""


@pytest.fixture
def busy_machine():
    """Six programs that use whatever processors they get."""
    others = [subprocess.Popen([sys.executable, "-S", "-c", BUSY], start_new_session=True) for _ in range(6)]
    yield
    for other in others:
        other.kill()
        other.wait()


def job(key, source, test, **limits):
    return Job(key, [Cell("code", source), Cell("test", test, 1.0)], Limits(**limits))


@pytest.mark.usefixtures("bubblewrap", "busy_machine")
def test_verdicts_do_not_depend_on_what_else_the_machine_does():
    """The first needs 0.6 s of a processor, of which it gets about a fourth, and may take 1 s."""
    jobs = [
        job("computes", COMPUTES, "assert session == 1, 'the kernel shares processors by session'", cell=1.0),
        job("burns", BUSY, "assert True", cell=1.0),
        job("sleeps", "import time\ntime.sleep(60)", "assert True", cell=1.0),
        job("many", MANY, "assert True", cell=1.0, total=2.0),
        Job(
            "deaf",  # its process is killed, and with it goes the kernel's account of how long it had to wait
            [Cell("code", "def f(): return 1"), Cell("test", "assert f() == 1", 1.0), Cell("code", DEAF)],
            Limits(cell=1.0, total=12.0),
        ),
        job("calls", "def wait():\n    import time\n    time.sleep(60)", "wait()", cell=1.0),
    ]
    with Bench(slots=1) as bench:
        reports = dict(bench.examine(jobs[:1]))
        began = time.monotonic()
        reports |= dict(bench.examine(jobs[1:]))
        taken = time.monotonic() - began
    assert (reports["computes"].verdict, reports["computes"].cells[1].score) == ("graded", 1.0), reports
    assert {reports[name].verdict for name in ("burns", "sleeps", "many", "calls")} == {"timed out"}
    assert (reports["deaf"].verdict, reports["deaf"].cells[1].score) == ("timed out", 1.0)
    assert taken < 60, "who sleeps is not given ten times as long"


def test_a_clock_for_nobody_is_a_clock_on_the_wall():
    clock = Clock()
    clock.looked -= 1.0
    clock.began -= 1.0
    assert 1.0 <= clock() < 2.0


def test_what_a_process_has_used_counts_though_little_time_has_passed(tmp_path):
    """As when many processes run at once, or the kernel has lost those that ended in its other accounts."""
    (tmp_path / "cpu.stat").write_text("usage_usec 7500000\nuser_usec 1\n")
    clock = Clock()
    clock.pid, clock.group = 2**22, groups.Group(tmp_path)
    clock.looked -= 1.0
    assert 7.5 <= clock() < 8.5
