"""Plates of live figures in files of their own, which a page loads when a reader asks for them.

They are scripts that call ``liveNotes.plate``, not data: a page opened from a disk may load a script that
lies beside it, but may not fetch a file.
"""

import hashlib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from .figures import Figure, Plate, find

FOLDER = "_live"
SMALL = 4000  # bytes; a plate below that costs less in the page than as a request

logger = logging.getLogger(__name__)


def script(figure: Figure, plate: Plate) -> tuple[str, str]:
    """Return the name and the text of the file that holds a plate."""
    text = f'liveNotes.plate("{figure.name}", {plate.number}, {plate.json.strip()});\n'
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{figure.name}-{plate.number}-{digest}.js", text


def move(body: str, folder: Path, root: str) -> str:
    """Write the large plates of a page to ``folder`` and return the page that refers to them.

    Parameters
    ----------
    body : str
        The page's HTML.
    folder : Path
        Where the files go.
    root : str
        How the page reaches that folder.

    Returns
    -------
    str
        The page; the plates that figures show first, and small ones, are as they were.
    """
    pieces, end = [], 0
    for figure in find(body).values():
        for plate in figure.plates:
            if plate.start or len(plate.json.encode()) <= SMALL:
                continue
            name, text = script(figure, plate)
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / name).exists():
                (folder / name).write_text(text, encoding="utf-8")
            start, stop = plate.span
            pieces += [
                body[end:start],
                f'<script type="application/json" class="live-plate" data-plate="{plate.number}" '
                f'data-src="{root}/{name}"></script>',
            ]
            end = stop
    return "".join([*pieces, body[end:]])


def move_plates(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Move the plates of a page out of it, on the web site alone: a book for a reader is one file."""
    body = context.get("body", "")
    if app.builder.name not in ("html", "dirhtml") or "live-plate" not in body:
        return
    root = context["pathto"](FOLDER, 1)
    try:
        context["body"] = move(body, Path(app.outdir) / FOLDER, root)
    except ValueError as error:
        logger.warning("%s: %s", page, error, location=page, type="livenotes", subtype="figure")


def remove_stale(app: Sphinx, error: Exception | None) -> None:
    """Delete plates of earlier builds that no page refers to any more."""
    folder = Path(app.outdir) / FOLDER
    if error or not folder.is_dir():
        return
    pages = [path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")]
    for path in folder.glob("*.js"):
        if not any(f"{FOLDER}/{path.name}" in page for page in pages):
            path.unlink()


def setup(app: Sphinx) -> None:
    """Move plates after the page is written and its links are checked."""
    app.connect("html-page-context", move_plates, priority=600)
    app.connect("build-finished", remove_stale)
