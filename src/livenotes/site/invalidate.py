"""Executing a notebook again when the code that it imports has changed.

jupyter-cache compares a notebook with the one it executed, and sees nothing of the package that the
notebook imports. So a digest of all the files that a notebook depends on is kept beside the cache; where
it differs, the record is dropped and the page is read again. The others stay as they are.
"""

import json
import os
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .closure import Project

logger = logging.getLogger(__name__)
PACKAGE = Path(__file__).parents[1]


class Invalidator:
    """Compares digests before a build reads anything, and keeps them once it has read everything.

    Parameters
    ----------
    package : Path
        The folder of the package that notebooks import.
    """

    def __init__(self, package: Path = PACKAGE) -> None:
        self.package = package
        self.digests: dict[str, str] = {}

    def outdated(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
    ) -> list[str]:
        """Drop the executions of the notebooks whose code has changed, and have their pages read again."""
        if app.config.nb_execution_mode != "cache":
            return []
        known, stale = self._read(app), []
        self.digests = {}
        for page in sorted(env.found_docs):
            path = Path(env.doc2path(page))
            notebook = _read_notebook(env, path)
            if notebook is None:
                continue
            cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            self.digests[page] = Project(self.package, path.parent).digest(cells)
            if self.digests[page] != known.get(page):
                stale.append(page)
                self._drop(app, page, notebook)
        return stale

    def keep(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """Remember the digests; an interrupted build does not come here and starts again."""
        if self.digests:
            self._file(app).parent.mkdir(parents=True, exist_ok=True)
            self._file(app).write_text(json.dumps(self.digests, indent=1) + "\n", encoding="utf-8")
        return []

    def _drop(self, app: Sphinx, page: str, notebook: NotebookNode) -> None:
        cache = get_cache(str(self._folder(app)))
        try:
            record = cache.match_cache_notebook(notebook)
        except KeyError:
            return
        cache.remove_cache(record.pk)
        logger.info("%s: what it imports has changed since it was executed", page)

    def _read(self, app: Sphinx) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._file(app).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return found

    def _folder(self, app: Sphinx) -> Path:
        given = app.config.nb_execution_cache_path
        return Path(given) if given else Path(app.outdir).parent / ".jupyter_cache"

    def _file(self, app: Sphinx) -> Path:
        return self._folder(app) / "livenotes-digests.json"


def _read_notebook(env: BuildEnvironment, path: Path) -> NotebookNode | None:
    """Read a page as MyST-NB does; None if it is a plain page."""
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)  # type: ignore[attr-defined]
    return None if reader is None else reader.read(text)


def be_static(app: Sphinx) -> None:
    """Tell the kernels, which inherit the environment, to draw figures for a page and not for widgets."""
    os.environ["LIVENOTES_STATIC"] = "1"


def setup(app: Sphinx) -> None:
    """Compare before MyST-NB reads a notebook, keep after all are read."""
    invalidator = Invalidator()
    app.connect("builder-inited", be_static)
    app.connect("env-get-outdated", invalidator.outdated)
    app.connect("env-updated", invalidator.keep)
