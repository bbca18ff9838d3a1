r"""Long short-term memory, with optional peepholes and coupled gates, and its adjoint.

$$\begin{aligned}
i_t &= \sigma(W_{xi} x_t + W_{hi} h_{t-1} + p_i \odot c_{t-1} + b_i) &
f_t &= \sigma(W_{xf} x_t + W_{hf} h_{t-1} + p_f \odot c_{t-1} + b_f) \\
g_t &= \tanh(W_{xg} x_t + W_{hg} h_{t-1} + b_g) &
c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
o_t &= \sigma(W_{xo} x_t + W_{ho} h_{t-1} + p_o \odot c_t + b_o) &
h_t &= o_t \odot \tanh(c_t)
\end{aligned}$$

Gates are stacked i, f, g, o along the first axis of every parameter. The parameters alone say which variant
they belong to: without peepholes ``p`` is None; with coupled gates, $i_t = 1 - f_t$, there is no block for i,
and the stack is f, g, o. Axes: T time, B batch, D input, H hidden, G gates (4, or 3 if coupled), P peepholes
(i, f, o, or f, o).

Sources: {cite}`hochreiter1997long`, forget gate {cite}`gers2000learning`, peepholes {cite}`gers2002learning`,
coupled gates {cite}`greff2017lstm`. Explained in the chapter on the LSTM and its variants.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import require_count, require_number, require_type

from ._checks import require_mask
from ._lstm_records import (
    STANDARD,
    LSTMParams,
    LSTMState,
    LSTMTape,
    Roles,
    check,
    parts,
)
from ._lstm_step import peephole_gradient, update, update_back
from ._padding import hold, set_aside
from ._products import bias_gradient, by_gate, input_gradient, multiply_rows, project, weight_gradient
from .cell import Cell, Gradients
from .initializers import Initializer, glorot_uniform, orthogonal, stack


def init(
    rng: Generator,
    inputs: int,
    hidden: int,
    *,
    peephole: bool = False,
    coupled: bool = False,
    forget_bias: float = 1.0,
    recurrent: Initializer = orthogonal,
    dtype: Any = np.float64,
) -> LSTMParams:
    r"""Draw parameters: Glorot-uniform input weights, ``recurrent`` for the state's, a block for each gate.

    Parameters
    ----------
    rng : numpy.random.Generator
    inputs, hidden : int, at least 1
        Sizes D and H.
    peephole, coupled : bool
        Which variant. Peephole weights start at zero.
    forget_bias : float, finite
        Initial bias of the forget gate, all other biases being zero. At 1 the cell starts out
        remembering, $\sigma(1) \approx 0.73$ {cite}`jozefowicz2015empirical`.
    recurrent : initializer
        One of :mod:`livenotes.recurrent.initializers`.
    dtype : float type

    Returns
    -------
    LSTMParams

    Raises
    ------
    TypeError, ValueError
        If a size is no integer of at least 1, ``forget_bias`` not finite, or ``dtype`` no float type.
    """
    require_count("inputs", inputs)
    require_count("hidden", hidden)
    forget_bias = require_number("forget_bias", forget_bias)
    gates = 3 if coupled else 4
    b = np.zeros((gates, hidden), dtype)
    b[-3] = forget_bias
    return LSTMParams(
        w_x=stack(glorot_uniform, rng, gates, hidden, inputs, dtype),
        w_h=stack(recurrent, rng, gates, hidden, hidden, dtype),
        b=b.ravel(),
        p=np.zeros((gates - 1, hidden), dtype) if peephole else None,
    )


def zero_state(params: LSTMParams, batch: int) -> LSTMState:
    """State of zeros for ``batch`` sequences, in the precision of the parameters."""
    hidden = check(params)
    require_count("batch", batch, 0)
    zeros = np.zeros((batch, hidden), params.b.dtype)
    return LSTMState(zeros, zeros.copy())


def step(
    params: LSTMParams, x_t: Float[ndarray, "B D"], state: LSTMState, *, roles: Roles = STANDARD
) -> LSTMState:
    """Advance the state by one time step: forget, write, and show a part of the result.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    require_type("roles", roles, Roles)
    check(params, ("x_t", x_t, "B D"), *parts("state", state))
    a = x_t @ params.w_x.T + state.h @ params.w_h.T + params.b  # (B, G*H)
    *a_i, a_f, a_g, a_o = np.split(a, a.shape[1] // state.c.shape[1], axis=1)
    p_i, p_f, p_o = (0, 0, 0) if params.p is None else (params.p[0], *params.p[-2:])
    f = roles.gate.value(a_f + p_f * state.c)
    i = roles.gate.value(a_i[0] + p_i * state.c) if a_i else 1 - f
    c = f * state.c + i * roles.candidate.value(a_g)
    o = roles.gate.value(a_o + p_o * c)
    return LSTMState(o * roles.squash.value(c), c)


def forward(
    params: LSTMParams,
    x: Float[ndarray, "T B D"],
    state0: LSTMState,
    mask: Bool[ndarray, "T B"] | None = None,
    *,
    roles: Roles = STANDARD,
) -> tuple[Float[ndarray, "T B H"], LSTMTape]:
    """Run the cell over a sequence, keeping what backward will need.

    The same computation as repeated :func:`step`, with the input's products taken for all steps at once and
    every result written into its place on the tape.

    Parameters
    ----------
    params : LSTMParams
    x : float array, shape (T, B, D)
    state0 : LSTMState
    mask : bool array, shape (T, B), optional
        False at padded steps: the state stays as it is.
    roles : Roles
        Nonlinearities, if others than the standard ones are to be tried.

    Returns
    -------
    outputs : float array, shape (T, B, H)
        ``h`` after every step.
    tape : LSTMTape
        Its ``gates[:, t]`` are the values of i, f, g, o at step t.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    require_type("roles", roles, Roles)
    hidden = check(params, ("x", x, "T B D"), *parts("state0", state0))
    require_mask(mask, *x.shape[:2])
    steps, batch, _ = x.shape
    w_h = by_gate(params.w_h, hidden)
    h, c = (np.empty((steps + 1, batch, hidden), x.dtype) for _ in state0)
    h[0], c[0] = state0
    gates = project(x, params.w_x, params.b, hidden)
    tape = LSTMTape(x, h, c, gates, np.empty_like(h[1:]), mask, roles)
    recurrent = np.empty((len(gates), batch, hidden), x.dtype)
    for t in range(steps):
        np.matmul(h[t], w_h, out=recurrent)
        gates[:, t] += recurrent
        update(params.p, tape, t)
        hold(mask, t, h, c)
    return h[1:], tape


def backward(
    params: LSTMParams,
    tape: LSTMTape,
    g_outputs: Float[ndarray, "T B H"],
    g_state: LSTMState | None = None,
) -> Gradients:
    r"""Backpropagate through time.

    Two gradients travel back, $\partial L/\partial h_t$ through the gates and $\partial L/\partial c_t$ along
    the cell state, where each step multiplies it by $f_t$ alone.

    Parameters
    ----------
    params : LSTMParams
    tape : LSTMTape
    g_outputs : float array, shape (T, B, H)
        dL/d(outputs).
    g_state : LSTMState, optional
        What the loss owes to the final state beyond the outputs, if a decoder starts from it.

    Returns
    -------
    Gradients of ``params`` (an LSTMParams), ``x`` and ``state0`` (an LSTMState)

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    require_type("tape", tape, LSTMTape)
    gates, steps, batch, hidden = tape.gates.shape
    if g_state is None:
        g_state = zero_state(params, batch)
    arriving = ("g_outputs", g_outputs, "T B H"), *parts("g_state", g_state)
    check(params, ("tape.x", tape.x, "T B D"), *arriving)
    g_h, g_c = g_state.h.copy(), g_state.c.copy()  # dL/dh_t and dL/dc_t, arriving from t + 1
    g_a = np.empty((steps, batch, gates * hidden), tape.x.dtype)
    g_by_gate = g_a.reshape(steps, batch, gates, hidden)
    g_a_t = np.empty((gates, batch, hidden), tape.x.dtype)
    for t in reversed(range(steps)):
        g_h += g_outputs[t]
        aside = set_aside(tape.mask, t, g_h, g_c)
        update_back(params.p, tape, t, g_h, g_c, g_a_t)
        g_by_gate[t] = g_a_t.swapaxes(0, 1)
        multiply_rows(g_a[t], params.w_h, out=g_h)
        if aside:
            g_h += aside[0]
            g_c += aside[1]
    g_params = LSTMParams(
        w_x=weight_gradient(g_a, tape.x),
        w_h=weight_gradient(g_a, tape.h[:-1]),
        b=bias_gradient(g_a),
        p=None if params.p is None else peephole_gradient(g_by_gate, tape.c),
    )
    return Gradients(g_params, input_gradient(g_a, params.w_x), LSTMState(g_h, g_c))


def final_state(tape: LSTMTape) -> LSTMState:
    """State after the last step: where the next stretch of the sequence, or a decoder, starts."""
    require_type("tape", tape, LSTMTape)
    return LSTMState(tape.h[-1], tape.c[-1])


def output(state: LSTMState) -> Float[ndarray, "B H"]:
    """What of the state is the cell's output: ``h``."""
    require_type("state", state, LSTMState)
    return state.h


def _cell(name: str, title: str, cite: str, init: Callable[..., LSTMParams]) -> Cell:
    return Cell(
        name=name,
        title=title,
        cite=cite,
        init=init,
        zero_state=zero_state,
        step=step,
        output=output,
        forward=forward,
        backward=backward,
        final_state=final_state,
    )


LSTM = _cell("lstm", "LSTM", "hochreiter1997long", init)
LSTM_PEEPHOLE = _cell("lstm_peephole", "LSTM, peepholes", "gers2002learning", partial(init, peephole=True))
LSTM_COUPLED = _cell("lstm_coupled", "LSTM, coupled gates", "greff2017lstm", partial(init, coupled=True))
