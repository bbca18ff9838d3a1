"""The warm process: it imports once, then forks one confined child for every submission.

Started by ``sandbox`` inside bubblewrap, so that it sees a read-only system, no network, and nothing
of the course. It never runs a line of a submission itself. For every submission it gets a control socket, on
which it takes the letters below and answers how the child ended, and the sockets the child talks over.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
from typing import Any

from livenotes.coursework.boundary import namespaces, seccomp, wire
from livenotes.coursework.inside import student

INTERRUPT, STOP = b"i", b"s"
WATCHED = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM}
WORK = "/tmp/work"
MAX_SOCKETS = 2
OPEN_PROCESSES = 4096


class Zygote:
    """Event loop over the control socket, the running submissions' control sockets, and their ends."""

    def __init__(self, control: socket.socket, scratch: str | None):
        self.control = control
        self.scratch = scratch  # the folder to work in where there is no sandbox
        self.isolated = scratch is None
        self.user = os.geteuid(), os.getegid()
        self.shell = student.make_shell()
        self.running: set[socket.socket] = set()
        self.events = selectors.DefaultSelector()
        self.events.register(control, selectors.EVENT_READ)
        self._settle()

    def _settle(self) -> None:
        """Take stock before the first fork after an import.

        Frozen objects are left alone by the garbage collector, which would otherwise touch, and so copy,
        nearly every page that a child shares with this process.
        """
        gc.collect()
        gc.freeze()
        self.base = namespaces.memory_in_use()

    def serve(self) -> None:
        """Serve until the control socket closes."""
        self.control.sendall(b"r")
        while True:
            for key, _ in self.events.select():
                if key.fileobj is self.control:
                    try:
                        message, fds = wire.receive_with_fds(self.control, MAX_SOCKETS)
                    except wire.Closed:
                        return
                    self._order(message, fds)
                elif key.data[0] == "told":
                    self._told(*key.data[1:])
                else:
                    self._ended(*key.data[1:])

    def _order(self, message: wire.Message, fds: list[int]) -> None:
        for module in message.get("import", []):
            with contextlib.suppress(
                Exception
            ):  # a module that is missing here fails in the submission, in words
                importlib.import_module(module)
        if "import" in message:
            self._settle()
        if fds:
            self._start(message, fds)

    def _start(self, message: wire.Message, fds: list[int]) -> None:
        told = socket.socket(fileno=fds[0])
        try:
            pid = namespaces.clone(lambda: self._child(told, fds[1], message), isolated=self.isolated)
        except OSError as error:
            _report(told, refused=str(error))
            told.close()
            return
        finally:
            for fd in fds[1:]:
                os.close(fd)
        end = os.pidfd_open(pid)
        self.running.add(told)
        self.events.register(told, selectors.EVENT_READ, ("told", pid, told, end))
        self.events.register(end, selectors.EVENT_READ, ("ended", pid, told, end))

    def _told(self, pid: int, told: socket.socket, end: int) -> None:
        """Interrupt or stop the submission; kill everything it started when its examiner has gone."""
        if told not in self.running:
            return  # it ended in the same round of events
        try:
            word = told.recv(1)
        except OSError:
            word = b""
        if not word:
            self.events.unregister(told)
        # not yet waited for, so the number is still this child's
        os.kill(pid, {INTERRUPT: signal.SIGINT, STOP: signal.SIGTERM}.get(word, signal.SIGKILL))

    def _ended(self, pid: int, told: socket.socket, end: int) -> None:
        os.waitpid(pid, 0)
        self.running.remove(told)
        self.events.unregister(end)
        os.close(end)
        with contextlib.suppress(KeyError):
            self.events.unregister(told)
        told.close()

    def _child(self, told: socket.socket, talk: int, message: wire.Message) -> None:
        """Process 1 of the new namespaces: confine it, fork the student's process, report how that ends."""
        namespaces.die_with_parent()
        limits = message["limits"]
        _forget_files({told.fileno(), talk})
        os.write(talk, b"h")  # held until it is known outside, and in its control group
        os.read(talk, 1)
        os.setsid()  # the kernel shares processors between sessions, however many processes are in one
        try:
            if self.isolated:
                namespaces.confine(WORK, limits["tmp"], self.user)
            os.chdir(WORK if self.isolated else tempfile.mkdtemp(dir=self.scratch))
            namespaces.limit(
                memory=self.base + limits["memory"],
                processes=limits["processes"] + message["snapshots"] + 3 if self.isolated else OPEN_PROCESSES,
                cpu=int(limits["total"]) + 2,
                file_size=limits["file_size"],
            )
            namespaces.drop_rights()
            if self.isolated:
                seccomp.restrict()
        except OSError as error:
            _report(told, refused=str(error))
            return
        _keep(self.shell, told, talk, limits)


def _forget_files(wanted: set[int]) -> None:
    """Close every file but those wanted: among the others are the sockets of the other submissions."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    last = 2
    for fd in [*sorted(wanted), 65536]:
        os.closerange(last + 1, fd)
        last = fd


def _report(told: socket.socket, **what: Any) -> None:
    with contextlib.suppress(OSError):  # the examiner may have gone
        told.sendall(json.dumps(what).encode() + b"\n")


def _keep(shell: Any, told: socket.socket, talk: int, limits: dict[str, Any]) -> None:
    """Run the cells in a child, pass signals on to it, and stay until killed, for the snapshots' sake."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    child = os.fork()
    if not child:
        told.close()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        try:
            student.serve(shell, wire.Channel(socket.socket(fileno=talk)), limits)
        finally:
            os._exit(0)
    os.close(talk)
    alive = True
    while True:
        got = signal.sigwait(WATCHED)
        if got == signal.SIGCHLD:
            alive = _reap(child, told, alive)
        elif alive:
            os.kill(child, signal.SIGINT if got == signal.SIGINT else signal.SIGKILL)


def _reap(child: int, told: socket.socket, alive: bool) -> bool:
    """Collect ended children; report the submission's own end. Return whether it still runs."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if not pid:
            return alive
        if pid == child:
            alive = False
            _report(told, status=os.waitstatus_to_exitcode(status))


def main() -> None:
    """``python -m ...zygote FD [FOLDER]``: serve a socket; with a folder to work in, unconfined."""
    control = socket.socket(fileno=int(sys.argv[1]))
    scratch = sys.argv[2] if len(sys.argv) > 2 else None
    if os.geteuid() == 0 and scratch is None:
        namespaces.become_nobody()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, which then closes the socket
    Zygote(control, scratch).serve()


if __name__ == "__main__":
    main()
