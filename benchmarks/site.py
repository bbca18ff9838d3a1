"""The site beside Jupyter Book as it comes: the first loads of chapters, and the time to build the book.

As it comes: the same notebooks and contents, Jupyter Book's own settings. Its pages ask public servers for
MathJax, require.js and the widget manager, which are not asked here: their bytes and their time are not
counted, so that what stands beside our figures is less than a reader of such a book really loads.
"""

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from browser import launched
from built_site import serving

ROOT = Path(__file__).parents[1]
LOADS = 7
BUILDS = ("cold", "nothing changed", "one notebook changed")
CELLS: int | None = None  # how many cells of the first chapter are kept, which is then the whole book
SMALL = {"LOADS": 1, "BUILDS": BUILDS[:1], "CELLS": 3}
LEFT_OUT = (".git", ".venv", "_build", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis")
AS_IT_COMES = {
    "title": "As it comes",
    "only_build_toc_files": True,
    "execute": {"execute_notebooks": "cache"},
}
NOTE = "Jupyter Book as it comes, its CDN files not counted"


def build(folder: Path) -> float:
    """Build the book of a folder as `make book` does; return the seconds it takes."""
    command = [str(Path(sys.executable).parent / "jupyter-book"), "build", "."]
    start = perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"jupyter-book failed in {folder}:\n{(done.stdout + done.stderr)[-3000:]}")
    return perf_counter() - start


def copy_of(folder: Path, *, as_it_comes: bool) -> Path:
    """Copy the book to build it there, perhaps with the settings that Jupyter Book comes with."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    if as_it_comes:
        (folder / "_config.yml").write_text(yaml.safe_dump(AS_IT_COMES), encoding="utf-8")
    if CELLS is not None:
        toc = {"format": "jb-book", "root": first_chapter()}
        (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
        chapter = folder / f"{first_chapter()}.ipynb"
        content = json.loads(chapter.read_text(encoding="utf-8"))
        chapter.write_text(json.dumps(content | {"cells": content["cells"][:CELLS]}), encoding="utf-8")
    return folder


def builds(folder: Path) -> dict[str, float]:
    """Build three times: cold, with nothing changed, and with one notebook changed."""
    chapter = folder / f"{first_chapter()}.ipynb"
    seconds = {}
    for name in BUILDS:
        if name == "one notebook changed":
            content = json.loads(chapter.read_text(encoding="utf-8"))
            next(cell for cell in content["cells"] if cell["cell_type"] == "code")["source"] += [
                "\n# changed"
            ]
            chapter.write_text(json.dumps(content), encoding="utf-8")
        seconds[name] = build(folder)
    return seconds


def chapters() -> list[str]:
    """Return the notebooks of the contents, without their endings."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = toc.get("parts", [toc])
    files = [chapter["file"] for part in parts for chapter in part["chapters"]]
    return [name for name in files if (ROOT / f"{name}.ipynb").exists()]


def first_chapter() -> str:
    """Return the first notebook of the contents, without its ending."""
    return chapters()[0]


class Load(NamedTuple):
    """What a reader loads: kB that travel, packed; ms, as medians; how far what is shown moves."""

    first: float
    second: float | None
    event: float
    painted: float
    shift: float


PAINTED = """() => new Promise(resolve => {
    let shift = 0, painted = 0;
    const watch = (type, note) => new PerformanceObserver(list => list.getEntries().forEach(note))
        .observe({type, buffered: true});
    watch("layout-shift", entry => { if (!entry.hadRecentInput) shift += entry.value; });
    watch("largest-contentful-paint", entry => { painted = entry.startTime; });
    setTimeout(() => resolve([painted, shift]), 500);
})"""


def loads(browser: Any, site: Path) -> Load:
    """Open chapter 1 with an empty cache, several times, and once chapter 2 after it."""
    packed: dict[str, int] = {}

    def note(response: Any) -> None:
        if response.ok and urlsplit(response.url).hostname == "127.0.0.1":
            packed[response.url] = min(len(gzip.compress(response.body(), 6)), len(response.body()))

    times, paints, first, second = [], [], 0.0, None
    with serving(site) as address:
        pages = [f"{address}/{name}.html" for name in chapters() if (site / f"{name}.html").exists()]
        for turn in range(LOADS):
            context = browser.new_context()
            context.route(lambda url: not url.startswith(address), lambda route: route.abort())
            page = context.new_page()
            if turn == 0:
                page.on("response", note)
            page.goto(pages[0], wait_until="networkidle" if turn == 0 else "load")
            page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
            times.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
            paints.append(page.evaluate(PAINTED))
            if turn == 0:
                first = sum(packed.values()) / 1e3
            if turn == 0 and len(pages) > 1:
                page.goto(pages[1], wait_until="networkidle")
                second = sum(packed.values()) / 1e3 - first
            context.close()
    painted, shift = (statistics.median(each) for each in zip(*paints, strict=True))
    return Load(first, second, statistics.median(times), painted, shift)


def row(figure: str, mine: float, theirs: float, target: float | None = None) -> dict[str, Any]:
    """Put a comparison into a row whose target, if any, bounds our own figure."""
    return {
        **{"figure": figure, "ours": mine, "theirs": theirs, "ratio": mine / theirs if theirs else None},
        **{"against": NOTE, "target": target, "bounds": "ours"},
    }


def main() -> list[dict[str, Any]]:
    """Measure everything."""
    os.environ.pop("LIVENOTES_STATIC", None)  # each build decides for itself
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        mine = copy_of(Path(folder) / "ours", as_it_comes=False)
        theirs = copy_of(Path(folder) / "theirs", as_it_comes=True)
        seconds, others = builds(mine), builds(theirs)
        ours, other = (loads(browser, book / "_build" / "html") for book in (mine, theirs))
    second = (
        [row("chapter 2 after chapter 1, kB gzip more", ours.second, other.second, target=150)]
        if ours.second is not None and other.second is not None
        else []
    )
    medians = f"median of {LOADS}"
    return [
        row("first load of chapter 1, all requests, kB gzip", ours.first, other.first, target=350),
        *second,
        row(f"first load of chapter 1, time to load event, {medians}, ms", ours.event, other.event),
        row(f"first load of chapter 1, largest contentful paint, {medians}, ms", ours.painted, other.painted),
        row(f"first load of chapter 1, layout shift, {medians}", ours.shift, other.shift, target=0),
        *(row(f"build of the book, {name}, s", seconds[name], others[name]) for name in seconds),
    ]
