"""An assignment may have as many tests as its author likes."""

import pytest

from livenotes.coursework.exam.client import Bench
from livenotes.coursework.exam.job import Cell, Job

TESTS = 240


@pytest.mark.usefixtures("bubblewrap")
def test_an_assignment_with_240_tests():
    """Half of them see the first state of ``x``, half the second."""
    cells = [Cell("code", "x = 1\ndef f(): return x")]
    for number in range(TESTS):
        if number == TESTS // 2:
            cells.append(Cell("code", "x = 2"))
        cells.append(Cell("test", f"assert f() == {1 + (number >= TESTS // 2)}", 1.0, number))
    with Bench(slots=1) as bench:
        ((_, report),) = bench.examine([Job("key", cells)])
    assert report.verdict == "graded", report.reason
    assert sum(cell.score or 0.0 for cell in report.cells) == TESTS
