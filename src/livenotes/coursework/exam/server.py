"""The examiner: a warm process that forks one exam for every notebook, several at a time.

It holds the tests and starts the sandbox, but knows nothing of files or gradebooks: jobs come in and
reports go out as JSON. Each exam is a process of its own, so that no value a submission returns can stop
the others.
"""

import contextlib
import gc
import importlib
import itertools
import json
import os
import resource
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.testing  # noqa: F401  (for the tests)

from livenotes.coursework.boundary import groups, namespaces, wire
from livenotes.coursework.boundary.clock import SLOWEST
from livenotes.coursework.boundary.sandbox import NoSandbox, Sandbox, SandboxEnded, Session
from livenotes.coursework.exam.calls import modules
from livenotes.coursework.exam.job import Job
from livenotes.coursework.exam.notebook import Exam, study
from livenotes.coursework.exam.verdict import CellReport, Report, Verdict

MARGIN = 10.0
CHUNK = 2**20
EXAM_MEMORY = 2 * 2**30


@dataclass
class Running:
    """An exam under way: its process, and what it has written of its report."""

    pid: int
    job: Job
    deadline: float
    group: groups.Group | None
    text: bytearray = field(default_factory=bytearray)


class Examiner:
    """Loop over the jobs of one driver."""

    def __init__(self, driver: socket.socket, *, slots: int, confined: bool):
        self.driver = wire.Channel(driver, trusted=True)
        self.confined = confined
        self.sandbox = Sandbox(confined=confined)
        self.slots = slots
        self.waiting: deque[Job] = deque()
        self.outgoing = bytearray()
        self.running: dict[int, Running] = {}
        self.place = groups.place()
        self.emptied: list[groups.Group] = []
        self.count = itertools.count()
        self.folder = tempfile.TemporaryDirectory(prefix="livenotes-", ignore_cleanup_errors=True)
        self.known: set[str] = set()
        self.repeated: set[str] = set()
        self.events = selectors.DefaultSelector()
        self.events.register(driver, selectors.EVENT_READ)

    def serve(self) -> None:
        """Examine until the driver closes its socket."""
        while True:
            for key, ready in self.events.select(0.2 if self.running else None):
                if key.fileobj is not self.driver.sock:
                    self._collect(key.fd)
                    continue
                try:
                    if ready & selectors.EVENT_WRITE:
                        self._send_on()
                    if ready & selectors.EVENT_READ:
                        self.waiting.append(Job.from_json(self.driver.receive()[0]))
                except wire.Closed:
                    return self._abandon()
            self._stop_late()
            while self.waiting and self._has_room_for(self.waiting[0]):
                self._start(self.waiting.popleft())

    def _has_room_for(self, job: Job) -> bool:
        """Return whether a job may start now; one during which the sandbox ended is tried again by itself."""
        alone = job.key in self.repeated or any(
            exam.job.key in self.repeated for exam in self.running.values()
        )
        return not self.running if alone else len(self.running) < self.slots

    def _reply(self, message: wire.Message) -> None:
        """Send a message to the driver when it reads: should both sides wait to write, neither would ever."""
        self.outgoing += wire.encode(message)
        self.events.modify(self.driver.sock, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def _send_on(self) -> None:
        try:
            sent = self.driver.sock.send(memoryview(self.outgoing)[:CHUNK], socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError as error:
            raise wire.Closed(str(error)) from error
        del self.outgoing[:sent]
        if not self.outgoing:
            self.events.modify(self.driver.sock, selectors.EVENT_READ)

    def _start(self, job: Job) -> None:
        self._restart()
        with contextlib.suppress(wire.Closed):  # it has ended this very moment, as the exam will find
            self._preload(job)
        group = self._group(job)
        reader, writer = os.pipe()
        gc.freeze()  # as in the zygote: the collector would copy what the exam shares with this process
        folder = Path(self.folder.name, str(reader))
        pid = os.fork()
        if not pid:
            os.close(reader)
            try:
                _settle_in(folder, job)
                _write(writer, examine(job, self.sandbox, group))
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(0)
        os.close(writer)
        # the hidden tests have the time of a submission once more
        deadline = time.monotonic() + SLOWEST * 2 * job.limits.total + MARGIN
        self.running[reader] = Running(pid, job, deadline, group)
        self.events.register(reader, selectors.EVENT_READ)

    def _group(self, job: Job) -> groups.Group | None:
        """Make a control group for a submission, where that can be done; remove those now empty."""
        self.emptied = [group for group in self.emptied if not group.remove()]
        if self.place is None or not self.confined:
            return None
        path = self.place / f"livenotes-{os.getpid()}-{next(self.count)}"
        try:
            return groups.Group.make(path, job.limits.together)
        except OSError:
            return None  # the limits of its processes hold still

    def _preload(self, job: Job) -> None:
        """Import here and in the sandbox what the instructor's cells import, once for all submissions."""
        study((*job.own, *job.cells))
        found = modules(cell.source for cell in (*job.own, *job.cells) if cell.kind not in ("code", "text"))
        new = [module for module in found if module not in self.known]
        if new:
            self.sandbox.preload(new)
            self.known.update(new)
        for module in new:
            with contextlib.suppress(Exception):  # the test will say so itself
                importlib.import_module(module)

    def _collect(self, reader: int) -> None:
        exam = self.running[reader]
        part = os.read(reader, 2**20)
        if part:
            exam.text += part
            return
        self.events.unregister(reader)
        os.close(reader)
        os.waitpid(exam.pid, 0)
        shutil.rmtree(Path(self.folder.name, str(reader)), ignore_errors=True)
        del self.running[reader]
        if exam.group is not None:
            self.emptied.append(exam.group)
        job = exam.job
        report = json.loads(exam.text) if exam.text else _lost(job)
        if "restart" not in report:
            self._reply({"key": job.key, **report})
            return
        self._restart()
        if job.key in self.repeated:
            self._reply({"key": job.key, **_ended_twice(job)})
        else:
            self.repeated.add(job.key)
            self.waiting.append(job)

    def _restart(self) -> None:
        """Start a new warm process if the one there was has ended."""
        if self.sandbox.process.poll() is not None:
            self.sandbox.close()
            self.sandbox = Sandbox(confined=self.confined)
            self.sandbox.wait()  # here, as only one process can be told that it is ready
            self.known.clear()

    def _stop_late(self) -> None:
        for exam in self.running.values():
            if time.monotonic() > exam.deadline:
                os.kill(exam.pid, signal.SIGKILL)

    def _abandon(self) -> None:
        for exam in self.running.values():
            os.kill(exam.pid, signal.SIGKILL)
            os.waitpid(exam.pid, 0)
            if exam.group is not None:
                self.emptied.append(exam.group)

    def close(self) -> None:
        """End the sandbox, and remove the control groups when the last process in them has gone."""
        self.sandbox.close()
        self.folder.cleanup()
        deadline = time.monotonic() + MARGIN
        while (left := [g for g in self.emptied if not g.remove()]) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.emptied = left


def _settle_in(folder: Path, job: Job) -> None:
    """Work in a folder with the instructor's files, and none of the student's, so that tests find them."""
    for name in ("", *job.material):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(job.files[name]) if name else path.mkdir(exist_ok=True)
    os.chdir(folder)
    sys.path.insert(0, str(folder))


def examine(job: Job, sandbox: Sandbox, group: groups.Group | None = None) -> dict[str, Any]:
    """Run one exam in this process; return its report, or why there is none, as JSON."""
    most = namespaces.memory_in_use() + EXAM_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    seconds = int(2 * job.limits.total + MARGIN)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    def start() -> Session:
        return sandbox.start(job.limits, job.snapshots(), group)

    try:
        exam = Exam(job.cells, job.limits, start(), job.files, job.own, again=start)
    except wire.Closed:
        return {"restart": True}
    try:
        return {"report": exam.run().as_json()}
    except (SandboxEnded, wire.Closed):
        return {"restart": True}
    except NoSandbox as error:
        return {"refused": str(error)}
    finally:
        exam.session.close()


def _lost(job: Job) -> dict[str, Any]:
    """Report on an exam that was killed: what the submission returned kept a test busy for too long."""
    cells = [CellReport(score=0.0 if cell.kind == "test" else None) for cell in job.cells]
    reason = "a test did not end with what the submission returned"
    return {"report": Report(Verdict.TIMED_OUT, reason, cells).as_json()}


def _ended_twice(job: Job) -> dict[str, Any]:
    """Report on an exam during which the sandbox was killed, and then again when it ran alone."""
    cells = [CellReport(score=0.0 if cell.kind == "test" else None) for cell in job.cells]
    reason = "the sandbox was killed twice while this submission ran; the next run tries it again"
    return {"report": Report(Verdict.CRASHED, reason, cells, final=False).as_json()}


def _write(fd: int, report: dict[str, Any]) -> None:
    with os.fdopen(fd, "wb") as file:
        file.write(json.dumps(report).encode())


def main() -> None:
    """``python -m ...server FD SLOTS CONFINED``: serve the driver at the other end of a socket."""
    driver = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, which then closes the socket
    examiner = Examiner(driver, slots=int(sys.argv[2]), confined=sys.argv[3] == "1")
    try:
        examiner.sandbox.wait()
        examiner.serve()
    except NoSandbox as error:
        with contextlib.suppress(wire.Closed):
            wire.Channel(driver).send({"refused": str(error)})
    finally:
        examiner.close()


if __name__ == "__main__":
    main()
