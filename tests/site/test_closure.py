import shutil

import pytest

from livenotes.site.closure import Project

FILES = {
    "toy/__init__.py": "from . import base",
    "toy/base.py": "",
    "toy/alone.py": "",
    "toy/plain.py": "from .helper import f",
    "toy/helper.py": "",
    "toy/deep/__init__.py": "from .near import g",
    "toy/deep/near.py": "from ..plain import f",
    "toy/deep/far.py": "import toy.alone",
    "toy/deep/table.toml": "a = 1",
    "toy/deep/notes.md": "not data",
    "toy/named.py": "",
    "toy/reader.py": 'load("long-run"), load(f"run-{n}"), open("list.bib")',
    "book/chapter.md": "",
    "book/long-run.md": "",
    "book/list.bib": "",
    "book/results/long-run.npz": "1",
    "book/results/long-run.json": "{}",
    "book/results/run-3.npz": "3",
    "book/results/other.npz": "2",
    "book/.hidden": "5",
    "book/results/labelled.nc.gz": "4",
    "toy/chapters/__init__.py": "",
    "toy/chapters/first/__init__.py": "",
    "toy/chapters/first/claims.toml": "",
    "toy/chapters/second/__init__.py": "",
    "toy/chapters/second/claims.toml": "",
}
START = {"toy/__init__.py", "toy/base.py"}  # run by every import of the package


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project(tmp_path / "toy", tmp_path / "book")


def names(project, *cells):
    return {str(path.relative_to(project.package.parent)) for path in project.files(cells)}


@pytest.mark.parametrize(
    ("cell", "files"),
    [
        ("import numpy as np", set()),
        ("import toy", START),
        ("import toy.plain", START | {"toy/plain.py", "toy/helper.py"}),
        ("import toy.plain as p, numpy", START | {"toy/plain.py", "toy/helper.py"}),
        ("from toy import plain", START | {"toy/plain.py", "toy/helper.py"}),
        ("from toy.plain import f", START | {"toy/plain.py", "toy/helper.py"}),
        ("from toy.plain import *", START | {"toy/plain.py", "toy/helper.py"}),
        (
            "import toy.deep",
            START
            | {"toy/deep/__init__.py", "toy/deep/near.py", "toy/deep/table.toml"}
            | {"toy/plain.py", "toy/helper.py"},
        ),
        (
            "def f():\n    from toy.deep import far",
            START
            | {"toy/deep/__init__.py", "toy/deep/near.py", "toy/deep/far.py", "toy/deep/table.toml"}
            | {"toy/plain.py", "toy/helper.py", "toy/alone.py"},
        ),
        ("run('toy.named:function')", START | {"toy/named.py"}),
        ("'toys.named', 'toy.', 'a toy.named in a sentence'", set()),
        ("%matplotlib inline\n!ls\nimport toy.named", START | {"toy/named.py"}),
        ("%%bash\nimport toy.named is (no Python", set()),
        (
            "import toy.reader",
            START
            | {"toy/reader.py", "book/list.bib", "book/results/run-3.npz"}
            | {"book/results/long-run.npz", "book/results/long-run.json"},
        ),
        ("name = 'other'", {"book/results/other.npz"}),
        ("''", set()),
        ("name = 'labelled'", {"book/results/labelled.nc.gz"}),
        ("import toy.missing", START),
        ("section('second', 'where')", {"toy/chapters/second/claims.toml"}),
        (
            "import toy.chapters.first",
            START
            | {
                "toy/chapters/__init__.py",
                "toy/chapters/first/__init__.py",
                "toy/chapters/first/claims.toml",
            },
        ),
    ],
)
def test_files_that_a_cell_depends_on(project, cell, files):
    assert names(project, cell) == files


def test_all_cells_count(project):
    assert names(project, "import toy.named", "import toy.alone") == START | {"toy/named.py", "toy/alone.py"}


def test_a_digest_changes_with_what_is_used_and_with_nothing_else(project, monkeypatch):
    cells = ["import toy.plain"]
    before = project.digest(cells)
    (project.package / "alone.py").write_text("changed")
    assert project.digest(cells) == before
    (project.package / "helper.py").write_text("changed = 1")
    assert project.digest(cells) != before
    (project.package / "helper.py").write_text("")
    assert project.digest(cells) == before
    monkeypatch.setattr("livenotes.site.closure._version", lambda name: "another")
    assert project.digest(cells) != before


def test_a_digest_changes_with_a_variable_that_the_code_reads(project, monkeypatch):
    (project.package / "plain.py").write_text("environ['LIVENOTES_SPEED']")
    reads, does_not = ["import toy.plain"], ["import toy.alone"]
    before = project.digest(reads), project.digest(does_not)
    monkeypatch.setenv("LIVENOTES_SPEED", "7")
    assert project.digest(reads) != before[0]
    assert project.digest(does_not) == before[1]


def test_a_digest_is_the_same_wherever_the_project_lies(project, tmp_path):
    cells = ["import toy.plain; name = 'labelled'"]
    shutil.copytree(tmp_path, tmp_path / "moved", ignore=shutil.ignore_patterns("moved"))
    assert Project(tmp_path / "moved/toy", tmp_path / "moved/book").digest(cells) == project.digest(cells)
