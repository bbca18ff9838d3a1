"""The graded notebook: what formgrader opens and ``nbgrader generate_feedback`` turns into a page."""

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from livenotes.coursework.exam.verdict import Report, Verdict
from livenotes.coursework.nbgrader.sheet import Placed, Sheet

MAX_TEXT = 100_000  # characters of text, as a page with more takes minutes to make
READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


def notebook(sheet: Sheet, placed: Sequence[Placed], report: Report) -> dict[str, Any]:
    """Return the notebook with its outputs, without hidden tests; a verdict other than graded comes first."""
    room = MAX_TEXT
    cells: list[dict[str, Any]] = []
    for place, outputs in zip(placed, _outputs(placed, report), strict=True):
        cells.append(_cell(place, outputs))
        if place.cell_type != "code":
            room -= len(cells[-1]["source"])
            if room < 0:
                cells[-1] = _text("(This text is in the submission; together they are too long for a page.)")
    if report.verdict is not Verdict.GRADED and report.shown:
        cells.insert(0, _text(f"**This submission: {report.verdict}.** {_plain(report.reason)}."))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return {
        "cells": cells,
        "metadata": {"kernelspec": sheet.kernelspec} if sheet.kernelspec else {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _outputs(placed: Sequence[Placed], report: Report) -> list[list[dict[str, Any]]]:
    return [cell.outputs for cell in report.cells] if report.cells else [[] for _ in placed]


def _cell(cell: Placed, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "cell_type": cell.cell_type,
        "metadata": cell.known.metadata() if cell.known is not None else {},
        "source": cell.shown(),
    }
    if cell.cell_type == "code":
        made |= {"execution_count": None, "outputs": outputs}
    elif cell.attachments:
        made["attachments"] = cell.attachments
    return made


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _plain(text: str) -> str:
    """Return text in which nothing is markup: the reason may quote the submission."""
    return "".join(f"&#{ord(c)};" if c in "<>&*_`[]()!\\$#|~" else c for c in text)


def write(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Write the notebook in one step, read-only as nbgrader leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{name}.ipynb", json.dumps(content, indent=1) + "\n", READ_ONLY)


def write_whole(path: Path, text: str, mode: int | None = None) -> None:
    """Replace a file so that nobody ever sees half of it."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        if mode is not None:
            part.chmod(mode)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
