"""Which files a notebook's outputs depend on, read from its code and from the modules that it imports."""

import ast
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PEERS = ("numpy", "scipy", "matplotlib")  # what they compute and draw changes with their version
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
        code = [tree for tree in (_parse(_MAGIC.sub("", cell)) for cell in cells) if tree is not None]
        modules = self._closure(code)
        trees = [*code, *filter(None, (_parse_file(path) for path in modules))]
        data = {path for folder in {m.parent for m in modules} for path in _data(folder)}
        return sorted(modules | data | self._named(trees))

    def digest(self, cells: Iterable[str]) -> str:
        """Return one number for the contents of these files and the versions of the peers."""
        found = hashlib.sha256(repr([(name, _version(name)) for name in PEERS]).encode())
        for path in self.files(cells):
            found.update(str(path).encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
        return found.hexdigest()

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

    def _named(self, trees: Iterable[ast.AST]) -> set[Path]:
        """Return the data of the book whose name, or the beginning of it, stands in the code."""
        texts = {
            node.value
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        starts = tuple(text for text in texts if len(text) > 2 and text[-1] in "-_")
        return {
            path
            for path in self.book.rglob("*")
            if path.is_file()
            and path.suffix not in (".md", ".ipynb")
            and (path.name in texts or path.stem in texts or path.stem.startswith(starts))
        }


def _parse(code: str) -> ast.AST | None:
    """Parse a cell; one that is no Python at all, such as a cell magic, imports nothing."""
    try:
        return ast.parse(code)
    except SyntaxError:
        return None


@cache
def _parse_at(path: Path, changed: int) -> ast.AST | None:
    return _parse(path.read_text(encoding="utf-8"))


def _parse_file(path: Path) -> ast.AST | None:
    return _parse_at(path, path.stat().st_mtime_ns)


def _data(folder: Path) -> list[Path]:
    """Return the data files of a package, such as the tables that its modules read."""
    return [
        p for p in folder.iterdir() if p.is_file() and p.suffix in (".toml", ".json", ".csv", ".txt", ".npz")
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
