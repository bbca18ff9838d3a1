"""Whether the copies of a submission's process are apart from all that ran before, as seen in /proc.

A copy made by ``fork`` shares with its fellows what its process held beside its memory: open files, sockets,
shared memory. And all live in the same namespaces. So before a hidden test is run on a copy, it is looked at
from outside: it must hold nothing but the socket on which it is asked, nobody else may be alive but copies
that still wait as they have waited all along, and there may be no file, and no packet of the network, that
was not there when the submission began. Whatever is not so costs time and nothing else: the test is then run
in a sandbox of its own.
"""

import contextlib
import os
import stat
import time
from pathlib import Path
from typing import TypeAlias

FOLDERS = ("tmp", "dev/shm", "dev/pts")
PATIENCE, STEP = 100, 0.002  # for copies that have been asked to end, or are about to wait
RSS = 21  # among the fields behind the name: what of a waiting process the kernel may change by itself
TOLD = ("SigPnd", "ShdPnd", "Cpus_allowed", "Threads", "voluntary_ctxt", "nonvoluntary_ctxt")
SHARED = ("rw-s ", "-w-s ", "rwxs ", "-wxs ", "(deleted)", "/memfd:", "/SYSV", "/dev/", "/anon_hugepage")
Left: TypeAlias = tuple[list[tuple[object, ...]], str]


class Apart:
    """Watch one submission; ``init`` is the first process of its namespaces, as it is numbered out here."""

    def __init__(self, init: int):
        self.init = init
        self.before = _left(init)
        states = (os.stat(f"/proc/{init}/root/{folder}") for folder in FOLDERS)
        self.devices = {f" {os.major(x.st_dev):02x}:{os.minor(x.st_dev):02x} " for x in states}
        self.known: dict[str, tuple[str, ...]] = {}
        self.bare = False

    def meet(self, count: int) -> None:
        """Look at so many copies before any of them is asked; only those that are met can be apart later."""
        with contextlib.suppress(OSError):
            self.known = self._waiting(count)

    def hold(self, count: int) -> bool:
        """Return whether so many copies are left, apart from each other and from all that ran before."""
        try:
            copies = self._waiting(count) if self.known else {}
            if not copies or not copies.items() <= self.known.items() or _left(self.init) != self.before:
                return False
            if not self.bare:  # what they hold cannot have changed since they were met
                self.bare = all(map(self._has_only_its_socket, copies))
        except OSError:  # what cannot be seen is not known to be apart
            return False
        return self.bare

    def _waiting(self, count: int) -> dict[str, tuple[str, ...]]:
        """Return the state of all processes but the first if they are so many, and wait; else nothing."""
        for _ in range(PATIENCE):
            found = _children(str(self.init))
            copies = {pid: _state(pid) for pid in found} if len(found) == count else {}
            if copies and all(state[0].startswith("S") for state in copies.values()):
                return copies
            time.sleep(STEP)
        return {}

    def _has_only_its_socket(self, pid: str) -> bool:
        if _mounts(pid) != _mounts(str(self.init)) or _children(pid):
            return False
        if os.stat(f"/proc/{pid}/cwd").st_ino != os.stat(f"/proc/{self.init}/cwd").st_ino:
            return False
        mapped = Path(f"/proc/{pid}/maps").read_text()
        return not any(sign in mapped for sign in (*SHARED, *self.devices))


def _mounts(pid: str) -> list[str]:
    """Return where each open file lies; it shows even of a process that nobody may trace.

    The first process of a submission holds a socket and, three times, the device that is nothing, and so must
    its copies. All sockets lie in one place, and every device in its own.
    """
    lines = (Path(f"/proc/{pid}/fdinfo/{fd}").read_text() for fd in os.listdir(f"/proc/{pid}/fdinfo"))
    return sorted(line for text in lines for line in text.splitlines() if line.startswith("mnt_id:"))


def _children(pid: str) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _state(pid: str) -> tuple[str, ...]:
    """Return what changes of a process that does anything, or to which something is done."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        told = [
            line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(TOLD)
        ]
        return (*fields[:RSS], *fields[RSS + 1 :], *told, Path(f"/proc/{pid}/limits").read_text())
    except FileNotFoundError:
        return ("gone",)


def _left(init: int) -> Left:
    """Return the state of every file of a submission's folders, and what has passed its network."""
    found: list[tuple[object, ...]] = []
    for folder in FOLDERS:
        top = f"/proc/{init}/root/{folder}"
        device, waiting = os.stat(top).st_dev, [top]
        while waiting:
            path = waiting.pop()
            state = os.lstat(path)
            if state.st_dev != device:  # an environment that is lent, read-only
                continue
            times = state.st_atime_ns, state.st_mtime_ns, state.st_ctime_ns
            found.append((path, state.st_ino, state.st_mode, state.st_size, *times))
            if stat.S_ISDIR(state.st_mode):
                waiting += sorted(os.path.join(path, name) for name in os.listdir(path))
    return found, Path(f"/proc/{init}/net/dev").read_text()
