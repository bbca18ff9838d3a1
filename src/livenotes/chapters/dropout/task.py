"""A task that invites over-fitting: 400 digits, a fifth with false labels, and a net that can learn all."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from livenotes import dense
from livenotes.datasets.digits import digits
from livenotes.dense import Layer
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import iterations_per_epoch, sgd

from .nets import Noise, backward, forward, predict

EXAMPLES, FALSE_SHARE = 400, 0.2
WIDTHS = (64, 128, 128, 10)
BATCH, LEARNING_RATE, UPDATES = 20, 0.03, 4000
CHECKPOINTS = np.append(0, np.unique(np.round(np.geomspace(4, UPDATES, 43)).astype(int)))
SEEDS = (0, 1, 2, 3, 4)
CURVES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "memorized", "noise")
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
        $\lambda$ of an L1 penalty $\lambda\|\theta\|_1$; its step moves each entry towards 0 and stops there.
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
            net = [Layer(*(_towards_zero(p, LEARNING_RATE * shrink) for p in layer)) for layer in net]
        yield net


def _towards_zero(p: ndarray, step: float) -> ndarray:
    return np.sign(p) * np.maximum(np.abs(p) - step, 0)


def after(updates: int, run: Iterator[list[Layer]]) -> list[Layer]:
    """Return the net that a run has reached after so many updates."""
    return next(islice(run, updates, None))


def score(
    net: Sequence[Layer], noise: Noise, x: Float[ndarray, "N 64"], labels: Int[ndarray, " N"]
) -> tuple[float, float]:
    """Loss in nats and accuracy of the net with nothing dropped."""
    out = predict(net, x, noise)
    return softmax_cross_entropy(out, labels)[0], accuracy(out, labels)


def curves(task: Task, noise_at: Callable[[int], Noise], seed: int) -> dict[str, Float[ndarray, " C"]]:
    """Train, and look at the net at ``CHECKPOINTS``; in float16.

    Returns
    -------
    dict
        ``train_loss``, ``train_accuracy``, ``validation_loss``, ``validation_accuracy`` with nothing dropped,
        losses in nats. ``memorized``: the share of the false labels that the net gives back. ``noise``: what
        dropping changes in the outputs, relative to their spread over images; both root mean squares.
    """
    epoch = iterations_per_epoch(len(task.x), BATCH, drop_last=True)
    rows = []
    for step, net in enumerate(islice(training(task, noise_at, seed), UPDATES + 1)):
        if step not in CHECKPOINTS:
            continue
        noise = noise_at(step // epoch)
        guess = predict(net, task.x[task.false], noise).argmax(axis=1)
        scores = score(net, noise, task.x, task.labels) + score(net, noise, task.x_val, task.labels_val)
        memorized = (guess == task.labels[task.false]).mean()
        rows.append([*scores, memorized, _relative_noise(net, noise, task.x_val[:100], seed)])
    return dict(zip(CURVES, np.array(rows, np.float16).T, strict=True))


def _relative_noise(net: Sequence[Layer], noise: Noise, x: Float[ndarray, "N 64"], seed: int) -> float:
    noisy, _ = forward(net, x, noise, np.random.default_rng([seed, 4]))
    clean = predict(net, x, noise)
    return float(np.sqrt(np.square(noisy - clean).mean()) / clean.std(axis=0).mean())
