"""The examiner as its driver sees it: start the server, put jobs in, take reports out."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

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
        command = [sys.executable, "-m", SERVER, str(theirs.fileno()), str(slots), str(int(confined))]
        threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env={**os.environ, **threads}
        )
        theirs.close()

    def examine(self, jobs: Sequence[Job]) -> Iterator[tuple[str, Report]]:
        """Send jobs; yield (key, report) as they come back. Raise NoSandbox if none can be run."""
        with contextlib.suppress(wire.Closed):  # it may have refused before it was asked, and have gone
            for job in jobs:
                self.channel.send(job.as_json())
        for _ in jobs:
            message, _ = self.channel.receive()
            if "refused" in message:
                raise NoSandbox(message["refused"])
            yield message["key"], Report.from_json(message["report"])

    def close(self) -> None:
        """End the examiner and everything it started."""
        self.channel.close()
        self.process.wait()

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
