"""The rooms of the chapters, and the book: results and references stand in the repository, or in here."""

import os
import tomllib
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2] / "book"
INSTALLED = Path(__file__).resolve().parent / "book"
ROOMS = Path(__file__).parent / "chapters"


@cache
def claim_keys() -> frozenset[str]:
    """Return the keys of all claims of the ledger, which the rooms of the chapters hold."""
    files = ROOMS.glob("*/claims.toml")
    return frozenset(key for path in files for key in tomllib.loads(path.read_text(encoding="utf-8")))


def book() -> Path:
    """Return the folder with results and references.

    It is the one that the variable ``LIVENOTES_BOOK`` names, else ``book/`` of the repository, else what an
    installed package brings.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    named = os.environ.get("LIVENOTES_BOOK")
    folders = [Path(named)] if named else [REPOSITORY, INSTALLED]
    for folder in folders:
        if (folder / "references.bib").is_file() or (named and folder.is_dir()):
            return folder
    looked = " or ".join(map(str, folders))
    raise FileNotFoundError(
        f"no book at {looked}: work in a clone of the repository, install the package again, or set "
        "LIVENOTES_BOOK to a folder that holds references.bib and results"
    )
