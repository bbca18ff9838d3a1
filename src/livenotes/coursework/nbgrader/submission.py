"""Read what a student submitted, trusting nothing: no link is followed, nothing large is loaded."""

import contextlib
import json
import os
import stat
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livenotes.coursework.boundary.outputs import is_base64
from livenotes.coursework.nbgrader.markup import PLAIN_NAME

MAX_NOTEBOOK = 20 * 2**20
MAX_FILES = 8 * 2**20
MAX_COUNT = 1000
MAX_CELLS = 2000
MAX_CODE = 4 * 2**20
MAX_NESTED = 20
MAX_ID = 128  # characters, which is what nbgrader keeps of an id
MAX_NAME = 200  # bytes: a file is named after the student
EXCHANGE = ("timestamp.txt", "submission_secret.txt")  # what nbgrader puts beside a submission
CELL_TYPES = ("code", "markdown", "raw")


class Malformed(Exception):
    """The submission is not a notebook; the message says why, for the student to read."""


class Missing(Exception):
    """There is nothing where the notebook should be; the message says what there is instead."""


@dataclass(frozen=True)
class OwnCell:
    """A cell as it was submitted; of its metadata only nbgrader's id is kept."""

    cell_type: str
    source: str
    grade_id: str | None = None
    attachments: dict[str, Any] | None = None


@dataclass(frozen=True)
class Notebook:
    """A notebook as it was submitted, and its bytes, for a fingerprint."""

    cells: Sequence[OwnCell]
    data: bytes


Inodes = Set[tuple[int, int]]
"""Files of the instructor's, by device and number: a hard link to one of them is no submission."""


def require_id(student: str) -> None:
    """Raise Malformed if something cannot be a student's id, which names a row, a file and a folder."""
    try:
        size = len(student.encode())
    except UnicodeEncodeError:
        raise Malformed("its folder's name is not text") from None
    if not student.isprintable() or "/" in student or student in ("", ".", ".."):
        raise Malformed("its id cannot name a folder")
    if len(student) > MAX_ID or size > MAX_NAME:
        raise Malformed(f"its id has {len(student)} characters; at most {MAX_ID} are kept")


def inodes(folder: Path) -> Inodes:
    """Return which files lie below a folder."""
    paths = (Path(base, name) for base, _, names in os.walk(folder) for name in names)
    return {(state.st_dev, state.st_ino) for state in (path.lstat() for path in paths)}


def read_notebook(folder: Path, name: str, instructors: Inodes = frozenset()) -> Notebook:
    """Read ``name``.ipynb in a student's folder; raise Malformed or Missing."""
    path = folder / f"{name}.ipynb"
    require_no_link(folder)
    if not os.path.lexists(path):
        try:
            raise Missing(_instead(folder, path.name))
        except OSError as error:
            raise Malformed(f"the folder cannot be read: {error.strerror}") from error
    data = read_file(path, MAX_NOTEBOOK, instructors)
    if not data.strip():
        raise Malformed(f"{path.name} is empty")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{path.name} is not a notebook: {str(error)[:100]}") from error
    cells = list(_cells(content, path.name))
    size = sum(len(cell.source) for cell in cells)
    if size > MAX_CODE:
        raise Malformed(
            f"{path.name} has {size:,} characters of text and code; at most {MAX_CODE:,} are read"
        )
    return Notebook(cells, data)


def require_no_link(folder: Path) -> None:
    """Raise Malformed if a student's folder, or the one it is in, is a symbolic link or no folder."""
    for part in (folder.parent, folder):
        mode = part.lstat().st_mode if os.path.lexists(part) else stat.S_IFDIR
        if stat.S_ISLNK(mode):
            raise Malformed(f"{part.name} is a symbolic link")
        if not stat.S_ISDIR(mode):
            raise Malformed(f"{part.name} is not a folder")


def read_file(path: Path, most: int, instructors: Inodes = frozenset()) -> bytes:
    """Read a regular file without following a link; raise Malformed."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        what = "is a symbolic link" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise Malformed(f"{path.name} {what}") from error
    state = os.fstat(fd)
    if not stat.S_ISREG(state.st_mode):  # a folder could not even be opened as a file
        os.close(fd)
        raise Malformed(f"{path.name} is not a file")
    with os.fdopen(fd, "rb") as file:
        if (state.st_dev, state.st_ino) in instructors:
            raise Malformed(f"{path.name} is a link to a file of the instructor's")
        if state.st_size > most:
            raise Malformed(f"{path.name} has {state.st_size:,} bytes; at most {most:,} are read")
        return file.read(most)


def read_note(folder: Path, name: str) -> str | None:
    """Return a short text that nbgrader has put beside a submission; None if none can be read."""
    try:
        require_no_link(folder)
        return read_file(folder / name, 200).decode()
    except (Malformed, UnicodeDecodeError):
        return None


def _instead(folder: Path, wanted: str) -> str:
    if not folder.is_dir():
        return "nothing was submitted"
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name not in EXCHANGE)
    found = ", ".join(names[:5]).encode(errors="replace").decode()
    return f"there is no {wanted}; found {found}" if found else f"there is no {wanted}: the folder is empty"


def _cells(content: Any, name: str) -> Iterator[OwnCell]:
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise Malformed(f"{name} is not a notebook of format 4")
    if len(content["cells"]) > MAX_CELLS:
        raise Malformed(f"{name} has {len(content['cells']):,} cells; at most {MAX_CELLS:,} are read")
    for number, cell in enumerate(content["cells"], start=1):
        try:
            yield _cell(cell)
        except (KeyError, TypeError, ValueError) as error:
            raise Malformed(f"cell {number} of {name} is broken") from error


def _cell(cell: Any) -> OwnCell:
    kind, source = cell["cell_type"], cell["source"]
    if isinstance(source, list):
        source = "".join(source)
    if kind not in CELL_TYPES or not isinstance(source, str):
        raise ValueError("not a cell")
    source.encode()  # a lone surrogate cannot be written again
    metadata = cell.get("metadata")
    record = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = record.get("grade_id") if isinstance(record, dict) else None
    return OwnCell(
        kind,
        source.replace("\r\n", "\n"),
        grade_id if isinstance(grade_id, str) else None,
        pictures(cell.get("attachments")),
    )


def pictures(attachments: Any) -> dict[str, Any] | None:
    """Keep pictures pasted into a text, and no other attachment."""
    kept: dict[str, Any] = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        if not PLAIN_NAME.fullmatch(name):
            continue
        for mime, data in bundle.items() if isinstance(bundle, dict) else ():
            if mime in ("image/png", "image/jpeg") and isinstance(data, str) and is_base64(data):
                kept[name] = {mime: data}
    return kept or None


def other_files(folder: Path, most: int = MAX_FILES, instructors: Inodes = frozenset()) -> dict[str, bytes]:
    """Read the files beside the notebooks, by path within the folder.

    Left out are links, files with odd names, what exceeds ``most`` bytes or ``MAX_COUNT`` files, and what
    lies more than ``MAX_NESTED`` folders deep.
    """
    found: dict[str, bytes] = {}
    for base, folders, names in os.walk(folder):
        deep = len(Path(base).relative_to(folder).parts) >= MAX_NESTED
        folders[:] = [] if deep else sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(base, name)
            if name.endswith(".ipynb") or name in EXCHANGE or name.startswith("."):
                continue
            inside = str(path.relative_to(folder))
            if len(found) < MAX_COUNT and inside.isprintable():
                with contextlib.suppress(Malformed):
                    found[inside] = read_file(path, most, instructors)
                    most -= len(found[inside])
    return found
