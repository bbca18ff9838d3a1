"""Checks on arguments: every error names the argument, what was given and what was expected."""

import math
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np

Number: TypeAlias = float | int | np.floating[Any] | np.integer[Any]


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


def require_like(name: str, value: np.ndarray, other: np.ndarray) -> None:
    """Raise unless ``value`` is a float array with the shape and dtype of ``other``."""
    require_float_array(name, value)
    require_dtype(name, value, other.dtype)
    require_shape(name, value, other.shape)


def require_axes(*arguments: tuple[str, np.ndarray, str]) -> None:
    """Raise unless all are float arrays of one dtype whose named axes agree.

    Parameters
    ----------
    *arguments : (name, array, axes)
        As in ``require_axes(("x", x, "B D"), ("w", w, "H D"))``: both D must be equal. Axes that
        start with ``...`` allow any number of further ones in front, the same for all.

    Raises
    ------
    TypeError
        An argument is not a float array, or not of the first one's dtype.
    ValueError
        An array has the wrong number of axes, or an axis another length than it had before.
    """
    sizes: dict[str, int] = {}
    for name, value, axes in arguments:
        require_float_array(name, value)
        require_dtype(name, value, arguments[0][1].dtype)
        names = axes.replace("...", "").split()
        if "..." in axes:
            lead = sizes.setdefault("...", value.ndim - len(names))
            names = [f"axis {i}" for i in range(lead)] + names
        known = dict(sizes)
        fits = len(names) == value.ndim and all(
            sizes.setdefault(a, n) == n for a, n in zip(names, value.shape, strict=True)
        )
        if not fits:
            expected = ", ".join(f"{a}={known[a]}" if a in known else a for a in names)
            raise ValueError(f"{name} must have axes ({expected}), got shape {value.shape}")


def require_ids(name: str, ids: np.ndarray, size: int) -> None:
    """Raise unless ``ids`` is an array of integers from 0 to ``size - 1``."""
    if not isinstance(ids, np.ndarray) or not np.issubdtype(ids.dtype, np.integer):
        raise TypeError(
            f"{name} must be an array of integers, got {getattr(ids, 'dtype', type(ids).__name__)}"
        )
    if ids.size and not 0 <= ids.min() <= ids.max() < size:
        raise ValueError(f"{name} must be in 0..{size - 1}, got {ids.min()}..{ids.max()}")


def require_generator(value: object) -> None:
    """Raise TypeError unless ``value`` is a numpy.random.Generator."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(value).__name__}")


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
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return int(value)
