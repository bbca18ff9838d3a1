"""Run time of every notebook in a kernel of its own, start to end: 60 s is the most that one may take."""

import time
from typing import Any

import nbformat
from nbclient import NotebookClient

from livenotes._folders import book

MOST = 60.0
CELLS: int | None = None  # how many cells of each are run; all of them
SMALL = {"CELLS": 3}


def main() -> list[dict[str, Any]]:
    """Execute each chapter once and return its seconds, the kernel's start included."""
    rows = []
    for path in sorted(book().glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = notebook.cells[:CELLS]
        client = NotebookClient(notebook, resources={"metadata": {"path": path.parent}})
        start = time.perf_counter()
        client.execute()
        row = {"figure": f"{path.stem}: seconds to run the notebook", "ours": time.perf_counter() - start}
        rows.append(row | {"theirs": None, "ratio": None, "target": MOST, "bounds": "ours"})
    return rows
