"""The sandbox by itself: where it lies, what it refuses, what it says."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from livenotes.coursework import namespaces, sandbox

START = """
from livenotes.coursework import namespaces
from livenotes.coursework.exam import Cell, Exam
from livenotes.coursework.limits import DEFAULT
from livenotes.coursework.sandbox import Sandbox

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
from livenotes.coursework import namespaces
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


def test_a_course_that_hand_ins_could_read_is_refused():
    with pytest.raises(sandbox.NoSandbox, match="Move the course"):
        sandbox.require_hidden(Path(sys.prefix, "share", "course"))
    sandbox.require_hidden(Path("/home/ada/course"))
