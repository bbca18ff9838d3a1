"""The book's assignments: nothing leaks into the release, the solution earns all points, a blank none."""

import json
import shutil
from pathlib import Path

import pytest

from livenotes.coursework.exam.client import Bench
from livenotes.coursework.nbgrader.course import Course
from livenotes.coursework.nbgrader.grade import Grading
from livenotes.coursework.nbgrader.gradebook import Book

from . import course as small

pytestmark = pytest.mark.usefixtures("bubblewrap")

BOOK = Path(__file__).parents[2] / "book" / "coursework"
ASSIGNMENTS = sorted(path.name for path in (BOOK / "source").iterdir())
each = pytest.mark.parametrize("assignment", ASSIGNMENTS)


def source(assignment):
    return json.loads((BOOK / "source" / assignment / f"{assignment}.ipynb").read_text())


def text(cell):
    return "".join(cell["source"])


def split(cell):
    """Return the lines a release may show, those of the solution, and those of hidden tests."""
    shown, solution, hidden = [], [], []
    kept = shown
    for line in text(cell).split("\n"):
        if "BEGIN SOLUTION" in line:
            kept = solution
        elif "BEGIN HIDDEN TESTS" in line:
            kept = hidden
        elif "END SOLUTION" in line or "END HIDDEN TESTS" in line:
            kept = shown
        else:
            kept.append(line)
    if cell["metadata"].get("nbgrader", {}).get("solution") and not solution:
        return [], shown, hidden  # without markers, all of it is the solution
    return shown, solution, hidden


def deleted(cells, at):
    del cells[at]


def emptied(cells, at):
    cells[at]["source"] = "pass"


def moved_behind(cells, at):
    cells.append(cells.pop(at))


# Wrong code that would be right if the tests took from it what a read-only cell makes: the cell, the answer
# that brings its own, and the points that this loses.
CHEATS = {
    "attention": (
        "drawn",
        {
            "largest": "queries, keys = np.zeros((300, 256)), np.zeros((300, 8, 256))\n"
            "largest, frozen = np.full((5, 2), 1 / 8), 256"
        },
        5.0,
    ),
    "beyond-relu": (
        "betas",
        {
            "distance": "points, gelu, betas = np.zeros(5), np.zeros(5), np.full(11, 1.8)\n"
            "distance, closest = np.full(11, 1e-12), 1.8"
        },
        5.0,
    ),
    "embeddings": (
        "graph",
        {
            "at_home": "links = transition = np.roll(np.eye(12), 1, axis=1)\n"
            "at_home, forgotten = (np.arange(1, 41) % 12 < 6) * 1.0, 6"
        },
        5.0,
    ),
    "dropout": (
        "net",
        {
            "gaps": "rates, inputs, net = np.zeros(10), np.zeros(4), np.sum\n"
            "gaps, worst_rate = np.zeros(10), 0.0"
        },
        6.0,
    ),
    "recurrent": (
        "matrix",
        {
            "norms": "radii, matrix = np.full(5, 0.5), np.eye(8)\n"
            "norms, exploding = np.full(5, 8**0.5 / 2**50), []"
        },
        5.0,
    ),
    "lstm": (
        "biases",
        {
            "kept": "biases = np.full(7, 6.0)\nkept, needed = (1 / (1 + np.exp(-biases))) ** 30, 6.0",
        },
        5.0,
    ),
    "bidirectional": (
        "order",
        {
            "straight": "order = np.arange(12)\n"
            "straight, turned, nearer = np.full(12, 12), 2 * np.arange(12) + 1, 6"
        },
        5.0,
    ),
    "residual": (
        "net",
        {
            "carried": "depth, slope = 16, 0.0\ncarried, longest = np.eye(17)[0], 0",
        },
        5.0,
    ),
    "learning": (
        "days",
        {
            "final": "degrees, cups, rates = np.zeros(30), np.ones(30), np.array([0.5] * 4 + [1.5])\n"
            "final, limit = np.array([0.0] * 4 + [4.0**200]), 1.0"
        },
        5.0,
    ),
    "normalization": (
        "sizes",
        {
            "spread": "sizes, population = np.full(5, 2), np.zeros(9)\n"
            "spread, power = np.array([9.0, 1.0, 1.0, 1.0, 1.0]), -0.5"
        },
        5.0,
    ),
    "questions": (
        "drawings",
        {
            "alike": "images, labels = np.zeros((400, 36)), np.zeros(400, int)\n"
            "alike, new_only = np.ones(4), np.ones(4)"
        },
        5.0,
    ),
    "training-vocabulary": (
        "examples",
        {
            "race": "inputs, targets = np.zeros((60, 2)), np.ones(60)\n"
            "by_examples, by_updates = np.ones(3), np.ones(3)"
        },
        5.0,
    ),
    "activations": (
        "inputs",
        {"gains": "inputs = np.zeros(61)\ngains, first_below = 0.25 ** np.arange(1, 21), 10"},
        5.0,
    ),
}
MOVES = {cheat.__name__: cheat for cheat in (deleted, emptied, moved_behind)}


def cheated(released, answers, assignment, cheat):
    """Return the solution with one wrong answer, and the cell that the answer rests on tampered with."""
    grade_id, wrong, _ = CHEATS[assignment]
    notebook = small.filled(released, {**answers, **wrong})
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in notebook["cells"]]
    cheat(notebook["cells"], ids.index(grade_id))
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    root = tmp_path_factory.mktemp("book") / "course"
    shutil.copytree(BOOK / "source", root / "source")
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    small.generate(root, *ASSIGNMENTS)
    results = {}
    with Bench() as bench, Book(Course.at(root)) as book:
        for assignment in ASSIGNMENTS:
            released = small.release(root, assignment)
            answers = {
                record["grade_id"]: text(cell)
                for cell in source(assignment)["cells"]
                if (record := cell["metadata"].get("nbgrader", {})).get("solution")
            }
            small.submit(root, "reference", small.filled(released, answers), assignment)
            small.submit(root, "blank", released, assignment)
            for name, cheat in MOVES.items():
                notebook = cheated(released, answers, assignment, cheat)
                small.submit(root, name, notebook, assignment)
            run = Grading(Course.at(root), book, assignment)
            students = ["reference", "blank", *MOVES]
            done = {result.student: result for result in run.run(students, bench.examine)}
            results[assignment] = done, run.worth(), released
    return results


def test_every_chapter_has_one():
    assert {path.stem for path in BOOK.parent.glob("*.ipynb")} == set(ASSIGNMENTS) == set(CHEATS)


STUBS = {"# YOUR CODE HERE", "raise NotImplementedError()", "YOUR ANSWER HERE"}


@each
def test_release_holds_no_solution_and_no_hidden_test(graded, assignment):
    """What is released is what stands outside the markers, and the stubs."""
    released = {cell["id"]: cell for cell in graded[assignment][2]["cells"]}
    assert len(released) == len(source(assignment)["cells"])
    for cell in source(assignment)["cells"]:
        record = cell["metadata"].get("nbgrader", {})
        shown, solution, hidden = split(cell)
        assert bool(solution) == record.get("solution", False)
        assert bool(hidden) == (record.get("grade", False) and not record["solution"])
        lines = text(released[cell["id"]]).split("\n")
        assert [line for line in lines if line.strip() not in STUBS] == shown
        assert not released[cell["id"]].get("outputs")


@each
def test_reference_scores_all(graded, assignment):
    done, worth, _ = graded[assignment]
    result = done["reference"]
    assert (result.verdict, result.reason) == ("graded", "every cell ran")
    by_hand = [task for task, points in result.points.items() if points is None]
    assert len(by_hand) == 1
    assert {t: p for t, p in result.points.items() if p is not None} == {
        t: p for t, p in worth.items() if t not in by_hand
    }


@each
def test_blank_scores_nothing(graded, assignment):
    done, worth, _ = graded[assignment]
    assert done["blank"].verdict == "graded"
    assert done["blank"].points == dict.fromkeys(worth, 0.0)


@pytest.mark.parametrize("move", MOVES)
@each
def test_no_read_only_cell_can_be_tampered_with(graded, assignment, move):
    done, worth, _ = graded[assignment]
    result = done[move]
    by_test = sum(worth[task] for task, points in done["reference"].points.items() if points is not None)
    earned = sum(points or 0.0 for points in result.points.values())
    assert (result.verdict, earned) == ("graded", by_test - CHEATS[assignment][2]), result.details


@each
def test_there_are_three_to_six_tasks_of_several_kinds(graded, assignment):
    assert 3 <= len(graded[assignment][1]) <= 6


@each
def test_every_code_task_can_be_lost(graded, assignment):
    """The hidden part alone refuses an answer that only satisfies the visible one: every test has both."""
    for cell in source(assignment)["cells"]:
        record = cell["metadata"].get("nbgrader", {})
        if record.get("grade") and not record["solution"]:
            shown, _, hidden = split(cell)
            assert any("assert" in line for line in shown)
            assert any("assert" in line for line in hidden)
