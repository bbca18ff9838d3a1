"""All that the sandbox promises holds for root and for an ordinary user: what this user runs, the other does.

Root runs the tests again as the user daemon, who owns nothing; anybody else runs them again through sudo.
"""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

from missing import missing

from . import course as small

pytestmark = pytest.mark.usefixtures("bubblewrap")

HERE = Path(__file__).parent
ORDINARY = "daemon"
# whole files, and of the long way from a course to a gradebook what leads through the sandbox
TESTS = {
    "test_hostile.py": "",
    "test_sandbox.py": "",
    "test_clock.py": "depend",
    "test_grading.py": "grades_the_class or grades_safely or refuses or killed or files_of_the_assignment",
}


def as_other(folder, *command):
    """Return a command as the other user would give it, from a folder that is that user's own."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(ORDINARY)
        shutil.chown(folder, user.pw_uid, user.pw_gid)
        return [sys.executable, str(HERE / "as_ordinary.py"), ORDINARY, *command]
    if shutil.which("sudo") is None or subprocess.run(["sudo", "-n", "true"], check=False).returncode:
        missing("root's half of these tests needs sudo without a password")
    return ["sudo", "-n", *command]


@pytest.fixture
def home():
    """A folder of the other user's own, outside those that pytest closes to others, with a list of fonts."""
    folder = Path("/tmp", f"livenotes-other-{os.getpid()}")
    fonts = folder / "matplotlib"
    fonts.mkdir(parents=True)
    for path in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(path, fonts)
    folder.chmod(0o755)
    yield folder
    if os.geteuid() == 0:
        shutil.rmtree(folder)
    else:
        subprocess.run(["sudo", "-n", "rm", "-r", str(folder)], check=True)


def settings(home):
    """Return the whole environment of the other user, as words for ``env``."""
    setting = {
        "HOME": str(home),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": ":".join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CI": os.environ.get("CI", ""),
    }
    return ["env", "-i", *(f"{name}={value}" for name, value in setting.items())]


@pytest.mark.parametrize("closed", ["gradebook.db", "."])
def test_a_course_that_cannot_be_written_is_said(course, home, closed):
    """Root may write everywhere, so an ordinary user gives the command."""
    place = small.copied(course, home / "course")
    if os.geteuid() == 0:
        owner = pwd.getpwnam(ORDINARY)
        for path in [place, *place.rglob("*")]:
            os.chown(path, owner.pw_uid, owner.pw_gid)
        os.chown(place / closed, 0, 0)
    else:
        (place / closed).chmod(0o444 if closed != "." else 0o555)
    grade = [sys.executable, "-m", "livenotes.cli", "grade", "small", "--course", str(place)]
    words = [*settings(home), *grade]
    command = as_other(home, *words) if os.geteuid() == 0 else words
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "See that its disk has room and that you may write to it" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(place.rglob("*.part"))


@pytest.mark.parametrize("file", TESTS)
def test_it_holds_for_the_other_user_too(home, file):
    options = [
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "--basetemp",
        str(home / "tests"),
        "-k",
        TESTS[file],
    ]
    command = as_other(home, *settings(home), sys.executable, "-m", "pytest", *options, str(HERE / file))
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
