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
from livenotes.coursework.exam.notebook import Exam

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


FILES = """
import os
kept = []
for _ in range(32):
    kept.append(os.memfd_create("more"))
    os.write(kept[-1], bytes(1 << 24))
"""


@pytest.mark.usefixtures("bubblewrap")
def test_a_control_group_counts_what_no_process_is_charged_for():
    if groups.place() is None:
        pytest.skip("this user may not make control groups here")
    job = Job("key", [Cell("code", FILES), Cell("test", "assert False", 1.0)], Limits(memory=64 * MIB))
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


EVERYONE = "for pid in range(1, 80):\n        try: {}\n        except OSError: pass"
# Ways from one call to another: what a cell prepares, how a call leaves something, how a later one finds it.
WAYS = {
    "a-file": ("", "open('f', 'w').write(str(x))", "open('f').read()"),
    "an-open-file": (
        "f = open('g', 'w+')\nos.remove('g')",
        "f.write('x'), f.flush()",
        "f.seek(0) or f.read()",
    ),
    "a-mapped-file": (
        "open('g', 'wb').write(bytes(4096))\nm = mmap.mmap(os.open('g', 0), 4096, mmap.MAP_PRIVATE, 1)",
        "open('g', 'r+b').write(b'x')",
        "m[0]",
    ),
    "a-pipe": ("r, w = os.pipe()\nos.set_blocking(r, False)", "os.write(w, b'x')", "os.read(r, 9)"),
    "a-socket": ("r, w = socket.socketpair()\nr.setblocking(False)", "w.send(b'x')", "r.recv(9)"),
    "shared-memory": ("m = mmap.mmap(-1, 4096)", "m.write_byte(1)", "m[0]"),
    "named-memory": ("", "open('/dev/shm/f', 'w').write(str(x))", "open('/dev/shm/f').read()"),
    "unnamed-memory": ("f = os.memfd_create('f')", "os.write(f, b'x')", "os.pread(f, 9, 0)"),
    "a-terminal": ("r, w = os.openpty()\nos.set_blocking(r, False)", "os.write(w, b'x')", "os.read(r, 9)"),
    "a-server": (
        "s = socket.socket(socket.AF_UNIX)\ndef serve():\n    s.bind('\\0s')\n    s.listen()",
        "time.sleep(0.2) if os.fork() else (serve(), time.sleep(100))",
        "socket.socket(socket.AF_UNIX).connect('\\0s') or 1",
    ),
    "the-time-of-a-folder": ("", "os.utime('.', (x, x))", "int(os.stat('.').st_mtime) == 271828"),
    "the-mode-of-a-folder": ("", "os.chmod('.', 0o711)", "os.stat('.').st_mode & 0o777 == 0o711"),
    "a-signal": (
        "got = []\nsignal.signal(signal.SIGUSR1, lambda *_: got.append(1))",
        EVERYONE.format("os.kill(pid, signal.SIGUSR1)"),
        "got",
    ),
    "a-limit": (
        "",
        EVERYONE.format("resource.prlimit(pid, resource.RLIMIT_NOFILE, (99, 256))"),
        "resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 99",
    ),
    "a-priority": ("", EVERYONE.format("os.setpriority(0, pid, 19)"), "os.getpriority(0, 0) == 19"),
}
IMPORTS = "import mmap, os, resource, signal, socket, time\n"
CALLS = """
def tell(x):
    {}
def told():
    try: return bool({})
    except OSError: return False
"""
HIDDEN = "# BEGIN HIDDEN TESTS\n"


@pytest.fixture(scope="module")
def ways(bubblewrap):
    """Examine one submission for each way: whether it is one, and whether it leads to a later hidden test."""
    jobs = []
    for name, (prepare, tell, told) in WAYS.items():
        code = Cell("code", IMPORTS + prepare + CALLS.format(tell, told))
        tests = ["tell(271828)\nassert told()", HIDDEN + "tell(271828)", HIDDEN + "assert not told()"]
        tests.append(tests[-1])
        jobs.append(Job(name, [code, *(Cell("test", test, 1.0, k) for k, test in enumerate(tests))]))
    with Bench(slots=2) as bench:
        return dict(bench.examine(jobs))


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_from_a_test_to_a_hidden_one(ways, way):
    report = ways[way]
    scores = [cell.score for cell in report.cells[1:]]
    assert scores[0] == 1.0, ("this is not a way at all", report)
    assert scores[1:] == [1.0, 1.0, 1.0], report


@pytest.mark.usefixtures("bubblewrap")
def test_the_hidden_tests_of_most_submissions_need_no_second_sandbox():
    """What makes them cheap: copies of a process that holds nothing but its memory are apart."""
    started = []
    with sandbox.Sandbox() as warm:

        def start():
            started.append(warm.start(Limits(), 8))
            return started[-1]

        source = "import matplotlib.pyplot as plt\ndef f(x):\n    return 2 * x\nplt.plot([1, 2])\nplt.show()"
        tests = [Cell("test", f"f(1)\n{HIDDEN}assert f(2) == 4", 1.0, place) for place in range(3)]
        report = Exam([Cell("code", source), *tests], Limits(), start(), again=start).run()
        for session in started:
            session.close()
    assert [cell.score for cell in report.cells[1:]] == [1.0, 1.0, 1.0], report
    assert len(started) == 1
