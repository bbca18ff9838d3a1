r"""A multilayer perceptron as pure functions: $h_k = f(W_k h_{k-1} + b_k)$, the last layer linear.

Axes: B batch, I inputs of a layer, O outputs of a layer. Nothing is kept between calls: ``forward`` returns a
tape, ``backward`` reads it. Explained in the chapter on activation functions; the backward pass is that of
{cite}`rumelhart1986learning`.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from ._arguments import Count, FloatDtype, Positive
from ._validated import validated
from .activations import Activation, ActivationTape


class Layer(NamedTuple):
    """Weights and biases of one affine layer; also holds gradients with respect to them."""

    w: Float[ndarray, "O I"]
    b: Float[ndarray, " O"]


class LayerTape(NamedTuple):
    """The arguments of ``affine``."""

    layer: Layer
    x: Float[ndarray, "... I"]


class LayerGradients(NamedTuple):
    """Gradients with respect to the arguments of ``affine``."""

    g_layer: Layer
    g_x: Float[ndarray, "... I"]


@validated
def affine(layer: Layer, x: Float[ndarray, "... I"]) -> tuple[Float[ndarray, "... O"], LayerTape]:
    r"""One affine layer, $y = Wx + b$, on every row of ``x``."""
    return x @ layer.w.T + layer.b, LayerTape(layer, x)


@validated
def affine_backward(tape: LayerTape, g_y: Float[ndarray, "... O"]) -> LayerGradients:
    r"""Return dL/dW, dL/db and dL/dx: sums over all rows of $g_y x^\top$ and $g_y$, and $W^\top g_y$."""
    (w, b), x = tape
    g, rows = g_y.reshape(-1, len(b)), x.reshape(-1, x.shape[-1])
    return LayerGradients(Layer(g.T @ rows, g.sum(axis=0)), g_y @ w)


class Tape(NamedTuple):
    """What ``backward`` needs from ``forward``.

    ``inputs[k]`` is what layer k was given: ``inputs[0]`` is the data, ``inputs[-1]`` the last hidden
    representation. ``hidden[k].x`` is hidden layer k before its activation.
    """

    layers: tuple[Layer, ...]
    inputs: tuple[Float[ndarray, "B _"], ...]
    hidden: tuple[ActivationTape, ...]
    activation: Activation


class DenseGradients(NamedTuple):
    """Gradients with respect to the layers, in their order, and to the data."""

    g_layers: list[Layer]
    g_x: Float[ndarray, "B I"]


def _two_or_more(name: str, widths: Sequence[int]) -> Sequence[int]:
    if len(widths) < 2:
        raise ValueError(f"{name} must hold at least an input and an output, got {list(widths)}")
    return widths


def _one_or_more(name: str, layers: Sequence[Layer]) -> Sequence[Layer]:
    if not layers:
        raise ValueError(f"{name} must hold at least one layer, got none")
    return layers


def _fit(
    layers: Sequence[Layer], x: Float[ndarray, "B I"], activation: Activation, params: Mapping[str, float]
) -> None:
    """Raise unless every layer takes as many numbers as the one before it puts out."""
    inputs = x.shape[1]
    for k, (w, _) in enumerate(layers):
        if w.shape[1] != inputs:
            raise ValueError(f"layers[{k}].w must have axes (O, I={inputs}), got shape {w.shape}")
        inputs = len(w) if activation.elementwise else activation.outputs(len(w), **params)


@validated
def init(
    rng: np.random.Generator,
    widths: Annotated[Sequence[Count], _two_or_more],
    *,
    gain: Positive = 1.0,
    dtype: FloatDtype = np.float64,
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
        If there are fewer than two widths, a width is not an integer of at least 1, the gain is not positive,
        or ``dtype`` not a float type.
    """
    return [
        Layer(rng.normal(scale=gain / np.sqrt(i), size=(o, i)).astype(dtype), np.zeros(o, dtype))
        for i, o in pairwise(widths)
    ]


@validated(where=_fit)
def forward(
    layers: Annotated[Sequence[Layer], _one_or_more],
    x: Float[ndarray, "B I"],
    activation: Activation,
    **params: float,
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
    y : (B, O)
    tape : Tape

    Raises
    ------
    TypeError, ValueError
        If there is no layer, or a layer cannot take what the one before it puts out, in size or in dtype.
    """
    inputs, hidden = [x], []
    for w, b in layers[:-1]:
        h, tape = activation.forward(inputs[-1] @ w.T + b, **params)
        inputs.append(h)
        hidden.append(tape)
    w, b = layers[-1]
    return inputs[-1] @ w.T + b, Tape(tuple(layers), tuple(inputs), tuple(hidden), activation)


def _like_the_output(tape: Tape, g_y: Float[ndarray, "B O"]) -> None:
    batch, outputs = len(tape.inputs[0]), len(tape.layers[-1].b)
    if g_y.shape != (batch, outputs):
        raise ValueError(f"g_y must have axes (B={batch}, O={outputs}), got shape {g_y.shape}")


@validated(where=_like_the_output)
def backward(tape: Tape, g_y: Float[ndarray, "B O"]) -> DenseGradients:
    """Backpropagate dL/dy to every layer and to the data.

    Parameters
    ----------
    tape : Tape
        From ``forward``.
    g_y : (B, O) float

    Returns
    -------
    DenseGradients
        ``g_layers``, a list of Layer in the order of the layers, and ``g_x``, (B, I).

    Raises
    ------
    TypeError, ValueError
        If ``g_y`` is not like the output.
    """
    g_layers = []
    for k in reversed(range(len(tape.layers))):
        g_layers.append(Layer(g_y.T @ tape.inputs[k], g_y.sum(axis=0)))
        g_h = g_y @ tape.layers[k].w  # (B, I)
        if k > 0:
            g_y = tape.activation.backward(tape.hidden[k - 1], g_h)
    return DenseGradients(g_layers[::-1], g_h)
