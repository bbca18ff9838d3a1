r"""The exact average over all $2^n$ masks of a small net, beside scaled weights and a few random masks."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy.special import log_softmax, softmax

from livenotes.activations import relu
from livenotes.dense import Layer
from livenotes.lab.store import Arrays, Stored, load, register

from .nets import Units, predict
from .task import SEEDS, after, clean_digits, training

UPDATES = 2000
UNITS = 12  # hidden units in all, and so 4,096 masks
LAYERS = (1, 2)
RATES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
COUNTS = 2 ** np.arange(11)
REPEATS = 20
CHUNK = 256  # masks at once


class Ensemble(NamedTuple):
    """Small nets trained with dropout, each beside the ensemble of the 4,096 networks that its masks make.

    The last axis of three is: the mean of the probabilities over all masks, weighted with how probable each
    mask is; their geometric mean, normalized to sum to 1; and the net itself with scaled weights, which is a
    single pass.

    Attributes
    ----------
    layers : (K,)
        Hidden layers that the 12 hidden units are split into.
    rates : (R,)
    loss, accuracy : (K, R, S, 3)
        On the 360 validation images; the loss in nats.
    right : (K, R, S, 3, 360)
        Probability of every image's true class.
    gap_geometric : (K, R, S)
        Largest difference of a probability between scaled weights and the geometric mean, to 12 decimals.
    member_accuracy : (K, R, S)
        Of a network of the ensemble, on average.
    counts : (C,)
        1, 2, 4, …, 1024 random masks.
    sampled_loss : (K, R, S, C)
        Of the mean over so many random masks; mean of 20 times.
    """

    layers: Int[ndarray, " K"]
    rates: Float[ndarray, " R"]
    loss: Float[ndarray, "K R S 3"]
    accuracy: Float[ndarray, "K R S 3"]
    right: Float[ndarray, "K R S 3 V"]
    gap_geometric: Float[ndarray, "K R S"]
    member_accuracy: Float[ndarray, "K R S"]
    counts: Int[ndarray, " C"]
    sampled_loss: Float[ndarray, "K R S C"]


def ensemble() -> Ensemble:
    """Read the stored averages over all masks; ``make results`` takes them again."""
    arrays = load("dropout-ensemble")
    names = {"layers": "layers", "rates": "rate"}
    return Ensemble(*(arrays[names.get(key, key)] for key in Ensemble._fields))


def run(layers: int, rate: float, seed: int) -> Arrays:
    r"""Train a net on the digits with inverted dropout, then run it under every mask.

    With one hidden layer the logits are linear in the mask, so that the normalized geometric mean of the
    softmax over all masks *is* the softmax of the mean logits, which scaled weights give in one pass
    {cite}`baldi2013understanding`. With two it is not.
    """
    task, noise = clean_digits(), Units(rate)
    widths = (64, *layers * [UNITS // layers], 10)
    net = after(UPDATES, training(task, lambda _: noise, seed, widths=widths))
    net = [Layer(*(p.astype(float) for p in layer)) for layer in net]
    x, labels = task.x_val.astype(float), task.labels_val
    masks = all_masks(UNITS)
    weight = np.prod(np.where(masks, 1 - rate, rate), axis=1)
    log_p = np.concatenate(
        [_members(net, x, masks[k : k + CHUNK] / (1 - rate)) for k in range(0, len(masks), CHUNK)]
    )
    p = np.exp(log_p)
    means = np.stack(
        [
            np.tensordot(weight, p, axes=1),
            softmax(np.tensordot(weight, log_p, axes=1), axis=1),
            softmax(predict(net, x, noise), axis=1),
        ]
    )
    right = means[:, np.arange(len(x)), labels]
    return {
        "loss": -np.log(right).mean(axis=1),
        "accuracy": (means.argmax(axis=2) == labels).mean(axis=1),
        "right": right.astype(np.float16),
        "gap_geometric": np.abs(means[2] - means[1]).max().round(12),
        "member_accuracy": weight @ (log_p.argmax(axis=2) == labels).mean(axis=1),
        "sampled_loss": _sampled(p, weight, labels, np.random.default_rng([seed, 4])),
    }


def all_masks(units: int) -> Bool[ndarray, "M U"]:
    """Every way to keep or drop so many units, the one that drops all first."""
    return (np.arange(2**units)[:, None] >> np.arange(units) & 1).astype(bool)


def _members(
    net: Sequence[Layer], x: Float[ndarray, "V 64"], factors: Float[ndarray, "M U"]
) -> Float[ndarray, "M V 10"]:
    """Log-probabilities of the net under each of the masks, given as factors of the hidden units."""
    s = (x @ net[0].w.T + net[0].b)[None]
    start = 0
    for layer in net[1:]:
        units = layer.w.shape[1]
        s = (relu(s) * factors[:, None, start : start + units]) @ layer.w.T + layer.b
        start += units
    return log_softmax(s, axis=2)


def _sampled(
    p: Float[ndarray, "M V 10"],
    weight: Float[ndarray, " M"],
    labels: Int[ndarray, " V"],
    rng: np.random.Generator,
) -> Float[ndarray, " C"]:
    """Loss of the average over random masks, more and more of them."""
    loss = np.zeros(len(COUNTS))
    for _ in range(REPEATS):
        drawn = rng.choice(len(p), size=COUNTS[-1], p=weight)
        total, done = np.zeros_like(p[0]), 0
        for k, count in enumerate(COUNTS.tolist()):
            total, done = total + p[drawn[done:count]].sum(axis=0), count
            loss[k] -= np.log(total[np.arange(len(labels)), labels] / count).mean() / REPEATS
    return loss


register(
    Stored(
        name="dropout-ensemble",
        run=run,
        axes={"layers": LAYERS, "rate": RATES, "seed": SEEDS},
        seed=0,
        fixed={"counts": COUNTS},
        rtol=dict.fromkeys(Ensemble._fields, 0.05) | {"right": 0.5, "gap_geometric": 0.2},
    )
)
