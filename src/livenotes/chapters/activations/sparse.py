"""How many units are active, and whether zeros relieve over-fitting: small nets on the digits."""

from collections.abc import Sequence
from concurrent.futures import Executor
from itertools import islice

import numpy as np
import xarray as xr

from livenotes import dense
from livenotes.activations import REGISTRY
from livenotes.datasets.digits import digits
from livenotes.lab.probes import mean_correlation
from livenotes.lab.sweep import sweep
from livenotes.lab.training import accuracy, descent, minibatches
from livenotes.losses import softmax_cross_entropy

GAIN = {"sigmoid": 1.0, "tanh": 1.0, "softsign": 1.0, "identity": 1.0, "relu": 2**0.5, "softplus": 2**0.5}
"""Scale of the starting weights: Xavier's, or He's for a ReLU and its smooth version."""

THRESHOLD = {"sigmoid": 0.5, "tanh": 0.0, "relu": 0.0, "softplus": 0.0}
"""A unit is active above this output: half of its range for an S curve, anything at all for a rectifier."""

WIDTHS = (64, 100, 100, 10)
UPDATES = 400
FIT = 0.01  # nats
GENERALIZING = {"tanh": ("tanh", 0.0), "relu": ("relu", 0.0), "relu, biases -1": ("relu", -1.0)}
"""Activation, and the biases of the hidden units at the start: at -1 few of them are active."""


def sparsity(seeds: Sequence[int], executor: Executor | None = None) -> xr.Dataset:
    """Count active units of a 64-100-100-10 net before and after 400 updates on minibatches of 64 digits.

    Parameters
    ----------
    seeds : sequence of int
        Of the starting weights and the order of the images.
    executor : concurrent.futures.Executor, optional

    Returns
    -------
    xarray.Dataset
        Of the hidden units, over the 360 validation images, with dimensions (activation, seed, training), the
        last "before" and "after": ``active``, the share above the threshold of the activation; ``zero``, the
        share that is exactly 0; ``correlation``, the mean absolute correlation between two units of the same
        layer, over both layers. ``accuracy`` (activation, seed) on these images, after training.
    """
    return sweep(_count, {"activation": tuple(THRESHOLD), "seed": seeds}, executor)


def generalization_gap(seeds: Sequence[int], executor: Executor | None = None) -> xr.Dataset:
    """Train a 64-100-100-10 net on 100 digits until it fits them, and look at the validation images.

    Full batches, until the training loss is ``FIT``: every runner is compared at the same fit. One is a ReLU
    net whose hidden biases start at -1: its layers are sparser than the other's, and nothing else differs.

    Parameters
    ----------
    seeds : sequence of int
        Of the starting weights and the choice of the 100 images.
    executor : concurrent.futures.Executor, optional

    Returns
    -------
    xarray.Dataset
        ``accuracy`` and ``loss``, cross-entropy in nats, with dimensions (runner, seed, images), the last the
        100 "training" and the 360 "validation" images; ``active`` (runner, seed), the share of hidden outputs
        that are not 0 on the validation images, after training.
    """
    return sweep(_generalize, {"runner": tuple(GENERALIZING), "seed": seeds}, executor)


def _count(activation: str, seed: int) -> xr.Dataset:
    data, rng, record = digits(), np.random.default_rng(seed), REGISTRY[activation]
    layers = dense.init(rng, WIDTHS, gain=GAIN[activation])
    batches = minibatches(rng, len(data.x), 64)
    run = descent(layers, data.x, data.labels, record, softmax_cross_entropy, 0.1, batches)
    trained = next(islice(run, UPDATES, None))
    active, zero, correlation = [], [], []
    for net in (layers, trained):
        out, tape = dense.forward(net, data.x_val, record)
        hidden = np.concatenate(tape.inputs[1:], axis=1)
        active.append((hidden > THRESHOLD[activation]).mean())
        zero.append((hidden == 0).mean())
        correlation.append(np.mean([mean_correlation(h) for h in tape.inputs[1:]]))
    return xr.Dataset(
        {
            "active": ("training", active),
            "zero": ("training", zero),
            "correlation": ("training", correlation),
            "accuracy": accuracy(out, data.labels_val),
        },
        coords={"training": ["before", "after"]},
    )


def _generalize(runner: str, seed: int) -> xr.Dataset:
    activation, bias = GENERALIZING[runner]
    data, rng, record = digits(), np.random.default_rng(seed), REGISTRY[activation]
    some = rng.choice(len(data.x), size=100, replace=False)
    x, labels = data.x[some], data.labels[some]
    *hidden, last = dense.init(rng, WIDTHS, gain=GAIN[activation])
    layers = [dense.Layer(layer.w, layer.b + bias) for layer in hidden] + [last]
    for net in descent(layers, x, labels, record, softmax_cross_entropy, 0.1):
        out, _ = dense.forward(net, x, record)
        loss, _ = softmax_cross_entropy(out, labels)
        if loss <= FIT:
            break
    out_val, tape = dense.forward(net, data.x_val, record)
    loss_val, _ = softmax_cross_entropy(out_val, data.labels_val)
    return xr.Dataset(
        {
            "accuracy": ("images", [accuracy(out, labels), accuracy(out_val, data.labels_val)]),
            "loss": ("images", [loss, loss_val]),
            "active": np.mean([(h != 0).mean() for h in tape.inputs[1:]]),
        },
        coords={"images": ["training", "validation"]},
    )
