"""Checks of arguments: an error names the argument, what was given and what was expected."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray


def require_float(name: str, value: Any, axes: dict[str, int | None], dtype: Any = None) -> None:
    """Refuse anything but a float array with these axes.

    ``axes`` maps a letter to a length, or to None where any length will do; ``dtype`` is that of the
    parameters: mixing precisions would silently promote half of the computation.
    """
    if not isinstance(value, ndarray) or value.dtype.kind != "f":
        given = f"{value.dtype} array" if isinstance(value, ndarray) else type(value).__name__
        raise TypeError(f"{name} must be a float array, got {given}")
    _require_axes(name, value, axes)
    if dtype is not None and value.dtype != dtype:
        raise TypeError(f"{name} must be {dtype}, as the parameters are, got {value.dtype}")


def require_input(name: str, value: Any, inputs: int, dtype: Any) -> int:
    """Refuse what is no batch of D = ``inputs`` features, at every step or at one; return the batch size."""
    leading: dict[str, int | None] = {"T": None, "B": None} if name == "x" else {"B": None}
    require_float(name, value, {**leading, "D": inputs}, dtype)
    batch: int = value.shape[-2]
    return batch


def require_mask(mask: Any, steps: int, batch: int) -> None:
    """Refuse a mask that is neither None nor a boolean array over time and batch."""
    if mask is None:
        return
    if not isinstance(mask, ndarray) or mask.dtype != np.bool_:
        given = f"{mask.dtype} array" if isinstance(mask, ndarray) else type(mask).__name__
        raise TypeError(f"mask must be None or a bool array, got {given}")
    _require_axes("mask", mask, {"T": steps, "B": batch})


def require_type(name: str, value: Any, expected: type) -> None:
    """Refuse a value of another type: the parameters of one cell given to another, for instance."""
    if not isinstance(value, expected):
        raise TypeError(f"{name} must be {expected.__name__}, got {type(value).__name__}")


def require_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Refuse anything but one of these words."""
    if value not in (allowed := tuple(choices)):
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


def require_at_least(minimum: int, **values: Any) -> None:
    """Refuse counts that are not integers of at least ``minimum``."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise TypeError(f"{name} must be an integer, got {value!r}")
        if value < minimum:
            raise ValueError(f"{name} must be at least {minimum}, got {value}")


def _require_axes(name: str, value: ndarray, axes: dict[str, int | None]) -> None:
    wanted = tuple(axes.values())
    fits = value.ndim == len(wanted) and all(
        length in (None, given) for length, given in zip(wanted, value.shape, strict=True)
    )
    if not fits:
        letters = ", ".join(key if length is None else f"{key}={length}" for key, length in axes.items())
        raise ValueError(f"{name} must have axes ({letters}), got shape {value.shape}")
