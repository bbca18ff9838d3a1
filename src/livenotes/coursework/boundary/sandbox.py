"""Start the warm process inside bubblewrap, and submissions inside it.

What a submission can see: the system and this Python, read-only; an empty /tmp of its own. What it cannot:
the network, other processes, the course directory, the gradebook, the tests.
"""

import contextlib
import itertools
import json
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from livenotes.coursework.boundary import namespaces, wire
from livenotes.coursework.boundary.clock import Clock
from livenotes.coursework.boundary.groups import Group
from livenotes.coursework.boundary.limits import Limits

INSTALL = (
    "Student code runs inside bubblewrap, which is not installed here.\n"
    "Install it:  sudo apt-get install bubblewrap   (Debian, Ubuntu)\n"
    "             sudo dnf install bubblewrap       (Fedora)\n"
    "Only where none of this can be done: --without-sandbox runs submissions with your own rights."
)
DENIED = (
    "The sandbox needs user namespaces, which some systems deny. What helps:\n"
    "  Ubuntu 24.04 or later:  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0\n"
    "  older Debian:           sudo sysctl -w kernel.unprivileged_userns_clone=1\n"
    "  in a container:         grade on its host, or in a virtual machine\n"
    "Only where none of this can be done: --without-sandbox runs submissions with your own rights."
)
SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/fonts",
)
FONTS = "/tmp/matplotlib"
READY_SECONDS = 60.0
CREDENTIALS = struct.Struct("iii")  # number of the process, user, group: what SO_PASSCRED attaches


class NoSandbox(Exception):
    """Submissions cannot be run safely on this machine; the message says what to do."""


class SandboxEnded(BaseException):
    """The warm process is no more, and all that ran in it has ended with it, through no fault of its own."""


def require_bubblewrap() -> str:
    """Return the path of ``bwrap``; raise NoSandbox if there is none."""
    found = shutil.which("bwrap")
    if found is None:
        raise NoSandbox(INSTALL)
    return found


def visible() -> list[str]:
    """Return what submissions can read: the system's programs, and Python."""
    seen = [path for path in SYSTEM if os.path.exists(path)]
    for path in namespaces.PYTHON:
        if not any(Path(path).is_relative_to(other) for other in seen if not os.path.islink(other)):
            seen.append(path)
    return seen


def require_hidden(course: Path) -> None:
    """Raise NoSandbox if a course lies in a folder that submissions can read."""
    for path in visible():
        if course.is_relative_to(Path(path).resolve()):
            raise NoSandbox(
                f"The course is in {course}, and submissions can read {path}. Move the course out of it."
            )


def command(control: int) -> list[str]:
    """Return the command that starts the warm process confined; ``control`` is the socket it serves."""
    mounts: list[str] = []
    for path in visible():
        if os.path.islink(path):
            mounts += ["--symlink", os.readlink(path), path]
            continue
        for parent in reversed(
            Path(path).parents[:-1]
        ):  # made by bubblewrap itself, only root could enter them
            mounts += ["--perms", "0755", "--dir", str(parent)]
        mounts += ["--ro-bind", path, path]
        if os.path.isdir(f"{path}/etc/jupyter"):  # the instructor's settings, which may hold a password
            mounts += ["--tmpfs", f"{path}/etc/jupyter"]
    settings = itertools.chain.from_iterable(
        ("--setenv", name, value) for name, value in environment().items()
    )
    # root keeps just enough to become nobody; anyone else is confined to a user namespace
    rights = (
        ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        if os.geteuid() == 0
        else ["--unshare-user"]
    )
    return [
        require_bubblewrap(),
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *("--die-with-parent", "--new-session", "--clearenv", *rights),
        *("--perms", "1777", "--tmpfs", "/tmp", *mounts),
        *("--proc", "/proc", "--dev", "/dev", *settings),
        *font_cache(),
        *("--remount-ro", "/", "--chdir", "/tmp", "--"),
        *(sys.executable, "-P", "-m", "livenotes.coursework.inside.zygote", str(control)),
    ]


def font_cache() -> list[str]:
    """Return what lends Matplotlib's list of fonts to the sandbox: to find them takes longest of all."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "matplotlib")
    found = sorted(Path(os.environ.get("MPLCONFIGDIR") or cache).glob("fontlist-*.json"))
    lent = (word for path in found for word in ("--ro-bind", str(path), f"{FONTS}/{path.name}"))
    return ["--perms", "0777", "--dir", FONTS, *lent]


def environment() -> dict[str, str]:
    """Return the whole environment of a submission: one thread, no files written beside the sources."""
    return {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(namespaces.PACKAGE.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "MPLCONFIGDIR": FONTS,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


class Sandbox:
    """The warm process, ready to start submissions. Close it when done."""

    def __init__(self, *, confined: bool = True):
        self.control, theirs = wire.pair()
        os.set_inheritable(theirs.fileno(), True)
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed in close)
        self.scratch = None if confined else tempfile.mkdtemp(prefix="livenotes-")
        self.process = subprocess.Popen(
            command(theirs.fileno()) if confined else self._open_command(theirs.fileno()),
            env=None if confined else {**os.environ, **environment(), **self._open_environment()},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
        )
        theirs.close()
        self.ready = False

    def _open_command(self, control: int) -> list[str]:
        return [
            sys.executable,
            "-P",
            "-m",
            "livenotes.coursework.inside.zygote",
            str(control),
            str(self.scratch),
        ]

    def _open_environment(self) -> dict[str, str]:
        return {"HOME": str(self.scratch), "MPLCONFIGDIR": f"{self.scratch}/matplotlib"}

    def wait(self) -> None:
        """Wait until the warm process has imported everything; raise NoSandbox if it does not come up."""
        if self.ready:
            return
        readable = select.select([self.control], [], [], READY_SECONDS)[0]
        self.ready = bool(readable) and self.control.recv(1) == b"r"
        if not self.ready:
            self.errors.seek(0)
            reason = self.errors.read().decode(errors="replace").strip() or "no reason was given"
            raise NoSandbox(f"The sandbox did not start on this machine: {reason}\n{DENIED}")

    def preload(self, modules: Sequence[str]) -> None:
        """Import modules in the warm process."""
        self.wait()
        wire.Channel(self.control).send({"import": list(modules)})

    def start(self, limits: Limits, snapshots: int, group: Group | None = None) -> "Session":
        """Start a process for one submission, with room for snapshots; put it into a control group."""
        self.wait()
        mine, theirs = zip(*(wire.pair() for _ in range(2)), strict=True)
        session = Session(mine, group, self.control)
        try:
            fds = [sock.fileno() for sock in theirs]
            request = {"limits": limits.as_json(), "snapshots": snapshots}
            wire.Channel(self.control).send(request, fds=fds)
        finally:
            for sock in theirs:
                sock.close()
        session.confined = self.scratch is None
        session.admit(group)
        return session

    def close(self) -> None:
        """End the warm process, and with it whatever still runs inside."""
        self.control.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Session:
    """One submission's process, seen from the side of the tests."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        group: Group | None = None,
        control: socket.socket | None = None,
    ):
        self.told = sockets[0]
        self.control = control
        self.group = group
        self.main = wire.Channel(sockets[1], takes_files=True)
        self.snapshots: list[wire.Channel] = []
        self.numbers = itertools.count(1)
        self.clock = Clock()
        self.confined = False
        sockets[1].setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)

    def admit(self, group: Group | None) -> None:
        """Keep account of the process, put it into a control group if there is one, then let it go on.

        The kernel says which process has written: the number it has out here, which it does not know itself.
        """
        sock = self.main.sock
        if not select.select([sock], [], [], READY_SECONDS)[0]:
            return
        word, credentials, *_ = sock.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        with contextlib.suppress(OSError, IndexError):  # it may have been refused, and have gone
            pid = CREDENTIALS.unpack(credentials[0][2])[0]
            self.clock.pid, self.clock.group = pid, group
            if group is not None:
                group.admit(pid)
        with contextlib.suppress(OSError):
            sock.sendall(word)

    def out_of_memory(self) -> bool:
        """Return whether the submission used more memory than it may have as a whole."""
        return self.group is not None and self.group.ran_out()

    def ask(
        self, channel: wire.Channel, request: wire.Message, timeout: float, arrays: Sequence[bytes] = ()
    ) -> tuple[wire.Message, list[bytes]]:
        """Send a request and return the answer to it."""
        return self.answer(channel, self.send(channel, request, arrays), timeout)

    def send(self, channel: wire.Channel, request: wire.Message, arrays: Sequence[bytes] = ()) -> int:
        """Send a request; return its number."""
        number = next(self.numbers)
        channel.send({**request, "id": number}, arrays)
        return number

    def answer(self, channel: wire.Channel, number: int, timeout: float) -> tuple[wire.Message, list[bytes]]:
        """Wait for the answer to a request; raise WireError if another comes."""
        message, blobs = channel.receive(timeout, self.clock)
        if message.pop("id", None) != number:
            raise wire.WireError("an answer came that nobody had asked for")
        return message, blobs

    def take_snapshots(self, count: int) -> list[wire.Channel]:
        """Return the channels of the snapshots that were left; raise WireError if there are others."""
        taken = self.main.take_channels(count)
        self.snapshots += taken
        return taken

    def signal(self, letter: bytes) -> None:
        """Interrupt the submission's cell, or stop its process."""
        try:
            self.told.sendall(letter)
        except OSError:
            return

    def end(self, timeout: float) -> dict[str, Any]:
        """Return how the submission's process ended: its status, or why it was never started."""
        if not select.select([self.told], [], [], timeout)[0]:
            return {}
        try:
            line = self.told.recv(4096).split(b"\n")[0]
            return dict(json.loads(line)) if line else {}
        except (OSError, ValueError):
            return {}

    def sandbox_ended(self, timeout: float) -> bool:
        """Return whether the warm process is gone, or goes in this time, as when the kernel wants memory."""
        if self.control is None:
            return False
        poll = select.poll()
        poll.register(self.control, select.POLLRDHUP)
        return bool(poll.poll(1000 * timeout))

    def close(self) -> None:
        """Kill everything the submission started."""
        self.told.close()
        for channel in [self.main, *self.snapshots]:
            channel.close()
