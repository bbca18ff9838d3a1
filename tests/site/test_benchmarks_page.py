import json

ROW = {"figure": "a step, ms", "ours": 0.31, "theirs": 9.0, "ratio": 0.0344, "target": 2, "bounds": "ours"}
FILE = {
    "cores": 2,
    "versions": {"numpy": "2.4"},
    "rows": {"live": [{**ROW, "against": "Plotly", "met": True}]},
}


def test_the_stored_table_is_shown(build):
    built = build(
        {"index.md": "# Speed\n\n```{benchmarks}\n```\n", "results/bench.json": json.dumps(FILE)},
        more=["livenotes.site.benchmarks"],
    )
    text = built.page()
    for shown in ("a step, ms; beside it Plotly", "0.31", "0.0344", "≤ 2", "yes", "numpy 2.4"):
        assert shown in text


def test_without_a_file_the_page_says_how_to_make_one(build):
    built = build({"index.md": "# Speed\n\n```{benchmarks}\n```\n"}, more=["livenotes.site.benchmarks"])
    assert "measure with `make bench`" in built.warnings
