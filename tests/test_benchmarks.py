"""The table of the benchmarks: what counts as met, and what is stored."""

import json

import pytest
from benchmarks import __main__ as bench
from benchmarks._rows import finished

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
