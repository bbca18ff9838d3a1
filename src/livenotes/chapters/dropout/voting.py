"""Is dropout bagging? Eight thinned networks beside eight nets trained apart and beside eight trees."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.special import softmax
from sklearn.ensemble import RandomForestClassifier

from livenotes.dense import Layer
from livenotes.lab.store import Arrays, Stored, load, register
from livenotes.lab.training import accuracy

from .nets import Shared, Units, forward, predict
from .task import EXAMPLES, SEEDS, UPDATES, Task, after, noisy_digits, training

KINDS = ("masks, trained with dropout", "masks, trained without", "bagging", "restarts", "random forest")
MEMBERS, RATE = 8, 0.5
ALONE = 1000  # updates of a net trained apart: without dropout it knows nearly all false labels by then


class Committees(NamedTuple):
    """Eight members that vote with the mean of their probabilities, on the 1,397 validation images.

    *Masks*: eight networks that masks of rate 0.5 cut out of one net, each with the same mask for all
    images; the net was trained with dropout at that rate, or without. *Bagging*: nets trained apart, each on
    a bootstrap sample of the 400 images. *Restarts*: nets trained apart on all 400. *Random forest*: eight
    trees.

    Attributes
    ----------
    kinds : tuple of str
    member_accuracy, accuracy : (K, S)
        Mean over the members, and of their average.
    member_error, error : (K, S)
        Mean over images of the squared distance between the probabilities and the true class, from 0 to 2.
        That of the average is the mean of the members' minus their variance.
    correlation : (K, S)
        Between the errors of two members over images, mean over pairs; here an error is 1 minus the
        probability of the true class. Members that err in opposite directions would have a negative one.
    """

    kinds: tuple[str, ...]
    member_accuracy: Float[ndarray, "K S"]
    accuracy: Float[ndarray, "K S"]
    member_error: Float[ndarray, "K S"]
    error: Float[ndarray, "K S"]
    correlation: Float[ndarray, "K S"]


def committees() -> Committees:
    """Read the stored comparison; ``make results`` runs it again."""
    arrays = load("dropout-committees")
    return Committees(KINDS, *(arrays[key] for key in Committees._fields[1:]))


def run(kind: str, seed: int) -> Arrays:
    """Train the members of one committee and let them vote."""
    task = noisy_digits(seed)
    if kind.startswith("masks"):
        noise = Units(RATE if kind == KINDS[0] else 0.0)
        net = after(UPDATES, training(task, lambda _: noise, seed))
        p = _thinned(net, task.x_val, np.random.default_rng([seed, 4]))
    elif kind == "random forest":
        forest = RandomForestClassifier(MEMBERS, random_state=seed).fit(task.x, task.labels)
        p = np.stack([tree.predict_proba(task.x_val) for tree in forest.estimators_])
    else:
        p = _apart(task, seed, bootstrap=kind == "bagging")
    truth, mean = np.eye(10)[task.labels_val], p.mean(axis=0)
    table = np.corrcoef(1 - (p * truth).sum(axis=2))
    return {
        "member_accuracy": np.array(np.mean([accuracy(each, task.labels_val) for each in p])),
        "accuracy": np.array(accuracy(mean, task.labels_val)),
        "member_error": np.array(np.square(p - truth).sum(axis=2).mean()),
        "error": np.array(np.square(mean - truth).sum(axis=1).mean()),
        "correlation": np.array((table.sum() - MEMBERS) / (MEMBERS * (MEMBERS - 1))),
    }


def _thinned(
    net: Sequence[Layer], x: Float[ndarray, "V 64"], rng: np.random.Generator
) -> Float[ndarray, "M V 10"]:
    """Probabilities of networks that masks cut out of a net, each mask the same for all images."""
    outs = (forward(net, x, Shared(RATE), rng)[0] for _ in range(MEMBERS))
    return np.stack([softmax(out.astype(float), axis=1) for out in outs])


def _apart(task: Task, seed: int, *, bootstrap: bool) -> Float[ndarray, "M V 10"]:
    members, noise = [], Units(0.0)
    for k in range(MEMBERS):
        own = 1000 * (seed + 1) + k
        rows = np.arange(EXAMPLES)
        if bootstrap:
            rows = np.random.default_rng([own, 5]).integers(EXAMPLES, size=EXAMPLES)
        sample = task._replace(x=task.x[rows], labels=task.labels[rows], false=task.false[rows])
        net = after(ALONE, training(sample, lambda _: noise, own))
        members.append(softmax(predict(net, task.x_val, noise).astype(float), axis=1))
    return np.stack(members)


register(
    Stored(
        name="dropout-committees",
        run=run,
        axes={"kind": KINDS, "seed": SEEDS},
        seed=0,
        rtol=dict.fromkeys(Committees._fields, 0.05),
    )
)
