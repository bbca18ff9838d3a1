"""The time that a submission has had, which does not depend on what else the machine does.

A clock on the wall goes on while a submission waits for a processor that others use, so an honest one would
run out of time beside one that burns it. What counts is the longer of two times: what its processes have
computed, and how long it was waited for, less how long it could have run and was not let. The kernel keeps
account of both. A program that sleeps is waited for, and many at once compute more than a second in one.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from livenotes.coursework.boundary.groups import Group

LOOK = 0.25  # seconds between two looks at the kernel's accounts; in between the wall clock serves
SLOWEST = 10.0  # on the wall, for one second that counts: even on a machine that is hardly running
TICK = os.sysconf("SC_CLK_TCK")
NANO = 1e-9


class Clock:
    """Seconds since the clock was made, as they count for the submission whose first process is ``pid``."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.group: Group | None = None
        self.began = self.looked = time.monotonic()
        self.before = _busy()
        self.had = 0.0
        self.kept_waiting: dict[tuple[Path, str], float] = {}

    def __call__(self) -> float:
        """Return how much time the submission has had."""
        now = time.monotonic()
        if now - self.looked >= LOOK:
            self.looked, self.had = now, self._look(now - self.began)
        return self.had + now - self.looked

    def _look(self, passed: float) -> float:
        """Return the time that counts of what has passed on the wall."""
        if self.pid is None:
            return passed
        used = self._used(self.pid)
        if self.group is not None:
            used = max(used, self.group.processor_seconds())
        waited_for = passed - (_busy() - self.before)
        return max(used, waited_for - sum(self.kept_waiting.values()), passed / SLOWEST)

    def _used(self, pid: int) -> float:
        """Return what a process and all below it have used of processors; note how long each had to wait."""
        used = 0.0
        for process in _tree(pid):
            with contextlib.suppress(OSError, ValueError):
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                used += sum(map(int, fields[11:15])) / TICK  # its own, and that of children it has collected
                key = process, fields[19]  # when it began, as numbers of processes are used again
                # threads that have ended are in no account any more
                self.kept_waiting[key] = max(self.kept_waiting.get(key, 0.0), _kept_waiting(process))
        return used


def _busy() -> float:
    """Return how long this thread has run, or could have: it did not wait for the submission then."""
    with contextlib.suppress(OSError, ValueError):
        run, kept_waiting, _ = Path("/proc/thread-self/schedstat").read_text().split()
        return NANO * (int(run) + int(kept_waiting))
    return 0.0  # the kernel may keep no such account


def _tree(pid: int) -> Iterator[Path]:
    todo = [str(pid)]
    while todo:
        process = Path("/proc", todo.pop())
        yield process
        with contextlib.suppress(OSError):
            for thread in (process / "task").iterdir():
                with contextlib.suppress(OSError):
                    todo += (thread / "children").read_text().split()


def _kept_waiting(process: Path) -> float:
    """Return how long the threads of a process were ready to run, and others ran."""
    seconds = 0.0
    for thread in (process / "task").iterdir():
        with contextlib.suppress(OSError, ValueError):
            seconds += NANO * int((thread / "schedstat").read_text().split()[1])
    return seconds
