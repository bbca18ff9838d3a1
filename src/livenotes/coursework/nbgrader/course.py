"""Where a course keeps things: nbgrader's own settings and folders."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

CONFIG = "nbgrader_config.py"


class Course:
    """An nbgrader course directory, as its ``nbgrader_config.py`` describes it."""

    def __init__(self, directory: Any):
        self.directory = directory
        self.root = Path(directory.root)

    @classmethod
    def at(cls, root: str | os.PathLike[str]) -> "Course":
        """Open the course in a folder; raise ValueError if the folder is none."""
        from nbgrader.coursedir import CourseDirectory

        path = Path(root).resolve()
        if not (path / CONFIG).is_file() and not (path / "source").is_dir():
            raise ValueError(f"{path} is not an nbgrader course: it has neither {CONFIG} nor a folder source")
        config = _settings(path)
        config.CourseDirectory.root = str(path)
        return cls(CourseDirectory(config=config))

    @property
    def config(self) -> Any:
        """All settings, for nbgrader's own parts."""
        return self.directory.config

    @property
    def db_url(self) -> str:
        """Address of the gradebook."""
        return str(self.directory.db_url)

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """Return the folder of a step: submitted, autograded, feedback, source or release."""
        name = getattr(self.directory, f"{step}_directory")
        return Path(self.directory.format_path(name, student, assignment))

    def records(self, assignment: str) -> Path:
        """Return the folder in which the verdicts of an assignment are kept."""
        return self.root / "verdicts" / assignment

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other graders out of the course meanwhile; raise ValueError if one is at work in it."""
        path = self.root / "verdicts" / ".lock"
        path.parent.mkdir(exist_ok=True)
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ValueError(
                    f"somebody is grading in {self.root} at this moment. "
                    "Wait until that has ended, and give the same command again."
                ) from None
            yield

    def submitted(self, assignment: str) -> list[str]:
        """Return the students who have a folder for the assignment, sorted."""
        marker = "livenotes-any-student"
        pattern = self.folder("submitted", marker, assignment)
        base = Path(str(pattern).split(marker)[0])
        names = sorted(entry.name for entry in os.scandir(base)) if base.is_dir() else []
        there = [name for name in names if os.path.lexists(str(pattern).replace(marker, name))]
        return [name for name in there if not name.startswith(".")]


def _settings(root: Path) -> Config:
    """Merge the settings files that nbgrader would read, the course's own last."""
    from jupyter_core.paths import jupyter_config_path

    config = Config()
    for folder in [*reversed(jupyter_config_path()), str(root)]:
        try:
            config.merge(PyFileConfigLoader(CONFIG, path=folder).load_config())
        except ConfigFileNotFound:
            continue
    return config
