"""One unit, small enough to follow by hand: its states, and the gradient on its way back."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import require_count, require_number
from livenotes.recurrent import elman


class Unfolded(NamedTuple):
    """What a unit computes over T steps from a single 1 at the first, with loss L = h_T.

    Attributes
    ----------
    h : (T + 1,)
        The state before the first step, which is 0, and after each.
    g_a : (T,)
        dL/da_t, with a_t what goes into the activation at step t.
    terms : (T,)
        What each step adds to dL/dW_h.
    g_w_h : float
        Their sum, as ``elman.backward`` returns it.
    """

    h: Float[ndarray, " T+1"]
    g_a: Float[ndarray, " T"]
    terms: Float[ndarray, " T"]
    g_w_h: float


def unfolded(steps: int, w_h: float) -> Unfolded:
    """Run a tanh unit with input weight 1 and no bias forward over a one and zeros, and back.

    Raises
    ------
    TypeError, ValueError
        If ``steps`` is not an integer of at least 1, or ``w_h`` not finite.
    """
    require_count("steps", steps)
    one = np.ones((1, 1))
    params = elman.ElmanParams(w_x=one, w_h=require_number("w_h", w_h) * one, b=np.zeros(1))
    x = np.zeros((steps, 1, 1))
    x[0] = 1
    outputs, tape = elman.forward(params, x, np.zeros((1, 1)))
    g_outputs = np.zeros_like(outputs)
    g_outputs[-1] = 1
    gradients = elman.backward(tape, g_outputs)
    h, g_a = tape.h[:, 0, 0], gradients.g_x[:, 0, 0]  # the input weight is 1, so g_x is dL/da
    return Unfolded(h, g_a, g_a * h[:-1], float(gradients.g_params.w_h[0, 0]))
