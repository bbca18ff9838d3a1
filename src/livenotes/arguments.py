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


def require_same_shape(name: str, value: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless the array has exactly this shape."""
    if value.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {value.shape}")


def require_number(name: str, value: object) -> float:
    """Return ``value`` as a Python float; raise TypeError or ValueError unless it is a finite real number.

    A Python float never widens a float32 array, as a NumPy float64 scalar would.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)
