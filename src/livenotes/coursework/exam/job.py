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
    Of the instructor's other cells there are those that anybody may change, ``given`` to the tests as they
    were, and each ``solution``: what it imports, and the names it ``makes``.
    """

    kind: str
    source: str
    points: float = 0.0
    place: int = 0
    makes: Sequence[str] = ()


@dataclass(frozen=True)
class Job:
    """One notebook to examine.

    ``own`` are the instructor's cells that are not among the submission's; ``material`` names the files that
    are the instructor's, the only ones that tests find beside them.
    """

    key: str
    cells: Sequence[Cell]
    limits: Limits = DEFAULT
    files: dict[str, bytes] = field(default_factory=dict)
    own: Sequence[Cell] = ()
    material: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the job as a JSON object."""
        files = {name: base64.b64encode(blob).decode() for name, blob in self.files.items()}
        return {
            "key": self.key,
            "cells": [asdict(cell) for cell in self.cells],
            "limits": self.limits.as_json(),
            "files": files,
            "own": [asdict(cell) for cell in self.own],
            "material": list(self.material),
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
            [Cell(**cell) for cell in data["own"]],
            data["material"],
        )

    def snapshots(self) -> int:
        """Return the number of snapshots that the tests need, and the processes they start for a moment."""
        return 2 * sum(cell.kind == "test" for cell in self.cells)
