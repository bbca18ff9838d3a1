"""Validation of arguments at the door of a function, read once from its annotations.

A body then holds its formula and nothing else::

    @validated
    def project(x: Float[ndarray, "B D"], w: Float[ndarray, "H D"], *, gain: Positive = 1.0): ...

===============================  ==================================================================
``Float[ndarray, "... T D"]``    an array of floats; axes of one name have one length and all float
                                 arrays one dtype, over all arguments of a call. ``...`` and ``*B``
                                 take any number of axes in front, ``#D`` is broadcast, a number is
                                 a length, ``_`` any length, ``G*H`` or ``T+1`` a name like another
a named tuple                    an instance, whose fields are validated by their own annotations
``tuple[X, ...]``, ``list[X]``,  a container of that kind, every entry of which is an X; axes of
``Sequence[X]``                  named tuples are compared within an entry, not between entries
``Annotated[X, require]``        what ``require(name, value)`` returns, which may convert: Positive,
                                 Count and the other kinds of number in ``arguments``
``X | None``, ``Literal``,       as everywhere
``Callable``, any class
===============================  ==================================================================

Defaults are trusted. What annotations cannot say of several arguments together goes into ``where``.
"""

import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, overload

import jaxtyping
import numpy as np
from numpy import ndarray

from ._arguments import (
    require_callable,
    require_choice,
    require_generator,
    require_integer,
    require_number,
    require_type,
)

F = TypeVar("F", bound=Callable[..., Any])
Sizes = dict[str, Any]  # the length of each axis so far; under DTYPE, the dtype of the float arrays
Validate = Callable[[Any, Sizes], Any]  # returns the value, converted or not, or raises

DTYPE = "#dtype"
KINDS: dict[Any, tuple[str, str]] = {
    jaxtyping.Float: ("f", "a NumPy array of floats"),
    jaxtyping.Int: ("iu", "an array of integers"),
    jaxtyping.Bool: ("b", "an array of bools"),
}


@overload
def validated(function: F) -> F: ...
@overload
def validated(*, where: Callable[..., None]) -> Callable[[F], F]: ...
def validated(function: Any = None, *, where: Any = None) -> Any:
    """Validate the arguments of a function whenever it is called.

    Parameters
    ----------
    function : callable
    where : callable, optional
        Raises unless arguments that are right one by one also fit together. It names those that it needs as
        its own parameters, and is called after all were validated.

    Returns
    -------
    callable
        With the signature and the documentation of ``function``, which stays in its ``__wrapped__``.
    """
    if function is None:
        return functools.partial(validated, where=where)
    parameters = inspect.signature(function).parameters.values()
    hints = get_type_hints(function, include_extras=True)
    plain: dict[str, Validate] = {}
    names: list[str] = []  # those that can be given by position
    rest: Callable[[int], Validate] | None = None
    others: Callable[[str], Validate] | None = None
    spare = ""  # the name of **kwargs
    for p in parameters:
        of = functools.partial(_validator, hint=hints.get(p.name, Any))
        if p.kind is p.VAR_POSITIONAL:
            rest = _entries(p.name, hints.get(p.name, Any))
        elif p.kind is p.VAR_KEYWORD:
            others, spare = functools.cache(of), p.name
        else:
            plain[p.name] = of(p.name)
            if p.kind is not p.KEYWORD_ONLY:
                names.append(p.name)
    positional = [plain[name] for name in names]
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    places = {name: i for i, name in enumerate(names)}  # others cannot be given by position
    of_where = inspect.signature(where).parameters if where else ()
    wanted = [(name, places.get(name, sys.maxsize)) for name in of_where]

    def named(name: str, kwargs: Mapping[str, Any]) -> Any:
        """Return what was not given by position; raise KeyError if it is missing."""
        if name == spare:
            return {other: kwargs[other] for other in kwargs.keys() - plain.keys()}
        return kwargs[name] if name in kwargs else defaults[name]

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        sizes: Sizes = {}
        given = [validate(value, sizes) for validate, value in zip(positional, args)]
        if len(args) > len(given):
            extra = args[len(given) :]
            given += [rest(i)(value, sizes) for i, value in enumerate(extra)] if rest else extra
        if kwargs:
            for name, validate in plain.items():  # in the order of the signature, not of the call
                if name in kwargs:
                    kwargs[name] = validate(kwargs[name], sizes)
            if others:
                for name in kwargs.keys() - plain.keys():
                    kwargs[name] = others(name)(kwargs[name], sizes)
        if wanted:
            try:
                picked = [given[i] if i < len(given) else named(name, kwargs) for name, i in wanted]
            except KeyError:
                return function(*given, **kwargs)  # Python says what is missing
            where(*picked)
        return function(*given, **kwargs)

    return call


def body(function: F) -> F:
    """Return a validated function without the validation: for loops over arguments that were validated."""
    return function.__wrapped__  # type: ignore[attr-defined]


def _validator(name: str, hint: Any) -> Validate:
    """Compile the annotation of the argument, or of a part of it, that errors are to call ``name``."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(name, *args)
    if origin in (Union, types.UnionType):
        return _optional(name, [arg for arg in args if arg is not types.NoneType])
    if origin is Literal:
        return _required(require_choice, name, args)
    if origin in (tuple, list, Sequence):
        return _sequence(name, origin, args)
    if hint is Any or isinstance(hint, TypeVar):
        return _anything
    kind: Any = origin or hint
    if not isinstance(kind, type):
        raise TypeError(f"{name} must have an annotation that can be validated, got {hint}")
    if issubclass(kind, jaxtyping.AbstractArray):
        return _array(name, kind)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _record(name, kind)
    if kind is Callable or getattr(kind, "_is_protocol", False):
        return _required(require_callable, name)
    if kind is np.random.Generator:
        return _required(lambda name, value: require_generator(value, name), name)
    if kind in NUMBERS:
        return _converted(NUMBERS[kind], name)
    return _required(require_type, name, *((bool, np.bool_) if kind is bool else (kind,)))


NUMBERS: Mapping[Any, Callable[[str, Any], Any]] = {float: require_number, int: require_integer}


def _anything(value: Any, sizes: Sizes) -> Any:
    return value


def _required(require: Callable[..., Any], name: str, *details: Any) -> Validate:
    def validate(value: Any, sizes: Sizes) -> Any:
        require(name, value, *details)
        return value

    return validate


def _converted(require: Callable[[str, Any], Any], name: str) -> Validate:
    return lambda value, sizes: require(name, value)


def _annotated(name: str, base: Any, *requirements: Any) -> Validate:
    """A requirement of a number says all about it; one of an array comes on top of its axes."""
    steps = [_converted(require, name) for require in requirements if callable(require)]
    if base not in NUMBERS:
        steps.insert(0, _validator(name, base))
    if len(steps) == 1:
        return steps[0]

    def validate(value: Any, sizes: Sizes) -> Any:
        for step in steps:
            value = step(value, sizes)
        return value

    return validate


def _optional(name: str, members: Sequence[Any]) -> Validate:
    if len(members) > 1:
        raise TypeError(f"{name} must be one kind of argument or None, got {members}")
    (member,) = members
    array = isinstance(member, type) and issubclass(member, jaxtyping.AbstractArray)
    validator = _array(name, member, "None or ") if array else _validator(name, member)
    return lambda value, sizes: None if value is None else validator(value, sizes)


def _entries(name: str, hint: Any) -> Callable[[int], Validate]:
    """Validators of what ``*name`` may take, each compiled when the first call with so many comes."""
    return functools.cache(lambda i: _validator(f"{name}[{i}]", hint))


def _sequence(name: str, kind: type, hints: tuple[Any, ...]) -> Validate:
    exact = kind is tuple and ... not in hints
    hint = hints[0] if hints else Any
    entry = _anything if exact else _validator(f"{name}[0]", hint)
    parts = [_validator(f"{name}[{i}]", part) for i, part in enumerate(hints)] if exact else []
    own_axes = not exact and hasattr(hint, "_fields")

    def validate(value: Any, sizes: Sizes) -> Any:
        require_type(name, value, kind)
        if exact:
            if len(value) != len(parts):
                raise ValueError(f"{name} must have {len(parts)} entries, got {len(value)}")
            for part, each in zip(parts, value):
                part(each, sizes)
        elif hint is not Any:
            for i, each in enumerate(value):
                inner = {DTYPE: sizes[DTYPE]} if DTYPE in sizes else {}
                found = inner if own_axes else sizes
                before = dict(found)
                try:
                    entry(each, found)
                except (TypeError, ValueError):
                    _validator(f"{name}[{i}]", hint)(each, before)  # raises again, and says which entry it is
                    raise
                if own_axes and DTYPE in inner:
                    sizes[DTYPE] = inner[DTYPE]
        return value

    return validate


def _record(name: str, kind: Any) -> Validate:
    hints = get_type_hints(kind, include_extras=True)
    fields = [(i, _validator(f"{name}.{field}", hints[field])) for i, field in enumerate(kind._fields)]
    fields = [(i, validator) for i, validator in fields if validator is not _anything]

    def validate(value: Any, sizes: Sizes) -> Any:
        if not isinstance(value, kind):
            require_type(name, value, kind)
        for i, validator in fields:
            validator(value[i], sizes)
        return value

    return validate


def _array(name: str, hint: Any, optional: str = "") -> Validate:
    kinds, expected = KINDS[hint.dtype]
    axes = hint.dim_str.split()
    lead = axes.pop(0) if axes and axes[0].startswith(("...", "*")) else ""
    rank = len(axes)
    # Counted from the end, for the sake of those in front.
    named = [(i - rank, axis) for i, axis in enumerate(axes) if not (axis.isdigit() or axis.startswith("_"))]
    fixed = [(i - rank, int(axis)) for i, axis in enumerate(axes) if axis.isdigit()]

    def validate(value: Any, sizes: Sizes) -> Any:
        if not isinstance(value, ndarray):
            raise TypeError(f"{name} must be {optional}{expected}, got {type(value).__name__}")
        dtype, shape = value.dtype, value.shape
        if dtype.kind not in kinds:
            got = f"dtype {dtype}" if kinds == "f" else dtype
            raise TypeError(f"{name} must be {optional}{expected}, got {got}")
        if kinds == "f" and sizes.setdefault(DTYPE, dtype) != dtype:
            raise TypeError(f"{name} must have dtype {sizes[DTYPE]}, got {dtype}")
        known, front = len(sizes), len(shape) - rank
        fits = front >= 0 and sizes.setdefault(lead, shape[:front]) == shape[:front] if lead else front == 0
        for i, axis in named if fits else ():
            if sizes.setdefault(axis, shape[i]) != shape[i]:
                fits = False
        if not fits or (fixed and any(shape[i] != n for i, n in fixed)):
            raise ValueError(_misfit(name, lead, axes, dict(islice(sizes.items(), known)), shape))
        return value

    def validate_broadcast(value: Any, sizes: Sizes) -> Any:
        if not isinstance(value, ndarray) or value.dtype.kind not in kinds:
            got = getattr(value, "dtype", type(value).__name__)
            raise TypeError(f"{name} must be {optional}{expected}, got {got}")
        to = (*sizes.get(lead.replace("#", ""), ()), *(sizes[axis.replace("#", "")] for axis in axes))
        pairs = zip(reversed(value.shape), reversed(to))
        if value.ndim > len(to) or any(n not in (1, m) for n, m in pairs):
            raise ValueError(f"{name} must broadcast to shape {to}, got {value.shape}")
        return value

    return validate_broadcast if "#" in hint.dim_str else validate


def _misfit(name: str, lead: str, axes: Iterable[str], known: Sizes, shape: tuple[int, ...]) -> str:
    """Say which axes were expected: the lengths that earlier arguments have fixed beside their names."""
    if lead in known and not axes:
        return f"{name} must have shape {known[lead]}, got {shape}"
    front = [f"axis {i}={n}" for i, n in enumerate(known[lead])] if lead in known else [lead] * bool(lead)
    expected = ", ".join([*front, *(f"{axis}={known[axis]}" if axis in known else axis for axis in axes)])
    return f"{name} must have axes ({expected}), got shape {shape}"
