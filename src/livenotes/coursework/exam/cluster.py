"""Send submissions to the workers of a running Dask cluster; the driver alone still writes the points.

A task takes a job and gives a report, both as JSON, and touches nothing else: a worker may die in the
middle of one, and another does it again. Every worker needs this package and bubblewrap.
"""

import itertools
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from distributed import Client, as_completed

from livenotes.coursework.boundary import wire
from livenotes.coursework.boundary.sandbox import NoSandbox
from livenotes.coursework.exam.client import Bench
from livenotes.coursework.exam.job import Job
from livenotes.coursework.exam.verdict import Report

CONNECT_SECONDS = 10
RETRIES = 3

_benches: dict[int, Bench] = {}
"""On a worker: one examiner for each of its threads, kept warm between tasks."""


class Cluster:
    """The examiner as its driver sees it, when it is many; used like ``Bench``."""

    def __init__(self, address: str, *, confined: bool = True):
        try:
            self.client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise ValueError(f"no Dask scheduler answers at {address}: {error}") from error
        self.confined = confined

    def examine(self, jobs: Iterable[Job]) -> Iterator[tuple[str, Report]]:
        """Send jobs, a few for each worker at a time; yield (key, report) as they come back.

        Raise NoSandbox if a worker has none.
        """
        window = 2 * max(1, sum(self.client.nthreads().values()))
        waiting = map(self._submit, jobs)
        futures = as_completed(itertools.islice(waiting, window), loop=self.client.loop, with_results=True)
        for future, reply in futures:
            future.release()
            if "refused" in reply:
                raise NoSandbox(reply["refused"])
            yield reply["key"], Report.from_json(reply["report"])
            futures.update(itertools.islice(waiting, 1))

    def _submit(self, job: Job) -> Any:
        return self.client.submit(
            examine_here, job.as_json(), confined=self.confined, pure=False, retries=RETRIES
        )

    def close(self) -> None:
        """End the examiners on the workers, and the connection."""
        self.client.run(retire)
        self.client.close()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def examine_here(job: dict[str, Any], confined: bool) -> dict[str, Any]:
    """On a worker: examine one job."""
    thread = threading.get_ident()
    if thread not in _benches:
        _benches[thread] = Bench(slots=1, confined=confined)
    try:
        for key, report in _benches[thread].examine([Job.from_json(job)]):
            return {"key": key, "report": report.as_json()}
    except NoSandbox as error:
        reply = {"refused": str(error)}
    except wire.Closed:
        reply = {}
    _benches.pop(thread).close()
    if not reply:
        raise RuntimeError("the examiner ended; the task is to be tried again")
    return reply


def retire() -> None:
    """On a worker: end its examiners."""
    while _benches:
        _benches.popitem()[1].close()
