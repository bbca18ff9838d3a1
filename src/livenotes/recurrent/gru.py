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

Gates are stacked r, z, n along the first axis of every parameter. Axes: T time, B batch, D input, H hidden.
Sources: {cite}`cho2014learning`, {cite}`chung2014empirical`. Explained in the chapter on the LSTM and its
variants.
"""

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import require_axes, require_count, require_type

from ._checks import require_mask
from ._gru_records import GRUParams, GRUTape, check
from ._padding import hold, set_aside
from ._products import bias_gradient, by_gate, input_gradient, project, weight_gradient
from .cell import Cell, Gradients
from .initializers import Initializer, glorot_uniform, orthogonal, stack
from .nonlinearities import sigmoid, sigmoid_slope, tanh_slope


def init(
    rng: Generator,
    inputs: int,
    hidden: int,
    *,
    reset_after: bool = True,
    recurrent: Initializer = orthogonal,
    dtype: Any = np.float64,
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
        If a size is no integer of at least 1, or ``dtype`` no float type.
    """
    require_count("inputs", inputs)
    require_count("hidden", hidden)
    return GRUParams(
        w_x=stack(glorot_uniform, rng, 3, hidden, inputs, dtype),
        w_h=stack(recurrent, rng, 3, hidden, hidden, dtype),
        b=np.zeros(3 * hidden, dtype),
        b_h=np.zeros(hidden, dtype) if reset_after else None,
    )


def zero_state(params: GRUParams, batch: int) -> Float[ndarray, "B H"]:
    """State of zeros for ``batch`` sequences, in the precision of the parameters."""
    hidden = check(params)
    require_count("batch", batch, 0)
    return np.zeros((batch, hidden), params.b.dtype)


def step(
    params: GRUParams, x_t: Float[ndarray, "B D"], state: Float[ndarray, "B H"]
) -> Float[ndarray, "B H"]:
    """Advance the state by one time step: mix the old state with a candidate.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    check(params, ("x_t", x_t, "B D"), ("state", state, "B H"))
    a_r, a_z, a_n = np.split(x_t @ params.w_x.T + params.b, 3, axis=1)
    w_r, w_z, w_n = np.split(params.w_h, 3)
    r = sigmoid(a_r + state @ w_r.T)
    z = sigmoid(a_z + state @ w_z.T)
    u = (r * state) @ w_n.T if params.b_h is None else r * (state @ w_n.T + params.b_h)
    h: ndarray = (1 - z) * np.tanh(a_n + u) + z * state
    return h


def forward(
    params: GRUParams,
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
    hidden = check(params, ("x", x, "T B D"), ("state0", state0, "B H"))
    require_mask(mask, *x.shape[:2])
    steps = len(x)
    w_h = by_gate(params.w_h, hidden)
    h = np.empty((steps + 1, *state0.shape), state0.dtype)
    h[0] = state0
    inner = h[:-1] if params.b_h is None else np.empty_like(h[:-1])
    gates = project(x, params.w_x, params.b, hidden)
    for t in range(steps):
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
    return h[1:], GRUTape(x, h, gates, inner, mask)


def backward(
    params: GRUParams,
    tape: GRUTape,
    g_outputs: Float[ndarray, "T B H"],
    g_state: Float[ndarray, "B H"] | None = None,
) -> Gradients:
    r"""Backpropagate through time.

    Parameters
    ----------
    params : GRUParams
    tape : GRUTape
    g_outputs : float array, shape (T, B, H)
        dL/d(outputs).
    g_state : float array, shape (B, H), optional
        What the loss owes to the final state beyond the outputs, if a decoder starts from it.

    Returns
    -------
    Gradients of ``params`` (a GRUParams), ``x`` and ``state0``

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    require_type("tape", tape, GRUTape)
    steps, batch, _ = tape.x.shape
    if g_state is None:
        g_state = zero_state(params, batch)
    arriving = ("g_outputs", g_outputs, "T B H"), ("g_state", g_state, "B H")
    hidden = check(params, ("tape.x", tape.x, "T B D"), *arriving)
    g_h = g_state.copy()  # dL/dh_t, arriving from t + 1
    g_a = np.empty((steps, batch, 3 * hidden), g_h.dtype)
    for t in reversed(range(steps)):
        g_h += g_outputs[t]
        aside = set_aside(tape.mask, t, g_h)
        _step_back(params, tape, t, g_h, g_a[t])
        for passed in aside:
            g_h += passed
    return Gradients(_parameter_gradients(params, tape, g_a), input_gradient(g_a, params.w_x), g_h)


def _step_back(
    params: GRUParams, tape: GRUTape, t: int, g_h: Float[ndarray, "B H"], g_a: Float[ndarray, "B GH"]
) -> None:
    """Write dL/da of r, z, n into ``g_a``, and turn ``g_h`` from dL/dh_t into dL/dh_{t-1}."""
    (r, z, n), inner = tape.gates[:, t], tape.inner[t]
    g_r, g_z, g_n = np.split(g_a, 3, axis=1)
    w_rz, w_n = np.split(params.w_h, [2 * r.shape[1]])
    # h_t = (1 - z) n + z h_{t-1}
    np.subtract(tape.h[t], n, out=g_z)
    g_z *= sigmoid_slope(z)
    g_z *= g_h
    np.subtract(1, z, out=g_n)
    g_n *= tanh_slope(n)
    g_n *= g_h
    g_h *= z
    # n = tanh(... + W (r h)) or tanh(... + r (W h + b))
    g_reset = g_n @ w_n if params.b_h is None else g_n  # dL/d(r inner)
    sigmoid_slope(r, out=g_r)
    g_r *= inner
    g_r *= g_reset
    g_inner = g_reset * r
    g_h += g_inner if params.b_h is None else g_inner @ w_n
    g_h += g_a[:, : len(w_rz)] @ w_rz


def _parameter_gradients(params: GRUParams, tape: GRUTape, g_a: Float[ndarray, "T B GH"]) -> GRUParams:
    """Sums over time; those of n's recurrent product see the reset gate on one side of it or the other."""
    (r, _, _), h_prev = tape.gates, tape.h[:-1]
    g_rz, g_n = np.split(g_a, [2 * h_prev.shape[2]], axis=2)
    if params.b_h is None:
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


def final_state(tape: GRUTape) -> Float[ndarray, "B H"]:
    """State after the last step: where the next stretch of the sequence, or a decoder, starts."""
    require_type("tape", tape, GRUTape)
    last: ndarray = tape.h[-1]
    return last


def output(state: Float[ndarray, "B H"]) -> Float[ndarray, "B H"]:
    """What of the state is the cell's output: all of it."""
    require_axes(("state", state, "B H"))
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
