"""Run the benchmarks, print one table, and store it for the book: python -m benchmarks [live site …].

With ``--small`` each runs for one round at a small size, to see that it runs; nothing is stored.

Every module of this folder has a ``main()`` that returns rows: dictionaries with the keys ``figure`` (what
is measured, with its unit), ``ours``, ``theirs`` and ``ratio`` (None where there is nothing to compare
with), and ``target`` (None: reported only). ``against`` says what it is compared with: torch, if left out.
A target is an upper bound of the ratio or, where ``bounds`` is "ours", of our own figure. ``SMALL`` names the
constants of the module that a small run replaces.
"""

import json
import multiprocessing
import os
import pkgutil
import platform
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

from ._rows import measured

ROOT = Path(__file__).parents[1]
STORED = ROOT / "book" / "results" / "bench.json"
HEAD = ("figure", "ours", "beside it", "ratio", "target", "met")
PACKAGES = ("numpy", "torch", "matplotlib", "ipywidgets", "plotly", "jupyter-book", "gensim")


def names() -> list[str]:
    """Return every module that measures something."""
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return [name for name in found if not name.startswith("_")]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows under a head, in columns that line up."""
    lines = [HEAD, *map(_cells, rows)]
    first, *widths = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join(
        "  ".join([name.ljust(first), *(c.rjust(w) for c, w in zip(cells, widths, strict=True))])
        for name, *cells in lines
    )


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Write a row as text; where there is nothing to compare with, two cells are empty."""
    theirs, ratio, target = (
        "" if row[key] is None else f"{row[key]:.4g}" for key in ("theirs", "ratio", "target")
    )
    target = target and f"≤ {target}" + ("×" if row["bounds"] == "ratio" else "")
    figure = row["figure"] + (f" (beside it: {row['against']})" if theirs else "")
    return (
        figure,
        f"{row['ours']:.4g}",
        theirs,
        ratio,
        target,
        {None: "", True: "yes", False: "NO"}[row["met"]],
    )


def facts() -> dict[str, Any]:
    """Return what the figures depend on; no date, so that equal figures are equal files."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "command": "python -m benchmarks",
        "cores": os.cpu_count(),
        "system": platform.system(),
        "versions": versions,
    }


def store(results: Mapping[str, Any]) -> None:
    """Write the rows of the modules that ran, and keep those of the others."""
    before = json.loads(STORED.read_text(encoding="utf-8"))["rows"] if STORED.exists() else {}
    content = facts() | {"rows": dict(sorted((before | results).items()))}
    STORED.parent.mkdir(parents=True, exist_ok=True)
    STORED.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(asked: Sequence[str]) -> int:
    """Measure, print and store; the exit status says whether every target is met."""
    small = "--small" in asked
    asked = [name for name in asked if name != "--small"]
    unknown = sorted(set(asked) - set(names()))
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    results = {}
    for name in asked or names():
        # A process of its own: what one module does to threads and caches does not reach the next.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            results[name] = process.submit(measured, name, small).result()
        print(f"\n{name}\n{table(results[name])}", flush=True)
    if small:
        return 0
    store(results)
    return int(any(row["met"] is False for rows in results.values() for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
