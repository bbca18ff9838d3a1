"""How many units are active, and whether zeros relieve over-fitting: small nets on the digits."""

from collections.abc import Sequence
from concurrent.futures import Executor
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes.activations import REGISTRY
from livenotes.datasets.digits import digits
from livenotes.lab.training import accuracy, descent, minibatches, run_all
from livenotes.losses import softmax_cross_entropy

GAIN = {"sigmoid": 1.0, "tanh": 1.0, "softsign": 1.0, "identity": 1.0, "relu": 2**0.5, "softplus": 2**0.5}
"""Scale of the starting weights: Xavier's, or He's for a ReLU and its smooth version."""

THRESHOLD = {"sigmoid": 0.5, "tanh": 0.0, "relu": 0.0, "softplus": 0.0}
"""A unit is active above this output: half of its range for an S curve, anything at all for a rectifier."""

UPDATES = 400
FIT = 0.01  # nats
GENERALIZING = ("tanh", "relu", "softplus")


class Sparsity(NamedTuple):
    """Shares of hidden units, over the 360 validation images, before and after training.

    Attributes
    ----------
    names : tuple of str
        The activations.
    active : (A, S, 2)
        Share above the threshold of the activation; the last axis is before and after.
    zero : (A, S, 2)
        Share that is exactly 0.
    correlation : (A, S, 2)
        Mean absolute correlation between two units of the same layer, over both layers.
    accuracy : (A, S)
        On the validation images, after training.
    """

    names: tuple[str, ...]
    active: Float[ndarray, "A S 2"]
    zero: Float[ndarray, "A S 2"]
    correlation: Float[ndarray, "A S 2"]
    accuracy: Float[ndarray, "A S"]


def sparsity(seeds: Sequence[int], executor: Executor | None = None) -> Sparsity:
    """Count active units of a 64-100-100-10 net before and after 400 updates on minibatches of 64 digits.

    Parameters
    ----------
    seeds : sequence of int
        Of the starting weights and the order of the images.
    executor : concurrent.futures.Executor, optional

    Returns
    -------
    Sparsity
    """
    runs = [(name, seed) for name in THRESHOLD for seed in seeds]
    table = np.reshape(run_all(_count, runs, executor), (len(THRESHOLD), len(seeds), 7))
    return Sparsity(tuple(THRESHOLD), table[..., :2], table[..., 2:4], table[..., 4:6], table[..., 6])


def _count(name: str, seed: int) -> list[float]:
    data, rng, activation = digits(), np.random.default_rng(seed), REGISTRY[name]
    layers = dense.init(rng, (64, 100, 100, 10), gain=GAIN[name])
    batches = minibatches(rng, len(data.x), 64)
    run = descent(layers, data.x, data.labels, activation, softmax_cross_entropy, 0.1, batches)
    trained = next(islice(run, UPDATES, None))
    shares = []
    for net in (layers, trained):
        out, tape = dense.forward(net, data.x_val, activation)
        hidden = np.concatenate(tape.inputs[1:], axis=1)
        correlation = np.mean([_correlation(h) for h in tape.inputs[1:]])
        shares.append([(hidden > THRESHOLD[name]).mean(), (hidden == 0).mean(), correlation])
    return [*np.transpose(shares).ravel(), accuracy(out, data.labels_val)]


def _correlation(h: Float[ndarray, "B U"]) -> float:
    """Mean absolute correlation between two units that are not constant."""
    table = np.abs(np.corrcoef(h[:, h.std(axis=0) > 0].T))
    return float((table.sum() - len(table)) / (len(table) * (len(table) - 1)))


class Gap(NamedTuple):
    """How a net that fits a few examples does on others.

    Attributes
    ----------
    names : tuple of str
        The activations.
    train, validation : (A, S)
        Accuracy on the 100 training images and on the 360 others.
    train_loss, validation_loss : (A, S)
        Cross-entropy in nats.
    """

    names: tuple[str, ...]
    train: Float[ndarray, "A S"]
    validation: Float[ndarray, "A S"]
    train_loss: Float[ndarray, "A S"]
    validation_loss: Float[ndarray, "A S"]


def generalization_gap(seeds: Sequence[int], executor: Executor | None = None) -> Gap:
    """Train a 64-100-100-10 net on 100 digits until it fits them, and look at the validation images.

    Full batches, until the training loss is ``FIT``: every activation is compared at the same fit.

    Parameters
    ----------
    seeds : sequence of int
        Of the starting weights and the choice of the 100 images.
    executor : concurrent.futures.Executor, optional

    Returns
    -------
    Gap
    """
    runs = [(name, seed) for name in GENERALIZING for seed in seeds]
    table = np.reshape(run_all(_generalize, runs, executor), (len(GENERALIZING), len(seeds), 4))
    return Gap(GENERALIZING, *np.moveaxis(table, -1, 0))


def _generalize(name: str, seed: int) -> list[float]:
    data, rng, activation = digits(), np.random.default_rng(seed), REGISTRY[name]
    some = rng.choice(len(data.x), size=100, replace=False)
    x, labels = data.x[some], data.labels[some]
    layers = dense.init(rng, (64, 100, 100, 10), gain=GAIN[name])
    for net in descent(layers, x, labels, activation, softmax_cross_entropy, 0.1):
        out, _ = dense.forward(net, x, activation)
        loss, _ = softmax_cross_entropy(out, labels)
        if loss <= FIT:
            break
    out_val, _ = dense.forward(net, data.x_val, activation)
    loss_val, _ = softmax_cross_entropy(out_val, data.labels_val)
    return [accuracy(out, labels), accuracy(out_val, data.labels_val), loss, loss_val]
