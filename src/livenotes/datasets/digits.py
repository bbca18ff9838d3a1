"""The 1,797 handwritten digits of 8 x 8 pixels that install with scikit-learn {cite}`alpaydin1998cascading`.

Used in the chapter on activation functions and in the last one.
"""

from functools import cache
from typing import Annotated, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes._arguments import FloatDtype, require_ids
from livenotes._validated import validated

TRAINING = 1437  # four fifths; the 360 others are for validation
_SPLIT_SEED = 1797  # fixed once, so that every experiment of the book sees the same split


class Digits(NamedTuple):
    """Images as rows of 64 pixels and the digit each one shows, split in two."""

    x: Float[ndarray, "N 64"]
    labels: Int[ndarray, " N"]
    x_val: Float[ndarray, "V 64"]
    labels_val: Int[ndarray, " V"]


def _permutation(name: str, order: Int[ndarray, " 64"]) -> Int[ndarray, " 64"]:
    require_ids(name, order, 64)
    if not np.array_equal(np.sort(order), np.arange(64)):
        raise ValueError(f"{name} must be a permutation of 0..63, got shape {order.shape}, {order[:8]} ...")
    return order


@validated
def digits(
    *, order: Annotated[Int[ndarray, " 64"], _permutation] | None = None, dtype: FloatDtype = np.float64
) -> Digits:
    """Load the digits, standardized, in one fixed split.

    From every pixel its training mean is subtracted, and all are divided by one number, the training
    standard deviation over all pixels: some border pixels are nearly always blank, and dividing such a pixel
    by its own deviation would make a few images enormous.

    Parameters
    ----------
    order : (64,) int, optional
        A permutation of the pixels, the same for all images.
    dtype : numpy floating type

    Returns
    -------
    Digits
        New arrays: what the caller does to them stays with the caller.

    Raises
    ------
    TypeError, ValueError
        If ``dtype`` is not a float type, or ``order`` not a permutation of 0 … 63.
    """
    pixels = np.arange(64) if order is None else order
    images, labels = raw()
    train = images[:TRAINING]
    x = ((images - train.mean(axis=0)) / (train - train.mean(axis=0)).std()).astype(dtype)[:, pixels]
    return Digits(x[:TRAINING], labels[:TRAINING].copy(), x[TRAINING:], labels[TRAINING:].copy())


@cache
def raw() -> tuple[Float[ndarray, "N 64"], Int[ndarray, " N"]]:
    """Load all images as they are, from 0 to 16, and their labels; the first ``TRAINING`` are for training.

    The arrays are shared by all who call: copy them before you change them.
    """
    from sklearn.datasets import load_digits  # here, because it takes a second and brings most of SciPy

    images, labels = load_digits(return_X_y=True)
    turn = np.random.default_rng(_SPLIT_SEED).permutation(len(images))
    return images[turn], labels[turn]
