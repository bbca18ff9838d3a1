"""What the instructor's cells make stays the instructor's, whatever a submission moves or raises."""

import copy
import json

import pytest

from livenotes.coursework.boundary.limits import Limits
from livenotes.coursework.exam import instructor
from livenotes.coursework.exam.calls import TestNamespace
from livenotes.coursework.exam.client import Bench
from livenotes.coursework.exam.testing import prepare, run_test
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.grade import Grading
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small


def hostile(functions=(), answers=None):
    """Return how a submission answers that claims to have every name, and remember what it was asked."""
    asked = []

    def ask(request, arrays):
        asked.append(request["name"])
        if request["do"] == "call":
            return (answers or {})[request["name"]], []
        return {"kind": "value", "value": "the student's"}, []

    return ask, set(functions), asked


MADE = [
    ("TOL: float = 1e-6", "TOL == 1e-6"),
    ("limits = {}\nlimits['a'] = 3", "limits == {'a': 3}"),
    ("x = 1\nx = x + 1\nx += 1", "x == 3"),
    ("for case in range(3):\n    pass", "case == 2"),
    ("cases = []\nfor k in range(3):\n    cases.append(k)", "cases == [0, 1, 2] and k == 2"),
    ("x = [x for x in range(3)]", "x == [0, 1, 2]"),
    ("(low := 2)", "low == 2"),
    ("first, *rest = 1, 2, 3", "rest == [2, 3]"),
    ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    n = 5", "n == 5"),
    (
        "import contextlib\nwith contextlib.suppress(KeyError) as nothing:\n    n = 5",
        "n == 5 and nothing is None",
    ),
    ("class Net:\n    width = 3\nnet = Net()\nnet.width = 4", "net.width == 4"),
    ("import numpy as np\nnp.random.seed(3)\ndraw = np.random.random()", "abs(draw - 0.5507979) < 1e-6"),
    ("%matplotlib inline\nn = 5", "n == 5"),
    ("if True:\n    n = 5\nelse:\n    n = 6", "n == 5"),
    ("n = 5\n1 / 0\nm = 6", "n == 5 and m == 6"),
    ("def check(x):\n    return helper(x)\ndef helper(x):\n    return x", "check(3) == 3"),
]


@pytest.mark.parametrize(("source", "test"), MADE)
def test_it_comes_from_the_instructors_source(source, test):
    names = TestNamespace()
    prepare(source, names, 5)
    ask, functions, asked = hostile()
    names.see(ask, functions)
    report = run_test(f"assert {test}", 1, names, 5)
    assert (report.score, asked) == (1, []), report.detail


def test_what_needs_the_submission_waits_for_a_test_that_asks():
    names = TestNamespace()
    given = "seen = []\nfactor = 3\nseen.append(double(factor))\nresult = seen[0] + 1"
    prepare(f"{given}\nprint(double(7))\nother = 4", names, 5)
    ask, functions, asked = hostile({"double"}, {"double": {"value": 6}})
    names.see(ask, functions)
    assert run_test("assert other == 4", 1, names, 5).score == 1
    assert asked == []
    assert run_test("assert result == 7 and seen == [6]", 1, names, 5).score == 1
    assert asked == ["double"]


def test_a_figure_is_not_drawn_for_the_tests():
    names = TestNamespace()
    prepare("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nn = 5", names, 5)
    assert "fig" not in names
    names.see(*hostile()[:2])
    assert run_test("assert n == 5 and len(ax.lines) == 1", 1, names, 60).score == 1


def test_a_name_of_the_instructors_that_could_not_be_made_is_not_asked_for():
    names = TestNamespace()
    prepare("size = 1 / 0", names, 5)
    ask, functions, asked = hostile()
    names.see(ask, functions)
    report = run_test("assert size", 1, names, 5)
    assert (report.score, asked) == (0, [])
    assert "ZeroDivisionError" in report.detail


def test_a_name_that_an_earlier_test_was_to_make_is_not_asked_for():
    names = TestNamespace()
    ask, functions, asked = hostile()
    names.see(ask, functions)
    assert run_test("assert False\nexpected = 3", 1, names, 5).score == 0
    assert run_test("assert expected", 1, names, 5).score == 0
    assert asked == []


@pytest.mark.parametrize("error", ["StopIteration", "StopAsyncIteration", "GeneratorExit", "SystemExit"])
def test_nothing_raised_ends_a_loop_of_the_test(error):
    names = TestNamespace()
    ask, functions, _ = hostile({"f"}, {"f": {"raised": error, "text": ""}})
    names.see(ask, functions)
    for test in ("assert all(map(f, [1, 2]))", "for x in map(f, [1]):\n    pass", "next(map(f, [1]), None)"):
        assert run_test(test, 1, names, 5).score == 0


def test_scopes():
    (statement,) = instructor.statements("def f(x=default):\n    inner = outer\n    return inner")
    assert instructor.binds(statement) == {"f"}
    assert instructor.reads(statement) == {"default"}
    (statement,) = instructor.statements("class A(Base):\n    size = 3")
    assert (instructor.binds(statement), instructor.reads(statement)) == ({"A"}, {"Base"})
    assert instructor.statements("def f(") == ()


CELLS = [
    small._cell("given", "cases", "cases = []\nfor k in range(1, 4):\n    cases.append(float(k))"),
    small._cell(
        "test", "test_loop", "assert all(double(case) == 2 * case for case in cases)\nlast = cases[-1]", 1
    ),
    small._cell("test", "test_map", "assert all(map(lambda case: double(case) == 2 * case, cases))", 1),
    small._cell("test", "test_last", "assert double(last) == 6", 1),
    small._cell(
        "test",
        "test_raises",
        "try:\n    double('text')\nexcept Exception:\n    pass\nelse:\n    assert False",
        1,
    ),
    small._cell("test", "test_numpy", "import math\nassert math.isclose(double(nn.pi), 2 * nn.pi)", 1),
]
ORDINARY = {**small._cell("text", "ordinary", "import numpy as nn"), "cell_type": "code", "outputs": []}
ORDINARY |= {"execution_count": None}
RIGHT = "def double(x):\n    if isinstance(x, str):\n        raise TypeError(x)\n    return 2 * x"
WRONG = "cases, last = [], 0.0\ndef double(x):\n    if isinstance(x, str):\n        {}\n    return {}"


def moved(*grade_ids):
    def change(notebook):
        ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in notebook["cells"]]
        for grade_id in grade_ids:
            notebook["cells"].append(notebook["cells"].pop(ids.index(grade_id)))
            ids.append(ids.pop(ids.index(grade_id)))

    return change


ROWS = {
    "right": (RIGHT, None, "graded", 8.0),
    "moves-the-cases": (WRONG.format("raise TypeError", "3 * x"), moved("cases"), "graded", 1.0 + 1.0),
    "moves-a-test": (
        WRONG.format("raise TypeError", "6 if x == 0 else 3 * x"),
        moved("test_loop", "cases"),
        "graded",
        1.0 + 1.0,
    ),
    "stops-iterations": (
        WRONG.format("raise TypeError", "next(iter([]))"),
        None,
        "graded",
        1.0 + 1.0,
    ),
    "dies-for-an-error": (WRONG.format("import os; os._exit(1)", "2 * x"), None, "crashed", 7.0),
    "sleeps-for-an-error": (WRONG.format("import time; time.sleep(60)", "2 * x"), None, "timed out", 7.0),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, bubblewrap):
    root = tmp_path_factory.mktemp("instructor") / "course"
    folder = root / "source" / "small"
    folder.mkdir(parents=True)
    content = copy.deepcopy(small.SOURCE)
    content["cells"] = [content["cells"][0], ORDINARY, *content["cells"][1:], *CELLS]
    (folder / "small.ipynb").write_text(json.dumps(content))
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    small.generate(root, "small")
    for name, (double, change, *_) in ROWS.items():
        notebook = small.filled(small.release(root), {"double": double, "answer": "answer = 42"})
        if change:
            change(notebook)
        small.submit(root, name, notebook)
    with Bench(slots=2) as bench, Book(Course.at(root)) as book:
        run = Grading(Course.at(root), book, "small", Limits(cell=3.0, total=30.0))
        return {result.student: result for result in run.run(run.students(), bench.examine)}


@pytest.mark.parametrize("name", ROWS)
def test_no_points_without_merit(graded, name):
    *_, verdict, points = ROWS[name]
    result = graded[name]
    earned = sum(value or 0 for value in result.points.values())
    assert (result.verdict, earned) == (verdict, points), (result.reason, result.points, result.details)
