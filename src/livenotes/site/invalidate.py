"""Executing a notebook when its code has changed, or the code that it imports, and at no other time.

jupyter-cache compares a notebook with the one it executed, and sees nothing of the package that the
notebook imports. So a digest of all the files that a notebook depends on is kept beside the cache: where it
differs, the record is dropped. The digest from which a page was last read is kept with Sphinx's environment:
where that differs, the page is read again. An interrupted build keeps what it has executed.
"""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from .closure import Project
from .execute import Page, execute

logger = logging.getLogger(__name__)
PACKAGE = Path(__file__).parents[1]


@dataclass
class Runs:
    """The notebooks executed so far: jupyter-cache, and what it does not know of them.

    Attributes
    ----------
    folder : Path
        Of the cache.
    known : dict of str to [str, float]
        Of every page that ran: the digest of what it depended on, and its seconds.
    """

    folder: Path
    known: dict[str, tuple[str, float]] = field(default_factory=dict)

    # JSON of Python's own: an infinite number of seconds is written as Infinity
    def __post_init__(self) -> None:
        self.cache = get_cache(str(self.folder))
        self._file = self.folder / "livenotes-digests.json"
        try:
            read = json.loads(self._file.read_text(encoding="utf-8"))
            self.known = {page: (str(digest), float(seconds)) for page, (digest, seconds) in read.items()}
        except (FileNotFoundError, ValueError, TypeError):
            self.known = {}

    def lacks(self, page: str, notebook: NotebookNode, digest: str) -> bool:
        """Say whether a page has to run, and drop what another digest left of it."""
        try:
            record = self.cache.match_cache_notebook(notebook)
        except KeyError:
            return True
        before, _ = self.known.get(page, ("", 0.0))
        if before == digest:
            return False
        self.cache.remove_cache(record.pk)
        logger.info("%s: what it imports has changed since it was executed", page)
        return True

    def seconds(self, page: str) -> float:
        """Return how long a page ran the last time, infinity if that is not known."""
        return self.known.get(page, ("", math.inf))[1]

    def keep(self, page: Page, digest: str) -> None:
        """Put an executed page into the cache."""
        self.cache.cache_notebook_bundle(
            CacheBundleIn(page.notebook, str(page.path), data={"execution_seconds": page.seconds}),
            check_validity=False,
            overwrite=True,
        )
        self.note(page, digest)

    def note(self, page: Page, digest: str) -> None:
        """Write down what a page depends on, and its seconds."""
        self.known[page.name] = digest, page.seconds
        text = json.dumps(dict(sorted(self.known.items())), indent=1)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(text + "\n", encoding="utf-8")


class Invalidator:
    """Executes what has to be executed before a build reads anything.

    Parameters
    ----------
    package : Path
        The folder of the package that notebooks import.
    """

    def __init__(self, package: Path = PACKAGE) -> None:
        self.package = package

    def outdated(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
    ) -> list[str]:
        """Execute the pages whose code has changed, and have those read again whose results have."""
        if app.config.nb_execution_mode != "cache" or app.config.nb_execution_in_temp:
            return []
        runs = Runs(_cache_folder(app))
        digests: dict[str, str] = {}
        missing = []
        for page, path, notebook in _notebooks(env):
            cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            digests[page] = Project(self.package, path.parent).digest(cells)
            if runs.lacks(page, notebook, digests[page]):
                missing.append(Page(page, path, notebook, runs.seconds(page)))
        self._execute(app, runs, missing, digests)
        was = getattr(env, "livenotes_digests", {})
        env.livenotes_digests = digests  # type: ignore[attr-defined]
        ran = {page.name for page in missing}
        return [page for page, digest in digests.items() if page in ran or was.get(page) != digest]

    def _execute(self, app: Sphinx, runs: Runs, pages: list[Page], digests: dict[str, str]) -> None:
        """Execute pages; where a failure is not to end the build, leave them to MyST-NB, which reports it."""
        if not app.config.nb_execution_raise_on_error:
            for page in pages:
                runs.note(page, digests[page.name])
            return
        options = {
            "timeout": app.config.nb_execution_timeout,
            "allow_errors": app.config.nb_execution_allow_errors,
        }
        try:
            for page in execute(pages, **options):
                runs.keep(page, digests[page.name])
        except (CellExecutionError, CellTimeoutError) as error:
            raise ExtensionError(f"a notebook failed: {error}") from error


def _notebooks(env: BuildEnvironment) -> Iterator[tuple[str, Path, NotebookNode]]:
    """Read every page that has code to run, as MyST-NB does."""
    for page in sorted(env.found_docs):
        path = Path(env.doc2path(page))
        text = path.read_text(encoding="utf-8")
        reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)  # type: ignore[attr-defined]
        if reader is not None:
            yield page, path, reader.read(text)


def _cache_folder(app: Sphinx) -> Path:
    given = app.config.nb_execution_cache_path
    return Path(given) if given else Path(app.outdir).parent / ".jupyter_cache"


def be_static(app: Sphinx) -> None:
    """Tell the kernels, which inherit the environment, to draw figures for a page and not for widgets."""
    os.environ["LIVENOTES_STATIC"] = "1"


def setup(app: Sphinx) -> None:
    """Execute before MyST-NB reads a notebook."""
    app.connect("builder-inited", be_static)
    app.connect("env-get-outdated", Invalidator().outdated)
