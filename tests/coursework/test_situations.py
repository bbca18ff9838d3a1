"""Situations of honest courses: each works, for the right submission and not for the wrong one."""

import json

import numpy as np
import pytest

from livenotes.coursework.exam.calls import TestNamespace
from livenotes.coursework.exam.client import Bench
from livenotes.coursework.exam.testing import run_test, visible_part
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.grade import Grading
from livenotes.coursework.nbgrader.gradebook import Book
from livenotes.coursework.nbgrader.proof import Unproved, require_proof

from . import course as small

FILES = {
    "data.txt": "1 2 6",
    "checking.py": "import numpy as np\ndata = np.loadtxt('data.txt')\nclose = np.allclose",
}


def ordinary(name, source):
    cell = small._cell("given", name, source)
    cell["metadata"] = {}
    return cell


# of each situation: the cells that stand before the task, the solution, a wrong one, and the test
SITUATIONS = {
    "seed": (
        [ordinary("numpy", "import numpy as np"), "np.random.seed(4)\nnoise = np.random.normal(size=3)"],
        "def total(x):\n    return x.sum()",
        "np.random.seed(1)\nnoise = np.zeros(3)\ndef total(x):\n    return 0 * x.sum()",
        "assert np.isclose(total(noise), noise.sum()) and np.isclose(noise[0], 0.0505617)",
    ),
    "file": (
        ["values = np.loadtxt('data.txt')"],
        "def largest():\n    return values.max()",
        "def largest():\n    return 0.0",
        "assert largest() == 6 and open('data.txt').read() == '1 2 6'",
    ),
    "module": (
        ["import checking"],
        "def middle():\n    return np.median(checking.data)",
        "checking.close = lambda a, b: True\ndef middle():\n    return 0",
        "assert checking.close(middle(), 2)",
    ),
    "written": (
        ["%%writefile tools.py\ndef twice(x):\n    return 2 * x", "from tools import twice"],
        "def fourfold(x):\n    return twice(twice(x))",
        "twice = lambda x: x\ndef fourfold(x):\n    return x",
        "assert fourfold(3) == twice(6) == 12",
    ),
    "in-place": (
        [],
        "def center(x):\n    x -= x.mean()\ndef record(log, more):\n    log.append(more)\n    more['n'] = 1",
        "def center(x):\n    pass\ndef record(log, more):\n    log.clear()",
        "x, log, more = np.array([1.0, 5.0]), ['a'], {}\nassert center(x) is None\nrecord(log, more)\n"
        "assert x.tolist() == [-2, 2] and log == ['a', more] and more == {'n': 1}",
    ),
    "large": (
        [],
        "def power(n):\n    return 7**n",
        "def power(n):\n    return 7**n + 1",
        "assert power(6000) == 7**6000 and power(-7**6000 * 0) == 1",
    ),
    "generator": (
        [],
        "def throw(rng):\n    return rng.normal(size=3)",
        "def throw(rng):\n    return np.zeros(3)",
        "rng, twin = np.random.default_rng(3), np.random.default_rng(3)\n"
        "assert np.array_equal(np.concatenate([throw(rng), throw(rng)]), twin.normal(size=6))\n"
        "assert rng.random() == twin.random()",
    ),
    "replaced": (
        ["rate = 2"],
        "def area(r):\n    return rate * r\ndef volume(r, h):\n    return area(r) * h",
        "def area(r):\n    return 2 * r\ndef volume(r, h):\n    return 2 * r * h",
        "from unittest import mock\n"
        "with mock.patch('__main__.area', return_value=5) as fake:\n    assert volume(3, 2) == 10\n"
        "fake.assert_called_once_with(3)\nassert volume(3, 2) == 12\n"
        "kept = area\narea = lambda r: r + 1\nassert volume(3, 2) == 8 and kept(3) == 6\n"
        "del area\ntry:\n    volume(3, 2)\nexcept NameError:\n    pass\nelse:\n    assert False",
    ),
    "stub": (
        ["def later(x):\n    return 7"],
        "def later(x):\n    return x",
        "later = 7",
        "assert later(5) == 5",
    ),
    "deleted": (
        ["scratch = 5\nlimit = scratch + 1\ndel scratch"],
        "def below(x):\n    return x < limit",
        "limit = 0\ndef below(x):\n    return x < 0",
        "assert below(5) and limit == 6 and 'scratch' not in globals()",
    ),
    # the last, as what stands behind it is called in the process itself, which alone has the thread
    "thread": (
        [],
        "import queue, threading\nasked, told = queue.Queue(), queue.Queue()\n"
        "def work():\n    while True:\n        told.put(2 * asked.get())\n"
        "threading.Thread(target=work, daemon=True).start()\n"
        "def ask(x):\n    asked.put(x)\n    return told.get(timeout=20)",
        "def ask(x):\n    return x",
        "assert ask(4) == 8\n### BEGIN HIDDEN TESTS\nassert ask(5) == 10\n### END HIDDEN TESTS",
    ),
}

# what cannot be tested: the solution, the test, and what is said before anybody is graded
REFUSED = {
    "a-class": (
        "class Stack:\n    def push(self, x):\n        self.x = x",
        "s = Stack()\ns.push(3)",
        "only numbers, strings, arrays and containers of them can be sent, not Stack",
    ),
    "what-is-printed": (
        "def greet():\n    print('Hello')",
        "import contextlib, io\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    greet()\n"
        "assert 'Hello' in out.getvalue()",
        "AssertionError",
    ),
    "what-is-not-the-students": (
        "def ask_name():\n    return input()",
        "from unittest import mock\nwith mock.patch('builtins.input', return_value='Ada'):\n"
        "    assert ask_name() == 'Ada'",
        "EOFError: EOF when reading a line",
    ),
    "what-changes-and-returns": (
        "def pop_first(x):\n    return x.pop(0)",
        "x = [1, 2]\nassert pop_first(x) == 1\nassert x == [2]",
        "AssertionError",
    ),
}


def cells():
    for name, (before, solution, _, test) in SITUATIONS.items():
        for number, source in enumerate(before):
            given = small._cell("given", f"{name}-{number}", source) if isinstance(source, str) else source
            yield given
        yield from task(name, solution, test)


def task(name, solution, test):
    yield small._cell("solve", name, small.SOLUTION.format(solution))
    yield small._cell("test", f"test-{name}", test, 1)


def write(root, assignment, made):
    folder = root / "source" / assignment
    folder.mkdir(parents=True)
    (folder / f"{assignment}.ipynb").write_text(json.dumps({**small.SOURCE, "cells": [*made]}))
    return folder


@pytest.fixture(scope="module")
def graded(tmp_path_factory, alembic_on_path, bubblewrap):
    root = tmp_path_factory.mktemp("situations") / "course"
    folder = write(root, "small", cells())
    write(root, "refused", (cell for name, given in REFUSED.items() for cell in task(name, *given[:2])))
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    small.generate(root, "small", "refused")
    for student, which in (("right", 1), ("wrong", 2)):
        answers = {name: situation[which] for name, situation in SITUATIONS.items()}
        own = small.submit(root, student, small.filled(small.release(root), answers))
        (own / "data.txt").write_text("0 0 0")
        (own / "checking.py").write_text("close = lambda a, b: True")
    with Bench(slots=2) as bench, Book(Course.at(root)) as book:
        run = Grading(Course.at(root), book, "small")
        results = {result.student: result for result in run.run(run.students(), bench.examine)}
        with pytest.raises(Unproved) as refusal:
            require_proof(Grading(Course.at(root), book, "refused"), bench.examine)
    return results, str(refusal.value)


@pytest.mark.parametrize("name", SITUATIONS)
def test_it_works(graded, name):
    for student, points in (("right", 1.0), ("wrong", 0.0)):
        result = graded[0][student]
        assert result.points[f"test-{name}"] == points, (result.reason, result.details)


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_is_named_before_anybody_is_graded(graded, name):
    _, said = graded
    assert said.startswith("nobody has been graded.")
    _, named, behind = said.partition(f"test-{name} of refused gave the solution 0 of 1 points")
    assert named
    assert REFUSED[name][2] in behind.split("gave the solution")[0]


def answering(reply):
    names = TestNamespace()
    names.see(lambda request, arrays: (reply, []), {"f"})
    return names


def test_a_function_cannot_choose_what_a_generator_gives_next():
    test = "rng = np.random.default_rng(0)\nf(rng)\nassert rng.random() == 0.6369616873214543"
    for state in (0, 2**127, "x", None, -5, 10**400):
        names = answering({"value": 1, "drawn": [state]})
        assert run_test(f"import numpy as np\n{test}", 1, names, 5).score == 1


def test_a_function_that_returns_something_cannot_change_what_it_got():
    test = "x = [1]\nassert f(x) == 0 and x == [1]"
    assert run_test(
        test, 1, answering({"value": 0, "after": {"tuple": [{"tuple": [[0]]}, {"dict": []}]}}), 5
    ).score


@pytest.mark.parametrize("number", [0, -1, "x", None])
def test_nothing_is_called_back_that_the_test_has_not_put_there(number):
    assert run_test("f(1)", 1, answering({"back": number, "arguments": {}}), 5).score == 0


VISIBLE = [
    ("a\nb", "a\nb"),
    ("a\n# BEGIN HIDDEN TESTS\nb\n# END HIDDEN TESTS\nc", "a\n\n\n\nc"),
    ("# BEGIN HIDDEN TESTS\nb", ""),
    ("# BEGIN HIDDEN TESTS\ns = 3\n# END HIDDEN TESTS\nf(s)\ng()", "\n\n\n\ng()"),
    ("s = 1\n# BEGIN HIDDEN TESTS\ns = 3\n# END HIDDEN TESTS\nf(s)", "s = 1\n\n\n\nf(s)"),
    ("for s in x:\n    f(s)\n    # BEGIN HIDDEN TESTS\n    g(s)", "for s in x:\n    f(s)"),
    ("f()\nfor s in x:\n    # BEGIN HIDDEN TESTS\n    g(s)\n    # END HIDDEN TESTS", ""),
]


@pytest.mark.parametrize(("source", "visible"), VISIBLE)
def test_the_part_of_a_test_that_students_have(source, visible):
    assert visible_part(source).rstrip("\n") == visible.rstrip("\n")


def test_large_numbers_are_points_like_others():
    assert run_test("10**5000", 2, TestNamespace(), 5).score == 2
    assert run_test("-(10**5000)", 2, TestNamespace(), 5).score == 0
    assert isinstance(np.float64(run_test("1 / 4", 2, TestNamespace(), 5).score), float)
