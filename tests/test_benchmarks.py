"""The table of the benchmarks: what counts as met, and what is stored."""

import json
import shutil

import numpy as np
import pytest
from benchmarks import __main__ as bench
from benchmarks import recurrent
from benchmarks._rows import finished

import browser
from missing import missing

NEEDS_BROWSER = {"live", "site"}
ROW = {"figure": "f, ms", "ours": 2.0, "theirs": 4.0, "ratio": 0.5, "target": None}


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, None),
        ({"target": 0.5}, True),
        ({"target": 0.4}, False),
        ({"target": 2, "bounds": "ours"}, True),
        ({"target": 1.9, "bounds": "ours"}, False),
        ({"target": 1, "theirs": None, "ratio": None}, None),
    ],
)
def test_a_target_bounds_the_ratio_or_our_own_figure(changes, met):
    assert finished(ROW | changes)["met"] is met


def test_the_table_lines_up_and_names_what_is_compared_with():
    rows = [ROW | {"target": 0.4}, ROW | {"theirs": None, "ratio": None, "target": 3, "bounds": "ours"}]
    text = bench.table([finished(row) for row in rows])
    head, first, second = text.splitlines()
    assert len(head) == len(first) == len(second)
    assert first.split("  ")[0] == "f, ms (beside it: torch)"
    assert first.split()[-4:] == ["0.5", "≤", "0.4×", "NO"]
    assert second.split()[-4:] == ["2", "≤", "3", "yes"]


def test_a_tape_counts_what_it_holds_once():
    h, x = np.zeros((5, 2)), np.zeros(3, np.float32)
    assert recurrent.tape_bytes((x, h, h[1:], None, "name")) == 5 * 2 * 8 + 3 * 4


@pytest.mark.parametrize("name", bench.names())
def test_every_benchmark_runs(name, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "STORED", tmp_path / "bench.json")
    if name in NEEDS_BROWSER:
        browser.executable()
    if name == "coursework" and not shutil.which("bwrap"):
        missing("no sandbox: bwrap not found")
    assert bench.main([name, "--small"]) == 0
    assert capsys.readouterr().out.startswith(f"\n{name}\nfigure")
    assert not bench.STORED.exists()


def test_every_module_of_the_folder_is_a_benchmark():
    assert {"live", "site"} <= set(bench.names())
    assert "__main__" not in bench.names()


def test_what_is_stored_keeps_the_rows_of_the_others_and_has_no_date(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "STORED", tmp_path / "results" / "bench.json")
    bench.store({"live": [ROW]})
    bench.store({"site": [ROW | {"figure": "g"}]})
    before = bench.STORED.read_bytes()
    bench.store({"site": [ROW | {"figure": "g"}]})
    assert bench.STORED.read_bytes() == before
    stored = json.loads(before)
    assert list(stored["rows"]) == ["live", "site"]
    assert stored["versions"]["python"]


def test_a_benchmark_that_does_not_exist_is_named_with_those_that_do(capsys):
    assert bench.main(["velocity"]) == 2
    said = capsys.readouterr().err
    assert "there is no benchmark velocity; there are " in said
    assert "live, " in said
