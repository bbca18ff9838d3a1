"""Tests of a submission by themselves: what they may use, what they show, and a sandbox that refuses."""

import pytest

from livenotes.coursework.boundary import wire
from livenotes.coursework.boundary.limits import DEFAULT
from livenotes.coursework.boundary.sandbox import NoSandbox, Session
from livenotes.coursework.exam.calls import TestNamespace
from livenotes.coursework.exam.job import Cell
from livenotes.coursework.exam.notebook import Exam
from livenotes.coursework.exam.testing import HIDDEN_FAILURE, run_test

HIDDEN = "### BEGIN HIDDEN TESTS\nf(271828)\n### END HIDDEN TESTS\n"


def submission(answers):
    """Return the names of a submission whose functions answer as given."""
    names = TestNamespace()

    def ask(request, arrays):
        args, _ = wire.unpack(request["arguments"], arrays)
        return answers(request["name"], *args), []

    names.see(ask, {"f", "np", "len"})
    return names


def shown(report):
    return " ".join(str(output) for output in report.outputs)


def remembers(name, x, seen=[]):  # noqa: B006  (what is kept from call to call is the point)
    seen.append(x)
    return {"raised": "ValueError", "text": f"seen {seen}"} if x == 1 else {"value": 2 * x}


def test_a_visible_test_says_what_was_raised():
    report = run_test("assert f(3) == 6\nf(1)", 2, submission(remembers), 5)
    assert report.score == 0
    assert "ValueError: seen [3, 1]" in shown(report)


def test_a_visible_test_behind_a_hidden_one_does_not_say_it():
    report = run_test(HIDDEN + "f(1)", 2, submission(remembers), 5)
    assert "271828" in report.detail, "the instructor sees it"
    assert "271828" not in shown(report)
    assert "f(1)" in shown(report), "the line that failed is no secret"


def test_of_a_hidden_test_only_its_failure_is_shown():
    report = run_test(HIDDEN.replace("f(271828)", "assert f(271828) == 7"), 2, submission(remembers), 5)
    assert report.score == 0
    assert HIDDEN_FAILURE in shown(report)
    assert "271828" not in shown(report)


@pytest.mark.parametrize(
    ("source", "score"),
    [
        ("assert f(1) == 2", 2),
        ("f(1)", 2),  # its value is a number, and more than there are points
        ("assert f(1) == 2; 0.5", 0.5),
        ("-7", 0),
        ("import numpy; numpy.int64(1)", 1),
        ("import numpy; numpy.float32(0.5)", 0.5),
        ("import numpy; numpy.bool_(False)", 2),
        ("float('nan')", 2),
        ("True", 2),
        ("raise KeyboardInterrupt", 0),
        ("import sys; sys.exit(0)", 0),
        ("while True: pass", 0),
        ("assert f(", 0),
    ],
)
def test_points(source, score):
    names = submission(lambda name, x: {"value": 2 * x})
    assert run_test(source, 2, names, 0.2).score == score


def test_names_of_tests_and_of_python_are_not_the_submissions():
    names = submission(lambda name, *x: {"value": 0})
    names.give("import numpy as np")
    assert run_test("assert len([1, 2]) == 2; assert np.ones(3).sum() == 3", 1, names, 5).score == 1


def test_a_read_only_cell_further_down_replaces_what_tests_had_set():
    names = submission(lambda name, *x: {"value": 0})
    names.give("rate = 1")
    assert run_test("assert rate == 1; rate = 7", 1, names, 5).score == 1
    names.give("rate = 2")
    assert run_test("assert rate == 2", 1, names, 5).score == 1


def test_a_sandbox_that_cannot_be_set_up_says_what_to_do():
    mine, theirs = zip(*(wire.pair() for _ in range(2)), strict=True)
    theirs[0].sendall(b'{"refused": "clone: Operation not permitted"}\n')
    for sock in theirs:
        sock.close()
    with pytest.raises(NoSandbox, match=r"(?s)clone: Operation not permitted.*sysctl.*--without-sandbox"):
        Exam([Cell("code", "x = 1")], DEFAULT, Session(mine)).run()
