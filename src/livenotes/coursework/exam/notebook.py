"""Run one notebook of a submission: its cells inside the sandbox, its tests here.

All the student's cells come first, in their order; where a test stands, the submission's process leaves
snapshots of itself. When the last output is in, the tests are run as the student has them, each on a
snapshot, and what they say is shown. Then those that hold hidden lines are run whole, each on a snapshot of
its own, and only whether they failed is shown. So a test sees the state it stands in, one test cannot disturb
another, and nothing that a submission learns from a hidden test can find its way into what is shown.
"""

import contextlib
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from livenotes.coursework.boundary import outputs, wire
from livenotes.coursework.boundary.limits import Limits
from livenotes.coursework.boundary.sandbox import DENIED, NoSandbox, SandboxEnded, Session
from livenotes.coursework.exam import instructor
from livenotes.coursework.exam.apart import Apart
from livenotes.coursework.exam.calls import TestNamespace
from livenotes.coursework.exam.job import Cell
from livenotes.coursework.exam.testing import code, failed, hide, prepare, run_test, visible_part
from livenotes.coursework.exam.verdict import CellReport, Report, Verdict

GRACE = 5.0
END = 10.0
SOON = 0.3


def study(cells: Iterable[Cell]) -> None:
    """Find out what of the instructor's cells is the same for every submission, and is kept for all."""
    for cell in cells:
        if cell.kind in ("code", "text"):
            continue
        for step in instructor.statements(cell.source):
            for look in (instructor.mentions, instructor.changes, instructor.reads):
                look(step)
            if cell.kind != "test":
                instructor.compiled(step)
        for source in (cell.source, visible_part(cell.source)) if cell.kind == "test" else ():
            with contextlib.suppress(SyntaxError):
                code(source)


@dataclass
class Snapshots:
    """Copies of the submission's process where a test stands, and the names that are functions there.

    Of a process that had ``threads`` there is no whole copy.
    """

    channels: list[wire.Channel]
    functions: set[str]
    threads: bool = False


@dataclass
class Exam:
    """One notebook on its way through the sandbox."""

    cells: Sequence[Cell]
    limits: Limits
    session: Session
    files: dict[str, bytes] = field(default_factory=dict)
    own: Sequence[Cell] = ()
    gone: BaseException | None = None
    verdict: Verdict = Verdict.GRADED
    reason: str = ""
    alive: bool = True
    room: int = outputs.MAX_SHOWN
    shown: bool = True
    hidden: bool = False
    again: Callable[[], Session] | None = None
    apart: Apart | None = None
    parts: dict[int, str] = field(default_factory=dict)
    copies: dict[int, int] = field(default_factory=dict)
    snapshots: dict[int, Snapshots] = field(default_factory=dict)

    def run(self) -> Report:
        """Run everything; return the report."""
        self.deadline = self.session.clock() + self.limits.total
        reports = [CellReport() for _ in self.cells]
        tests = {k: cell.source for k, cell in enumerate(self.cells) if cell.kind == "test"}
        self.parts = {k: part for k, source in tests.items() if (part := visible_part(source)) or not source}
        whole = self._needed(reports)
        self.copies = {k: (k in self.parts) + (k in whole) for k in tests}
        self._send_files()
        self._run_cells(reports)
        self.session.main.close()  # which ends the process: from here on there are only its copies
        if self.apart is not None and whole:
            self.apart.meet(self._left())
        self._run_visible(reports)
        self._run_hidden(reports)
        return Report(self.verdict, self.reason or "every cell ran", reports, shown=self.shown)

    def _run_cells(self, reports: list[CellReport]) -> None:
        """Send all that is to be run at once, a test as a mere mark, and take the answers as they come."""
        running = [k for k, cell in enumerate(self.cells) if cell.kind != "text"]
        request = {"do": "cells", "cells": [self._to_run(k) for k in running]}
        ticket = self._send(request)
        for k in running:
            if not self.alive:
                return
            reply = self._reply(ticket, f"cell {k + 1}")
            if self.cells[k].kind != "test":
                reports[k].outputs = self._outputs(reply, k + 1)
            elif reply is not None:
                self._keep(reply, k)

    def _to_run(self, k: int) -> str | int:
        """Return the source of a cell or, in place of a test, how many snapshots are to be left."""
        return self.copies.get(k, self.cells[k].source)

    def _hides(self, k: int) -> bool:
        return self.parts.get(k) != self.cells[k].source

    def _keep(self, reply: wire.Message, k: int) -> None:
        """Remember the snapshots left for a test, and which names are functions in them."""
        names = reply.get("functions")
        try:
            taken = self.session.take_snapshots(self.copies[k])
        except (wire.WireError, OSError) as error:
            self._note(Verdict.MALFORMED, f"cell {k + 1}: what its process sent is not an answer: {error}")
            self.session.signal(b"s")
            self.alive = False
            return
        functions = {n for n in names if isinstance(n, str)} if isinstance(names, list) else set()
        self.snapshots[k] = Snapshots(taken, functions, reply.get("threads") is True)

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
            self.verdict, self.reason, self.shown = verdict, reason, not self.hidden

    def _send_files(self) -> None:
        request = {"do": "files", "names": list(self.files)}
        ticket = self._send(request, list(self.files.values()))
        written = self._reply(ticket, "writing the files that came with it")
        if written is None or not self.session.confined or self.session.clock.pid is None:
            return
        with contextlib.suppress(OSError):  # then hidden tests have sandboxes of their own
            self.apart = Apart(self.session.clock.pid)

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

    def _run_visible(self, reports: list[CellReport]) -> None:
        """Run the tests as the student has them."""
        for k, names in self._in_order():
            cell = self.cells[k]
            if k in self.parts:
                reports[k] = self._run_test(k, names, self.parts[k])
            elif k not in self.snapshots:
                reports[k] = _not_reached()
            else:
                reports[k].score = cell.points

    def _run_hidden(self, reports: list[CellReport]) -> None:
        """Run whole the tests that hold hidden lines, and of the others what those need.

        They have the time of a submission once more, so that no hidden test is lost to the visible ones.
        """
        needed = self._needed(reports)
        if not needed:
            return
        self.hidden, self.deadline = True, self.session.clock() + self.limits.total
        for k, names in self._in_order():
            if k not in needed:
                continue
            result = self._run_test(k, names, self.cells[k].source)
            if self._hides(k) and not reports[k].outputs:
                reports[k] = hide(result)

    def _needed(self, reports: Sequence[CellReport]) -> set[int]:
        """Return the tests to be run whole: those not lost yet, and those that make names for them."""
        chosen: set[int] = set()
        read: set[str] = set()
        for k in sorted(self._tests(), key=lambda k: self.cells[k].place, reverse=True):
            steps = instructor.statements(self.cells[k].source)
            made = {name for step in steps for name in instructor.changes(step)}
            if (self._hides(k) and not reports[k].outputs) or read & made:
                chosen.add(k)
                read |= {name for step in steps for name in instructor.mentions(step)}
        return chosen

    def _tests(self) -> list[int]:
        return [k for k, cell in enumerate(self.cells) if cell.kind == "test"]

    def _in_order(self) -> Iterator[tuple[int, TestNamespace]]:
        """Run the instructor's cells in the instructor's order; yield each test with the names it sees."""
        names = TestNamespace()
        steps = [(cell.place, -1, cell) for cell in self.own]
        known = ("given", "test")
        steps += [(cell.place, k, cell) for k, cell in enumerate(self.cells) if cell.kind in known]
        for _, k, cell in sorted(steps, key=lambda step: step[:2]):
            if cell.kind == "test":
                yield k, names
            else:
                prepare(cell.source, names, self._time())
                names.leave(cell.makes)

    def _run_test(self, k: int, names: TestNamespace, source: str) -> CellReport:
        if self.session.clock() >= self.deadline:
            self._note(Verdict.TIMED_OUT, f"{_seconds(self.limits.total)} were over before the last test")
            return CellReport([outputs.error("NotReached", "no time was left for this test")], 0.0)
        self.gone = None
        with self._place(k) as (channel, functions):
            if channel is None:
                return _not_reached()
            names.see(self._asker(channel), functions)
            result = run_test(source, self.cells[k].points, names, self._time())
        if isinstance(self.gone, SandboxEnded):
            raise self.gone
        if self.gone is not None and not result.outputs:
            return failed(source, self.gone)  # whatever the test made of it: no error that it may expect
        return result

    @contextlib.contextmanager
    def _place(self, k: int) -> Iterator[tuple[wire.Channel | None, set[str]]]:
        """Yield where a test is run, and what is a function there: on a copy, or in a sandbox of its own.

        It needs one of its own where a copy would lack what its process had, or, should the test be hidden,
        is not apart from what ran before.
        """
        left = self.snapshots.get(k)
        if left is None or not left.channels:
            yield None, set()
        elif self.again is not None and (left.threads or (self.hidden and not self._are_apart())):
            left.channels.pop(0).close()
            yield from self._anew(k)
        else:
            channel = left.channels.pop(0)
            yield channel, left.functions
            channel.close()

    def _left(self) -> int:
        """Return how many copies have not been asked yet."""
        return sum(len(snapshots.channels) for snapshots in self.snapshots.values())

    def _are_apart(self) -> bool:
        """Return whether the copies are; if they are not, end them, as they will never be again."""
        if not self.session.confined:  # without a sandbox nothing is
            return True
        if self.apart is not None and not self.apart.hold(self._left()):
            self.apart = None
            self.session.close()
        return self.apart is not None

    def _anew(self, k: int) -> Iterator[tuple[wire.Channel | None, set[str]]]:
        """Run the cells before a test in a sandbox of their own; yield the process itself."""
        assert self.again is not None
        cells = [cell if cell.kind in ("code", "given") else Cell("text", "") for cell in self.cells[:k]]
        other = Exam([*cells, self.cells[k]], self.limits, self.again(), self.files, copies={k: 0})
        before, self.session = self.session, other.session
        left = self.deadline - before.clock()
        other.deadline = self.deadline = self.session.clock() + left
        try:
            other._send_files()
            other._run_cells([CellReport() for _ in other.cells])
            ready = other.snapshots.get(k)
            yield (other.session.main, ready.functions) if ready else (None, set())
        finally:
            left = self.deadline - self.session.clock()
            self.session, self.deadline = before, before.clock() + left
            other.session.close()

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


def _not_reached() -> CellReport:
    return CellReport([outputs.error("NotReached", "its process ended before this test")], 0.0)


class SubmissionGone(BaseException):
    """The submission can answer no more; no test can go on."""


def _signal_name(number: int) -> str:
    """Return a signal's name; not every number has one."""
    return signal.Signals(number).name if number in {*signal.Signals} else f"signal {number}"


def _seconds(value: float) -> str:
    return f"{value:g} s"
