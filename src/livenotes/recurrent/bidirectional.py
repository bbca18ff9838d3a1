"""A layer that reads its sequence both ways: one cell from left to right, another from right to left.

Their outputs stand side by side along the last axis, so that every output has seen the whole sequence.
Sources: {cite}`schuster1997bidirectional`, with LSTM {cite}`graves2005framewise`. Explained in the chapter
on bidirectional and deep recurrent networks.

With a mask the reading from right to left starts at each sequence's own last real step; at padded steps its
output is the initial state.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count, Natural
from livenotes._validated import validated

from .cell import Cell, Gradients


class Directions(NamedTuple):
    """Parameters, states or tapes of the two readings."""

    left_to_right: Any
    right_to_left: Any


@validated
def over(cell: Cell) -> Cell:
    """Bidirectional layer made of two cells of this kind, a :class:`Cell` itself.

    Raises
    ------
    TypeError
        If ``cell`` is not a Cell.
    """
    return Cell(
        name=f"bidirectional({cell.name})",
        title=f"bidirectional {cell.title}",
        cite="schuster1997bidirectional",
        init=partial(init, cell),
        zero_state=partial(zero_state, cell),
        step=None,
        output=None,
        forward=partial(forward, cell),
        backward=partial(backward, cell),
        final_state=partial(final_state, cell),
        width=2 * cell.width,
    )


@validated
def init(cell: Cell, rng: Generator, inputs: Count, hidden: Count, **options: Any) -> Directions:
    """Draw parameters of both readings; ``options`` go to the cell's own ``init``."""
    return Directions(cell.init(rng, inputs, hidden, **options), cell.init(rng, inputs, hidden, **options))


@validated
def zero_state(cell: Cell, params: Directions, batch: Natural) -> Directions:
    """State of zeros for both readings."""
    return Directions(*(cell.zero_state(p, batch) for p in params))


@validated
def forward(
    cell: Cell,
    params: Directions,
    x: Float[ndarray, "... B D"],  # T B D, as the cell, which knows its D, will require
    state0: Directions,
    mask: Bool[ndarray, "T B"] | None = None,
) -> tuple[Float[ndarray, "T B H2"], Directions]:
    """Read the sequence in both directions, keeping what backward will need.

    Parameters
    ----------
    cell : Cell
    params : Directions of the cell's parameters
    x : float array, shape (T, B, D)
    state0 : Directions of the cell's states
        The second is the state to the right of the last step.
    mask : bool array, shape (T, B), optional
        False at padded steps.

    Returns
    -------
    outputs : float array, shape (T, B, 2*H)
        Left-to-right first.
    tape : Directions of the cell's tapes

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    ahead, ahead_tape = cell.forward(params.left_to_right, x, state0.left_to_right, mask)
    reversed_mask = None if mask is None else mask[::-1]
    back, back_tape = cell.forward(params.right_to_left, x[::-1], state0.right_to_left, reversed_mask)
    return np.concatenate([ahead, back[::-1]], axis=2), Directions(ahead_tape, back_tape)


@validated
def backward(
    cell: Cell,
    tape: Directions,
    g_outputs: Float[ndarray, "T B H2"],
    g_state: Directions | None = None,
) -> Gradients:
    """Backpropagate through both readings; the input's gradients of the two add up.

    Parameters
    ----------
    cell : Cell
    tape : Directions of the cell's tapes
    g_outputs : float array, shape (T, B, 2*H)
        dL/d(outputs).
    g_state : Directions of the cell's states, optional
        dL/d(final states) beyond the outputs.

    Returns
    -------
    Gradients with respect to ``params``, ``x`` and ``state0``

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    if g_state is None:
        g_state = Directions(None, None)
    g_ahead, g_back = np.array_split(g_outputs, 2, axis=2)
    ahead = cell.backward(tape.left_to_right, g_ahead, g_state.left_to_right)
    back = cell.backward(tape.right_to_left, g_back[::-1], g_state.right_to_left)
    return Gradients(
        g_params=Directions(ahead.g_params, back.g_params),
        g_x=ahead.g_x + back.g_x[::-1],
        g_state0=Directions(ahead.g_state0, back.g_state0),
    )


@validated
def final_state(cell: Cell, tape: Directions) -> Directions:
    """States after the last step of each reading: at the right end, and at the left."""
    return Directions(*(cell.final_state(t) for t in tape))
