r"""Many networks in one: the thinned networks that masks make, and how well their average is met."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy.special import log_softmax, softmax
from sklearn.ensemble import RandomForestClassifier

from livenotes._arguments import require_count, require_fraction
from livenotes.activations import relu
from livenotes.dense import Layer
from livenotes.lab.store import Stored, load, register
from livenotes.lab.training import accuracy

from .nets import (
    EXAMPLES,
    SEEDS,
    UPDATES,
    Shared,
    Task,
    Units,
    clean_digits,
    forward,
    noisy_digits,
    predict,
    trained,
)

# --- a net small enough to draw ---

DRAWN_WIDTHS = (4, 6, 5, 1)
DRAWN_HIDDEN = sum(DRAWN_WIDTHS[1:-1])


class Network(NamedTuple):
    """One thinned network of the ensemble that shares its weights.

    Attributes
    ----------
    widths : (4,)
        Units in each layer, inputs first.
    kept : tuple of (units,)
        For each layer which units are there; inputs and outputs always are.
    hidden, kept_hidden : int
        Hidden units altogether, and those kept.
    connections, kept_connections : int
        Connections altogether, and those with both ends kept.
    paths, kept_paths : int
        Ways from an input to the output, and those still open.
    ensemble : int
        Networks that dropping can make: 2 to the number of hidden units.
    probability : float
        Of this very network.
    """

    widths: tuple[int, ...]
    kept: tuple[Bool[ndarray, " U"], ...]
    hidden: int
    kept_hidden: int
    connections: int
    kept_connections: int
    paths: int
    kept_paths: int
    ensemble: int
    probability: float


def network(rate: float, draw: int) -> Network:
    """Drop hidden units of a 4-6-5-1 net.

    Every unit has one uniform number for each draw and is dropped where the rate exceeds it: a higher rate
    drops the same units, and more.

    Parameters
    ----------
    rate : float, in [0, 1)
        Probability that a hidden unit is dropped.
    draw : int, >= 0
        Number of the mask.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        The rate is not in [0, 1), or the number of the mask is negative.
    """
    rate, draw = require_fraction("rate", rate), require_count("draw", draw, least=0)
    uniform = np.random.default_rng([draw, DRAWN_HIDDEN]).uniform(size=DRAWN_HIDDEN)
    middle = np.split(uniform >= rate, np.cumsum(DRAWN_WIDTHS[1:-2]))
    kept = (np.ones(DRAWN_WIDTHS[0], bool), *middle, np.ones(DRAWN_WIDTHS[-1], bool))
    counts = [int(units.sum()) for units in kept]
    remaining = sum(counts[1:-1])
    return Network(
        widths=DRAWN_WIDTHS,
        kept=kept,
        hidden=DRAWN_HIDDEN,
        kept_hidden=remaining,
        connections=_pairs(DRAWN_WIDTHS),
        kept_connections=_pairs(counts),
        paths=int(np.prod(DRAWN_WIDTHS)),
        kept_paths=int(np.prod(counts)),
        ensemble=2**DRAWN_HIDDEN,
        probability=(1 - rate) ** remaining * rate ** (DRAWN_HIDDEN - remaining),
    )


def _pairs(counts: Sequence[int]) -> int:
    return sum(a * b for a, b in pairwise(counts))


# --- the exact average over all masks ---

ENSEMBLE_UPDATES = 2000
UNITS = 12  # hidden units in all, and so 4,096 masks
COUNTS = 2 ** np.arange(11)
REPEATS = 20
CHUNK = 256  # masks at once


def ensemble() -> xr.Dataset:
    """Read the stored averages over all masks of small nets; ``make results`` takes them again.

    Nets trained with dropout, each beside the ensemble of the 4,096 networks that its masks make.

    Returns
    -------
    xarray.Dataset
        By ``layers``, the hidden layers that the 12 hidden units are split into; ``rate``; and ``seed``.
        A ``way`` is: *arithmetic mean*, of the probabilities over all masks, weighted with how probable each
        mask is; *geometric mean*, normalized to sum to 1; and *scaled weights*, the net itself in a single
        pass.

        ``loss``, ``accuracy``: on the 360 validation images, by ``way``; the loss in nats.
        ``right``: probability of the true class, by ``way`` and ``image``.
        ``gap_geometric``: largest difference of a probability between scaled weights and the geometric mean,
        to 12 decimals.
        ``member_accuracy``: of a network of the ensemble, on average.
        ``sampled_loss``: of the mean over a ``count`` of random masks, 1, 2, 4, …, 1024; mean of 20 times.
    """
    return load("dropout-ensemble")


def run_ensemble(layers: int, rate: float, seed: int) -> xr.Dataset:
    r"""Train a net on the digits with inverted dropout, then run it under every mask.

    With one hidden layer the logits are linear in the mask, so that the normalized geometric mean of the
    softmax over all masks *is* the softmax of the mean logits, which scaled weights give in one pass
    {cite}`baldi2013understanding`. With two it is not.
    """
    task, noise = clean_digits(), Units(rate)
    widths = (64, *layers * [UNITS // layers], 10)
    net = trained(task, noise, seed, ENSEMBLE_UPDATES, widths=widths)
    net = [Layer(*(p.astype(float) for p in layer)) for layer in net]
    x, labels = task.x_val.astype(float), task.labels_val
    masks = all_masks(UNITS)
    weight = np.prod(np.where(masks, 1 - rate, rate), axis=1)
    chunks = (masks[k : k + CHUNK] / (1 - rate) for k in range(0, len(masks), CHUNK))
    log_p = np.concatenate([_members(net, x, factors) for factors in chunks])
    p = np.exp(log_p)
    means = {
        "arithmetic mean": np.tensordot(weight, p, axes=1),
        "geometric mean": softmax(np.tensordot(weight, log_p, axes=1), axis=1),
        "scaled weights": softmax(predict(net, x, noise), axis=1),
    }
    right = np.stack([mean[np.arange(len(x)), labels] for mean in means.values()])
    gap = np.abs(means["scaled weights"] - means["geometric mean"]).max()
    sampled = _sampled(p, weight, labels, np.random.default_rng([seed, 4]))
    return xr.Dataset(
        {
            "loss": ("way", -np.log(right).mean(axis=1)),
            "accuracy": ("way", [accuracy(mean, labels) for mean in means.values()]),
            "right": (("way", "image"), right.astype(np.float16)),
            "gap_geometric": gap.round(12),
            "member_accuracy": weight @ (log_p.argmax(axis=2) == labels).mean(axis=1),
            "sampled_loss": ("count", sampled),
        },
        coords={"way": list(means), "count": COUNTS},
    )


register(
    Stored(
        name="dropout-ensemble",
        run=run_ensemble,
        axes={"layers": (1, 2), "rate": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7), "seed": SEEDS},
        seed=0,
        rtol={
            "loss": 0.05,
            "accuracy": 0.05,
            "right": 0.5,
            "gap_geometric": 0.2,
            "member_accuracy": 0.05,
            "sampled_loss": 0.05,
        },
    )
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


# --- is it bagging? ---

KINDS = ("masks, trained with dropout", "masks, trained without", "bagging", "restarts", "random forest")
MEMBERS, RATE = 8, 0.5
ALONE = 1000  # updates of a net trained apart: without dropout it knows nearly all false labels by then


def committees() -> xr.Dataset:
    """Read the stored comparison of committees; ``make results`` runs it again.

    Eight members vote with the mean of their probabilities, on the 1,397 validation images.

    Returns
    -------
    xarray.Dataset
        By ``kind`` and ``seed``. *Masks*: eight networks that masks of rate 0.5 cut out of one net, each with
        the same mask for all images; the net was trained with dropout at that rate, or without. *Bagging*:
        nets trained apart, each on a bootstrap sample of the 400 images. *Restarts*: nets trained apart on
        all 400. *Random forest*: eight trees.

        ``member_accuracy``, ``accuracy``: mean over the members, and of their average.
        ``member_error``, ``error``: mean over images of the squared distance between the probabilities and
        the true class, from 0 to 2. That of the average is the mean of the members' minus their variance.
        ``correlation``: between the errors of two members over images, mean over pairs; here an error is 1
        minus the probability of the true class. Members that err in opposite directions would have a negative
        one.
    """
    return load("dropout-committees")


def run_committee(kind: str, seed: int) -> xr.Dataset:
    """Train the members of one committee and let them vote."""
    task = noisy_digits(seed)
    if kind.startswith("masks"):
        noise = Units(RATE if kind == "masks, trained with dropout" else 0.0)
        net = trained(task, noise, seed, UPDATES)
        p = _thinned(net, task.x_val, np.random.default_rng([seed, 4]))
    elif kind == "random forest":
        forest = RandomForestClassifier(MEMBERS, random_state=seed).fit(task.x, task.labels)
        p = np.stack([tree.predict_proba(task.x_val) for tree in forest.estimators_])
    else:
        p = _apart(task, seed, bootstrap=kind == "bagging")
    truth, mean = np.eye(10)[task.labels_val], p.mean(axis=0)
    table = np.corrcoef(1 - (p * truth).sum(axis=2))
    return xr.Dataset(
        {
            "member_accuracy": np.mean([accuracy(each, task.labels_val) for each in p]),
            "accuracy": accuracy(mean, task.labels_val),
            "member_error": np.square(p - truth).sum(axis=2).mean(),
            "error": np.square(mean - truth).sum(axis=1).mean(),
            "correlation": (table.sum() - MEMBERS) / (MEMBERS * (MEMBERS - 1)),
        }
    )


register(
    Stored(
        name="dropout-committees",
        run=run_committee,
        axes={"kind": KINDS, "seed": SEEDS},
        seed=0,
        rtol=dict.fromkeys(("member_accuracy", "accuracy", "member_error", "error", "correlation"), 0.05),
    )
)


def _thinned(
    net: Sequence[Layer], x: Float[ndarray, "V 64"], rng: np.random.Generator
) -> Float[ndarray, "M V 10"]:
    """Probabilities of networks that masks cut out of a net, each mask the same for all images."""
    outs = (forward(net, x, Shared(RATE), rng)[0] for _ in range(MEMBERS))
    return np.stack([softmax(out.astype(float), axis=1) for out in outs])


REFERENCE = 200  # masks whose mean stands for that of all


def deviations() -> xr.Dataset:
    """Read how the errors of thinned networks point; ``make results`` measures it again.

    Eight masks of rate 0.5 of a net trained with dropout at that rate. An error is 1 minus the probability of
    the true class. It is never negative, so that the errors of any two networks go up and down with how hard
    an image is. A deviation is an error minus the mean error of 200 other masks: what a network has of its
    own. (The mean of the eight themselves would not do: deviations from it add up to 0, and so correlate by
    -1/7 whatever the networks are like.)

    Returns
    -------
    xarray.Dataset
        By ``seed``: ``errors``, ``own``: correlation over images of the errors, or of the deviations, of two
        networks, mean over pairs. ``errors_opposite``, ``own_opposite``: share of the 28 pairs in which it is
        negative.
    """
    return load("dropout-deviations")


def run_deviations(seed: int) -> xr.Dataset:
    """Train one net and compare eight of its masks with 200 others."""
    task, rng = noisy_digits(seed), np.random.default_rng([seed, 4])
    net = trained(task, Units(RATE), seed, UPDATES)
    at = np.arange(len(task.x_val)), task.labels_val
    errors, *others = (1 - _thinned(net, task.x_val, rng)[:, *at] for _ in range(1 + REFERENCE // MEMBERS))
    found: dict[str, float] = {}
    for name, each in (("errors", errors), ("own", errors - np.concatenate(others).mean(axis=0))):
        pairs = np.corrcoef(each)[np.triu_indices(MEMBERS, 1)]
        found |= {name: pairs.mean(), f"{name}_opposite": (pairs < 0).mean()}
    return xr.Dataset(found)


register(
    Stored(
        name="dropout-deviations",
        run=run_deviations,
        axes={"seed": SEEDS},
        seed=0,
        rtol={"errors": 0.1, "own": 1.0, "errors_opposite": 0.1, "own_opposite": 0.3},
    )
)


def _apart(task: Task, seed: int, *, bootstrap: bool) -> Float[ndarray, "M V 10"]:
    members, noise = [], Units(0.0)
    for k in range(MEMBERS):
        own = 1000 * (seed + 1) + k
        rows = np.arange(EXAMPLES)
        if bootstrap:
            rows = np.random.default_rng([own, 5]).integers(EXAMPLES, size=EXAMPLES)
        sample = task._replace(x=task.x[rows], labels=task.labels[rows], false=task.false[rows])
        net = trained(sample, noise, own, ALONE)
        members.append(softmax(predict(net, task.x_val, noise).astype(float), axis=1))
    return np.stack(members)
