"""The one record every recurrent layer is stored as.

A cell is a set of pure functions. Code that takes a :class:`Cell` runs any of them: a single cell, one that
reads its sequence in both directions, or a stack.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from jaxtyping import Float
from numpy import ndarray


class Gradients(NamedTuple):
    """What ``backward`` returns: gradients in the order of forward's arguments, each with its structure.

    ``step_back`` returns the same of one step, where the state is the one before it.
    """

    g_params: Any
    g_x: Float[ndarray, "... B D"]
    g_state0: Any


@dataclass(frozen=True)
class Cell:
    """A recurrent layer: its functions, and what a page needs to name it.

    Attributes
    ----------
    name : str
        Key in :data:`livenotes.recurrent.CELLS`.
    title : str
        What a legend shows.
    cite : str
        Key of the paper in the bibliography.
    init : (rng, inputs, hidden, *, recurrent, dtype) -> params
    zero_state : (params, batch) -> state
    step : (params, x_t, state) -> state, or None
        One time step; None for a layer that needs the whole sequence at once.
    output : (state) -> array, shape (B, width * H), or None
        What of the state is the layer's output; None where ``step`` is.
    forward : (params, x, state0, mask=None) -> (outputs, tape)
    backward : (tape, g_outputs, g_state=None) -> Gradients
        ``g_state`` is the gradient with respect to the final state, beyond the outputs.
    final_state : (tape) -> state
    width : int
        Output features for each hidden unit: 2 for a bidirectional layer.
    """

    name: str
    title: str
    cite: str
    init: Callable[..., Any]
    zero_state: Callable[[Any, int], Any]
    step: Callable[[Any, ndarray, Any], Any] | None
    output: Callable[[Any], ndarray] | None
    forward: Callable[..., tuple[ndarray, Any]]
    backward: Callable[..., Gradients]
    final_state: Callable[[Any], Any]
    width: int = 1
