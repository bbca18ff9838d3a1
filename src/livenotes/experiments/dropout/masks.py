r"""The exact average over all $2^n$ masks of a small net, beside scaled weights and a few random masks."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy.special import log_softmax

from livenotes.activations import relu
from livenotes.arguments import require_fraction
from livenotes.dense import Layer

from .nets import Units, predict
from .task import after, clean_digits, training

UPDATES = 2000
MOST = 12  # hidden units: 4,096 masks
COUNTS = 2 ** np.arange(11)
REPEATS = 20
CHUNK = 256  # masks at once


class Ensemble(NamedTuple):
    """A small net trained with dropout, and the ensemble of all networks that its masks make.

    Attributes
    ----------
    hidden : tuple of int
        Units of its hidden layers.
    labels : (360,)
        Of the validation images.
    arithmetic, geometric, scaled : (360, 10)
        Probabilities: the mean over all masks, weighted with how probable each is; their geometric mean,
        normalized to sum to 1; and what the net itself says with scaled weights, in a single pass.
    member_loss, member_accuracy : (M,)
        Of every network of the ensemble, on the validation images; the loss in nats.
    weight : (M,)
        How probable each mask is.
    loss, accuracy : (3,)
        Of ``arithmetic``, ``geometric`` and ``scaled``.
    gap_arithmetic, gap_geometric : float
        Largest difference of a probability between ``scaled`` and the mean.
    counts : (11,)
        1, 2, 4, …, 1024 random masks.
    sampled_loss, sampled_accuracy, sampled_gap : (11, 20)
        Of the mean over so many random masks, 20 times; the gap is the mean absolute difference from
        ``arithmetic``.
    """

    hidden: tuple[int, ...]
    labels: Int[ndarray, " V"]
    arithmetic: Float[ndarray, "V 10"]
    geometric: Float[ndarray, "V 10"]
    scaled: Float[ndarray, "V 10"]
    member_loss: Float[ndarray, " M"]
    member_accuracy: Float[ndarray, " M"]
    weight: Float[ndarray, " M"]
    loss: Float[ndarray, " 3"]
    accuracy: Float[ndarray, " 3"]
    gap_arithmetic: float
    gap_geometric: float
    counts: Int[ndarray, " C"]
    sampled_loss: Float[ndarray, "C R"]
    sampled_accuracy: Float[ndarray, "C R"]
    sampled_gap: Float[ndarray, "C R"]


@cache
def ensemble(seed: int, hidden: tuple[int, ...] = (6, 6), rate: float = 0.5) -> Ensemble:
    r"""Train a net on the digits with inverted dropout, then run it under every mask.

    With one hidden layer the logits are linear in the mask, so that the normalized geometric mean of the
    softmax over all masks *is* the softmax of the mean logits, which scaled weights give in one pass
    {cite}`baldi2013understanding`. With two it is not.

    Parameters
    ----------
    seed : int
    hidden : tuple of int
        Units of the one or more hidden layers, 12 altogether at most.
    rate : float, in [0, 1)

    Returns
    -------
    Ensemble

    Raises
    ------
    ValueError
        The rate is not in [0, 1), or there are no hidden units or more than 12.
    """
    rate = require_fraction("rate", rate)
    if not 1 <= sum(hidden) <= MOST:
        raise ValueError(f"hidden: expected 1 to {MOST} units altogether, got {hidden}")
    task, noise = clean_digits(), Units(rate)
    net = after(UPDATES, training(task, lambda _: noise, seed, widths=(64, *hidden, 10)))
    net = [Layer(*(p.astype(float) for p in layer)) for layer in net]
    x, labels = task.x_val.astype(float), task.labels_val
    masks = all_masks(sum(hidden))
    weight = np.prod(np.where(masks, 1 - rate, rate), axis=1)
    log_p = np.concatenate(
        [_members(net, x, masks[k : k + CHUNK] / (1 - rate)) for k in range(0, len(masks), CHUNK)]
    )
    p = np.exp(log_p)
    means = [
        np.log(np.tensordot(weight, p, axes=1)),
        log_softmax(np.tensordot(weight, log_p, axes=1), axis=1),
        log_softmax(predict(net, x, noise), axis=1),
    ]
    arithmetic, geometric, scaled = np.exp(means)
    return Ensemble(
        hidden=hidden,
        labels=labels,
        arithmetic=arithmetic,
        geometric=geometric,
        scaled=scaled,
        member_loss=-log_p[:, np.arange(len(x)), labels].mean(axis=1),
        member_accuracy=(log_p.argmax(axis=2) == labels).mean(axis=1),
        weight=weight,
        loss=np.array([-each[np.arange(len(x)), labels].mean() for each in means]),
        accuracy=np.array([(each.argmax(axis=1) == labels).mean() for each in means]),
        gap_arithmetic=float(np.abs(scaled - arithmetic).max()),
        gap_geometric=float(np.abs(scaled - geometric).max()),
        counts=COUNTS,
        **_sampled(p, weight, arithmetic, labels, np.random.default_rng([seed, 4])),
    )


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
    exact: Float[ndarray, "V 10"],
    labels: Int[ndarray, " V"],
    rng: np.random.Generator,
) -> dict[str, Float[ndarray, "C R"]]:
    """Average over random masks, more and more of them."""
    found = np.empty((3, len(COUNTS), REPEATS))
    for repeat in range(REPEATS):
        drawn = rng.choice(len(p), size=COUNTS[-1], p=weight)
        total, done = np.zeros_like(exact), 0
        for k, count in enumerate(COUNTS.tolist()):
            total, done = total + p[drawn[done:count]].sum(axis=0), count
            mean = total / count
            right = mean[np.arange(len(labels)), labels]
            found[:, k, repeat] = (
                -np.log(right).mean(),
                (mean.argmax(axis=1) == labels).mean(),
                np.abs(mean - exact).mean(),
            )
    return dict(zip(("sampled_loss", "sampled_accuracy", "sampled_gap"), found, strict=True))
