"""What an examiner is asked to do: one notebook, its cells told apart by whose they are."""

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from livenotes.coursework.boundary.limits import DEFAULT, Limits


@dataclass(frozen=True)
class Cell:
    """A cell to run: ``code`` by the student, ``given`` (read-only) code, a ``test``, or ``text``.

    Cells come in the student's order; ``place`` says where a cell of the instructor's stands in the original.
    """

    kind: str
    source: str
    points: float = 0.0
    place: int = 0


@dataclass(frozen=True)
class Job:
    """One notebook to examine; ``imports`` are those of the instructor's cells that are not read-only."""

    key: str
    cells: Sequence[Cell]
    limits: Limits = DEFAULT
    files: dict[str, bytes] = field(default_factory=dict)
    imports: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the job as a JSON object."""
        files = {name: base64.b64encode(blob).decode() for name, blob in self.files.items()}
        return {
            "key": self.key,
            "cells": [asdict(cell) for cell in self.cells],
            "limits": self.limits.as_json(),
            "files": files,
            "imports": self.imports,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Job":
        """Return the job that ``as_json`` gave."""
        files = {name: base64.b64decode(text) for name, text in data["files"].items()}
        return cls(
            data["key"],
            [Cell(**cell) for cell in data["cells"]],
            Limits(**data["limits"]),
            files,
            data["imports"],
        )

    def tests(self) -> int:
        """Return the number of test cells."""
        return sum(cell.kind == "test" for cell in self.cells)
