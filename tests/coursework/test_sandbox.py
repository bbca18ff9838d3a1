"""The sandbox by itself: where it lies, what it refuses, what it says."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from livenotes.coursework.boundary import groups, namespaces, sandbox
from livenotes.coursework.boundary.limits import MIB, Limits
from livenotes.coursework.exam.client import Bench
from livenotes.coursework.exam.job import Cell, Job

START = """
from livenotes.coursework.boundary import namespaces
from livenotes.coursework.exam.job import Cell
from livenotes.coursework.exam.notebook import Exam
from livenotes.coursework.boundary.limits import DEFAULT
from livenotes.coursework.boundary.sandbox import Sandbox

LOOK = '''
import livenotes.checks, os
here = os.listdir("/tmp")
try:
    os.rmdir(os.path.dirname(livenotes.checks.__file__) + "/coursework/__pycache__")
    read_only = False
except OSError as error:
    read_only = error.errno == 30
'''
TEST = '''
from livenotes.coursework.boundary import namespaces
assert read_only
assert set(here) == {"work"} | {path.split("/")[2] for path in namespaces.PYTHON if path.startswith("/tmp/")}
'''
with Sandbox() as warm:
    session = warm.start(DEFAULT, 1)
    report = Exam([Cell("code", LOOK), Cell("test", TEST, 1.0)], DEFAULT, session).run()
    session.close()
print(namespaces.PACKAGE, report.verdict, report.cells[1].score, report.cells[1].detail)
"""


@pytest.mark.usefixtures("bubblewrap")
def test_a_package_below_tmp_is_seen_and_nothing_else_there(tmp_path):
    copied = shutil.copytree(namespaces.PACKAGE, tmp_path / "livenotes")
    assert copied.is_relative_to("/tmp"), "pytest's folders lie elsewhere here; set TMPDIR"
    path = ":".join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", START], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.stdout.split()[:3] == [str(copied), "graded", "1.0"], done.stdout + done.stderr


def test_a_course_that_submissions_could_read_is_refused():
    with pytest.raises(sandbox.NoSandbox, match="Move the course"):
        sandbox.require_hidden(Path(sys.prefix, "share", "course"))
    sandbox.require_hidden(Path("/home/ada/course"))


SHARED = """
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
for _ in range(32):  # pieces of 16 MiB, each let go of at once, and none of them gone
    address = libc.shmat(libc.shmget(0, 1 << 24, 0o1600), None, 0)
    ctypes.memset(address, 1, 1 << 24)
    libc.shmdt(ctypes.c_void_p(address))
"""
FILES = """
import os
kept = []
for _ in range(32):
    kept.append(os.memfd_create("more"))
    os.write(kept[-1], bytes(1 << 24))
"""


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.parametrize("source", [SHARED, FILES], ids=["shared", "files"])
def test_a_control_group_counts_what_no_process_is_charged_for(source):
    if groups.place() is None:
        pytest.skip("this user may not make control groups here")
    job = Job("key", [Cell("code", source), Cell("test", "assert False", 1.0)], Limits(memory=64 * MIB))
    with Bench(slots=1) as bench:
        ((_, report),) = bench.examine([job])
        ((_, other),) = bench.examine(
            [Job("next", [Cell("code", "x = 1"), Cell("test", "assert x == 1", 1.0)])]
        )
    assert report.verdict == "out of memory", report
    assert (other.verdict, other.cells[1].score) == ("graded", 1.0)
    assert not list(groups.place().glob(f"livenotes-{bench.process.pid}-*"))


TERMINALS = """
import os, time
kept = os.openpty()
mine = os.path.basename(os.ttyname(kept[1]))
seen, end = set(), time.monotonic() + 3
while time.monotonic() < end:
    seen |= {name for name in os.listdir("/dev/pts") if name.isdigit()} - {mine}
    time.sleep(0.05)
seen = sorted(seen)
"""


@pytest.mark.usefixtures("bubblewrap")
def test_no_submission_sees_the_terminals_of_another():
    cells = [Cell("code", TERMINALS), Cell("test", "assert mine == '0' and seen == []", 1.0)]
    with Bench(slots=2) as bench:
        for _, report in bench.examine([Job(key, cells) for key in ("one", "other")]):
            assert report.cells[1].score == 1.0, report


FORMULAS = r"""
import os
import matplotlib.pyplot as plt
plt.semilogy([1, 2], [1e-3, 1e3], label=r"$\hat{x}_i$")  # powers of ten are set as formulas
plt.xlabel(r"$\alpha$ and words")
plt.legend()
plt.savefig("plot.pdf")
plt.show()
size = os.path.getsize("plot.pdf")
"""


@pytest.mark.usefixtures("bubblewrap")
def test_a_plot_with_formulas_is_drawn_and_saved():
    cells = [Cell("code", FORMULAS), Cell("test", "assert size > 5_000", 1.0)]
    with Bench(slots=1) as bench:
        ((_, report),) = bench.examine([Job("key", cells)])
    (shown,) = report.cells[0].outputs
    assert "image/png" in shown["data"], shown
    assert report.cells[1].score == 1.0, report
