"""What a cell does at padded steps of its loops over time; without a mask, nothing."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray


def hold(mask: Bool[ndarray, "T B"] | None, t: int, *states: Float[ndarray, "T1 B H"]) -> None:
    """Where step ``t`` is padding, overwrite the state after it (T1 = T + 1) by the state before it."""
    if mask is not None:
        for state in states:
            np.copyto(state[t + 1], state[t], where=~mask[t, :, None])


def set_aside(
    mask: Bool[ndarray, "T B"] | None, t: int, *gradients: Float[ndarray, "B H"]
) -> list[Float[ndarray, "B H"]]:
    """Where step ``t`` is padding, take the rows out of the gradients: they pass by the cell untouched.

    The rows left are zero, so nothing reaches the parameters. After the step, :func:`put_back` what is
    returned.
    """
    if mask is None:
        return []
    aside = [np.where(mask[t, :, None], 0, g) for g in gradients]
    for g in gradients:
        g[~mask[t]] = 0
    return aside


def put_back(aside: Sequence[Float[ndarray, "B H"]], *gradients: Float[ndarray, "B H"]) -> None:
    """Add what was set aside to the gradients on the other side of the step."""
    for rows, g in zip(aside, gradients, strict=False):  # none was set aside without a mask
        np.add(g, rows, out=g)
