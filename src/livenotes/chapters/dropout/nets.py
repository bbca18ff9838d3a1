r"""A net that drops hidden units, or the connections that leave them, while it trains.

Noise sits between a hidden layer and the layer it feeds: the pixels are never dropped. Dropping a unit drops
all connections that leave it, so that every kind of noise acts on the same weights: those of all layers but
the first.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from livenotes.activations import ActivationTape, relu
from livenotes.activations.base import Array
from livenotes.dense import Layer
from livenotes.dropout import (
    DropoutTape,
    dropconnect,
    dropconnect_backward,
    dropout,
    dropout_backward,
    dropout_predict,
    standout,
    standout_predict,
)


class Noise(ABC):
    """One way of feeding hidden units to the next layer: with noise in training, without in prediction."""

    @abstractmethod
    def feed(self, h: Array, s: Array, layer: Layer, rng: np.random.Generator) -> tuple[Array, Any]:
        """Return what enters the next layer's activation, and a tape; ``s`` is what made ``h``."""

    @abstractmethod
    def back(self, tape: Any, layer: Layer, g: Array) -> tuple[Layer, Array]:
        """Return dL/d(layer) and dL/dh."""

    @abstractmethod
    def predict(self, h: Array, s: Array, layer: Layer) -> Array:
        """Return what enters the next layer's activation when nothing is dropped."""


class _UnitNoise(Noise):
    """Whatever drops units: they differ in the odds, and in what they scale."""

    @abstractmethod
    def drop(self, h: Array, s: Array, layer: Layer, rng: np.random.Generator) -> tuple[Array, DropoutTape]:
        """Return the units with some of them at 0."""

    def feed(self, h: Array, s: Array, layer: Layer, rng: np.random.Generator) -> tuple[Array, Any]:
        kept, dropped = self.drop(h, s, layer, rng)
        return kept @ layer.w.T + layer.b, (kept, dropped)

    def back(self, tape: Any, layer: Layer, g: Array) -> tuple[Layer, Array]:
        kept, dropped = tape
        return Layer(g.T @ kept, g.sum(axis=0)), dropout_backward(dropped, g @ layer.w)


@dataclass(frozen=True)
class Units(_UnitNoise):
    """Dropout: every hidden unit is dropped with probability ``rate``."""

    rate: float
    inverted: bool = True

    def drop(self, h: Array, s: Array, layer: Layer, rng: np.random.Generator) -> tuple[Array, DropoutTape]:
        """Drop every unit with the same probability."""
        return dropout(h, rng, rate=self.rate, inverted=self.inverted)

    def predict(self, h: Array, s: Array, layer: Layer) -> Array:
        """Keep all units; scale them if training did not."""
        return dropout_predict(h, rate=self.rate, inverted=self.inverted) @ layer.w.T + layer.b


@dataclass(frozen=True)
class Adaptive(_UnitNoise):
    r"""Standout: a unit is kept with probability $\sigma(\alpha s + \beta)$.

    ``beta`` is set so that ``rate`` is the probability of dropping a unit whose input is 0.
    """

    rate: float
    alpha: float = 1.0

    @property
    def beta(self) -> float:
        r"""The logarithm of the odds of keeping a unit whose input is 0."""
        return float(np.log1p(-self.rate) - np.log(self.rate))

    def drop(self, h: Array, s: Array, layer: Layer, rng: np.random.Generator) -> tuple[Array, DropoutTape]:
        """Drop units, the strongly driven ones seldom."""
        return standout(h, s, rng, alpha=self.alpha, beta=self.beta)

    def predict(self, h: Array, s: Array, layer: Layer) -> Array:
        """Scale every unit by its own probability."""
        return standout_predict(h, s, alpha=self.alpha, beta=self.beta) @ layer.w.T + layer.b


@dataclass(frozen=True)
class Shared(_UnitNoise):
    """Inverted dropout with one mask for the whole batch; with ``fixed``, with the same mask all the time.

    A mask that never changes leaves a smaller net, so that prediction keeps to it.
    """

    rate: float
    fixed: int | None = None

    def drop(self, h: Array, s: Array, layer: Layer, rng: np.random.Generator) -> tuple[Array, DropoutTape]:
        """Drop the same units for every example; where the mask is fixed, the layer's shape decides which."""
        if self.fixed is not None:
            rng = np.random.default_rng([self.fixed, *layer.w.shape])
        _, row = dropout(np.ones(h.shape[1], h.dtype), rng, rate=self.rate)
        factor = np.broadcast_to(row.factor, h.shape)
        return h * factor, DropoutTape(factor)

    def predict(self, h: Array, s: Array, layer: Layer) -> Array:
        """Keep all units, or those of the mask that never changes."""
        if self.fixed is not None:
            h, _ = self.drop(h, s, layer, np.random.default_rng(self.fixed))
        return h @ layer.w.T + layer.b


@dataclass(frozen=True)
class Connections(Noise):
    """DropConnect: every connection that leaves a hidden unit is dropped with probability ``rate``."""

    rate: float

    def feed(self, h: Array, s: Array, layer: Layer, rng: np.random.Generator) -> tuple[Array, Any]:
        """Drop connections."""
        y, tape = dropconnect(h, layer.w, rng, rate=self.rate)
        return y + layer.b, tape

    def back(self, tape: Any, layer: Layer, g: Array) -> tuple[Layer, Array]:
        """Send the gradient through the connections that were kept."""
        g_h, g_w = dropconnect_backward(tape, g)
        return Layer(g_w, g.sum(axis=0)), g_h

    def predict(self, h: Array, s: Array, layer: Layer) -> Array:
        """Scale the weights: the mean over all masks."""
        return (1 - self.rate) * (h @ layer.w.T) + layer.b


class NoisyTape(NamedTuple):
    """What ``backward`` needs from ``forward``: the data, each hidden layer's ReLU, what was dropped."""

    x: Array
    hidden: tuple[ActivationTape, ...]
    fed: tuple[Any, ...]


def forward(
    layers: Sequence[Layer], x: Array, noise: Noise, rng: np.random.Generator
) -> tuple[Array, NoisyTape]:
    """Run a ReLU net with noise; the output is linear."""
    s, hidden, fed = x @ layers[0].w.T + layers[0].b, [], []
    for layer in layers[1:]:
        h, bent = relu.forward(s)
        s, tape = noise.feed(h, s, layer, rng)
        hidden.append(bent)
        fed.append(tape)
    return s, NoisyTape(x, tuple(hidden), tuple(fed))


def backward(layers: Sequence[Layer], tape: NoisyTape, noise: Noise, g: Array) -> list[Layer]:
    """Return dL/d(layers) from dL/d(out)."""
    g_layers = []
    for layer, bent, fed in reversed(list(zip(layers[1:], tape.hidden, tape.fed, strict=True))):
        g_layer, g_h = noise.back(fed, layer, g)
        g_layers.append(g_layer)
        g = relu.backward(bent, g_h)
    g_layers.append(Layer(g.T @ tape.x, g.sum(axis=0)))
    return g_layers[::-1]


def predict(layers: Sequence[Layer], x: Array, noise: Noise) -> Array:
    """Run the net with nothing dropped, corrected as its kind of noise asks for."""
    s = x @ layers[0].w.T + layers[0].b
    for layer in layers[1:]:
        s = noise.predict(relu(s), s, layer)
    return s
