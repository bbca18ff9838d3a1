"""Checks on arguments: every error names the argument, what was given and what was expected."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from numbers import Integral, Real
from typing import Annotated, Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

Number: TypeAlias = float | int | np.floating[Any] | np.integer[Any]


def require_type(name: str, value: object, *expected: type) -> None:
    """Raise TypeError for another type: the tape of another function, for instance."""
    if not isinstance(value, expected):
        raise TypeError(f"{name} must be {expected[0].__name__}, got {type(value).__name__}")


def require_callable(name: str, value: object) -> None:
    """Raise TypeError unless ``value`` can be called."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, got {type(value).__name__}")


def require_float_dtype(value: DTypeLike) -> np.dtype[Any]:
    """Return ``value`` as a dtype; raise TypeError unless it is one of real floating-point numbers."""
    dtype = np.dtype(value)
    if dtype.kind != "f":
        raise TypeError(f"dtype must be a float type, got {dtype}")
    return dtype


def require_float_array(name: str, value: object) -> None:
    """Raise TypeError unless ``value`` is a NumPy array of floating-point numbers."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array of floats, got {type(value).__name__}")
    if not np.issubdtype(value.dtype, np.floating):
        raise TypeError(f"{name} must be a NumPy array of floats, got dtype {value.dtype}")


def require_shape(name: str, value: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless the array has exactly this shape."""
    if value.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {value.shape}")


def require_dtype(name: str, value: np.ndarray, dtype: np.dtype[Any]) -> None:
    """Raise TypeError unless the array has exactly this dtype: mixing two would widen one of them."""
    if value.dtype != dtype:
        raise TypeError(f"{name} must have dtype {dtype}, got {value.dtype}")


def require_ids(name: str, ids: np.ndarray, size: int) -> None:
    """Raise unless ``ids`` is an array of integers from 0 to ``size - 1``."""
    if not isinstance(ids, np.ndarray) or not np.issubdtype(ids.dtype, np.integer):
        raise TypeError(
            f"{name} must be an array of integers, got {getattr(ids, 'dtype', type(ids).__name__)}"
        )
    if ids.size and not 0 <= ids.min() <= ids.max() < size:
        raise ValueError(f"{name} must be in 0..{size - 1}, got {ids.min()}..{ids.max()}")


def require_generator(value: object, name: str = "rng") -> None:
    """Raise TypeError unless ``value`` is a numpy.random.Generator."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"{name} must be a numpy.random.Generator, got {type(value).__name__}")


def require_number(name: str, value: object) -> float:
    """Return ``value`` as a Python float; raise TypeError or ValueError unless it is a finite real number.

    A Python float never widens a float32 array, as a NumPy float64 scalar would.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)


def require_positive(name: str, value: Number) -> float:
    """Return ``value`` as a float; raise unless it is a finite number above 0."""
    number = require_number(name, value)
    if number <= 0:
        raise ValueError(f"{name} must be greater than 0, got {number:g}")
    return number


def require_nonnegative(name: str, value: Number) -> float:
    """Return ``value`` as a float; raise unless it is a finite number, 0 or above."""
    number = require_number(name, value)
    if number < 0:
        raise ValueError(f"{name} must be 0 or greater, got {number:g}")
    return number


def require_fraction(name: str, value: Number) -> float:
    """Return ``value`` as a float; raise unless it lies in [0, 1)."""
    number = require_number(name, value)
    if not 0 <= number < 1:
        raise ValueError(f"{name} must be in [0, 1), got {number:g}")
    return number


def require_count(name: str, value: object, least: int = 1) -> int:
    """Return ``value`` as an int; raise unless it is a whole number of at least ``least``."""
    number = require_integer(name, value)
    if number < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return number


def require_integer(name: str, value: object) -> int:
    """Return ``value`` as an int; raise TypeError unless it is a whole number."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    return int(value)


def require_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Raise ValueError unless ``value`` is one of these words."""
    allowed = tuple(choices)
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


def at_least(least: int) -> Callable[[str, object], int]:
    """Return the requirement of a whole number from ``least`` on: ``Annotated[int, at_least(2)]``."""
    return partial(require_count, least=least)


# Kinds of numbers, for annotations that are validated: what comes in is converted to a Python number.
Finite: TypeAlias = Annotated[float, require_number]
Positive: TypeAlias = Annotated[float, require_positive]
NonNegative: TypeAlias = Annotated[float, require_nonnegative]
Fraction: TypeAlias = Annotated[float, require_fraction]
Count: TypeAlias = Annotated[int, require_count]
Natural: TypeAlias = Annotated[int, at_least(0)]
FloatDtype: TypeAlias = Annotated[Any, lambda name, value: require_float_dtype(value)]
