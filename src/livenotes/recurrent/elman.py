r"""Elman cell, $h_t = f(W_x x_t + W_h h_{t-1} + b)$ with $f$ = tanh or ReLU, and its adjoint.

:func:`step` and :func:`step_back` are the cell, one step forward and one step back; :func:`forward` and
:func:`backward` do the same for a whole sequence, faster. Axes: T time, B batch, D input, H hidden.

Source: {cite}`elman1990finding`; with ReLU and an identity matrix {cite}`le2015simple`; the gradient
{cite}`werbos1990backpropagation`. Explained in the chapter on recurrent networks.
"""

from functools import partial
from typing import NamedTuple

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
from .initializers import Initializer, glorot_uniform, identity, orthogonal, stack
from .nonlinearities import RELU, TANH, Nonlinearity


class ElmanParams(NamedTuple):
    """Weights; also holds gradients with respect to them."""

    w_x: Float[ndarray, "H D"]
    w_h: Float[ndarray, "H H"]
    b: Float[ndarray, " H"]


class ElmanTape(NamedTuple):
    """What backward needs from forward; ``h[0]`` is the initial state."""

    params: ElmanParams
    x: Float[ndarray, "T B D"]
    h: Float[ndarray, "T+1 B H"]
    mask: Bool[ndarray, "T B"] | None
    nonlinearity: Nonlinearity


@validated
def init(
    rng: Generator,
    inputs: Count,
    hidden: Count,
    *,
    recurrent: Initializer = orthogonal,
    dtype: FloatDtype = np.float64,
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
        If a size is not an integer of at least 1, or ``dtype`` not a float type.
    """
    return ElmanParams(
        w_x=stack(glorot_uniform, rng, 1, hidden, inputs, dtype),
        w_h=stack(recurrent, rng, 1, hidden, hidden, dtype),
        b=np.zeros(hidden, dtype),
    )


@validated
def zero_state(params: ElmanParams, batch: Natural) -> Float[ndarray, "B H"]:
    """State of zeros for ``batch`` sequences, in the precision of the parameters."""
    return np.zeros((batch, len(params.b)), params.b.dtype)


@validated
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
    a = x_t @ params.w_x.T + state @ params.w_h.T + params.b
    return nonlinearity.value(a)


@validated(where=require_step)
def step_back(
    tape: ElmanTape,
    t: Natural,
    g_state: Float[ndarray, "B H"],
) -> Gradients:
    r"""Go one step back: from the gradient of $h_t$ to that of $h_{t-1}$.

    Parameters
    ----------
    tape : ElmanTape
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
    w_x, w_h, _ = tape.params
    x_t, h_prev, h = tape.x[t], tape.h[t], tape.h[t + 1]
    g_a = tape.nonlinearity.slope(h) * g_state  # the slope, from the value
    g_params = ElmanParams(g_a.T @ x_t, g_a.T @ h_prev, g_a.sum(axis=0))
    return Gradients(g_params, g_a @ w_x, g_a @ w_h)


@validated
def forward(
    params: ElmanParams,
    x: Float[ndarray, "T B D"],
    state0: Float[ndarray, "B H"],
    mask: Bool[ndarray, "T B"] | None = None,
    *,
    nonlinearity: Nonlinearity = TANH,
) -> tuple[Float[ndarray, "T B H"], ElmanTape]:
    """Run the cell over a sequence, keeping what backward will need.

    The same computation as repeated :func:`step`, with the input's products taken for all steps at once and
    every result written into its place on the tape.

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
    steps, hidden = len(x), len(params.b)
    h = np.empty((steps + 1, *state0.shape), state0.dtype)
    h[0] = state0
    (a,) = project(x, params.w_x, params.b, hidden)  # W_x x_t + b, (T, B, H)
    (w_h,) = by_gate(params.w_h, hidden)
    for t in range(steps):
        h_t = np.matmul(h[t], w_h, out=h[t + 1])
        h_t += a[t]
        nonlinearity.value(h_t, out=h_t)
        hold(mask, t, h)
    return h[1:], ElmanTape(params, x, h, mask, nonlinearity)


@validated
def backward(
    tape: ElmanTape,
    g_outputs: Float[ndarray, "T B H"],
    g_state: Float[ndarray, "B H"] | None = None,
) -> Gradients:
    r"""Backpropagate through time.

    With $\delta_t = \partial L/\partial a_t$ for the pre-activation $a_t$,

    $$\delta_t = f'(a_t) \odot (g_t + W_h^\top \delta_{t+1}), \qquad
    \partial L/\partial W_h = \sum_t \delta_t h_{t-1}^\top,$$

    where $g_t$ is the gradient of the loss with respect to output $t$ alone; the other parameters' gradients
    are such sums too. The same computation as repeated :func:`step_back`, with the sums taken at the end.

    Parameters
    ----------
    tape : ElmanTape
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
    params, x, h, mask, nonlinearity = tape
    g_h = np.zeros_like(h[0]) if g_state is None else g_state.copy()  # dL/dh_t, arriving from t + 1
    g_a = np.empty_like(h[1:])
    for t in reversed(range(len(x))):
        g_h += g_outputs[t]
        aside = set_aside(mask, t, g_h)
        nonlinearity.slope(h[t + 1], out=g_a[t])
        g_a[t] *= g_h
        np.matmul(g_a[t], params.w_h, out=g_h)
        put_back(aside, g_h)
    g_params = ElmanParams(weight_gradient(g_a, x), weight_gradient(g_a, h[:-1]), bias_gradient(g_a))
    return Gradients(g_params, input_gradient(g_a, params.w_x), g_h)


@validated
def final_state(tape: ElmanTape) -> Float[ndarray, "B H"]:
    """State after the last step: where the next stretch of the sequence, or a decoder, starts."""
    last: ndarray = tape.h[-1]
    return last


@validated
def output(state: Float[ndarray, "B H"]) -> Float[ndarray, "B H"]:
    """What of the state is the cell's output: all of it."""
    return state


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
