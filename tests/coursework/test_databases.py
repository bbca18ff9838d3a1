"""The same class on nbgrader's two databases: SQLite, and PostgreSQL by one setting."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from livenotes import cli
from missing import missing

from . import course as small


def programs():
    """Return the folder of PostgreSQL's server programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        missing("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent


@pytest.fixture
def server():
    """Address of a new database on a server of its own, reached over a socket in a folder."""
    binaries = programs()
    # the server refuses to run as root, and the path of its socket must be short
    folder = Path(f"/tmp/livenotes-pg-{os.getpid()}")
    folder.mkdir(mode=0o700)
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    as_user = {"user": user} if os.geteuid() == 0 else {}
    shutil.chown(folder, user)

    def run(program, *arguments):
        command = [str(binaries / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=60, **as_user)

    try:
        run("initdb", "--auth=trust", "--no-sync", "--username=course")
        run(
            "pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-c listen_addresses='' -k {folder} -F", "start"
        )
        yield f"postgresql://course@/postgres?host={folder}"
        run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.mark.usefixtures("bubblewrap")
def test_the_round_trip_is_the_same_on_postgresql(course, server, tmp_path):
    cli.main(["grade", "small", "--course", str(course), "--quiet"])
    other = small.copied(course, tmp_path / "other")
    for folder in ("autograded", "verdicts"):
        shutil.rmtree(other / folder)
    (other / "gradebook.db").unlink()
    settings = (
        f"c = get_config()\nc.CourseDirectory.db_url = {server!r}\nc.CourseDirectory.course_id = 'notes'\n"
    )
    (other / "nbgrader_config.py").write_text(settings)
    small.generate(other, "small")
    small.enroll(other, "ada", "bob", "cy", "dee")
    for again in ([], ["--again"]):
        assert cli.main(["grade", "small", "--course", str(other), "--quiet", *again]) == 0
        assert small.rows(other) == small.rows(course)
    assert len(small.rows(other)[0]) == 9
    assert not (other / "gradebook.db").exists()
    small.nbgrader(other, "generate_feedback", "small")
    assert "3.0" in (other / "feedback" / "ada" / "small" / "small.html").read_text()
