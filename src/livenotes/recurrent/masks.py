"""Sequences of different length in one batch: which steps are real and which are padding.

A cell given a mask keeps its state through padded steps, so the last output is the last real one wherever
the sequence ended, and no gradient reaches the padding.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from livenotes.arguments import require_count


def mask_from_lengths(lengths: Int[ndarray, " B"], steps: int) -> Bool[ndarray, "T B"]:
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
        If ``lengths`` is no vector of integers, or one of them is negative or beyond ``steps``.
    """
    require_count("steps", steps, 0)
    if not isinstance(lengths, ndarray) or lengths.dtype.kind not in "iu":
        raise TypeError(f"lengths must be an integer array, got {getattr(lengths, 'dtype', type(lengths))}")
    if lengths.ndim != 1:
        raise ValueError(f"lengths must have axes (B), got shape {lengths.shape}")
    if lengths.size and (lengths.min() < 0 or lengths.max() > steps):
        raise ValueError(
            f"lengths must lie between 0 and steps={steps}, got {lengths.min()}..{lengths.max()}"
        )
    mask: ndarray = np.arange(steps)[:, None] < lengths
    return mask


def hold(mask: Bool[ndarray, "T B"] | None, t: int, *states: Float[ndarray, "T1 B H"]) -> None:
    """Where step ``t`` is padding, overwrite the state after it (T1 = T + 1) by the state before it."""
    if mask is not None:
        for state in states:
            np.copyto(state[t + 1], state[t], where=~mask[t, :, None])


def set_aside(
    mask: Bool[ndarray, "T B"] | None, t: int, *gradients: Float[ndarray, "B H"]
) -> list[Float[ndarray, "B H"]]:
    """Where step ``t`` is padding, take the rows out of the gradients: they pass by the cell untouched.

    The rows left are zero, so nothing reaches the parameters. Add what is returned (nothing without a mask)
    to the gradients after the step.
    """
    if mask is None:
        return []
    aside = [np.where(mask[t, :, None], 0, g) for g in gradients]
    for g in gradients:
        g[~mask[t]] = 0
    return aside
