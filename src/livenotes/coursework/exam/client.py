"""The examiner as its driver sees it: start the server, put jobs in, take reports out."""

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator

from livenotes.coursework.boundary import wire
from livenotes.coursework.boundary.sandbox import NoSandbox
from livenotes.coursework.exam.job import Job
from livenotes.coursework.exam.verdict import Report

SERVER = "livenotes.coursework.exam.server"


class Bench:
    """The examiner as its driver sees it: put jobs in, take reports out."""

    def __init__(self, *, slots: int | None = None, confined: bool = True):
        mine, theirs = wire.pair()
        self.channel = wire.Channel(mine, trusted=True)
        slots = slots or os.cpu_count() or 1
        self.window = 2 * slots
        command = [sys.executable, "-P", "-m", SERVER, str(theirs.fileno()), str(slots), str(int(confined))]
        threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env={**os.environ, **threads}
        )
        theirs.close()

    def examine(self, jobs: Iterable[Job]) -> Iterator[tuple[str, Report]]:
        """Send jobs; yield (key, report) as they come back. Raise NoSandbox if none can be run.

        Only a few jobs are under way at a time, so that the files of a whole class are never in memory.
        """
        jobs = iter(jobs)
        under_way = self._send(itertools.islice(jobs, self.window))
        while under_way:
            message, _ = self.channel.receive()
            if "refused" in message:
                raise NoSandbox(message["refused"])
            yield message["key"], Report.from_json(message["report"])
            under_way += self._send(itertools.islice(jobs, 1)) - 1

    def _send(self, jobs: Iterable[Job]) -> int:
        """Send jobs; return their number."""
        sent = 0
        for job in jobs:
            with contextlib.suppress(wire.Closed):  # it may have refused before it was asked, and have gone
                self.channel.send(job.as_json())
            sent += 1
        return sent

    def close(self) -> None:
        """End the examiner and everything it started."""
        self.channel.close()
        self.process.wait()

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
