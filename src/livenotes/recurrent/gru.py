r"""Gated recurrent unit in both of its conventions, and its adjoint.

$$\begin{aligned}
r_t &= \sigma(W_{xr} x_t + W_{hr} h_{t-1} + b_r) &
z_t &= \sigma(W_{xz} x_t + W_{hz} h_{t-1} + b_z) \\
n_t &= \tanh(W_{xn} x_t + b_n + u_t) &
h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}
\end{aligned}$$

The conventions differ in where the reset gate acts: *before* the matrix product, as the papers have it,
$u_t = W_{hn}(r_t \odot h_{t-1})$, or *after* it, $u_t = r_t \odot (W_{hn} h_{t-1} + b_h)$, which lets all
three products be taken at once and is what PyTorch and cuDNN compute. They are different functions of the
same weights. The parameters tell them apart: ``b_h`` is None where the reset acts before the product.

:func:`step` and :func:`step_back` are the cell, one step forward and one step back; :func:`forward` and
:func:`backward` do the same for a whole sequence, faster.

Gates are stacked r, z, n along the first axis of every parameter. Axes: T time, B batch, D input, H hidden.
Sources: {cite}`cho2014learning`, {cite}`chung2014empirical`. Explained in the chapter on the LSTM and its
variants.
"""

from functools import partial
from typing import Annotated, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count, FloatDtype, Natural
from livenotes._validated import validated

from ._checks import require_step
from ._padding import hold, put_back, set_aside
from ._products import bias_gradient, by_gate, input_gradient, project, weight_gradient
from .cell import Cell, Gradients
from .initializers import Initializer, glorot_uniform, orthogonal, stack
from .nonlinearities import sigmoid, sigmoid_slope, tanh_slope


class GRUParams(NamedTuple):
    """Weights; also holds gradients with respect to them. Gates are stacked r, z, n."""

    w_x: Float[ndarray, "3*H D"]
    w_h: Float[ndarray, "3*H H"]
    b: Float[ndarray, "3*H"]
    b_h: Float[ndarray, " H"] | None


def _require_gates(name: str, params: GRUParams) -> GRUParams:
    rows, hidden = params.w_h.shape
    if rows != 3 * hidden:
        raise ValueError(f"{name}.w_h must have 3*H rows (r, z, n), got shape {(rows, hidden)}")
    return params


Params: TypeAlias = Annotated[GRUParams, _require_gates]


class GRUTape(NamedTuple):
    r"""What backward needs from forward; ``h[0]`` is the initial state.

    ``inner`` is what the reset gate multiplies: $h_{t-1}$, or $W_{hn} h_{t-1} + b_h$ after the product.
    """

    params: Params
    x: Float[ndarray, "T B D"]
    h: Float[ndarray, "T+1 B H"]
    gates: Float[ndarray, "3 T B H"]
    inner: Float[ndarray, "T B H"]
    mask: Bool[ndarray, "T B"] | None


@validated
def init(
    rng: Generator,
    inputs: Count,
    hidden: Count,
    *,
    reset_after: bool = True,
    recurrent: Initializer = orthogonal,
    dtype: FloatDtype = np.float64,
) -> GRUParams:
    """Draw parameters: Glorot-uniform input weights, ``recurrent`` for the state's, zero biases.

    Parameters
    ----------
    rng : numpy.random.Generator
    inputs, hidden : int, at least 1
        Sizes D and H.
    reset_after : bool
        Whether the reset gate acts after the matrix product, or before it.
    recurrent : initializer
        One of :mod:`livenotes.recurrent.initializers`.
    dtype : float type

    Returns
    -------
    GRUParams

    Raises
    ------
    TypeError, ValueError
        If a size is not an integer of at least 1, or ``dtype`` not a float type.
    """
    return GRUParams(
        w_x=stack(glorot_uniform, rng, 3, hidden, inputs, dtype),
        w_h=stack(recurrent, rng, 3, hidden, hidden, dtype),
        b=np.zeros(3 * hidden, dtype),
        b_h=np.zeros(hidden, dtype) if reset_after else None,
    )


@validated
def zero_state(params: Params, batch: Natural) -> Float[ndarray, "B H"]:
    """State of zeros for ``batch`` sequences, in the precision of the parameters."""
    return np.zeros((batch, params.w_h.shape[1]), params.b.dtype)


@validated
def step(params: Params, x_t: Float[ndarray, "B D"], state: Float[ndarray, "B H"]) -> Float[ndarray, "B H"]:
    """Advance the state by one time step: mix the old state with a candidate.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    a_r, a_z, a_n = np.split(x_t @ params.w_x.T + params.b, 3, axis=1)
    w_r, w_z, w_n = np.split(params.w_h, 3)
    r = sigmoid(a_r + state @ w_r.T)
    z = sigmoid(a_z + state @ w_z.T)
    u = (r * state) @ w_n.T if params.b_h is None else r * (state @ w_n.T + params.b_h)
    n = np.tanh(a_n + u)
    h: ndarray = (1 - z) * n + z * state
    return h


@validated(where=require_step)
def step_back(tape: GRUTape, t: Natural, g_state: Float[ndarray, "B H"]) -> Gradients:
    r"""Go one step back: from the gradient of $h_t$ to that of $h_{t-1}$.

    Parameters
    ----------
    tape : GRUTape
    t : int
        Which step of the tape, from 0 to T - 1.
    g_state : float array, shape (B, H)
        dL/d(state after this step).

    Returns
    -------
    Gradients with respect to ``params`` (what this step adds), ``x[t]`` and the state before this step

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes, or the tape has no such step.
    """
    w_x, w_h, _, b_h = tape.params
    w_r, w_z, w_n = np.split(w_h, 3)
    x_t, h_prev, inner, (r, z, n) = tape.x[t], tape.h[t], tape.inner[t], tape.gates[:, t]
    # h_t = (1 - z) n + z h_{t-1}
    g_a_z = g_state * (h_prev - n) * sigmoid_slope(z)
    g_a_n = g_state * (1 - z) * tanh_slope(n)
    if b_h is None:  # n = tanh(a_n + W_hn (r h_{t-1}))
        g_w_n, g_b_h, g_reset = g_a_n.T @ (r * inner), None, g_a_n @ w_n
        g_h_prev = g_reset * r
    else:  # n = tanh(a_n + r (W_hn h_{t-1} + b_h))
        g_inner, g_reset = g_a_n * r, g_a_n
        g_w_n, g_b_h = g_inner.T @ h_prev, g_inner.sum(axis=0)
        g_h_prev = g_inner @ w_n
    g_a_r = g_reset * inner * sigmoid_slope(r)
    # a = W_x x_t + b, and W_hr h_{t-1} for r, W_hz h_{t-1} for z
    g_a = np.concatenate([g_a_r, g_a_z, g_a_n], axis=1)
    g_w_h = np.concatenate([g_a_r.T @ h_prev, g_a_z.T @ h_prev, g_w_n])
    g_h_prev = g_h_prev + g_a_r @ w_r + g_a_z @ w_z + g_state * z
    g_params = GRUParams(w_x=g_a.T @ x_t, w_h=g_w_h, b=g_a.sum(axis=0), b_h=g_b_h)
    return Gradients(g_params, g_a @ w_x, g_h_prev)


@validated
def forward(
    params: Params,
    x: Float[ndarray, "T B D"],
    state0: Float[ndarray, "B H"],
    mask: Bool[ndarray, "T B"] | None = None,
) -> tuple[Float[ndarray, "T B H"], GRUTape]:
    """Run the cell over a sequence, keeping what backward will need.

    The same computation as repeated :func:`step`, with the input's products taken for all steps at once and
    every result written into its place on the tape.

    Parameters
    ----------
    params : GRUParams
    x : float array, shape (T, B, D)
    state0 : float array, shape (B, H)
    mask : bool array, shape (T, B), optional
        False at padded steps: the state stays as it is.

    Returns
    -------
    outputs : float array, shape (T, B, H)
        The state after every step.
    tape : GRUTape
        Its ``gates[:, t]`` are the values of r, z, n at step t.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    h = np.empty((len(x) + 1, *state0.shape), state0.dtype)
    h[0] = state0
    inner = h[:-1] if params.b_h is None else np.empty_like(h[:-1])
    hidden = state0.shape[1]
    w_h = by_gate(params.w_h, hidden)
    gates = project(x, params.w_x, params.b, hidden)  # W_x x_t + b, until a step turns them into gates
    for t in range(len(x)):
        rz, n = gates[:2, t], gates[2, t]
        rz += h[t] @ w_h[:2]
        r, z = sigmoid(rz, out=rz)
        if params.b_h is None:
            n += (r * h[t]) @ w_h[2]
        else:
            np.matmul(h[t], w_h[2], out=inner[t])
            inner[t] += params.b_h
            n += r * inner[t]
        np.tanh(n, out=n)
        np.subtract(h[t], n, out=h[t + 1])  # (1 - z) n + z h = n + z (h - n)
        h[t + 1] *= z
        h[t + 1] += n
        hold(mask, t, h)
    return h[1:], GRUTape(params, x, h, gates, inner, mask)


@validated
def backward(
    tape: GRUTape,
    g_outputs: Float[ndarray, "T B H"],
    g_state: Float[ndarray, "B H"] | None = None,
) -> Gradients:
    r"""Backpropagate through time.

    The same computation as repeated :func:`step_back`, with the sums over time taken at the end.

    Parameters
    ----------
    tape : GRUTape
    g_outputs : float array, shape (T, B, H)
        dL/d(outputs).
    g_state : float array, shape (B, H), optional
        dL/d(final state) beyond the outputs, if a decoder starts from it.

    Returns
    -------
    Gradients with respect to ``params``, ``x`` and ``state0``

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    params, x, h, gates, inner, mask = tape
    steps, batch, hidden = inner.shape
    w_rz, w_n = np.split(params.w_h, [2 * hidden])
    g_h = np.zeros_like(h[0]) if g_state is None else g_state.copy()  # dL/dh_t, arriving from t + 1
    g_a = np.empty((steps, batch, 3 * hidden), x.dtype)
    for t in reversed(range(steps)):
        r, z, n = gates[:, t]
        g_r, g_z, g_n = np.split(g_a[t], 3, axis=1)
        g_h += g_outputs[t]
        aside = set_aside(mask, t, g_h)
        # h_t = (1 - z) n + z h_{t-1}
        np.subtract(h[t], n, out=g_z)
        g_z *= sigmoid_slope(z)
        g_z *= g_h
        np.subtract(1, z, out=g_n)
        g_n *= tanh_slope(n)
        g_n *= g_h
        g_h *= z
        # n = tanh(... + W (r h)) or tanh(... + r (W h + b))
        g_reset = g_n @ w_n if params.b_h is None else g_n  # dL/d(r inner)
        sigmoid_slope(r, out=g_r)
        g_r *= inner[t]
        g_r *= g_reset
        g_inner = g_reset * r
        g_h += g_inner if params.b_h is None else g_inner @ w_n
        g_h += g_a[t, :, : 2 * hidden] @ w_rz
        put_back(aside, g_h)
    return Gradients(_parameter_gradients(tape, g_a), input_gradient(g_a, params.w_x), g_h)


def _parameter_gradients(tape: GRUTape, g_a: Float[ndarray, "T B GH"]) -> GRUParams:
    """Sums over time; those of n's recurrent product see the reset gate on one side of it or the other."""
    (r, _, _), h_prev = tape.gates, tape.h[:-1]
    g_rz, g_n = np.split(g_a, [2 * h_prev.shape[2]], axis=2)
    if tape.params.b_h is None:
        g_w_n, g_b_h = weight_gradient(g_n, r * h_prev), None
    else:
        g_inner = g_n * r
        g_w_n, g_b_h = weight_gradient(g_inner, h_prev), bias_gradient(g_inner)
    return GRUParams(
        w_x=weight_gradient(g_a, tape.x),
        w_h=np.concatenate([weight_gradient(g_rz, h_prev), g_w_n]),
        b=bias_gradient(g_a),
        b_h=g_b_h,
    )


@validated
def final_state(tape: GRUTape) -> Float[ndarray, "B H"]:
    """State after the last step: where the next stretch of the sequence, or a decoder, starts."""
    last: ndarray = tape.h[-1]
    return last


@validated
def output(state: Float[ndarray, "B H"]) -> Float[ndarray, "B H"]:
    """What of the state is the cell's output: all of it."""
    return state


def _cell(name: str, title: str, cite: str, *, reset_after: bool) -> Cell:
    return Cell(
        name=name,
        title=title,
        cite=cite,
        init=partial(init, reset_after=reset_after),
        zero_state=zero_state,
        step=step,
        output=output,
        forward=forward,
        backward=backward,
        final_state=final_state,
    )


GRU = _cell("gru", "GRU, reset after", "cho2014learning", reset_after=True)
GRU_RESET_BEFORE = _cell("gru_reset_before", "GRU, reset before", "cho2014learning", reset_after=False)
