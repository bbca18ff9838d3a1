"""Checks of arguments that only recurrent layers have."""

from typing import Any

import numpy as np
from numpy import ndarray


def require_type(name: str, value: object, expected: type) -> None:
    """Raise TypeError for another type: the parameters of another cell, for instance."""
    if not isinstance(value, expected):
        raise TypeError(f"{name} must be {expected.__name__}, got {type(value).__name__}")


def require_mask(mask: object, steps: int, batch: int) -> None:
    """Raise unless ``mask`` is None or an array of booleans over time and batch."""
    if mask is None:
        return
    if not isinstance(mask, ndarray) or mask.dtype != np.bool_:
        raise TypeError(
            f"mask must be None or an array of bools, got {getattr(mask, 'dtype', type(mask).__name__)}"
        )
    if mask.shape != (steps, batch):
        raise ValueError(f"mask must have axes (T={steps}, B={batch}), got shape {mask.shape}")


Argument = tuple[str, Any, str]  # name, array, axes: what require_axes takes
