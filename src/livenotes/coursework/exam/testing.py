"""Run the source of a test cell on the names of a submission, and say what it is worth.

A cell that runs through earns its points. If its last line is a number, it earns that many, as in
nbgrader. What a visible test says is shown to the student; of a hidden one only that it failed.
"""

import ast
import contextlib
import io
import linecache
import math
import numbers
import signal
import traceback
from collections.abc import Iterator, Sequence, Set
from types import CodeType, TracebackType
from typing import Any, cast

from livenotes.coursework.boundary import outputs
from livenotes.coursework.exam import instructor
from livenotes.coursework.exam.calls import TestNamespace
from livenotes.coursework.exam.verdict import CellReport

BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
HIDDEN_NOTE = "# (hidden tests are not shown)"
HIDDEN_FAILURE = "A test that is not shown failed."
TEST_FILE = "<test>"
MAX_TEXT = 4000


class TooLong(BaseException):
    """The test did not end in time."""


def hidden_lines(source: str) -> set[int]:
    """Return the numbers of the lines between the markers, which count as hidden themselves."""
    hidden: set[int] = set()
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        inside = inside or BEGIN in line
        if inside:
            hidden.add(number)
        inside = inside and END not in line
    return hidden


@instructor.keep
def visible_part(source: str) -> str:
    """Return what of a test is run as the student has it, on the same lines; nothing if none can be.

    A visible statement that needs what only a hidden one makes counts as hidden.
    """
    hidden = hidden_lines(source)
    if not hidden:
        return source
    lines = source.split("\n")
    open_ = _only(lines, set(range(1, len(lines) + 1)) - hidden)
    if not _parses(open_):
        open_ = _only(lines, set(range(1, min(hidden))))
    if not _parses(open_):
        return ""
    known: set[str] = set()
    secret = {name for step in instructor.statements(_only(lines, hidden)) for name in instructor.binds(step)}
    kept: set[int] = set()
    for step in ast.parse(open_).body:
        if step.lineno > min(hidden) and instructor.mentions(step) & secret - known:
            secret |= instructor.binds(step) - known
            continue
        known |= instructor.binds(step)
        first = min([step.lineno, *(node.lineno for node in getattr(step, "decorator_list", []))])
        kept |= {*range(first, (step.end_lineno or first) + 1)}
    return _only(lines, kept) if kept else ""


def _only(lines: Sequence[str], kept: Set[int]) -> str:
    return "\n".join(line if n in kept else "" for n, line in enumerate(lines, start=1))


def _parses(source: str) -> bool:
    try:
        return bool(ast.parse(source))
    except SyntaxError:
        return False


def without_hidden(source: str) -> str:
    """Return the test as a student may see it."""
    hidden = hidden_lines(source)
    lines: list[str] = []
    for number, line in enumerate(source.split("\n"), start=1):
        if number not in hidden:
            lines.append(line)
        elif number - 1 not in hidden:
            lines.append(line[: len(line) - len(line.lstrip())] + HIDDEN_NOTE)
    return "\n".join(lines)


def run_test(source: str, points: float, names: TestNamespace, seconds: float) -> CellReport:
    """Run a test cell; return its points and what there is to show.

    What the test prints is dropped, because it may print what is hidden.
    """
    try:
        with _quietly(seconds), names.as_main():
            value = _run(source, names)
    except BaseException as error:
        return failed(source, error)
    finally:
        names.made(source)
    return CellReport(score=_worth(value, points))


def hide(report: CellReport) -> CellReport:
    """Return the report of a test that was run whole as a student may see it: only whether it failed."""
    if report.outputs:
        report.outputs = [outputs.error("HiddenTest", HIDDEN_FAILURE, [HIDDEN_FAILURE])]
    return report


def prepare(source: str, names: TestNamespace, seconds: float) -> None:
    """Run a read-only cell for the tests behind it; those that need what it could not make will say so."""
    with contextlib.suppress(TooLong), _quietly(seconds):
        names.give(source)


@contextlib.contextmanager
def _quietly(seconds: float) -> Iterator[None]:
    with (
        _time_limit(seconds),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        yield


def _run(source: str, names: TestNamespace) -> Any:
    """Execute the source; return the value of its last line if that is an expression."""
    body, last = code(source)
    exec(body, names)
    return None if last is None else eval(last, names)


@instructor.keep
def code(source: str) -> tuple[CodeType, CodeType | None]:
    """Return the code of a test, and of its last line if that is an expression; raise SyntaxError."""
    tree = ast.parse(source, TEST_FILE)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    body = compile(tree, TEST_FILE, "exec")
    if not isinstance(last, ast.Expr):
        return body, None
    return body, compile(ast.Expression(last.value), TEST_FILE, "eval")


def _worth(value: Any, points: float) -> float:
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return points
    number = cast(Any, value)
    # a large integer is no float, so it is compared first
    return float(min(max(number, 0.0), points)) if -math.inf < number < math.inf else points


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TooLong when the time is up: a value of the submission may send a test into a long loop.

    It is the time that the test computes. How long it waits for the submission is limited elsewhere.
    """

    def stop(*_: object) -> None:
        raise TooLong("the test did not end in time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds + 0.5, 1.0)  # again, should the test catch it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def failed(source: str, error: BaseException) -> CellReport:
    """Return the report of a test that ended with an error."""
    lines = list(_lines(error.__traceback__))
    linecache.cache[TEST_FILE] = (len(source), None, source.splitlines(keepends=True), TEST_FILE)
    detail = "".join(traceback.format_exception(error))[-MAX_TEXT:]
    hidden = hidden_lines(source)
    if not lines or any(line in hidden for line in lines):
        return CellReport([outputs.error("HiddenTest", HIDDEN_FAILURE, [HIDDEN_FAILURE])], 0.0, detail)
    line = lines[0]
    name, text = type(error).__name__, str(error)[:MAX_TEXT]
    if any(
        number < line for number in hidden
    ):  # by now the submission has seen hidden inputs, and may say them
        text = "What it says is not shown, because hidden tests come before it."
    quoted = f"----> {line} {source.split(chr(10))[line - 1]}"
    return CellReport([outputs.error(name, text, [quoted, f"{name}: {text}"])], 0.0, detail)


def _lines(step: TracebackType | None) -> Iterator[int]:
    """Yield the lines of the test that an error went through."""
    while step is not None:
        if step.tb_frame.f_code.co_filename == TEST_FILE:
            yield step.tb_lineno
        step = step.tb_next
