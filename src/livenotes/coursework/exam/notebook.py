"""Run one notebook of a submission: its cells inside the sandbox, its tests here.

All the student's cells come first, in their order; where a test stands, the submission's process leaves a
snapshot of itself. The tests follow when the last output is in, each on its snapshot. So a test sees
the state it stands in, one test cannot disturb another, and no input of a hidden test can find its way
into an output.
"""

import contextlib
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from livenotes.coursework.boundary import outputs, wire
from livenotes.coursework.boundary.limits import Limits
from livenotes.coursework.boundary.sandbox import DENIED, NoSandbox, SandboxEnded, Session
from livenotes.coursework.exam.calls import TestNamespace
from livenotes.coursework.exam.job import Cell
from livenotes.coursework.exam.testing import failed, prepare, run_test
from livenotes.coursework.exam.verdict import CellReport, Report, Verdict

GRACE = 5.0
END = 10.0
SOON = 0.3


@dataclass
class Exam:
    """One notebook on its way through the sandbox."""

    cells: Sequence[Cell]
    limits: Limits
    session: Session
    files: dict[str, bytes] = field(default_factory=dict)
    imports: str = ""
    gone: BaseException | None = None
    verdict: Verdict = Verdict.GRADED
    reason: str = ""
    alive: bool = True
    room: int = outputs.MAX_SHOWN
    functions: list[set[str]] = field(default_factory=list)

    def run(self) -> Report:
        """Run everything; return the report."""
        self.deadline = self.session.clock() + self.limits.total
        reports = [CellReport() for _ in self.cells]
        self._send_files()
        self._run_cells(reports)
        self._run_tests(reports)
        return Report(self.verdict, self.reason or "every cell ran", reports)

    def _run_cells(self, reports: Sequence[CellReport]) -> None:
        """Send all that is to be run at once, a test as a mere mark, and take the answers as they come."""
        running = [cell for cell in self.cells if cell.kind != "text"]
        request = {"do": "cells", "cells": [None if cell.kind == "test" else cell.source for cell in running]}
        ticket = self._send(request)
        for number, (cell, report) in enumerate(zip(self.cells, reports, strict=True), start=1):
            if not self.alive or cell.kind == "text":
                continue
            reply = self._reply(ticket, f"cell {number}")
            if cell.kind == "test":
                self._keep(reply)
            else:
                report.outputs = self._outputs(reply, number)

    def _keep(self, reply: wire.Message | None) -> None:
        """Remember a snapshot, and which names are functions in it."""
        if reply is not None:
            names = reply.get("functions")
            self.functions.append(
                {n for n in names if isinstance(n, str)} if isinstance(names, list) else set()
            )

    def _outputs(self, reply: wire.Message | None, number: int) -> list[dict[str, Any]]:
        if reply is None:
            return [outputs.error("Stopped", self.reason)]
        if reply.get("error") == "MemoryError":
            size = self.limits.memory // 2**20
            self._note(Verdict.OUT_OF_MEMORY, f"cell {number} asked for more than {size} MiB")
        shown = outputs.checked(reply.get("outputs"), self.limits.output)
        size = outputs.size(shown)
        if size > self.room:
            return [outputs.DROPPED]
        self.room -= size
        return shown

    def _time(self) -> float:
        return max(0.0, min(self.limits.cell, self.deadline - self.session.clock()))

    def _note(self, verdict: Verdict, reason: str) -> None:
        """Set the verdict; the first thing that goes wrong decides."""
        if verdict is Verdict.CRASHED and self.session.out_of_memory():
            size = self.limits.together // 2**20
            verdict, reason = Verdict.OUT_OF_MEMORY, f"the submission used more than {size} MiB as a whole"
        if self.verdict is Verdict.GRADED:
            self.verdict, self.reason = verdict, reason

    def _send_files(self) -> None:
        if self.files:
            request = {"do": "files", "names": list(self.files)}
            self._reply(self._send(request, list(self.files.values())), "writing the files that came with it")

    def _send(self, request: wire.Message, blobs: Sequence[bytes] = ()) -> int:
        try:
            return self.session.send(self.session.main, request, blobs)
        except wire.Closed:
            return 0  # the reply will say why

    def _reply(self, ticket: int, where: str) -> wire.Message | None:
        """Wait for the submission's process; interrupt it when it takes too long. None if it is no more."""
        try:
            return self.session.answer(self.session.main, ticket, self._time())[0]
        except wire.TooSlow:
            return self._interrupt(ticket, where)
        except wire.WireError as error:
            self._note(Verdict.MALFORMED, f"{where}: what its process sent is not an answer: {error}")
            self.session.signal(b"s")
        except wire.Closed:
            self._bury(where)
        self.alive = False
        return None

    def _interrupt(self, ticket: int, where: str) -> wire.Message | None:
        """Interrupt the cell, so that the others can run; stop the process if it has no time left."""
        if self.session.clock() < self.deadline:
            self._note(Verdict.TIMED_OUT, f"{where} ran longer than {_seconds(self.limits.cell)}")
            self.session.signal(b"i")
            with contextlib.suppress(wire.TooSlow, wire.WireError, wire.Closed):
                return self.session.answer(self.session.main, ticket, GRACE)[0]
        self._note(Verdict.TIMED_OUT, f"{where} was running when {_seconds(self.limits.total)} were over")
        self.session.signal(b"s")
        self.alive = False
        return None

    def _bury(self, where: str) -> None:
        """Find out how the process ended."""
        end = self.session.end(END)
        if not end and self.session.sandbox_ended(SOON):
            raise SandboxEnded
        if "refused" in end:
            raise NoSandbox(f"The sandbox could not be set up: {end['refused']}\n{DENIED}")
        status = end.get("status")
        if status == -signal.SIGKILL:
            self._note(Verdict.OUT_OF_MEMORY, f"{where}: the process was killed, as for want of memory")
        elif status == -signal.SIGXCPU:
            self._note(
                Verdict.TIMED_OUT, f"{where} used more than {_seconds(self.limits.total)} of processor time"
            )
        elif isinstance(status, int) and status < 0:
            self._note(Verdict.CRASHED, f"{where}: the process ended with {_signal_name(-status)}")
        else:
            self._note(Verdict.CRASHED, f"{where} ended the process")

    def _run_tests(self, reports: Sequence[CellReport]) -> None:
        """Run the instructor's cells in the instructor's order, each test on the snapshot left for it."""
        names = TestNamespace()
        names.give(self.imports)
        tests = [k for k, cell in enumerate(self.cells) if cell.kind == "test"]
        snapshot = {k: number for number, k in enumerate(tests)}
        for k in sorted(range(len(self.cells)), key=lambda k: self.cells[k].place):
            cell, report = self.cells[k], reports[k]
            if cell.kind == "given":
                prepare(cell.source, names, self._time())
            if cell.kind == "test":
                result = self._run_test(cell, snapshot[k], names)
                report.outputs, report.score, report.detail = result.outputs, result.score, result.detail

    def _run_test(self, cell: Cell, number: int, names: TestNamespace) -> CellReport:
        if self.session.clock() >= self.deadline:
            self._note(Verdict.TIMED_OUT, f"{_seconds(self.limits.total)} were over before the last test")
            return CellReport([outputs.error("NotReached", "no time was left for this test")], 0.0)
        if number >= len(self.functions):
            return CellReport([outputs.error("NotReached", "its process ended before this test")], 0.0)
        self.gone = None
        names.see(self._asker(self.session.snapshots[number]), self.functions[number])
        result = run_test(cell.source, cell.points, names, self._time())
        if isinstance(self.gone, SandboxEnded):
            raise self.gone
        if (
            self.gone is not None and result.score
        ):  # whatever the test made of it: no error that it may expect
            return failed(cell.source, self.gone)
        return result

    def _asker(self, channel: wire.Channel) -> Any:
        """Return the function through which a test's names reach its snapshot."""

        def ask(request: wire.Message, arrays: list[bytes]) -> tuple[wire.Message, list[bytes]]:
            what = f"a call of {request['name']} by a test"
            try:
                return self.session.ask(channel, request, self._time(), arrays)
            except wire.TooSlow:
                self._note(Verdict.TIMED_OUT, f"{what} took longer than {_seconds(self.limits.cell)}")
            except wire.WireError as error:
                self._note(Verdict.MALFORMED, f"{what} was answered by something that is not data: {error}")
            except wire.Closed:
                if self.session.sandbox_ended(0.0):
                    self.gone = SandboxEnded()
                    raise self.gone from None
                self._note(Verdict.CRASHED, f"{what} ended the process")
            channel.close()
            self.gone = self.gone or SubmissionGone(what)
            raise self.gone

        return ask


class SubmissionGone(BaseException):
    """The submission can answer no more; no test can go on."""


def _signal_name(number: int) -> str:
    """Return a signal's name; not every number has one."""
    return signal.Signals(number).name if number in {*signal.Signals} else f"signal {number}"


def _seconds(value: float) -> str:
    return f"{value:g} s"
