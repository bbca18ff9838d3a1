"""The names of a submission as its tests see them: functions that are called over the boundary, and data."""

import ast
import builtins
from collections.abc import Callable, Iterable, Set
from typing import Any, NoReturn

from livenotes.coursework.boundary import wire
from livenotes.coursework.exam import instructor

Ask = Callable[[wire.Message, list[bytes]], tuple[wire.Message, list[bytes]]]
NOT_RAISED = (StopIteration, StopAsyncIteration)  # they would end a loop of the test, as if all was well


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
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, NOT_RAISED):
        try:
            error = kind(message)
        except TypeError:  # a few, such as UnicodeDecodeError, want more than a message
            error = StudentError(f"{name}: {message}")
        raise error
    raise StudentError(f"{str(name)[:100]}: {message}")


class _NotYet(BaseException):
    """A statement of the instructor's needs the submission, which is not looked at yet."""


class TestNamespace(dict[str, Any]):
    """Where tests run; only a name that no cell of the instructor's has made comes from the submission."""

    __test__ = False  # the name starts with Test, but pytest should not collect it

    def __init__(self) -> None:
        super().__init__(__builtins__=builtins, __name__="__main__", __annotations__={})
        self._ask: Ask = _nobody
        self._fetched: set[str] = set()
        self._functions: Set[str] = frozenset()
        self._made: set[str] = set()
        self._drawing: set[str] = set()
        self._waiting: list[ast.stmt] = []
        self._set_aside: dict[str, Any] = {}
        self._failed: dict[str, str] = {}

    def give(self, source: str) -> None:
        """Run a read-only cell, but for what only draws or shows; what needs the submission waits."""
        looked_at = self._ask, self._functions
        self.see(_not_yet, frozenset())
        for statement in instructor.statements(source):
            makes = instructor.changes(statement) & (self._made | instructor.binds(statement))
            if instructor.draws(statement) or instructor.reads(statement) & self._drawing:
                self._drawing |= instructor.binds(statement)
            if not makes:
                continue
            self._made |= instructor.binds(statement)
            if instructor.needs(statement, self._made) or makes & self._drawing or self._waits(statement):
                self._put_off(statement, makes)
                continue
            try:
                self._run(statement)
            except _NotYet:
                self._put_off(statement, makes)
        self._ask, self._functions = looked_at

    def made(self, source: str) -> None:
        """Count what a test has bound as the instructor's: no later test asks the submission for it."""
        for statement in instructor.statements(source):
            self._made |= instructor.binds(statement)

    def see(self, ask: Ask, functions: Set[str]) -> None:
        """Look at another state of the submission from now on, in which these names are functions."""
        for name in self._fetched:
            self.pop(name, None)
        self._fetched.clear()
        self._ask, self._functions = ask, functions

    def _waits(self, statement: ast.stmt) -> bool:
        touched = instructor.reads(statement) | instructor.changes(statement)
        return any(instructor.changes(other) & touched for other in self._waiting)

    def _put_off(self, statement: ast.stmt, makes: Set[str]) -> None:
        self._waiting.append(statement)
        self._set_aside |= {name: self.pop(name) for name in makes if name in self}

    def _run(self, statement: ast.stmt) -> None:
        try:
            exec(compile(ast.Module([statement], []), instructor.FILE, "exec"), self)
        except (Exception, SystemExit) as error:  # the notebook goes on behind it, too
            for name in instructor.binds(statement):
                self.pop(name, None)
                self._failed[name] = f"{type(error).__name__}: {error}"

    def _catch_up(self, name: str) -> None:
        """Run what has waited and makes a name, and what that needs, in order."""
        needed, chosen = {name}, []
        for statement in reversed(self._waiting):
            if instructor.changes(statement) & needed:
                chosen.append(statement)
                needed |= instructor.reads(statement) | instructor.changes(statement)
        self._waiting = [statement for statement in self._waiting if statement not in chosen]
        for other in needed & self._set_aside.keys():
            self[other] = self._set_aside.pop(other)
        for statement in reversed(chosen):
            self._run(statement)

    def __missing__(self, name: str) -> Any:
        if any(name in instructor.changes(statement) for statement in self._waiting):
            self._catch_up(name)
            if name in self:
                return self[name]
        if name in self._made:
            why = self._failed.get(name, "it has not been made")
            raise NameError(f"name {name!r} of the instructor's is not defined: {why}")
        if name in instructor.BUILT_IN:
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


def _not_yet(request: wire.Message, arrays: list[bytes]) -> NoReturn:
    raise _NotYet


def modules(sources: Iterable[str]) -> list[str]:
    """Return the modules that pieces of code import at their top level.

    What ``from`` takes out of a package may be a module or not; it is returned as if it were one.
    """
    found: dict[str, None] = {}
    for source in sources:
        for statement in instructor.statements(source):
            if isinstance(statement, ast.Import):
                found |= dict.fromkeys(alias.name for alias in statement.names)
            elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
                names = [statement.module, *(f"{statement.module}.{alias.name}" for alias in statement.names)]
                found |= dict.fromkeys(names)
    return list(found)
