"""Where the book is: results, references and notebooks stand beside the package in the repository."""

import os
from pathlib import Path


def book() -> Path:
    """Return the folder ``book/`` of the repository, or the one the variable ``LIVENOTES_BOOK`` names.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, as in a package installed without the repository.
    """
    named = os.environ.get("LIVENOTES_BOOK")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "book"
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no book at {folder}: work in a clone of the repository, or set LIVENOTES_BOOK"
        )
    return folder
