"""The windows of a convolution: with them, it is a dense layer that all places share. Axes B, Y, X, C."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view


def patches(x: Float[ndarray, "B Y X C"]) -> Float[ndarray, "B Y X P"]:
    """Collect the 3 x 3 pixels around every pixel, 0 beyond the edge."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = sliding_window_view(padded, (3, 3), axis=(1, 2))
    return windows.reshape(*x.shape[:3], -1)  # axes C, 3, 3 become one


def patches_back(g: Float[ndarray, "B Y X P"]) -> Float[ndarray, "B Y X C"]:
    """Add up, for every pixel, what the patches that hold it send back."""
    count, height, width, _ = g.shape
    parts = g.reshape(count, height, width, -1, 3, 3)
    padded = np.zeros((count, height + 2, width + 2, parts.shape[3]), g.dtype)
    for i, j in np.ndindex(3, 3):
        padded[:, i : i + height, j : j + width] += parts[..., i, j]
    return padded[:, 1:-1, 1:-1]
