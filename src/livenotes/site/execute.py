"""Executing notebooks side by side, each in a kernel of its own, before Sphinx reads them.

MyST-NB executes one notebook after another, while it reads; but it looks into jupyter-cache first, and what
it finds there it does not execute. So what has to run is run here, on all cores, the longest first.
"""

import atexit
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

from nbclient import NotebookClient
from nbformat import NotebookNode
from sphinx.util import logging
from tqdm import tqdm

logger = logging.getLogger(__name__)
_FIGURE = re.compile(r"\blive\(")
_QUIET = ["--log-level=ERROR"]  # a kernel's warning that it listens on this machine's own address


@dataclass
class Page:
    """A page with code to run.

    Attributes
    ----------
    name : str
        The page as Sphinx calls it.
    path : Path
        Its file; the code runs in the folder of it.
    notebook : NotebookNode
        Its cells; running puts the outputs in.
    seconds : float
        How long it ran; before that, how long it ran the last time, or infinity.
    """

    name: str
    path: Path
    notebook: NotebookNode
    seconds: float = float("inf")

    @property
    def figures(self) -> int:
        """The number of live figures in its cells."""
        return sum(_figures_in(cell) for cell in self.notebook.cells)


def _figures_in(cell: NotebookNode) -> int:
    return len(_FIGURE.findall(cell.source)) if cell.cell_type == "code" else 0


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execute(pages: Sequence[Page], *, jobs: int | None = None, **options: Any) -> Iterator[Page]:
    """Run pages side by side and yield each when it is done.

    Parameters
    ----------
    pages : sequence of Page
        Those that took longest the last time start first; where that is not known, those with most figures.
    jobs : int, optional
        How many run at a time; one a core by default.
    **options
        For every ``NotebookClient``, such as ``timeout``.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed; the pages that still run are stopped.
    """
    order = sorted(pages, key=lambda page: (page.seconds, page.figures), reverse=True)
    jobs = max(1, min(jobs or cores(), len(order)))
    threads = str(max(1, cores() // jobs))  # of the kernels' own, so that they do not crowd each other out
    environment = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads} | os.environ
    running: list[NotebookClient] = []

    def run(page: Page) -> Page:
        client = NotebookClient(
            page.notebook,
            resources={"metadata": {"path": str(page.path.parent)}},
            extra_arguments=_QUIET,
            record_timing=False,  # the cache would take the times for another notebook
            on_cell_executed=progress.of(page),
            **options,
        )
        running.append(client)
        start = perf_counter()
        try:
            client.execute(env=environment | {"JPY_SESSION_NAME": str(page.path)})
        finally:
            atexit.unregister(client._cleanup_kernel)  # stays registered where the kernel was killed
        page.seconds = perf_counter() - start
        return page

    with Progress(order) as progress, ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(run, page) for page in order]
        try:
            for future in as_completed(futures):
                page = future.result()
                progress.done(page)
                yield page
        except BaseException:  # an interrupt, too: no kernel may go on alone
            pool.shutdown(wait=False, cancel_futures=True)
            _stop(running)
            raise


def _stop(clients: Sequence[NotebookClient]) -> None:
    for client in clients:
        provisioner = getattr(client.km, "provisioner", None)
        if provisioner is not None and provisioner.pid:
            with suppress(ProcessLookupError):
                os.kill(provisioner.pid, signal.SIGKILL)


class Progress:
    """Says which pages run and how many of their figures are drawn: a bar at a terminal, lines elsewhere."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.waiting = [page.name for page in pages]
        self.total = sum(page.figures for page in pages)
        self.drawn = 0
        self.lock = Lock()
        self.bar = tqdm(total=self.total, unit="figure", leave=False) if sys.stderr.isatty() else None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def of(self, page: Page) -> Callable[..., None]:
        """Return what to call after every cell of a page."""
        mine = 0

        def executed(*, cell: NotebookNode, **_: object) -> None:
            nonlocal mine
            if count := _figures_in(cell):
                mine += count
                self._draw(count, f"{page.name}: {mine} of {page.figures} figures")

        return executed

    def done(self, page: Page) -> None:
        """Say that a page is done."""
        self.waiting.remove(page.name)
        rest = f"; {len(self.waiting)} to go: {', '.join(self.waiting)}" if self.waiting else ""
        logger.info("%s: executed in %.1f s%s", page.name, page.seconds, rest)

    def _draw(self, count: int, line: str) -> None:
        with self.lock:
            self.drawn += count
            if self.bar is not None:
                self.bar.set_description(line, refresh=False)
                self.bar.update(count)
            else:
                logger.info("%s (%d of %d in all)", line, self.drawn, self.total)
