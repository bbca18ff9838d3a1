"""Checks on arguments: every error names the argument, what was given and what was expected."""

import math
from numbers import Real
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


def require_like(name: str, value: object, other: np.ndarray) -> None:
    """Raise unless ``value`` is an array with the shape and dtype of ``other``."""
    require_float_array(name, value)
    assert isinstance(value, np.ndarray)
    require_dtype(name, value, other.dtype)
    require_shape(name, value, other.shape)


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
