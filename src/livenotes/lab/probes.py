"""What a trained net looks like inside."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def mean_correlation(h: Float[ndarray, "B U"]) -> float:
    """Mean absolute correlation between two units that are not constant, over the examples of a batch."""
    table = np.abs(np.corrcoef(h[:, h.std(axis=0) > 0].T))
    return float((table.sum() - len(table)) / (len(table) * (len(table) - 1)))
