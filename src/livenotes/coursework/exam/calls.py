"""The names of a submission as its tests see them: functions that are called over the boundary, and data."""

import ast
import builtins
import contextlib
import copy
import sys
from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

from livenotes.coursework.boundary import wire
from livenotes.coursework.exam import instructor

Ask = Callable[[wire.Message, list[bytes]], tuple[wire.Message, list[bytes]]]
NOT_RAISED = (StopIteration, StopAsyncIteration)  # they would end a loop of the test, as if all was well
MOST_DRAWN = 2**48


class StudentError(Exception):
    """The submission raised an error that is not one of Python's own."""


class RemoteFunction:
    """A function of the submission: calling it sends the arguments and returns the answer, both as data."""

    def __init__(self, name: str, names: "TestNamespace"):
        self.__name__ = name
        self._names = names

    def __repr__(self) -> str:
        return f"<function {self.__name__} of the submission>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; what it raises is raised here, as Python's own exception of that name.

        What a function that returns nothing has done to its arguments is done to these. One that returns
        something cannot change them: it could otherwise make its answer right afterwards.
        """
        bound, values = self._names.bound()
        tree, arrays = wire.pack((args, kwargs, values))
        given = tree["tuple"]
        request = {"do": "call", "name": self.__name__, "arguments": {"tuple": given[:2]}}
        if bound:
            request |= {"bound": bound, "values": given[2]}
        reply, blobs = self._names.ask(request, arrays)
        _draw_on((*args, *kwargs.values()), reply.get("drawn"))
        if "raised" in reply:
            _raise(reply["raised"], reply.get("text", ""))
        value = wire.unpack(reply.get("value", {}), blobs)
        if value is None and "after" in reply:
            _update((args, kwargs), wire.unpack(reply["after"], blobs))
        return value


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


def _update(mine: Any, after: Any) -> Any:
    """Bring a value to what a function has made of it, in place where it can be; return what it is then."""
    if type(mine) is not type(after):
        return after
    if isinstance(mine, np.ndarray) and mine.shape == after.shape and mine.dtype == after.dtype:
        mine[...] = after
        return mine
    if isinstance(mine, tuple) and len(mine) == len(after):
        for one, other in zip(mine, after, strict=True):
            _update(one, other)
        return mine
    if isinstance(mine, list):
        mine[:] = [_update(mine[k], item) if k < len(mine) else item for k, item in enumerate(after)]
        return mine
    if isinstance(mine, dict):
        merged = {key: _update(mine[key], item) if key in mine else item for key, item in after.items()}
        mine.clear()
        mine.update(merged)
        return mine
    return after


def _draw_on(values: Iterable[Any], states: Any) -> None:
    """Advance the generators among some values by as much as a function has drawn from them.

    How far the submission says it went is all that is taken from it: the numbers still come from here.
    """
    generators = (value.bit_generator for value in values if isinstance(value, np.random.Generator))
    for generator, state in zip(generators, states if isinstance(states, list) else [], strict=False):
        if isinstance(generator, np.random.PCG64) and type(state) is int:
            now: Any = generator.state["state"]
            steps = _distance(now["state"], state % 2**128, now["inc"])
            if 0 < steps < MOST_DRAWN:
                generator.advance(steps)


def _distance(state: int, goal: int, plus: int) -> int:
    """Return how many steps of PCG64 lead from one state to another, bit by bit (Brown 1994)."""
    times, steps, bit = 0x2360ED051FC65DA44385DF649FCCF645, 0, 1
    while state != goal:
        if (state ^ goal) & bit:
            state = (state * times + plus) % 2**128
            steps |= bit
        plus, times, bit = (times + 1) * plus % 2**128, times * times % 2**128, bit << 1
    return steps


class _Main(ModuleType):
    """What a test imports as ``__main__``: the names it sees, so that ``mock.patch`` can replace one."""

    def __init__(self, names: "TestNamespace"):
        super().__init__("__main__")
        vars(self)["_names"] = names

    def __getattr__(self, name: str) -> Any:
        try:
            return self._names[name]
        except (KeyError, NameError) as error:
            raise AttributeError(str(error)) from error

    def __setattr__(self, name: str, value: Any) -> None:
        self._names[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self._names[name]
        except NameError as error:
            raise AttributeError(str(error)) from error


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
        self._caught_up: list[ast.stmt] = []
        self._set_aside: dict[str, Any] = {}
        self._failed: dict[str, str] = {}
        self._answers: set[str] = set()
        self._touched: set[str] = set()
        self._stubs: list[Callable[..., Any]] = []

    def give(self, source: str) -> None:
        """Run a read-only cell, but for what only draws or shows; what needs the submission waits."""
        looked_at = self._ask, self._functions
        self.see(_not_yet, frozenset())
        written = instructor.file_of(source)
        if written is not None and not Path(written[0]).is_absolute():
            with contextlib.suppress(OSError):
                Path(written[0]).write_text(written[1], encoding="utf-8")
        for statement in instructor.statements(source):
            self._answers -= instructor.binds(statement)
            makes = instructor.changes(statement) & ({*self._made} | instructor.binds(statement))
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

    def leave(self, answers: Iterable[str]) -> None:
        """Leave names to the submission from now on: the instructor's solution makes them at this place."""
        self._answers.update(answers)
        self._made.difference_update(answers)
        for name in answers:
            self.pop(name, None)
            self._set_aside.pop(name, None)

    def made(self, source: str) -> None:
        """Count what a test has bound as the instructor's: no later test asks the submission for it."""
        for statement in instructor.statements(source):
            self._made |= instructor.binds(statement) - self._answers

    def see(self, ask: Ask, functions: Set[str]) -> None:
        """Look at another state of the submission from now on, in which these names are functions."""
        late = {name for step in self._caught_up for name in instructor.changes(step)}
        for name in self._fetched | self._touched | late:
            self.pop(name, None)
        self._caught_up.clear()
        self._fetched.clear()
        self._touched.clear()
        self._stubs.clear()
        self._ask, self._functions = ask, functions

    def bound(self) -> tuple[list[Any], list[Any]]:
        """Return which of the submission's names the test has bound anew or deleted, and to what.

        The names come as they are told to the submission, and the data among what they stand for.
        """
        told: list[Any] = []
        values: list[Any] = []
        for name in sorted(self._touched):
            if name not in self:
                told.append([name, "nothing", 0])
            elif isinstance(value := self[name], RemoteFunction):
                told.append([name, "own", value.__name__])
            elif callable(value):
                self._stubs.append(value)
                told.append([name, "stub", len(self._stubs) - 1])
            else:
                values.append(value)
                told.append([name, "data", len(values) - 1])
        return told, values

    def ask(self, request: wire.Message, arrays: list[bytes]) -> tuple[wire.Message, list[bytes]]:
        """Ask the submission; if it calls what the test has put in place of a name, that is run here."""
        reply, blobs = self._ask(request, arrays)
        while "back" in reply:
            answer, arrays = self._run_stub(reply, blobs)
            reply, blobs = self._ask({"do": "back", "name": request["name"], **answer}, arrays)
        return reply, blobs

    def _run_stub(self, reply: wire.Message, blobs: list[bytes]) -> tuple[wire.Message, list[bytes]]:
        number = reply["back"]
        if type(number) is not int or not 0 <= number < len(self._stubs):
            raise wire.WireError("it calls something that the test has not put there")
        args, kwargs = wire.unpack_call(reply.get("arguments"), blobs)
        try:
            tree, arrays = wire.pack(self._stubs[number](*args, **kwargs))
        except Exception as error:
            return {"raised": type(error).__name__, "text": str(error)[:500]}, []
        return {"value": tree}, arrays

    @contextlib.contextmanager
    def as_main(self) -> Iterator[None]:
        """Be the module ``__main__`` for what is inside."""
        before = sys.modules["__main__"]
        sys.modules["__main__"] = _Main(self)
        try:
            yield
        finally:
            sys.modules["__main__"] = before

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if name in self._answers:
            self._touched.add(name)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            self[name]  # which asks the submission, and raises NameError if there is none
        super().__delitem__(name)
        if name in self._answers:
            self._touched.add(name)

    def _waits(self, statement: ast.stmt) -> bool:
        touched = instructor.reads(statement) | instructor.changes(statement)
        return any(instructor.changes(other) & touched for other in self._waiting)

    def _put_off(self, statement: ast.stmt, makes: Set[str]) -> None:
        self._waiting.append(statement)
        self._set_aside |= {name: self.pop(name) for name in makes if name in self}

    def _run(self, statement: ast.stmt) -> None:
        try:
            exec(instructor.compiled(statement), self)
        except (Exception, SystemExit) as error:  # the notebook goes on behind it, too
            for name in instructor.binds(statement):
                self.pop(name, None)
                self._failed[name] = f"{type(error).__name__}: {error}"

    def _may_catch_up(self, name: str) -> bool:
        waiting = (step for step in self._waiting if step not in self._caught_up)
        return any(name in instructor.changes(step) for step in waiting)

    def _catch_up(self, name: str) -> None:
        """Run what has waited and makes a name, and what that needs, in order: anew for every test."""
        needed, chosen = {name}, []
        for statement in reversed(self._waiting):
            if instructor.changes(statement) & needed:
                needed |= instructor.reads(statement) | instructor.changes(statement)
                if statement not in self._caught_up:
                    chosen.append(statement)
        self._caught_up += chosen
        for other in needed & self._set_aside.keys() - self.keys():
            super().__setitem__(other, _copied(self._set_aside[other]))
        for statement in reversed(chosen):
            self._run(statement)

    def __missing__(self, name: str) -> Any:
        if name in self._touched:
            raise NameError(f"name {name!r} is not defined")
        if name not in self._answers and self._may_catch_up(name):
            self._catch_up(name)
            if name in self:
                return self[name]
        if name in self._made:
            why = self._failed.get(name, "it has not been made")
            raise NameError(f"name {name!r} of the instructor's is not defined: {why}")
        if name in instructor.BUILT_IN:
            raise KeyError(name)  # Python looks there next
        value = self._fetch(name)
        super().__setitem__(name, value)
        self._fetched.add(name)
        return value

    def _fetch(self, name: str) -> Any:
        if name in self._functions:
            return RemoteFunction(name, self)
        reply, blobs = self._ask({"do": "get", "name": name}, [])
        match reply.get("kind"):
            case "value":
                return wire.unpack(reply.get("value", {}), blobs)
            case "opaque":
                kind = str(reply.get("type"))[:60]
                raise TypeError(f"{name} is a {kind}; tests can only use functions and data of a submission")
        raise NameError(f"name {name!r} is not defined in the submission")


def _copied(value: Any) -> Any:
    """Return a copy of a value that a statement changes in place; of what has none, the value itself."""
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


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
