"""One limit on the memory of a submission as a whole: a control group, where this user may make one.

What a process may use is limited for each process by itself, and what lies in shared memory or in a file
of /tmp counts for none of them. A control group counts everything. Root may make them, and so may a user
in a session of systemd's own; elsewhere there are none, and a submission may use what its processes may use
together.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
# the limit, and the file that counts the processes killed for it: version 2 of control groups, and version 1
LIMITS = ("memory.max", "memory.limit_in_bytes")
EVENTS = ("memory.events", "memory.oom_control")


@dataclass(frozen=True)
class Group:
    """The control group of one submission."""

    path: Path

    @classmethod
    def make(cls, path: Path, memory: int) -> "Group":
        """Make a group that may use ``memory`` bytes; raise OSError where that is not allowed."""
        path.mkdir()
        group = cls(path)
        try:
            _existing(path, LIMITS).write_text(str(memory))
            with contextlib.suppress(OSError):  # there may be no such limit
                (path / "memory.swap.max").write_text("0")
        except OSError:
            group.remove()
            raise
        return group

    def admit(self, pid: int) -> None:
        """Put a process into the group; what it starts from then on is in it, too."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def ran_out(self) -> bool:
        """Return whether the kernel has killed a process of the group for lack of memory."""
        with contextlib.suppress(OSError):
            for line in _existing(self.path, EVENTS).read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count) > 0
        return False

    def processor_seconds(self) -> float:
        """Return what all that ever ran in the group has computed; 0 where the kernel does not say."""
        with contextlib.suppress(OSError, ValueError):
            for line in (self.path / "cpu.stat").read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "usage_usec":
                    return 1e-6 * int(count)
        return 0.0

    def remove(self) -> bool:
        """Remove the group; return False while processes are in it."""
        try:
            self.path.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True


def _existing(folder: Path, names: tuple[str, ...]) -> Path:
    """Return the first of some files that is there; raise FileNotFoundError."""
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{folder} has no {names[0]}")


def place() -> Path | None:
    """Return the folder in which this process may make groups, found by making one; None if there is none."""
    for folder in _candidates():
        with contextlib.suppress(OSError):
            group = Group.make(folder / f"livenotes-{os.getpid()}-trial", 2**30)
            try:
                _try(group)
            finally:
                group.remove()
            _tidy(folder)
            return folder
    return None


def _tidy(folder: Path) -> None:
    """Remove the groups of examiners that were killed, and so could not remove them."""
    for path in folder.glob("livenotes-*"):
        pid = path.name.split("-")[1]
        if not Path("/proc", pid).exists():
            Group(path).remove()


def _candidates() -> Iterator[Path]:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:  # version 2: groups stand beside our own, which may not have any below it
            yield (ROOT / path.lstrip("/")).parent if path != "/" else ROOT
            yield ROOT
        elif "memory" in controllers.split(","):
            yield ROOT / "memory" / path.lstrip("/")


def _try(group: Group) -> None:
    """Put a process into the group; raise OSError if that is not allowed."""
    pid = os.fork()
    if not pid:
        signal.pause()
    try:
        group.admit(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
