r"""Long short-term memory, with optional peepholes and coupled gates, and its adjoint.

$$\begin{aligned}
i_t &= \sigma(W_{xi} x_t + W_{hi} h_{t-1} + p_i \odot c_{t-1} + b_i) &
f_t &= \sigma(W_{xf} x_t + W_{hf} h_{t-1} + p_f \odot c_{t-1} + b_f) \\
g_t &= \tanh(W_{xg} x_t + W_{hg} h_{t-1} + b_g) &
c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
o_t &= \sigma(W_{xo} x_t + W_{ho} h_{t-1} + p_o \odot c_t + b_o) &
h_t &= o_t \odot \tanh(c_t)
\end{aligned}$$

:func:`step` and :func:`step_back` are the cell, one step forward and one step back; :func:`forward` and
:func:`backward` do the same for a whole sequence, faster.

Gates are stacked i, f, g, o along the first axis of every parameter. The parameters alone say which variant
they belong to: without peepholes ``p`` is None; with coupled gates, $i_t = 1 - f_t$, there is no block for i,
and the stack is f, g, o. Axes: T time, B batch, D input, H hidden, G gates (4, or 3 if coupled), P peepholes
(i, f, o, or f, o).

Sources: {cite}`hochreiter1997long`, forget gate {cite}`gers2000learning`, peepholes {cite}`gers2002learning`,
coupled gates {cite}`greff2017lstm`. Explained in the chapter on the LSTM and its variants.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count, Finite, FloatDtype, Natural
from livenotes._validated import validated

from ._checks import require_step
from ._padding import hold, put_back, set_aside
from ._products import bias_gradient, by_gate, input_gradient, multiply_rows, project, weight_gradient
from .cell import Cell, Gradients
from .initializers import Initializer, glorot_uniform, orthogonal, stack
from .nonlinearities import SIGMOID, TANH, Nonlinearity


class LSTMParams(NamedTuple):
    """Weights; also holds gradients with respect to them. Gates are stacked i, f, g, o (or f, g, o)."""

    w_x: Float[ndarray, "G*H D"]
    w_h: Float[ndarray, "G*H H"]
    b: Float[ndarray, "G*H"]
    p: Float[ndarray, "P H"] | None = None


def _require_gates(name: str, params: LSTMParams) -> LSTMParams:
    rows, hidden = params.w_h.shape
    if rows not in (3 * hidden, 4 * hidden):
        raise ValueError(
            f"{name}.w_h must have 4*H rows (i, f, g, o) or 3*H (f, g, o), got shape {(rows, hidden)}"
        )
    if params.p is not None and rows != (len(params.p) + 1) * hidden:
        raise ValueError(f"{name}.p must have a row for each gate but g, got shape {params.p.shape}")
    return params


Params: TypeAlias = Annotated[LSTMParams, _require_gates]


class LSTMState(NamedTuple):
    """Output and cell state; also holds gradients with respect to them."""

    h: Float[ndarray, "B H"]
    c: Float[ndarray, "B H"]


class Roles(NamedTuple):
    """Which nonlinearity plays which part: the gates, the candidate g, and what the output sees of c."""

    gate: Nonlinearity = SIGMOID
    candidate: Nonlinearity = TANH
    squash: Nonlinearity = TANH


STANDARD = Roles()


class LSTMTape(NamedTuple):
    """What backward needs from forward; ``h[0]`` and ``c[0]`` are the initial state."""

    params: Params
    x: Float[ndarray, "T B D"]
    h: Float[ndarray, "T+1 B H"]
    c: Float[ndarray, "T+1 B H"]
    gates: Float[ndarray, "G T B H"]
    squashed: Float[ndarray, "T B H"]
    mask: Bool[ndarray, "T B"] | None
    roles: Roles


@validated
def init(
    rng: Generator,
    inputs: Count,
    hidden: Count,
    *,
    peephole: bool = False,
    coupled: bool = False,
    forget_bias: Finite = 1.0,
    recurrent: Initializer = orthogonal,
    dtype: FloatDtype = np.float64,
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
        If a size is not an integer of at least 1, ``forget_bias`` not finite, or ``dtype`` not a float type.
    """
    gates = 3 if coupled else 4
    b = np.zeros((gates, hidden), dtype)
    b[-3] = forget_bias
    return LSTMParams(
        w_x=stack(glorot_uniform, rng, gates, hidden, inputs, dtype),
        w_h=stack(recurrent, rng, gates, hidden, hidden, dtype),
        b=b.ravel(),
        p=np.zeros((gates - 1, hidden), dtype) if peephole else None,
    )


@validated
def zero_state(params: Params, batch: Natural) -> LSTMState:
    """State of zeros for ``batch`` sequences, in the precision of the parameters."""
    zeros = np.zeros((batch, params.w_h.shape[1]), params.b.dtype)
    return LSTMState(zeros, zeros.copy())


@validated
def step(
    params: Params, x_t: Float[ndarray, "B D"], state: LSTMState, *, roles: Roles = STANDARD
) -> LSTMState:
    """Advance the state by one time step: forget, write, and show a part of the result.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    h_prev, c_prev = state
    gate, candidate, squash = roles
    a = x_t @ params.w_x.T + h_prev @ params.w_h.T + params.b
    *a_i, a_f, a_g, a_o = np.split(a, len(a.T) // len(h_prev.T), axis=1)  # no a_i if gates are coupled
    p_i, p_f, p_o = _peepholes(params)
    f = gate.value(a_f + p_f * c_prev)
    i = gate.value(a_i[0] + p_i * c_prev) if a_i else 1 - f
    c = f * c_prev + i * candidate.value(a_g)
    o = gate.value(a_o + p_o * c)
    return LSTMState(h=o * squash.value(c), c=c)


@validated(where=require_step)
def step_back(tape: LSTMTape, t: Natural, g_state: LSTMState) -> Gradients:
    r"""Go one step back: from the gradients of $h_t$ and $c_t$ to those of $h_{t-1}$ and $c_{t-1}$.

    Parameters
    ----------
    tape : LSTMTape
    t : int
        Which step of the tape, from 0 to T - 1.
    g_state : LSTMState
        dL/d(state after this step).

    Returns
    -------
    Gradients with respect to ``params`` (what this step adds), ``x[t]`` and the state before this step

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes, or the tape has no such step.
    """
    params, (gate, candidate, squash) = tape.params, tape.roles
    x_t, h_prev, c_prev, c, s = tape.x[t], tape.h[t], tape.c[t], tape.c[t + 1], tape.squashed[t]
    i, f, g, o = _all_four(tape.gates[:, t])
    p_i, p_f, p_o = _peepholes(params)
    # h_t = o s(c_t), where o looks at c_t
    g_a_o = g_state.h * s * gate.slope(o)
    g_c = g_state.c + g_state.h * o * squash.slope(s) + p_o * g_a_o
    # c_t = f c_{t-1} + i g, where i and f look at c_{t-1}
    g_i, g_f, g_g = g_c * g, g_c * c_prev, g_c * i
    if coupled := len(tape.gates) == 3:  # i = 1 - f
        g_f = g_f - g_i
    g_a_i, g_a_f, g_a_g = gate.slope(i) * g_i, gate.slope(f) * g_f, candidate.slope(g) * g_g
    g_c_prev = g_c * f + p_i * g_a_i + p_f * g_a_f
    # a = W_x x_t + W_h h_{t-1} + b + p c
    g_a = np.concatenate([g_a_i, g_a_f, g_a_g, g_a_o][coupled:], axis=1)  # (B, G*H)
    g_p = np.stack([g_a_i * c_prev, g_a_f * c_prev, g_a_o * c][coupled:]).sum(axis=1)
    g_params = LSTMParams(
        w_x=g_a.T @ x_t, w_h=g_a.T @ h_prev, b=g_a.sum(axis=0), p=None if params.p is None else g_p
    )
    return Gradients(g_params, g_a @ params.w_x, LSTMState(g_a @ params.w_h, g_c_prev))


@validated
def forward(
    params: Params,
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
    gate, candidate, squash = roles
    steps, batch, hidden = len(x), *state0.h.shape
    h, c = (np.empty((steps + 1, batch, hidden), x.dtype) for _ in state0)
    h[0], c[0] = state0
    s = np.empty_like(h[1:])
    gates = project(x, params.w_x, params.b, hidden)  # W_x x_t + b, until a step turns them into gates
    w_h, recurrent = by_gate(params.w_h, hidden), np.empty((len(gates), batch, hidden), x.dtype)
    for t in range(steps):
        a = gates[:, t]
        *i, f, g, o = a
        a += np.matmul(h[t], w_h, out=recurrent)
        if params.p is not None:
            a[:-2] += params.p[:-1, None] * c[t]
        gate.value(a[:-2], out=a[:-2])  # i and f
        candidate.value(g, out=g)
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += (i[0] if i else 1 - f) * g
        if params.p is not None:
            o += params.p[-1] * c[t + 1]
        gate.value(o, out=o)
        squash.value(c[t + 1], out=s[t])
        np.multiply(o, s[t], out=h[t + 1])
        hold(mask, t, h, c)
    return h[1:], LSTMTape(params, x, h, c, gates, s, mask, roles)


@validated
def backward(
    tape: LSTMTape, g_outputs: Float[ndarray, "T B H"], g_state: LSTMState | None = None
) -> Gradients:
    r"""Backpropagate through time.

    Two gradients travel back, $\partial L/\partial h_t$ through the gates and $\partial L/\partial c_t$ along
    the cell state, where each step multiplies it by $f_t$ alone. The same computation as repeated
    :func:`step_back`, with the sums over time taken at the end.

    Parameters
    ----------
    tape : LSTMTape
    g_outputs : float array, shape (T, B, H)
        dL/d(outputs).
    g_state : LSTMState, optional
        dL/d(final state) beyond the outputs, if a decoder starts from it.

    Returns
    -------
    Gradients with respect to ``params``, ``x`` and ``state0``

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    params, x, h, c, gates, squashed, mask, (gate, candidate, squash) = tape
    count, steps, batch, hidden = gates.shape
    p, coupled = params.p, count == 3
    if g_state is None:
        g_state = LSTMState(np.zeros_like(h[0]), np.zeros_like(c[0]))
    g_h, g_c = g_state.h.copy(), g_state.c.copy()  # dL/dh_t and dL/dc_t, arriving from t + 1
    g_a = np.empty((steps, batch, count * hidden), x.dtype)
    g_a_by_gate = g_a.reshape(steps, batch, count, hidden)
    *_, g_a_f, g_a_g, g_a_o = g_a_t = np.empty((count, batch, hidden), x.dtype)
    for t in reversed(range(steps)):
        (i, f, g, o), s = _all_four(gates[:, t]), squashed[t]
        g_h += g_outputs[t]
        aside = set_aside(mask, t, g_h, g_c)
        # h_t = o s(c_t)
        gate.slope(o, out=g_a_o)
        g_a_o *= s
        g_a_o *= g_h
        through_h = squash.slope(s)
        through_h *= o
        through_h *= g_h
        g_c += through_h
        if p is not None:
            g_c += p[-1] * g_a_o
        # c_t = f c_{t-1} + i g
        gate.slope(gates[:-2, t], out=g_a_t[:-2])
        candidate.slope(g, out=g_a_g)
        g_a_g *= i
        if coupled:  # i = 1 - f: what f lets in of the old it keeps out of the new
            g_a_f *= c[t] - g
        else:
            g_a_f *= c[t]
            g_a_t[0] *= g
        g_a_t[:-1] *= g_c
        g_c *= f
        if p is not None:
            g_c += (p[:-1, None] * g_a_t[:-2]).sum(axis=0)
        g_a_by_gate[t] = g_a_t.swapaxes(0, 1)
        multiply_rows(g_a[t], params.w_h, out=g_h)
        put_back(aside, g_h, g_c)
    g_p = None if p is None else _peephole_gradient(g_a_by_gate, c)
    g_params = LSTMParams(weight_gradient(g_a, x), weight_gradient(g_a, h[:-1]), bias_gradient(g_a), g_p)
    return Gradients(g_params, input_gradient(g_a, params.w_x), LSTMState(g_h, g_c))


@validated
def final_state(tape: LSTMTape) -> LSTMState:
    """State after the last step: where the next stretch of the sequence, or a decoder, starts."""
    return LSTMState(tape.h[-1], tape.c[-1])


@validated
def output(state: LSTMState) -> Float[ndarray, "B H"]:
    """What of the state is the cell's output: ``h``."""
    return state.h


def _all_four(gates: Float[ndarray, "G B H"]) -> tuple[Any, Any, Any, Any]:
    """Return the values of i, f, g, o; coupled gates have i = 1 - f."""
    *i, f, g, o = gates
    return i[0] if i else 1 - f, f, g, o


def _peepholes(params: LSTMParams) -> tuple[Any, Any, Any]:
    """Return p_i, p_f, p_o, with 0 where the variant has none."""
    if params.p is None:
        return 0, 0, 0
    *p_i, p_f, p_o = params.p
    return p_i[0] if p_i else 0, p_f, p_o


def _peephole_gradient(g_a: Float[ndarray, "T B G H"], c: Float[ndarray, "T+1 B H"]) -> Float[ndarray, "P H"]:
    """Sum over time and batch of every gate's gradient times the cell state it looked at."""
    old = np.einsum("tbph,tbh->ph", g_a[:, :, :-2], c[:-1])
    new = np.einsum("tbh,tbh->h", g_a[:, :, -1], c[1:])
    return np.concatenate([old, new[None]])


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
