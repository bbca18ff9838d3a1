r"""A multilayer perceptron as pure functions: $h_k = f(W_k h_{k-1} + b_k)$, the last layer linear.

Axes: B batch, I inputs of a layer, O outputs of a layer. Nothing is kept between calls: ``forward`` returns a
tape, ``backward`` reads it. Explained in the chapter on activation functions; the backward pass is that of
{cite}`rumelhart1986learning`.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from ._arguments import (
    require_axes,
    require_count,
    require_float_dtype,
    require_generator,
    require_positive,
    require_type,
)
from .activations import Activation


class Layer(NamedTuple):
    """Weights and biases of one layer, and equally a gradient with respect to them."""

    w: Float[ndarray, "O I"]
    b: Float[ndarray, " O"]


class Tape(NamedTuple):
    """What ``backward`` needs from ``forward``.

    ``inputs[k]`` is what layer k was given: ``inputs[0]`` is the data, ``inputs[-1]`` the last hidden
    representation. ``before[k]`` is hidden layer k before its activation.
    """

    inputs: tuple[Float[ndarray, "B _"], ...]
    before: tuple[Float[ndarray, "B _"], ...]
    activation: Activation
    params: Mapping[str, float]


def init(
    rng: np.random.Generator,
    widths: Sequence[int],
    *,
    gain: float = 1.0,
    dtype: Any = np.float64,
) -> list[Layer]:
    r"""Draw weights $W_k \sim \mathcal N(0, g^2 / \mathrm{fan\_in})$; biases start at zero.

    Gain 1 keeps the variance of a layer that is linear near zero, such as tanh; between layers of equal
    width it is the scale of {cite}`glorot2010understanding`. Gain $\sqrt2$ makes up for the half that a ReLU
    cuts off: {cite}`he2015delving`.

    Parameters
    ----------
    rng : numpy.random.Generator
    widths : sequence of int, at least two
        Units of every layer, the input first and the output last.
    gain : float, > 0
        The number $g$ above.
    dtype : numpy floating type

    Returns
    -------
    list of Layer
        ``len(widths) - 1`` of them.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two widths, a width is no integer of at least 1, the gain is not positive,
        or ``dtype`` no float type.
    """
    require_generator(rng)
    require_type("widths", widths, Sequence)
    if len(widths) < 2:
        raise ValueError(f"widths must hold at least an input and an output, got {list(widths)}")
    for k, width in enumerate(widths):
        require_count(f"widths[{k}]", width)
    gain, dtype = require_positive("gain", gain), require_float_dtype(dtype)
    return [
        Layer(rng.normal(scale=gain / np.sqrt(i), size=(o, i)).astype(dtype), np.zeros(o, dtype))
        for i, o in pairwise(widths)
    ]


def forward(
    layers: Sequence[Layer], x: Float[ndarray, "B I"], activation: Activation, **params: float
) -> tuple[Float[ndarray, "B O"], Tape]:
    """Run the network; the activation follows every layer but the last.

    Parameters
    ----------
    layers : sequence of Layer
    x : (B, I) float
    activation : Activation
    **params : float
        Passed on to the activation.

    Returns
    -------
    out : (B, O)
    tape : Tape

    Raises
    ------
    TypeError, ValueError
        If there is no layer, or a layer cannot take what the one before it puts out, in size or in dtype.
    """
    _require_layers(layers)
    require_type("activation", activation, Activation)
    inputs, before = [x], []
    for k, layer in enumerate(layers):
        require_axes(
            ("x" if k == 0 else f"the output of layers[{k - 1}]", inputs[-1], "B I"),
            (f"layers[{k}].w", layer.w, "O I"),
            (f"layers[{k}].b", layer.b, "O"),
        )
        out = inputs[-1] @ layer.w.T + layer.b  # (B, O)
        if k < len(layers) - 1:
            before.append(out)
            inputs.append(activation(out, **params))
    return out, Tape(tuple(inputs), tuple(before), activation, params)


def backward(
    layers: Sequence[Layer], tape: Tape, g_out: Float[ndarray, "B O"]
) -> tuple[list[Layer], Float[ndarray, "B I"]]:
    """Backpropagate dL/d(out); return dL/d(layers) and dL/dx.

    Parameters
    ----------
    layers : sequence of Layer
        The layers that ``forward`` ran.
    tape : Tape
        The tape that it returned.
    g_out : (B, O) float

    Returns
    -------
    g_layers : list of Layer
        In the order of ``layers``.
    g_x : (B, I)

    Raises
    ------
    TypeError, ValueError
        If the tape is of another number of layers, or ``g_out`` not like the output.
    """
    _require_layers(layers)
    require_type("tape", tape, Tape)
    if len(layers) != len(tape.inputs):
        raise ValueError(f"layers must be as many as the tape is of, {len(tape.inputs)}, got {len(layers)}")
    require_axes(
        ("tape.inputs[-1]", tape.inputs[-1], "B I"),
        ("layers[-1].w", layers[-1].w, "O I"),
        ("g_out", g_out, "B O"),
    )
    g_layers: list[Layer] = []
    g = g_out
    for k in reversed(range(len(layers))):
        if k < len(layers) - 1:
            g = tape.activation.backward(tape.before[k], g, **tape.params)
        g_layers.append(Layer(g.T @ tape.inputs[k], g.sum(axis=0)))
        g = g @ layers[k].w  # (B, I)
    return g_layers[::-1], g


def _require_layers(layers: object) -> None:
    require_type("layers", layers, Sequence)
    if not layers:
        raise ValueError("layers must hold at least one layer, got none")
