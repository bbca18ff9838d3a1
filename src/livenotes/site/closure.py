"""Which files a notebook's outputs depend on, read from its code and from the modules that it imports."""

import ast
import hashlib
import os
import re
from collections.abc import Iterable
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PEERS = ("numpy", "scipy", "matplotlib")  # what they compute and draw changes with their version
DATA = (".toml", ".json", ".csv", ".txt", ".npz", ".gz")
ROOMS = "chapters"  # the package's folder with one folder a chapter, whose data go by the chapter's name
VARIABLES = "LIVENOTES_"  # how the names of the environment's variables begin that the package reads
_MAGIC = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


class Project:
    """A package and the book beside it.

    Parameters
    ----------
    package : Path
        The folder of the package.
    book : Path
        The folder of the notebooks, which also holds the data that the package reads by name.
    """

    def __init__(self, package: Path, book: Path) -> None:
        self.package = package.resolve()
        self.book = book.resolve()

    def files(self, cells: Iterable[str]) -> list[Path]:
        """Return everything but the notebook itself that the outputs of its cells depend on, sorted."""
        return self._depends(cells)[0]

    def digest(self, cells: Iterable[str]) -> str:
        """Return one number for these files, the variables that they read, and the versions of the peers."""
        files, variables = self._depends(cells)
        found = hashlib.sha256(repr([(name, _version(name)) for name in PEERS]).encode())
        found.update(repr([(name, os.environ.get(name)) for name in variables]).encode())
        for path in files:
            found.update(os.path.relpath(path, self.book).encode())
            found.update(_hash_at(path, path.stat().st_mtime_ns))
        return found.hexdigest()

    def _depends(self, cells: Iterable[str]) -> tuple[list[Path], list[str]]:
        """Return the files that the outputs of cells depend on, and the variables of the environment."""
        code = [tree for tree in (_parse(_MAGIC.sub("", cell)) for cell in cells) if tree is not None]
        modules = self._closure(code)
        said = {text for tree in code for text in _texts(tree)}
        texts = said.union(*(_texts_of_file(path) for path in modules))
        folders = {module.parent for module in modules} | {
            self.package / ROOMS / text for text in said & self._rooms
        }
        data = {path for folder in folders for path in _data(folder)}
        variables = sorted(text for text in texts if text.startswith(VARIABLES) and text.isidentifier())
        return sorted(modules | data | self._named(texts)), variables

    @cached_property
    def _rooms(self) -> set[str]:
        folder = self.package / ROOMS
        return {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()

    def _closure(self, code: Iterable[ast.AST]) -> set[Path]:
        """Follow imports from the notebook's cells through the package."""
        found: set[Path] = set()
        waiting = [path for tree in code for path in self._imported(tree, "")]
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            found.add(path)
            if tree := _parse_file(path):
                waiting += self._imported(tree, self._name(path))
        return found

    def _imported(self, tree: ast.AST, module: str) -> list[Path]:
        """Return the modules of the package that one piece of code imports, or names in a text."""
        names: list[str] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node, module)
                names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.append(node.value.partition(":")[0])  # "livenotes.dropout:keep_rate"
        return [path for name in names for path in self._modules(name)]

    def _absolute(self, node: ast.ImportFrom, module: str) -> str:
        """Return the full name of the module that ``from ... import`` refers to."""
        if not node.level:
            return node.module or ""
        parts = module.split(".")
        is_package = self._path(module) is not None and self._path(module) == self._package_init(module)
        kept = parts[: len(parts) - node.level + is_package]
        return ".".join([*kept, *([node.module] if node.module else [])])

    def _modules(self, name: str) -> list[Path]:
        """Return the file of a module and of every package that importing it runs first."""
        if name.split(".")[0] != self.package.name or not all(map(str.isidentifier, name.split("."))):
            return []
        parts = name.split(".")
        paths = [self._path(".".join(parts[:count])) for count in range(1, len(parts) + 1)]
        return [path for path in paths if path is not None]

    def _path(self, name: str) -> Path | None:
        plain = self._folder(name).with_suffix(".py")
        for path in (self._package_init(name), plain):
            if path.is_file():
                return path
        return None

    def _package_init(self, name: str) -> Path:
        return self._folder(name) / "__init__.py"

    def _folder(self, name: str) -> Path:
        return self.package.joinpath(*name.split(".")[1:])

    def _name(self, path: Path) -> str:
        parts = path.relative_to(self.package.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def _named(self, texts: set[str]) -> set[Path]:
        """Return the data of the book whose name, or the beginning of it, stands in the code."""
        starts = tuple(text for text in texts if len(text) > 2 and text[-1] in "-_")
        return {
            path
            for path in self._data_of_book
            if path.name in texts or (name := path.name.partition(".")[0]) in texts or name.startswith(starts)
        }

    @cached_property
    def _data_of_book(self) -> list[Path]:
        found = (path for path in self.book.rglob("[!.]*") if path.suffix not in (".md", ".ipynb"))
        return [path for path in found if path.is_file()]


def _parse(code: str) -> ast.AST | None:
    """Parse a cell; one that is no Python at all, such as a cell magic, imports nothing."""
    try:
        return ast.parse(code)
    except SyntaxError:
        return None


def _parse_file(path: Path) -> ast.AST | None:
    return _parse_at(path, path.stat().st_mtime_ns)


@cache
def _parse_at(path: Path, changed: int) -> ast.AST | None:
    return _parse(path.read_text(encoding="utf-8"))


@cache
def _hash_at(path: Path, changed: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _texts_of_file(path: Path) -> frozenset[str]:
    return _texts_at(path, path.stat().st_mtime_ns)


@cache
def _texts_at(path: Path, changed: int) -> frozenset[str]:
    tree = _parse_at(path, changed)
    return frozenset() if tree is None else _texts(tree)


def _texts(tree: ast.AST) -> frozenset[str]:
    return frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _data(folder: Path) -> list[Path]:
    """Return the data files of a package, such as the tables that its modules read."""
    return [p for p in folder.iterdir() if p.suffix in DATA and p.is_file()]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
