"""What dropping does to the units: sparsity, correlation, and what the net can do without."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.activations import relu
from livenotes.dense import Layer
from livenotes.lab.store import Arrays, Stored, load, register
from livenotes.lab.training import accuracy
from livenotes.losses import softmax_cross_entropy

from .nets import Units
from .task import SEEDS, UPDATES, Task, after, noisy_digits, training

# Rate of inverted dropout, weight of an L2 and of an L1 penalty; the weights are the best of a handful tried.
SETTINGS = {
    "none": (0.0, 0.0, 0.0),
    "dropout 0.25": (0.25, 0.0, 0.0),
    "dropout 0.5": (0.5, 0.0, 0.0),
    "dropout 0.75": (0.75, 0.0, 0.0),
    "L2": (0.0, 0.05, 0.0),
    "L1": (0.0, 0.0, 0.004),
}
SHARES = np.linspace(0, 0.9, 10)
DRAWS = 10


class Features(NamedTuple):
    """Nets of the sweep at the end of training, with nothing dropped unless said; 1,397 validation images.

    Attributes
    ----------
    settings : tuple of str
        Without anything, with inverted dropout at three rates, with an L2 and with an L1 penalty.
    accuracy : (K, S)
    active : (K, S, 2)
        Share of units with an output above 0, over images, in either hidden layer.
    zero_weights : (K, S)
        Share of the weights that are exactly 0.
    correlation : (K, S, 2)
        Mean absolute correlation between two units of the same layer.
    worst_lost : (K, S)
        Rise of the loss, in nats, when the one unit is removed that is missed most.
    shares : (10,)
        Shares removed at random: 0, 0.1, …, 0.9.
    without_units, without_pixels : (K, S, 10)
        Accuracy when that share of the hidden units, or of the pixels, is set to 0, and nothing is scaled to
        make up for it. A pixel at 0 has its mean value.
    """

    settings: tuple[str, ...]
    accuracy: Float[ndarray, "K S"]
    active: Float[ndarray, "K S 2"]
    zero_weights: Float[ndarray, "K S"]
    correlation: Float[ndarray, "K S 2"]
    worst_lost: Float[ndarray, "K S"]
    shares: Float[ndarray, " Q"]
    without_units: Float[ndarray, "K S Q"]
    without_pixels: Float[ndarray, "K S Q"]


def features() -> Features:
    """Read the stored measurements; ``make results`` runs them again."""
    arrays = load("dropout-features")
    return Features(tuple(SETTINGS), *(arrays[key] for key in Features._fields[1:]))


def run(setting: str, seed: int) -> Arrays:
    """Train one net and look at its units."""
    task, (rate, l2, l1) = noisy_digits(seed), SETTINGS[setting]
    noise = Units(rate)
    net = after(UPDATES, training(task, lambda _: noise, seed, weight_decay=l2, shrink=l1))
    hidden = _hidden(net, task.x_val)
    weights = [layer.w for layer in net]
    rng = np.random.default_rng([seed, 5])
    return {
        "accuracy": np.array(_accuracy(net, task, hidden)),
        "active": np.array([(h > 0).mean() for h in hidden]),
        "zero_weights": np.array(np.concatenate([w.ravel() == 0 for w in weights]).mean()),
        "correlation": np.array([_correlation(h) for h in hidden]),
        "worst_lost": np.array(_ablated(net, task).max()),
        "without_units": np.array([_without_units(net, task, share, rng) for share in SHARES]),
        "without_pixels": np.array([_without_pixels(net, task, share, rng) for share in SHARES]),
    }


def _hidden(net: Sequence[Layer], x: Float[ndarray, "V 64"]) -> list[Float[ndarray, "V U"]]:
    first = relu(x @ net[0].w.T + net[0].b)
    return [first, relu(first @ net[1].w.T + net[1].b)]


def _accuracy(net: Sequence[Layer], task: Task, hidden: Sequence[ndarray]) -> float:
    return accuracy(hidden[-1] @ net[-1].w.T + net[-1].b, task.labels_val)


def _correlation(h: Float[ndarray, "V U"]) -> float:
    """Mean absolute correlation between two units that are not constant."""
    table = np.abs(np.corrcoef(h[:, h.std(axis=0) > 0].T))
    return float((table.sum() - len(table)) / (len(table) * (len(table) - 1)))


def _ablated(net: Sequence[Layer], task: Task) -> Float[ndarray, " U"]:
    """Rise of the validation loss when one unit is removed, for every hidden unit."""
    first, second = _hidden(net, task.x_val)
    losses = []
    whole = first @ net[1].w.T + net[1].b
    for j in range(first.shape[1]):  # what the unit gave to the next layer is taken off
        losses.append(_loss(net, task, relu(whole - np.outer(first[:, j], net[1].w[:, j]))))
    for j in range(second.shape[1]):
        losses.append(_loss(net, task, np.where(np.arange(second.shape[1]) == j, 0, second)))
    return np.array(losses) - _loss(net, task, second)


def _loss(net: Sequence[Layer], task: Task, second: Float[ndarray, "V U"]) -> float:
    return softmax_cross_entropy(second @ net[2].w.T + net[2].b, task.labels_val)[0]


def _without_units(net: Sequence[Layer], task: Task, share: float, rng: np.random.Generator) -> float:
    first, _ = _hidden(net, task.x_val)
    found = []
    for _ in range(DRAWS):
        kept = [rng.permutation(layer.w.shape[0]) >= share * layer.w.shape[0] for layer in net[:2]]
        second = relu((first * kept[0]) @ net[1].w.T + net[1].b) * kept[1]
        found.append(_accuracy(net, task, [second]))
    return float(np.mean(found))


def _without_pixels(net: Sequence[Layer], task: Task, share: float, rng: np.random.Generator) -> float:
    found = []
    for _ in range(DRAWS):
        kept = rng.uniform(size=task.x_val.shape) >= share
        found.append(_accuracy(net, task, _hidden(net, task.x_val * kept)))
    return float(np.mean(found))


register(
    Stored(
        name="dropout-features",
        run=run,
        axes={"setting": tuple(SETTINGS), "seed": SEEDS},
        seed=0,
        fixed={"shares": SHARES},
        rtol=dict.fromkeys(Features._fields, 0.1) | {"worst_lost": 0.3},
    )
)
