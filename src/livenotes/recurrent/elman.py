r"""Elman cell, $h_t = f(W_x x_t + W_h h_{t-1} + b)$ with $f$ = tanh or ReLU, and its adjoint.

Axes: T time, B batch, D input, H hidden. Source: {cite}`elman1990finding`; with ReLU and an identity
matrix {cite}`le2015simple`; the gradient {cite}`werbos1990backpropagation`. Explained in the chapter on
recurrent networks.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import require_axes, require_count, require_type

from ._checks import Argument, require_mask
from ._padding import hold, set_aside
from ._products import bias_gradient, by_gate, input_gradient, project, weight_gradient
from .cell import Cell, Gradients
from .initializers import Initializer, glorot_uniform, identity, orthogonal, stack
from .nonlinearities import RELU, TANH, Nonlinearity


class ElmanParams(NamedTuple):
    """Weights, and equally a gradient with respect to them."""

    w_x: Float[ndarray, "H D"]
    w_h: Float[ndarray, "H H"]
    b: Float[ndarray, " H"]


class ElmanTape(NamedTuple):
    """What backward needs from forward; ``h[0]`` is the initial state."""

    x: Float[ndarray, "T B D"]
    h: Float[ndarray, "T+1 B H"]
    mask: Bool[ndarray, "T B"] | None
    nonlinearity: Nonlinearity


def init(
    rng: Generator, inputs: int, hidden: int, *, recurrent: Initializer = orthogonal, dtype: Any = np.float64
) -> ElmanParams:
    """Draw parameters: Glorot-uniform input weights, ``recurrent`` for the state's, zero bias.

    Parameters
    ----------
    rng : numpy.random.Generator
    inputs, hidden : int, at least 1
        Sizes D and H.
    recurrent : initializer
        One of :mod:`livenotes.recurrent.initializers`.
    dtype : float type

    Returns
    -------
    ElmanParams

    Raises
    ------
    TypeError, ValueError
        If a size is no integer of at least 1, or ``dtype`` no float type.
    """
    require_count("inputs", inputs)
    require_count("hidden", hidden)
    return ElmanParams(
        w_x=stack(glorot_uniform, rng, 1, hidden, inputs, dtype),
        w_h=stack(recurrent, rng, 1, hidden, hidden, dtype),
        b=np.zeros(hidden, dtype),
    )


def zero_state(params: ElmanParams, batch: int) -> Float[ndarray, "B H"]:
    """State of zeros for ``batch`` sequences, in the precision of the parameters."""
    _check(params)
    require_count("batch", batch, 0)
    return np.zeros((batch, len(params.b)), params.b.dtype)


def step(
    params: ElmanParams,
    x_t: Float[ndarray, "B D"],
    state: Float[ndarray, "B H"],
    *,
    nonlinearity: Nonlinearity = TANH,
) -> Float[ndarray, "B H"]:
    r"""Advance the state by one time step, $h_t = f(W_x x_t + W_h h_{t-1} + b)$.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    require_type("nonlinearity", nonlinearity, Nonlinearity)
    _check(params, ("x_t", x_t, "B D"), ("state", state, "B H"))
    return nonlinearity.value(x_t @ params.w_x.T + state @ params.w_h.T + params.b)


def forward(
    params: ElmanParams,
    x: Float[ndarray, "T B D"],
    state0: Float[ndarray, "B H"],
    mask: Bool[ndarray, "T B"] | None = None,
    *,
    nonlinearity: Nonlinearity = TANH,
) -> tuple[Float[ndarray, "T B H"], ElmanTape]:
    """Run the cell over a sequence, keeping what backward will need.

    Parameters
    ----------
    params : ElmanParams
    x : float array, shape (T, B, D)
    state0 : float array, shape (B, H)
    mask : bool array, shape (T, B), optional
        False at padded steps: the state stays as it is.
    nonlinearity : Nonlinearity
        TANH or RELU, for instance.

    Returns
    -------
    outputs : float array, shape (T, B, H)
        The state after every step.
    tape : ElmanTape

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    require_type("nonlinearity", nonlinearity, Nonlinearity)
    _check(params, ("x", x, "T B D"), ("state0", state0, "B H"))
    require_mask(mask, *x.shape[:2])
    steps, hidden = len(x), len(params.b)
    (a,) = project(x, params.w_x, params.b, hidden)  # (T, B, H)
    (w_h,) = by_gate(params.w_h, hidden)
    h = np.empty((steps + 1, *state0.shape), state0.dtype)
    h[0] = state0
    for t in range(steps):
        h_t = np.matmul(h[t], w_h, out=h[t + 1])
        h_t += a[t]
        nonlinearity.value(h_t, out=h_t)
        hold(mask, t, h)
    return h[1:], ElmanTape(x, h, mask, nonlinearity)


def backward(
    params: ElmanParams,
    tape: ElmanTape,
    g_outputs: Float[ndarray, "T B H"],
    g_state: Float[ndarray, "B H"] | None = None,
) -> Gradients:
    r"""Backpropagate through time.

    With $\delta_t = \partial L/\partial a_t$ for the pre-activation $a_t$,

    $$\delta_t = f'(a_t) \odot (g_t + W_h^\top \delta_{t+1}), \qquad
    \partial L/\partial W_h = \sum_t \delta_t h_{t-1}^\top,$$

    where $g_t$ is what the loss owes to output $t$ itself; the other parameters' gradients are such sums too.

    Parameters
    ----------
    params : ElmanParams
    tape : ElmanTape
    g_outputs : float array, shape (T, B, H)
        dL/d(outputs).
    g_state : float array, shape (B, H), optional
        What the loss owes to the final state beyond the outputs, if a decoder starts from it.

    Returns
    -------
    Gradients of ``params`` (an ElmanParams), ``x`` and ``state0``

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    require_type("tape", tape, ElmanTape)
    steps, batch, _ = tape.x.shape
    if g_state is None:
        g_state = zero_state(params, batch)
    arriving = ("g_outputs", g_outputs, "T B H"), ("g_state", g_state, "B H")
    _check(params, ("tape.x", tape.x, "T B D"), *arriving)
    g_h = g_state.copy()  # dL/dh_t, arriving from t + 1
    g_a = np.empty_like(tape.h[1:])
    for t in reversed(range(steps)):
        g_h += g_outputs[t]
        aside = set_aside(tape.mask, t, g_h)
        tape.nonlinearity.slope(tape.h[t + 1], out=g_a[t])
        g_a[t] *= g_h
        np.matmul(g_a[t], params.w_h, out=g_h)
        for passed in aside:
            g_h += passed
    h_prev = tape.h[:-1]
    g_params = ElmanParams(weight_gradient(g_a, tape.x), weight_gradient(g_a, h_prev), bias_gradient(g_a))
    return Gradients(g_params, input_gradient(g_a, params.w_x), g_h)


def final_state(tape: ElmanTape) -> Float[ndarray, "B H"]:
    """State after the last step: where the next stretch of the sequence, or a decoder, starts."""
    require_type("tape", tape, ElmanTape)
    last: ndarray = tape.h[-1]
    return last


def output(state: Float[ndarray, "B H"]) -> Float[ndarray, "B H"]:
    """What of the state is the cell's output: all of it."""
    require_axes(("state", state, "B H"))
    return state


def _check(params: ElmanParams, *arguments: Argument) -> None:
    """Refuse parameters, and further arguments, that do not fit one another."""
    require_type("params", params, ElmanParams)
    require_axes(
        ("params.b", params.b, "H"),
        ("params.w_x", params.w_x, "H D"),
        ("params.w_h", params.w_h, "H H"),
        *arguments,
    )


def _cell(name: str, title: str, cite: str, nonlinearity: Nonlinearity, recurrent: Initializer) -> Cell:
    return Cell(
        name=name,
        title=title,
        cite=cite,
        init=partial(init, recurrent=recurrent),
        zero_state=zero_state,
        step=partial(step, nonlinearity=nonlinearity),
        output=output,
        forward=partial(forward, nonlinearity=nonlinearity),
        backward=backward,
        final_state=final_state,
    )


ELMAN_TANH = _cell("elman_tanh", "Elman, tanh", "elman1990finding", TANH, orthogonal)
ELMAN_RELU = _cell("elman_relu", "Elman, ReLU (IRNN)", "le2015simple", RELU, identity)
