r"""Nets that drop while they train, and the task they train on.

The task invites over-fitting: 400 digits, a fifth with false labels, and a net that can learn all of them.
Noise sits between a hidden layer and the layer it feeds: the pixels are never dropped. Dropping a unit drops
all connections that leave it, so that every kind of noise acts on the same weights: those of all layers but
the first.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from livenotes import dense
from livenotes.activations import ActivationTape, relu
from livenotes.activations.base import Array
from livenotes.datasets.digits import digits
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
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init, iterations_per_epoch, momentum, sgd, zeros_like

EXAMPLES, FALSE_SHARE = 400, 0.2
WIDTHS = (64, 128, 128, 10)
BATCH, LEARNING_RATE, UPDATES = 20, 0.03, 4000
CHECKPOINTS = np.append(0, np.unique(np.round(np.geomspace(4, UPDATES, 43)).astype(int)))
SEEDS = (0, 1, 2, 3, 4)
ROUGHLY = {"train_accuracy": 0.05, "validation_accuracy": 0.05, "memorized": 0.5}
"""How far two machines may differ: an image more or less."""


class Task(NamedTuple):
    """Digits to learn, and digits to validate on.

    Attributes
    ----------
    x, labels : (N, 64), (N,)
        Images to train on, and the labels given for them.
    false : (N,)
        Where the label given is not that of the image.
    x_val, labels_val : (V, 64), (V,)
        All other images, with their true labels.
    """

    x: Float[ndarray, "N 64"]
    labels: Int[ndarray, " N"]
    false: Bool[ndarray, " N"]
    x_val: Float[ndarray, "V 64"]
    labels_val: Int[ndarray, " V"]


@lru_cache(maxsize=8)
def noisy_digits(seed: int) -> Task:
    """Draw 400 digits, in float32, and give 80 of them another label; the 1,397 others are for validation."""
    data, rng = digits(dtype=np.float32), np.random.default_rng([seed, 0])
    order = rng.permutation(len(data.x))
    some, others = order[:EXAMPLES], order[EXAMPLES:]
    false = np.arange(EXAMPLES) < FALSE_SHARE * EXAMPLES
    labels = np.where(false, data.labels[some] + rng.integers(1, 10, size=EXAMPLES), data.labels[some]) % 10
    x_val = np.concatenate([data.x[others], data.x_val])
    return Task(data.x[some], labels, false, x_val, np.concatenate([data.labels[others], data.labels_val]))


@lru_cache(maxsize=1)
def clean_digits() -> Task:
    """All 1,437 training digits with their own labels, in float32, and the 360 for validation."""
    data = digits(dtype=np.float32)
    return Task(data.x, data.labels, np.zeros(len(data.x), bool), data.x_val, data.labels_val)


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


def training(
    task: Task,
    noise_at: Callable[[int], Noise],
    seed: int,
    *,
    widths: Sequence[int] = WIDTHS,
    weight_decay: float = 0.0,
    shrink: float = 0.0,
) -> Iterator[list[Layer]]:
    r"""Yield the net before the first update, then after each, without end: plain gradient descent.

    Weights, batches and masks have generators of their own, and a mask is drawn as uniform numbers that are
    compared with the rate: two rates differ in nothing but the units that one drops and the other keeps.

    Parameters
    ----------
    task : Task
    noise_at : callable
        Gives the noise of an epoch.
    seed : int
    widths : sequence of int
    weight_decay : float
        $\lambda$ of an L2 penalty $\tfrac{\lambda}{2}\|\theta\|^2$.
    shrink : float
        $\lambda$ of an L1 penalty $\lambda\|\theta\|_1$; its step moves each entry toward 0 and stops there.
    """
    weights, batches, masks = (np.random.default_rng([seed, k]) for k in (1, 2, 3))
    net = dense.init(weights, widths, gain=2**0.5, dtype=np.float32)
    epoch = iterations_per_epoch(len(task.x), BATCH, drop_last=True)
    yield net
    for step, rows in enumerate(minibatches(batches, len(task.x), BATCH)):
        noise = noise_at(step // epoch)
        out, tape = forward(net, task.x[rows], noise, masks)
        _, g = softmax_cross_entropy(out, task.labels[rows])
        net = sgd(net, backward(net, tape, noise, g), lr=LEARNING_RATE, weight_decay=weight_decay)
        if shrink:
            net = [Layer(*(_toward_zero(p, LEARNING_RATE * shrink) for p in layer)) for layer in net]
        yield net


def _toward_zero(p: ndarray, step: float) -> ndarray:
    return np.sign(p) * np.maximum(np.abs(p) - step, 0)


def trained(task: Task, noise: Noise, seed: int, updates: int = UPDATES, **settings: Any) -> list[Layer]:
    """Train with the same noise in every epoch; return the net after so many updates.

    ``settings`` are those of ``training``.
    """
    return next(islice(training(task, lambda _: noise, seed, **settings), updates, None))


def score(
    net: Sequence[Layer], noise: Noise, x: Float[ndarray, "N 64"], labels: Int[ndarray, " N"]
) -> tuple[float, float]:
    """Loss in nats and accuracy of the net with nothing dropped."""
    out = predict(net, x, noise)
    return softmax_cross_entropy(out, labels)[0], accuracy(out, labels)


def curves(task: Task, noise_at: Callable[[int], Noise], seed: int) -> xr.Dataset:
    """Train, and look at the net at ``CHECKPOINTS``; in float16.

    Returns
    -------
    xarray.Dataset
        Along ``update``: ``train_loss``, ``train_accuracy``, ``validation_loss``, ``validation_accuracy``
        with nothing dropped, losses in nats. ``memorized``: the share of the false labels that the net gives
        back. ``noise``: what dropping changes in the outputs, relative to their spread over images; both root
        mean squares.
    """
    epoch = iterations_per_epoch(len(task.x), BATCH, drop_last=True)
    false_x, false_labels = task.x[task.false], task.labels[task.false]
    rows = []
    for step, net in enumerate(islice(training(task, noise_at, seed), UPDATES + 1)):
        if step not in CHECKPOINTS:
            continue
        noise = noise_at(step // epoch)
        train_loss, train_accuracy = score(net, noise, task.x, task.labels)
        validation_loss, validation_accuracy = score(net, noise, task.x_val, task.labels_val)
        rows.append(
            {
                "train_loss": train_loss,
                "train_accuracy": train_accuracy,
                "validation_loss": validation_loss,
                "validation_accuracy": validation_accuracy,
                "memorized": score(net, noise, false_x, false_labels)[1],
                "noise": _relative_noise(net, noise, task.x_val[:100], seed),
            }
        )
    columns = {key: ("update", np.array([row[key] for row in rows], np.float16)) for key in rows[0]}
    return xr.Dataset(columns, coords={"update": CHECKPOINTS})


def _relative_noise(net: Sequence[Layer], noise: Noise, x: Float[ndarray, "N 64"], seed: int) -> float:
    noisy, _ = forward(net, x, noise, np.random.default_rng([seed, 4]))
    clean = predict(net, x, noise)
    return float(np.sqrt(np.square(noisy - clean).mean()) / clean.std(axis=0).mean())


UNTOUCHED_RATE, UNTOUCHED_AFTER = 0.5, 50

# An optimizer takes parameters, gradients and its state, and returns parameters and state.
Step = Callable[[Any, Any, Any], tuple[Any, Any]]
OPTIMIZERS: dict[str, tuple[Callable[[Any], Any], Step]] = {
    "sgd": (lambda p: None, lambda p, g, s: (sgd(p, g, lr=LEARNING_RATE), s)),
    "sgd, weight decay": (
        lambda p: None,
        lambda p, g, s: (sgd(p, g, lr=LEARNING_RATE, weight_decay=0.01), s),
    ),
    "momentum": (zeros_like, lambda p, g, s: momentum(p, g, s, lr=LEARNING_RATE / 10)),
    "adam": (adam_init, adam),
}


def untouched(seeds: Sequence[int]) -> xr.Dataset:
    """Train the net of the sweep for a while, then compare it before and after one more update.

    Returns
    -------
    xarray.Dataset
        Shares of parameters that the update, which follows 50 others at rate 0.5 on batches of 20, leaves
        exactly as they are; by ``optimizer`` and ``seed``.

        ``dropped``: of the parameters of dropped units, which are the weights into them, their biases, and
        the weights out of them, when one mask serves the whole batch.
        ``kept``: of the parameters that touch no dropped unit, with the same mask. Some stay: a ReLU can be
        off for the whole batch.
        ``dropped_own_masks``: of the parameters of the units dropped for the first example, when every
        example has its own mask.
    """
    rows = [[_shares(name, seed) for seed in seeds] for name in OPTIMIZERS]
    columns = {key: [[shares[key] for shares in row] for row in rows] for key in rows[0][0]}
    return xr.Dataset(
        {key: (("optimizer", "seed"), values) for key, values in columns.items()},
        coords={"optimizer": list(OPTIMIZERS), "seed": list(seeds)},
    )


def _shares(name: str, seed: int) -> dict[str, float]:
    dropped, kept = _compare(name, seed, Shared(UNTOUCHED_RATE))
    dropped_own_masks, _ = _compare(name, seed, Units(UNTOUCHED_RATE))
    return {"dropped": dropped, "kept": kept, "dropped_own_masks": dropped_own_masks}


def _compare(name: str, seed: int, noise: Noise) -> tuple[float, float]:
    """Share of parameters that stay, of the dropped units and of all others."""
    task, (start, step) = noisy_digits(seed), OPTIMIZERS[name]
    weights, batches, masks = (np.random.default_rng([seed, k]) for k in (1, 2, 3))
    net = dense.init(weights, WIDTHS, gain=2**0.5)
    state, x = start(net), task.x.astype(float)
    for _, rows in zip(range(UNTOUCHED_AFTER + 1), minibatches(batches, len(x), BATCH), strict=False):
        before = net
        out, tape = forward(net, x[rows], noise, masks)
        _, g = softmax_cross_entropy(out, task.labels[rows])
        net, state = step(net, backward(net, tape, noise, g), state)
    dropped = [own.factor[0] == 0 for _, own in tape.fed]  # of the first example
    gone = [np.zeros(WIDTHS[0], bool), *dropped, np.zeros(WIDTHS[-1], bool)]
    same = [(p == q).ravel() for pair in zip(before, net, strict=True) for p, q in zip(*pair, strict=True)]
    owned = [part.ravel() for ends in pairwise(gone) for part in _owned(*ends)]
    stayed, theirs = np.concatenate(same), np.concatenate(owned)
    return float(stayed[theirs].mean()), float(stayed[~theirs].mean())


def _owned(below: Any, above: Any) -> Layer:
    """Say which parameters of a layer belong to a dropped unit at either end."""
    return Layer(below[None, :] | above[:, None], above)
