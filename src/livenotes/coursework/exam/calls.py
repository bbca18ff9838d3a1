"""The names of a submission as its tests see them: functions that are called over the boundary, and data."""

import ast
import builtins
from collections.abc import Callable, Iterable, Set
from typing import Any, NoReturn

from livenotes.coursework.boundary import wire

Ask = Callable[[wire.Message, list[bytes]], tuple[wire.Message, list[bytes]]]
BUILT_IN = frozenset(vars(builtins))


class StudentError(Exception):
    """The submission raised an error that is not one of Python's own."""


class RemoteFunction:
    """A function of the submission: calling it sends the arguments and returns the answer, both as data."""

    def __init__(self, name: str, ask: Ask):
        self.__name__ = name
        self._ask = ask

    def __repr__(self) -> str:
        return f"<function {self.__name__} of the submission>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; what it raises is raised here, as Python's own exception of that name."""
        tree, arrays = wire.pack((args, kwargs))
        arguments = tree["tuple"]
        request = {"do": "call", "name": self.__name__, "arguments": {"tuple": arguments}}
        reply, blobs = self._ask(request, arrays)
        if "raised" in reply:
            _raise(reply["raised"], reply.get("text", ""))
        return wire.unpack(reply.get("value", {}), blobs)


def _raise(name: Any, text: Any) -> NoReturn:
    kind = getattr(builtins, name, None) if isinstance(name, str) else None
    message = str(text)[:500]
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            error = kind(message)
        except TypeError:  # a few, such as UnicodeDecodeError, want more than a message
            error = StudentError(f"{name}: {message}")
        raise error
    raise StudentError(f"{str(name)[:100]}: {message}")


class TestNamespace(dict[str, Any]):
    """Where tests run; names come from the tests, then from read-only cells, then from the submission."""

    __test__ = False  # the name starts with Test, but pytest should not collect it

    def __init__(self) -> None:
        super().__init__(__builtins__=builtins, __name__="__main__")
        self._ask: Ask = _nobody
        self._given: dict[str, ast.stmt] = {}
        self._fetched: set[str] = set()
        self._functions: Set[str] = frozenset()

    def give(self, source: str) -> None:
        """Take imports, definitions and constants from a read-only cell, to be run when a test needs them."""
        try:
            body = ast.parse(_without_magics(source)).body
        except SyntaxError:
            return
        for statement in body:
            for name in _binds(statement):
                self._given[name] = statement
                self.pop(name, None)  # the cell that ran last counts

    def see(self, ask: Ask, functions: Set[str]) -> None:
        """Look at another state of the submission from now on, in which these names are functions."""
        for name in self._fetched:
            self.pop(name, None)
        self._fetched.clear()
        self._ask, self._functions = ask, functions

    def __missing__(self, name: str) -> Any:
        if name in self._given:
            statement = self._given.pop(name)
            exec(compile(ast.Module([statement], []), "<read-only cell>", "exec"), self)
            return self[name]
        if name in BUILT_IN:
            raise KeyError(name)  # Python looks there next
        self[name] = value = self._fetch(name)
        self._fetched.add(name)
        return value

    def _fetch(self, name: str) -> Any:
        if name in self._functions:
            return RemoteFunction(name, self._ask)
        reply, blobs = self._ask({"do": "get", "name": name}, [])
        match reply.get("kind"):
            case "value":
                return wire.unpack(reply.get("value", {}), blobs)
            case "opaque":
                kind = str(reply.get("type"))[:60]
                raise TypeError(f"{name} is a {kind}; tests can only use functions and data of a submission")
        raise NameError(f"name {name!r} is not defined in the submission")


def _nobody(request: wire.Message, arrays: list[bytes]) -> NoReturn:
    raise NameError(f"name {request.get('name')!r} is not defined")


def _without_magics(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if not line.lstrip().startswith(("%", "!")))


def _binds(statement: ast.stmt) -> Iterable[str]:
    """Return the names a statement defines, if it is an import, a definition or an assignment."""
    match statement:
        case ast.Import(names=names):
            return [(alias.asname or alias.name).split(".")[0] for alias in names]
        case ast.ImportFrom(names=names):
            return [alias.asname or alias.name for alias in names]
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return []


def modules(sources: Iterable[str]) -> list[str]:
    """Return the modules that pieces of code import at their top level.

    What ``from`` takes out of a package may be a module or not; it is returned as if it were one.
    """
    found: dict[str, None] = {}
    for source in sources:
        try:
            body = ast.parse(_without_magics(source)).body
        except SyntaxError:
            continue
        for statement in body:
            if isinstance(statement, ast.Import):
                found |= dict.fromkeys(alias.name for alias in statement.names)
            elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
                names = [statement.module, *(f"{statement.module}.{alias.name}" for alias in statement.names)]
                found |= dict.fromkeys(names)
    return list(found)
