"""An assignment's whole way on a real JupyterHub: fetched, submitted, collected, graded, returned.

The hub, its proxy and the servers of two students run on this machine. As in a hub of containers, every
student is the user jovyan to his or her server: bubblewrap shows it a list of users with this one name.
"""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from livenotes import cli
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small

pytestmark = pytest.mark.usefixtures("bubblewrap")

PROXY = "configurable-http-proxy"
TOKEN = "of-this-test"
STUDENTS = {
    "ada": {"double": "def double(x):\n    return 2 * x\nprint('hello from ada')", "answer": "answer = 42"},
    "eve": {"double": "open('{course}/gradebook.db', 'w').close()", "answer": "answer = 42"},
}
EXCHANGE = """
c = get_config()
c.CourseDirectory.course_id = "notes"
c.Exchange.root = {exchange!r}
c.ExchangeCollect.check_owner = False
"""
HUB = """
import os, sys
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{ports[1]}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.ConfigurableHTTPProxy.auth_token = "between-hub-and-proxy"
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {{"ada", "eve"}}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = {jovyan!r} + [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"JUPYTER_CONFIG_DIR": {settings!r}, "PYTHONPATH": {path!r}}}
c.Spawner.http_timeout = c.Spawner.start_timeout = 120
c.JupyterHub.services = [{{"name": "test", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "test", "services": ["test"], "scopes": ["admin:users", "admin:servers", "access:servers"]}}
]
"""


def proxy():
    """Return the path of JupyterHub's proxy; skip the test if it or the hub is not installed."""
    local = Path(__file__).parents[2] / "node_modules" / ".bin" / PROXY
    found = shutil.which(PROXY) or (str(local) if local.exists() else None)
    if found is None:
        pytest.skip(f"JupyterHub's proxy is not installed: npm install {PROXY}")
    if importlib.util.find_spec("jupyterhub") is None:
        pytest.skip("JupyterHub is not installed: pip install jupyterhub")
    return found


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


class Hub:
    """What a browser, or the hub's administrator, can ask of the hub."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"

    def ask(self, path, method="GET", **content):
        data = json.dumps(content).encode() if method == "POST" else None
        headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def until(self, what, ready, seconds=120):
        """Wait until the hub's answer is as it should be."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if ready(self.ask(what)):
                    return
            except urllib.error.URLError:
                pass
            assert time.monotonic() < deadline, f"{what} did not come up"
            time.sleep(0.2)

    def student(self, name, action):
        """Press one of the buttons of nbgrader's list of assignments."""
        path = f"/user/{name}/assignments/{action}"
        answer = self.ask(path, "POST", course_id="notes", assignment_id="small")
        assert answer["success"], answer
        return answer["value"]


@pytest.fixture
def classroom(pristine, tmp_path):
    """A released assignment and a hub with both students' servers: course, hub, the students' homes."""
    command = proxy()
    root, exchange, homes, settings = (
        tmp_path / name for name in ("course", "exchange", "homes", "settings")
    )
    for folder in (homes, settings, exchange):
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
    small.copied(pristine, root)
    (settings / "nbgrader_config.py").write_text(EXCHANGE.format(exchange=str(exchange)))
    (root / "nbgrader_config.py").write_text(EXCHANGE.format(exchange=str(exchange)))
    small.generate(root, "small")
    small.nbgrader(root, "release_assignment", "small")
    users = tmp_path / "passwd"
    users.write_text(f"jovyan:x:{os.geteuid()}:{os.getegid()}::{homes}:/bin/bash\n")
    ports = free_ports(3)
    jovyan = [
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        "--ro-bind",
        str(users),
        "/etc/passwd",
        "--die-with-parent",
        "--",
    ]
    file = tmp_path / "jupyterhub_config.py"
    path = ":".join(filter(None, sys.path))
    made = {"homes": str(homes), "jovyan": jovyan, "settings": str(settings), "path": path}
    file.write_text(HUB.format(ports=ports, proxy=command, token=TOKEN, **made))
    log = (tmp_path / "hub.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", str(file)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        stdout=log,
        stderr=log,
    )
    hub = Hub(ports[0])
    try:
        hub.until("/hub/api/", lambda answer: "version" in answer)
        for name in STUDENTS:
            hub.ask(f"/hub/api/users/{name}/server", "POST")
        for name in STUDENTS:
            hub.until(f"/hub/api/users/{name}", lambda user: user["servers"].get("", {}).get("ready"))
        yield root, hub, homes
    except BaseException:
        print((tmp_path / "hub.log").read_text()[-4000:])
        raise
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def test_fetch_submit_collect_grade_return(classroom):
    root, hub, homes = classroom
    for name, answers in STUDENTS.items():
        hub.student(name, "fetch")
        path = homes / name / "small" / "small.ipynb"
        fetched = json.loads(path.read_text())
        assert "HIDDEN" not in path.read_text()
        own = {key: text.replace("{course}", str(root)) for key, text in answers.items()}
        path.write_text(json.dumps(small.filled(fetched, own)))
        listed = hub.student(name, "submit")
        assert [entry["status"] for entry in listed if entry["assignment_id"] == "small"].count(
            "submitted"
        ) == 1
    small.nbgrader(root, "collect", "small")
    small.submit(root, "zoe", small.release(root))  # by mail, with no secret; and one with a broken note
    (small.submit(root, "max", small.release(root)) / "timestamp.txt").write_text("some day")
    assert cli.main(["grade", "small", "--course", str(root), "--quiet"]) == 0
    with Book(Course.at(root)) as book:
        assert {name: total for name, (total, _) in book.totals("small").items()} == {
            "ada": 3.0,
            "eve": 1.0,
            "max": 0.0,
            "zoe": 0.0,
        }
    small.nbgrader(root, "generate_feedback", "small")
    small.nbgrader(root, "release_feedback", "small")
    pages = {}
    for name in STUDENTS:
        hub.student(name, "fetch_feedback")
        (file,) = (homes / name / "small" / "feedback").rglob("small.html")
        pages[name] = file.read_text()
        assert "271828" not in pages[name]
    assert "hello from ada" in pages["ada"]
    assert "hello from ada" not in pages["eve"]
    assert "Score: 3.0 / 4.0" in pages["ada"]
    assert "Score: 1.0 / 4.0" in pages["eve"]
