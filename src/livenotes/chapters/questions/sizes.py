"""How many examples a method needs: two nets and four methods of scikit-learn, on digits and on a table."""

from collections.abc import Callable
from functools import cache, partial
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.special import softmax

from livenotes import dense
from livenotes._validated import body
from livenotes.activations import relu
from livenotes.datasets.digits import TRAINING
from livenotes.dense import Layer
from livenotes.lab.store import Stored, load, register
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init

from .pictures import FIELDS, HIDDEN, fit, images

DIGIT_SIZES = (20, 50, 100, 200, 500, 1000, 1437)
TABLE_SIZES = (10, 20, 50, 100, 200, 400)
CLASSICAL = ("random forest", "nearest neighbor", "logistic regression", "support vectors")
METHODS = ("dense net", "windows", *CLASSICAL)
SEEDS = (0, 1, 2, 3, 4, 5)


class Table(NamedTuple):
    """Measurements as rows, the class of each, and what the columns are."""

    x: Float[ndarray, "N D"]
    labels: Int[ndarray, " N"]
    columns: tuple[str, ...]


@cache
def health() -> Table:
    """Load the 569 tumors, 30 measurements each, benign (1) or malignant (0), that scikit-learn brings."""
    from sklearn.datasets import load_breast_cancer  # here, because it takes a second

    data = load_breast_cancer()
    return Table(data.data, data.target, tuple(data.feature_names.tolist()))


def classical(name: str, seed: int) -> Any:
    """Return a method of scikit-learn with the settings that it comes with, one neighbor and 2,000 steps."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC

    makers: dict[str, Callable[[], Any]] = {
        "random forest": partial(RandomForestClassifier, random_state=seed),
        "nearest neighbor": partial(KNeighborsClassifier, 1),
        "logistic regression": partial(LogisticRegression, max_iter=2000),
        "support vectors": SVC,
    }
    return makers[name]()


def score(
    name: str,
    x: Float[ndarray, "N D"],
    labels: Int[ndarray, " N"],
    x_new: Float[ndarray, "V D"],
    labels_new: Int[ndarray, " V"],
    seed: int,
) -> float:
    """Train a method of ``METHODS`` and return its accuracy on new examples."""
    classes = int(labels_new.max()) + 1
    hidden = HIDDEN.get(isqrt(x.shape[1]), 48)
    if name in CLASSICAL:
        return float(classical(name, seed).fit(x, labels).score(x_new, labels_new))
    kind = "dense" if name == "dense net" else name
    says = fit(kind, x.astype(np.float32), labels, seed, classes=classes, hidden=hidden)(
        x_new.astype(np.float32)
    )
    return float((says.argmax(axis=1) == labels_new).mean())


def balanced(rng: np.random.Generator, labels: Int[ndarray, " N"], size: int) -> Int[ndarray, " S"]:
    """Draw examples at random, as many of each class as there is room for; at least one of each."""
    order = rng.permutation(len(labels))
    turn = np.empty(len(labels), int)  # how many of its class stand before an example
    for c in np.unique(labels):
        turn[labels[order] == c] = np.arange((labels == c).sum())
    return order[np.argsort(turn, kind="stable")[:size]]


def learn_digits(field: str, size: int, seed: int) -> xr.Dataset:
    """Train all six methods on so many digits, in the middle or each at a place of its own."""
    x, labels = images(field, seed)
    rows = balanced(np.random.default_rng([seed, 2]), labels[:TRAINING], size)
    found = [score(m, x[rows], labels[rows], x[TRAINING:], labels[TRAINING:], seed) for m in METHODS]
    return xr.Dataset({"accuracy": ("learner", found)}, {"learner": list(METHODS)})


def split(size: int, seed: int) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """Return tumors to learn from, standardized by them alone, and the 169 new ones."""
    table = health()
    order = np.random.default_rng([seed, 3]).permutation(len(table.x))
    kept, new = order[:400], order[400:]
    rows = kept[balanced(np.random.default_rng([seed, 2]), table.labels[kept], size)]
    mean, spread = table.x[rows].mean(axis=0), table.x[rows].std(axis=0) + 1e-9
    x, x_new = ((table.x[k] - mean) / spread for k in (rows, new))
    return x, table.labels[rows], x_new, table.labels[new]


def learn_table(size: int, seed: int) -> xr.Dataset:
    """Train all methods but the windows on so many tumors."""
    methods = [m for m in METHODS if m != "windows"]
    found = [score(m, *split(size, seed), seed) for m in methods]
    return xr.Dataset({"accuracy": ("learner", found)}, {"learner": methods})


register(
    Stored(
        name="questions-digits",
        run=learn_digits,
        axes={"field": tuple(FIELDS), "size": DIGIT_SIZES, "seed": SEEDS},
        seed=0,
        rtol={"accuracy": 0.05},
    )
)
register(
    Stored(
        name="questions-table",
        run=learn_table,
        axes={"size": TABLE_SIZES, "seed": SEEDS},
        seed=0,
        rtol={"accuracy": 0.05},
    )
)


@cache
def curves(data: str) -> xr.DataArray:
    """Read the accuracies by size, seed and learner: ``centered`` or ``wandering`` digits, ``table``."""
    if data == "table":
        return load("questions-table").accuracy
    return load("questions-digits").accuracy.sel(field=data, drop=True)


def descend(
    layers: list[Layer], x: Float[ndarray, "N D"], labels: Int[ndarray, " N"], updates: int = 100
) -> list[Layer]:
    """Train a dense net with Adam on all examples at once, in the order that they have."""
    state = adam_init(layers)
    for _ in range(updates):
        y, tape = body(dense.forward)(layers, x, relu)
        _, g = body(softmax_cross_entropy)(y, labels)
        layers, state = body(adam)(layers, body(dense.backward)(tape, g).g_layers, state, lr=0.01)
    return layers


def moved(seed: int, *, later: bool = False) -> float:
    """Largest change of a probability on new tumors when the columns of the table are shuffled.

    Before training, with the columns of the first weights shuffled alike; or, ``later``, after it.
    """
    x, labels, x_new, _ = split(400, seed)
    order = np.random.default_rng([seed, 4]).permutation(x.shape[1])
    net = dense.init(np.random.default_rng(seed), [x.shape[1], 32, 2], gain=2**0.5)
    alike = [Layer(net[0].w[:, order], net[0].b), *net[1:]]
    trained = descend(net, x, labels)
    other = trained if later else descend(alike, x[:, order], labels)
    ours, theirs = (
        softmax(dense.forward(n, v, relu)[0], axis=1) for n, v in ((trained, x_new), (other, x_new[:, order]))
    )
    return float(np.abs(ours - theirs).max())
