"""Symbols as vectors."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray


def one_hot(symbols: Int[ndarray, "T B"], classes: int) -> Float[ndarray, "T B K"]:
    """Vector of ``classes`` zeros for each symbol, with a one in its place."""
    vectors: ndarray = np.eye(classes)[symbols]
    return vectors
