r"""What one unit draws, what a few of them add up to, and the numbers that flow through a small network.

A unit computes $\mathrm{relu}(wx + b)$. A network with one hidden layer adds such hinges up:
$y = c + \sum_k v_k\,\mathrm{relu}(w_k x + b_k)$.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense, losses
from livenotes.activations import relu
from livenotes.dense import Layer

BENDS = (-1.0, 0.0, 1.0)
"""Where the three hinges of the figure bend. Each has weight 1, and minus this as its bias."""

W = np.array([[2.0, -0.5], [-1.0, 1.0]])
V = np.array([[2.0, -1.0]])
"""The weights of the small network: two inputs, two hidden units, one output; its biases are 0."""

SECOND_INPUT = 2.0


def unit(w: float, b: float, x: Float[ndarray, " N"]) -> xr.Dataset:
    """Compute the weighted ``sum`` of one unit with one input, and its ``output``, over ``x``."""
    total = w * x + b
    return xr.Dataset({"sum": ("x", total), "output": ("x", relu(total))}, {"x": x})


def hinges(v: Sequence[float], x: Float[ndarray, " N"]) -> xr.Dataset:
    """Compute three hinges times their outgoing weights, over ``unit`` and ``x``, and their ``sum``."""
    parts = np.array([v_k * relu(x - bend) for v_k, bend in zip(v, BENDS, strict=True)])
    return xr.Dataset({"part": (("unit", "x"), parts), "sum": ("x", parts.sum(axis=0))}, {"x": x})


def hinges_through(x: Float[ndarray, " P"], y: Float[ndarray, " P"]) -> list[Layer]:
    """Make the network of K hinges whose curve passes through given points, with straight pieces between.

    Parameters
    ----------
    x, y : (K + 1,) float
        The points, from left to right. A hinge bends at each of them but the last, where there is nothing to
        the right.
    """
    slopes = np.diff(y) / np.diff(x)
    first = Layer(np.ones((len(slopes), 1)), -x[:-1])
    return [first, Layer(np.diff(slopes, prepend=0)[None], y[:1])]


class Flow(NamedTuple):
    """Every number of one pass through the small network, forward and back."""

    x: Float[ndarray, " 2"]
    a: Float[ndarray, " 2"]
    h: Float[ndarray, " 2"]
    y: float
    loss: float
    g_y: float
    g_v: Float[ndarray, " 2"]
    g_h: Float[ndarray, " 2"]
    g_a: Float[ndarray, " 2"]
    g_w: Float[ndarray, "2 2"]


def flow(x1: float, target: float) -> Flow:
    """Run the small network on ``(x1, 2)``, and backpropagate its squared error."""
    x, layers = np.array([[x1, SECOND_INPUT]]), small_network()
    y, tape = dense.forward(layers, x, relu)
    loss, g_y = losses.squared_error(y, np.array([[float(target)]]))
    (g_first, g_last), _ = dense.backward(tape, g_y)
    a, h, g_h = tape.hidden[0].x[0], tape.inputs[1][0], (g_y @ V)[0]
    return Flow(x[0], a, h, y.item(), loss, g_y.item(), g_last.w[0], g_h, g_first.b, g_first.w)


def small_network() -> list[Layer]:
    """Return the two layers of the small network."""
    return [Layer(W, np.zeros(2)), Layer(V, np.zeros(1))]


def scores(right: float) -> Mapping[str, float | ndarray]:
    """Compute two losses and their slopes; the right one of three classes has a score, the others 0."""
    z = np.array([[right, 0.0, 0.0]])
    entropy, g = losses.softmax_cross_entropy(z, np.array([0]))
    p = np.exp(z[0] - z.max()) / np.exp(z - z.max()).sum()
    wrong = p - [1, 0, 0]
    square = float((wrong**2).sum())
    # dp_j/dz_0 = p_j (1[j = 0] - p_0)
    g_square = float(2 * wrong @ (p * ([1, 0, 0] - p[0])))
    return {"p": p, "entropy": entropy, "square": square, "g_entropy": g[0, 0], "g_square": g_square}


def score_curves() -> dict[str, ndarray]:
    """Compute both losses of ``scores`` over the score of the right class, ``z``."""
    z = np.linspace(-8, 8, 81)
    found = [scores(each) for each in z]
    return {"z": z} | {name: np.array([one[name] for one in found]) for name in ("entropy", "square")}
