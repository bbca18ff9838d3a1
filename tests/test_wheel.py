"""The package as others install it: what a chapter reads travels with it, and is found without a clone."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile

import pytest

from livenotes import _folders
from livenotes.lab import store
from notebooks import ROOT

# Every stored result that a chapter names, and the sources of every claim, in a process of its own.
AWAY = """
import importlib, pkgutil
import livenotes
from livenotes import chapters, claims
from livenotes.lab import store
for module in pkgutil.iter_modules(chapters.__path__, chapters.__name__ + "."):
    if module.ispkg:
        importlib.import_module(module.name)
assert store.STORED
for name in store.STORED:
    assert store.load(name).attrs["command"]
assert any(card.sources for card in claims.all())
print(livenotes.__file__)
"""
BOOK = "livenotes/book/"
EXTENSION = ("package.json", "static/livenotes.js", "static/livenotes.css")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the package once; return its file."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Unpack the package where no repository is; return the folder."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_results_and_bibliography_travel_with_the_package_and_nothing_else_of_the_book(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.removeprefix(BOOK) for name in archive.namelist() if name.startswith(BOOK)}
    results = {f"results/{path.name}" for path in (ROOT / "book" / "results").glob("*.nc.gz")}
    assert packed == results | {"references.bib"}


def test_a_chapter_away_from_the_repository_finds_what_was_stored(installed):
    environment = {k: v for k, v in os.environ.items() if k != "LIVENOTES_BOOK"}
    environment["PYTHONPATH"] = str(installed)
    command = [sys.executable, "-c", AWAY]
    done = subprocess.run(
        command, check=False, cwd=installed, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip() == str(installed / "livenotes" / "__init__.py")


def test_where_results_are_lost_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("LIVENOTES_BOOK", raising=False)
    monkeypatch.setattr(_folders, "REPOSITORY", tmp_path / "book")
    monkeypatch.setattr(_folders, "INSTALLED", tmp_path / "livenotes" / "book")
    with pytest.raises(FileNotFoundError, match=r"no book at .*book: .*, install the package again, or set"):
        store.load("activation-race")


def test_the_extension_of_jupyterlab_travels_with_the_package(wheel):
    with zipfile.ZipFile(wheel) as archive:
        data = {name.partition(".data/data/")[2] for name in archive.namelist()}
    assert {f"share/jupyter/labextensions/livenotes/{name}" for name in EXTENSION} <= data
    assert "etc/jupyter/jupyter_server_config.d/livenotes.json" in data


def test_a_browser_asks_for_the_extension_again_when_it_has_changed():
    folder = ROOT / "src" / "livenotes" / "jupyter" / "labextensions" / "livenotes"
    files = [(folder / name).read_bytes() for name in EXTENSION if name.startswith("static/")]
    load = json.loads((folder / "package.json").read_text())["jupyterlab"]["_build"]["load"]
    digest = hashlib.sha256(b"".join(files)).hexdigest()[:12]
    assert load == f"static/livenotes.js?v={digest}", (
        f"in package.json: v={digest}; browsers keep a file for a year"
    )
