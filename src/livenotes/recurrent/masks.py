"""Sequences of different length in one batch: which steps are real and which are padding.

A cell given a mask keeps its state through padded steps, so the last output is the last real one wherever
the sequence ended, and no gradient reaches the padding. Explained in the chapter on
the LSTM and its variants.
"""

import numpy as np
from jaxtyping import Bool, Int
from numpy import ndarray

from livenotes._arguments import Natural
from livenotes._validated import validated


def _require_within(lengths: Int[ndarray, " B"], steps: int) -> None:
    if lengths.size and (lengths.min() < 0 or lengths.max() > steps):
        raise ValueError(
            f"lengths must lie between 0 and steps={steps}, got {lengths.min()}..{lengths.max()}"
        )


@validated(where=_require_within)
def mask_from_lengths(lengths: Int[ndarray, " B"], steps: Natural) -> Bool[ndarray, "T B"]:
    r"""Mask that is true at step $t$ of sequence $b$ while $t <$ ``lengths[b]``.

    Parameters
    ----------
    lengths : int array, shape (B,)
        Number of real steps of each sequence, from 0 to ``steps``.
    steps : int
        Length T of the padded batch.

    Returns
    -------
    bool array, shape (T, B)

    Raises
    ------
    TypeError, ValueError
        If ``lengths`` is not a vector of integers, or one of them is negative or beyond ``steps``.
    """
    mask: ndarray = np.arange(steps)[:, None] < lengths
    return mask
