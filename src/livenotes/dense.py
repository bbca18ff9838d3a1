r"""A multilayer perceptron as pure functions: $h_k = f(W_k h_{k-1} + b_k)$, the last layer linear.

Axes: B batch, I inputs of a layer, O outputs of a layer. Nothing is kept between calls: ``forward`` returns a
tape, ``backward`` reads it. Explained in the chapter on activation functions; the backward pass is that of
{cite}`rumelhart1986learning`.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from .activations import Activation
from .arguments import require_positive


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
    dtype: type[np.floating] = np.float64,
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
    ValueError
        If there are fewer than two widths, a width is below 1, or the gain is not positive.
    """
    if len(widths) < 2 or min(widths) < 1:
        raise ValueError(f"widths: expected two or more positive numbers, got {list(widths)}")
    gain = require_positive("gain", gain)
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
    ValueError
        If there is no layer, or a layer cannot take what the one before it puts out.
    """
    if not layers:
        raise ValueError("layers: expected at least one layer, got none")
    inputs, before = [x], []
    for k, layer in enumerate(layers):
        if layer.w.shape[1] != inputs[-1].shape[1]:
            raise ValueError(
                f"layers[{k}]: its weights take {layer.w.shape[1]} inputs, got {inputs[-1].shape[1]}"
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
    """
    g_layers: list[Layer] = []
    g = g_out
    for k in reversed(range(len(layers))):
        if k < len(layers) - 1:
            g = tape.activation.backward(tape.before[k], g, **tape.params)
        g_layers.append(Layer(g.T @ tape.inputs[k], g.sum(axis=0)))
        g = g @ layers[k].w  # (B, I)
    return g_layers[::-1], g
