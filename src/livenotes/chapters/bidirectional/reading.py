"""A layer that reads lines of symbols and answers at some steps: trained, turned round, asked again.

Every experiment of this chapter but those of translation trains such a net: one layer from
``livenotes.recurrent``, of one direction or two, or a stack of them, and a linear readout.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes.lab.memory import LIMIT, Net
from livenotes.lab.store import mean_losses, register_training
from livenotes.lab.training import accuracy
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init, clip_by_norm
from livenotes.recurrent import CELLS, Cell, bidirectional

GRU = CELLS["gru"]
BOTH = bidirectional.over(GRU)
READERS = ("left to right", "right to left", "both")
BATCH, EVERY = 32, 20


class Lines(NamedTuple):
    """Lines of symbols, the steps at which to answer, and the answers in the order of the steps."""

    x: Float[ndarray, "T B K"]
    asked: Bool[ndarray, "T B"]
    target: Int[ndarray, " N"]


def turned(lines: Lines) -> Lines:
    """Turn lines round that are asked once each, all at the same step."""
    return Lines(lines.x[::-1], lines.asked[::-1], lines.target)


def at_the_end(lines: Lines) -> Lines:
    """Ask at the last step instead of at the blank."""
    asked = np.zeros_like(lines.asked)
    asked[-1] = True
    return lines._replace(asked=asked)


def begin_reader(
    rng: Generator, layer: Cell, symbols: int, hidden: int, answers: int, dtype: Any = np.float32
) -> Net:
    """Draw a net: the layer's own start, and a linear readout of all that it puts out."""
    width = layer.width * hidden
    w = rng.normal(scale=width**-0.5, size=(answers, width)).astype(dtype)
    return Net(layer.init(rng, symbols, hidden, dtype=dtype), w, np.zeros(answers, dtype))


def answer(layer: Cell, net: Net, lines: Lines) -> tuple[Float[ndarray, "N C"], tuple[ndarray, Any]]:
    """Scores of the answers where the lines are asked; and outputs and tape, for the way back."""
    x = lines.x.astype(net.w.dtype)
    h, tape = layer.forward(net.cell, x, layer.zero_state(net.cell, x.shape[1]))
    return h[lines.asked] @ net.w.T + net.b, (h, tape)


def gradient(layer: Cell, net: Net, lines: Lines) -> tuple[float, Net]:
    """Mean cross-entropy of the answers, in nats, and its gradient in every parameter."""
    scores, (h, tape) = answer(layer, net, lines)
    loss, g = softmax_cross_entropy(scores, lines.target)
    g_h = np.zeros_like(h)
    g_h[lines.asked] = g @ net.w
    return loss, Net(layer.backward(tape, g_h).g_params, g.T @ h[lines.asked], g.sum(axis=0))


def learn(
    layer: Cell, net: Net, draw: Callable[[], Lines], updates: int, rate: float
) -> tuple[Net, xr.DataArray]:
    """Train with Adam on new lines at every update, gradients clipped to length 1; return the losses too."""
    state, losses = adam_init(net), []
    for _ in range(updates):
        loss, g = gradient(layer, net, draw())
        net, state = adam(net, clip_by_norm(g, LIMIT), state, lr=rate)
        losses.append(loss)
    return net, mean_losses(losses, EVERY)


def ask_all(layer: Cell, net: Net, lines: Lines) -> tuple[float, float]:
    """Share of right answers, and their mean cross-entropy."""
    scores, _ = answer(layer, net, lines)
    return accuracy(scores, lines.target), softmax_cross_entropy(scores, lines.target)[0]


stored = partial(register_training, every=EVERY, rtol=0.05)
"""Register trainings of this chapter."""
