r"""Deep nets on the digits, every hidden layer normalized in one of four ways, or not at all.

A hidden layer is a matrix, a normalization and ReLU (or another activation); the output is linear.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes._validated import body
from livenotes.activations import REGISTRY, Activation
from livenotes.datasets.digits import Digits, digits
from livenotes.dense import Layer
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.normalization import (
    BatchNormTape,
    LayerNormTape,
    NormGradients,
    RunningStats,
    batch_norm,
    batch_norm_backward,
    batch_norm_predict,
    layer_norm,
    layer_norm_backward,
    update_running,
    weight_norm,
    weight_norm_backward,
)
from livenotes.optimization import sgd

KINDS = ("none", "batch", "layer", "weight", "weight from data")
"""The last is weight norm that starts with scales and shifts computed from a first batch."""

WIDTH, CLASSES, BATCH = 64, 10, 64
TANH_LIKE = {"tanh", "sigmoid"}


class Block(NamedTuple):
    """Weights of a hidden layer, and its scale and shift; also holds gradients.

    The scale is what batch and layer norm multiply by, and the length of the rows under weight norm. A layer
    without normalization has none and leaves it alone.
    """

    w: Float[ndarray, "H D"]
    gamma: Float[ndarray, " H"]
    beta: Float[ndarray, " H"]


class NormedNet(NamedTuple):
    """Hidden layers and the linear output; also holds gradients."""

    blocks: list[Block]
    out: Layer


def begin(
    rng: np.random.Generator,
    kind: str,
    *,
    depth: int,
    gain: float,
    activation: str = "relu",
    width: int = WIDTH,
) -> NormedNet:
    """Draw hidden weights with ``gain`` times the variance-keeping deviation; same numbers for every kind."""
    he = 2**0.5 if activation == "relu" else 1.0
    hidden = dense.init(rng, [64, *[width] * depth], gain=gain * he, dtype=np.float32)
    (out,) = dense.init(rng, [width, CLASSES], dtype=np.float32)
    ones = np.ones(width, np.float32)
    lengths = [np.linalg.norm(w, axis=1) if kind.startswith("weight") else ones for w, _ in hidden]
    return NormedNet([Block(w, s, 0 * s) for (w, _), s in zip(hidden, lengths, strict=True)], out)


def sums(kind: str, block: Block, h: ndarray, share: int | None = None) -> tuple[ndarray, Any]:
    """Compute what goes into the units of a hidden layer, in training, and what the way back needs.

    With ``share``, batch norm takes its statistics over so many examples at a time, not over the batch.
    """
    if kind.startswith("weight"):
        w, of_weights = body(weight_norm)(block.w, block.gamma)
        return h @ w.T + block.beta, (h, w, of_weights)
    a: ndarray = h @ block.w.T
    own: Any = None  # what the way back through the normalization needs
    if kind == "none":
        return a + block.beta, (h, block.w, own)
    if share is not None and kind == "batch":
        a, own = grouped(a, block.gamma, block.beta, share)
    else:
        a, own = body(batch_norm if kind == "batch" else layer_norm)(a, block.gamma, block.beta)
    return a, (h, block.w, own)


class GroupedTape(NamedTuple):
    """The tape of batch norm over many small groups, each feature of a group a feature of its own."""

    own: BatchNormTape
    groups: int

    def statistics(self) -> tuple[ndarray, ndarray]:
        """Average the groups' means and variances."""
        return tuple(s.reshape(self.groups, -1).mean(axis=0) for s in (self.own.mean, self.own.var))


def grouped(a: ndarray, gamma: ndarray, beta: ndarray, share: int) -> tuple[ndarray, GroupedTape]:
    """Apply batch norm to every ``share`` rows on their own."""
    groups = len(a) // share
    wide = a.reshape(groups, share, -1).swapaxes(0, 1).reshape(share, -1)  # (share, groups*D)
    y, tape = body(batch_norm)(wide, np.tile(gamma, groups), np.tile(beta, groups))
    return y.reshape(share, groups, -1).swapaxes(0, 1).reshape(a.shape), GroupedTape(tape, groups)


def grouped_back(tape: GroupedTape, g: ndarray) -> NormGradients:
    """Go back through ``grouped``: its scale and shift are used by every group."""
    share = len(tape.own.x_hat)
    wide = g.reshape(tape.groups, share, -1).swapaxes(0, 1).reshape(share, -1)
    g_x, g_gamma, g_beta = body(batch_norm_backward)(tape.own, wide)
    g_x = g_x.reshape(share, tape.groups, -1).swapaxes(0, 1).reshape(g.shape)
    return NormGradients(g_x, *(s.reshape(tape.groups, -1).sum(axis=0) for s in (g_gamma, g_beta)))


def sums_back(kind: str, tape: Any, g: ndarray) -> tuple[Block, ndarray]:
    """Return the gradients of a hidden layer's parameters and of its input."""
    h, w, own = tape
    g_gamma, g_beta = np.zeros(len(w), w.dtype), None
    if kind in ("batch", "layer"):
        g, g_gamma, g_beta = _BACK[type(own)](own, g)
    else:
        g_beta = g.sum(axis=0)
    g_w = g.T @ h
    if kind.startswith("weight"):
        g_w, g_gamma = body(weight_norm_backward)(own, g_w)
    return Block(g_w, g_gamma, g_beta), g @ w


_BACK: dict[type, Callable[[Any, ndarray], NormGradients]] = {
    BatchNormTape: body(batch_norm_backward),
    GroupedTape: grouped_back,
    LayerNormTape: body(layer_norm_backward),
}


def forward(
    kind: str, net: NormedNet, x: ndarray, f: Activation, share: int | None = None
) -> tuple[ndarray, list[Any]]:
    """Run the net as in training; the tape has a pair for each hidden layer, and what the output reads."""
    h, tape = x, []
    for block in net.blocks:
        a, own = sums(kind, block, h, share)
        h, bent = f.forward(a)
        tape.append((own, bent))
    return h @ net.out.w.T + net.out.b, [*tape, h]


def backward(
    kind: str, net: NormedNet, tape: list[Any], g: ndarray, f: Activation
) -> tuple[NormedNet, list[ndarray]]:
    """Return the gradient of all parameters, and those of the sums of every hidden layer."""
    *tapes, h = tape
    g_out, g = Layer(g.T @ h, g.sum(axis=0)), g @ net.out.w
    g_blocks, g_sums = [], []
    for own, bent in reversed(tapes):
        g_a = f.backward(bent, g)
        g_block, g = sums_back(kind, own, g_a)
        g_blocks.append(g_block)
        g_sums.append(g_a)
    return NormedNet(g_blocks[::-1], g_out), g_sums[::-1]


def start_from_data(net: NormedNet, x: ndarray, f: Activation) -> NormedNet:
    """Set every unit's scale and shift so that its sums over ``x`` have mean 0 and deviation 1."""
    blocks, h = [], x
    for block in net.blocks:
        unit = block.w / np.linalg.norm(block.w, axis=1, keepdims=True)
        a = h @ unit.T
        scale = 1 / (a.std(axis=0) + np.float32(1e-5))
        blocks.append(Block(block.w, scale, -a.mean(axis=0) * scale))
        h = f(scale * (a - a.mean(axis=0)))
    return NormedNet(blocks, net.out)


def predict(kind: str, net: NormedNet, x: ndarray, running: Sequence[RunningStats], f: Activation) -> ndarray:
    """Run the net for prediction: only batch norm does something else than in training."""
    h = x
    for block, stats in zip(net.blocks, running, strict=True):
        if kind == "batch":
            h = f(batch_norm_predict(h @ block.w.T, block.gamma, block.beta, stats)[0])
        else:
            h = f(sums(kind, block, h)[0])
    return h @ net.out.w.T + net.out.b


class Stage(NamedTuple):
    """A net during training, the running statistics of its layers, and the loss of the batch just seen."""

    net: NormedNet
    running: list[RunningStats]
    loss: float


def training(
    kind: str,
    task: Digits,
    seed: int,
    *,
    rate: float,
    depth: int = 5,
    gain: float = 1.0,
    activation: str = "relu",
    batch: int = BATCH,
    share: int | None = None,
    noise: float = 0.0,
    before: Callable[[ndarray], ndarray] = lambda x: x,
) -> Iterator[Stage]:
    """Yield the net before the first update, then after each, without end: plain gradient descent."""
    f = REGISTRY[activation]
    net = begin(np.random.default_rng([seed, 0]), kind, depth=depth, gain=gain, activation=activation)
    x = before(task.x)
    if kind == "weight from data":
        net = start_from_data(net, x[:256], f)
    running = [RunningStats(0 * b.beta, 1 + 0 * b.beta) for b in net.blocks]
    yield Stage(net, running, np.nan)
    shaken = np.random.default_rng([seed, 2])
    for rows in minibatches(np.random.default_rng([seed, 1]), len(x), batch):
        used = shake(shaken, net, noise) if noise else net
        out, tape = forward(kind, used, x[rows], f, share)
        loss, g = body(softmax_cross_entropy)(out, task.labels[rows])
        net = body(sgd)(net, backward(kind, used, tape, g, f)[0], lr=rate)
        if kind == "batch":
            running = [averaged(r, own[2]) for r, (own, _) in zip(running, tape[:-1], strict=True)]
        yield Stage(net, running, loss)


def shake(rng: np.random.Generator, net: NormedNet, noise: float) -> NormedNet:
    """Move the mean and the deviation of every unit's normalized sum at random, anew at every call."""
    blocks = []
    for w, gamma, beta in net.blocks:
        stretch, shift = rng.uniform(1 - noise, 1 + noise, len(w)), rng.uniform(-noise, noise, len(w))
        blocks.append(Block(w, gamma * stretch.astype(w.dtype), beta + shift.astype(w.dtype)))
    return NormedNet(blocks, net.out)


def averaged(running: RunningStats, tape: BatchNormTape | GroupedTape) -> RunningStats:
    """Move running statistics toward those of a batch, or of the groups in it."""
    if isinstance(tape, BatchNormTape):
        return body(update_running)(running, tape)
    (mean, var), n = tape.statistics(), len(tape.own.x_hat)
    return RunningStats(0.9 * running.mean + 0.1 * mean, 0.9 * running.var + 0.1 * n / (n - 1) * var)


@cache
def task() -> Digits:
    """The digits in single precision."""
    return digits(dtype=np.float32)


def score(kind: str, stage: Stage, x: ndarray, labels: ndarray, activation: str = "relu") -> float:
    """Share of right answers in prediction; what is not a number is no answer."""
    out = predict(kind, stage.net, x, stage.running, REGISTRY[activation])
    return accuracy(np.nan_to_num(out), labels) if np.isfinite(out).all() else 1 / CLASSES


def last(stages: Iterator[Stage], updates: int) -> tuple[Stage, ndarray]:
    """Return the net after so many updates, or before the first loss that is not finite; and all losses."""
    losses, kept = [], next(stages)
    with np.errstate(all="ignore"):
        for stage in islice(stages, updates):
            if not np.isfinite(stage.loss) or stage.loss > 1e4:
                break
            losses.append(stage.loss)
            kept = stage
    whole = np.full(updates, np.nan)
    whole[: len(losses)] = losses
    return kept, whole
