"""Notebooks run side by side, the longest first; one that fails stops the others."""

import math
import os
import time

import nbformat
import psutil
import pytest
from nbclient.exceptions import CellExecutionError

from livenotes.site.execute import Page, execute


def page(folder, name, *cells, seconds=math.inf):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook = nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": kernel})
    return Page(name, folder / f"{name}.ipynb", notebook, seconds)


MEET = """import pathlib, time
pathlib.Path("{me}").touch()
while not pathlib.Path("{other}").exists():
    time.sleep(0.01)
print("met")"""


def test_two_notebooks_run_at_the_same_time_in_their_folder(tmp_path):
    a, b = (page(tmp_path, me, MEET.format(me=me, other=other)) for me, other in ("ab", "ba"))
    assert sorted(done.name for done in execute([a, b], jobs=2, timeout=120)) == ["a", "b"]
    assert [one.notebook.cells[0].outputs[0].text for one in (a, b)] == ["met\n"] * 2
    assert 0 < a.seconds < 120


def test_the_longest_starts_first_and_figures_are_counted(tmp_path, caplog):
    figures = [
        page(tmp_path, "one", "live = print\nlive(1)"),
        page(tmp_path, "two", "live = print", "live(2), live(3)"),
    ]
    short = page(tmp_path, "short", "1", seconds=1.0)
    assert [done.name for done in execute([short, *figures], jobs=1)] == ["two", "one", "short"]
    assert [one.figures for one in figures] == [1, 2]


def test_a_failure_stops_what_else_runs(tmp_path):
    long = page(
        tmp_path,
        "long",
        "import pathlib, os\npathlib.Path('pid').write_text(str(os.getpid()))\nimport time\ntime.sleep(300)",
    )
    bad = page(
        tmp_path,
        "bad",
        "import pathlib, time\nwhile not pathlib.Path('pid').exists(): time.sleep(0.01)\n1 / 0",
    )
    start = time.monotonic()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        list(execute([long, bad], jobs=2))
    assert time.monotonic() - start < 120
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_kernels_share_the_cores(tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("livenotes.site.execute.cores", lambda: 6)
    pages = [page(tmp_path, name, "import os; print(os.environ['OMP_NUM_THREADS'])") for name in "ab"]
    assert {done.notebook.cells[0].outputs[0].text for done in execute(pages)} == {"3\n"}
    assert "OMP_NUM_THREADS" not in os.environ


def test_what_is_wrong_with_a_question_names_its_notebook(tmp_path):
    cell = 'from livenotes.live import ask\nask("Is it so?", ["yes", "no"], right="perhaps", because="So.")'
    with pytest.raises(CellExecutionError, match=r"dropout\.ipynb, question 'is-it-so': the right answer"):
        list(execute([page(tmp_path, "dropout", cell)], jobs=1))
