"""Dropout against over-fitting: how much to drop, its variants, and what it does to the units."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import islice

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes.activations import relu, sigmoid
from livenotes.datasets.digits import digits
from livenotes.dense import Layer
from livenotes.dropout import annealed_rate
from livenotes.lab.probes import mean_correlation
from livenotes.lab.store import Stored, load, register
from livenotes.lab.training import accuracy
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import iterations_per_epoch

from .nets import (
    BATCH,
    CHECKPOINTS,
    EXAMPLES,
    ROUGHLY,
    SEEDS,
    UPDATES,
    Adaptive,
    Connections,
    Noise,
    Shared,
    Task,
    Units,
    clean_digits,
    curves,
    noisy_digits,
    predict,
    score,
    trained,
    training,
)

# --- how much to drop ---

RATES = tuple(k / 20 for k in range(19))


def sweep() -> xr.Dataset:
    """Read the stored sweep over rates of inverted dropout; ``make results`` runs it again.

    A 64-128-128-10 ReLU net on 400 digits, a fifth of them falsely labeled. Plain gradient descent: 4,000
    updates on batches of 20, learning rate 0.03. All scores are those of the net with nothing dropped.

    Returns
    -------
    xarray.Dataset
        By ``rate``, the probability that a hidden unit is dropped: 0, 0.05, …, 0.9; ``seed``; and ``update``:
        0, then from 4 to 4,000, each about 18 % later than the one before.

        ``train_loss``, ``train_accuracy``: on the 400 images with the labels as given; the loss in nats.
        ``validation_loss``, ``validation_accuracy``: on the 1,397 other images.
        ``memorized``: share of the 80 false labels that the net gives back.
        ``noise``: what dropping changes in the outputs, relative to their spread over images.
    """
    return load("dropout-sweep")


def run_sweep(rate: float, seed: int) -> xr.Dataset:
    """Train one net of the sweep; return its curves."""
    return curves(noisy_digits(seed), lambda _: Units(rate), seed)


register(
    Stored(
        name="dropout-sweep",
        run=run_sweep,
        axes={"rate": RATES, "seed": SEEDS},
        seed=0,
        rtol=ROUGHLY,
        time="update",
    )
)


def at_best_rate(result: xr.Dataset) -> xr.Dataset:
    """Select, of a sweep or of every variant, the rate of the highest mean validation accuracy at the end."""
    final = result.validation_accuracy.isel(update=-1, drop=True).mean("seed")
    return result.sel(rate=final.idxmax("rate"))


SHOWN = 12  # images of one run, whose labels are followed while it learns


def by_heart() -> xr.Dataset:
    """Read how the first net of the sweep learns wrong labels; ``make results`` trains it again.

    Without dropout, watched at 12 of the mislabeled images.

    Returns
    -------
    xarray.Dataset
        ``pixels`` (image, 8, 8), 0 where blank; ``given``, ``true``: the label each image was given, and its
        own; ``says``: the net's answer, by ``update`` and ``image``; ``known``: how many of all false labels
        it gives back, and ``right``: its accuracy on the validation images, by ``update``.
    """
    return load("dropout-by-heart").sel(seed=0)


def run_by_heart(seed: int) -> xr.Dataset:
    """Train one net of the sweep without dropout, and ask it at ``CHECKPOINTS``."""
    task, truth, whole = noisy_digits(seed), digits(dtype=np.float32), Units(0.0)
    first = np.random.default_rng([seed, 0]).permutation(len(truth.x))[:SHOWN]  # as noisy_digits draws them
    rows = []
    for step, net in enumerate(islice(training(task, lambda _: whole, seed), UPDATES + 1)):
        if step in CHECKPOINTS:
            says = predict(net, task.x[task.false], whole).argmax(axis=1)
            known = int((says == task.labels[task.false]).sum())
            rows.append((says[:SHOWN], known, score(net, whole, task.x_val, task.labels_val)[1]))
    answers, counts, scores = map(np.array, zip(*rows, strict=True))
    return xr.Dataset(
        {
            "pixels": (
                ("image", "row", "column"),
                (truth.x - truth.x.min(axis=0))[first].reshape(SHOWN, 8, 8),
            ),
            "given": ("image", task.labels[:SHOWN]),
            "true": ("image", truth.labels[first]),
            "says": (("update", "image"), answers),
            "known": ("update", counts),
            "right": ("update", scores),
        },
        coords={"update": CHECKPOINTS},
    )


register(
    Stored(
        name="dropout-by-heart",
        run=run_by_heart,
        axes={"seed": SEEDS[:1]},
        seed=0,
        rtol={"says": 0.5, "known": 0.2, "right": 0.05},
        time="update",
    )
)


# --- a net that is too narrow ---


def capacity() -> xr.Dataset:
    """Read the stored comparison of widths; ``make results`` runs it again.

    Nets of two narrow hidden layers on all 1,437 training digits, with their own labels.

    Returns
    -------
    xarray.Dataset
        ``validation_accuracy`` after 4,000 updates, by ``width``, the units in each hidden layer; ``rate``;
        and ``seed``.
    """
    return load("dropout-capacity")


def run_capacity(width: int, rate: float, seed: int) -> xr.Dataset:
    """Train one net on the clean digits; return its accuracy."""
    task, noise = clean_digits(), Units(rate)
    net = trained(task, noise, seed, UPDATES, widths=(64, width, width, 10))
    _, validation = score(net, noise, task.x_val, task.labels_val)
    return xr.Dataset({"validation_accuracy": validation})


register(
    Stored(
        name="dropout-capacity",
        run=run_capacity,
        axes={"width": (4, 8, 16, 32, 128), "rate": (0.0, 0.25, 0.5), "seed": SEEDS},
        seed=0,
        rtol={"validation_accuracy": 0.02},
    )
)


# --- variants of dropout ---

EPOCHS = UPDATES // iterations_per_epoch(EXAMPLES, BATCH)
VARIANT_RATES = (0.2, 0.4, 0.6, 0.8, 0.9)
VARIANTS: dict[str, Callable[[float], Callable[[int], Noise]]] = {
    "dropout": lambda rate: lambda epoch: Units(rate, inverted=False),
    "DropConnect": lambda rate: lambda epoch: Connections(rate),
    "annealed dropout": lambda rate: lambda epoch: Units(annealed_rate(epoch, start=rate, epochs=EPOCHS)),
    "standout": lambda rate: lambda epoch: Adaptive(rate),
    "one mask": lambda rate: lambda epoch: Shared(rate, fixed=0),
}
"""The noise of an epoch, for every variant and rate. Inverted dropout is in the sweep."""


def variants() -> xr.Dataset:
    """Read the stored variants of dropout beside what the sweep has; ``make results`` runs them again.

    Seven ways to train the net of the sweep, each at five rates. The rate is that of a unit or, for
    DropConnect, of a connection; of the first epoch for annealed dropout, which falls along a line to 0 at
    the end; of a unit whose input is 0 for standout, which drops strongly driven units less. *Dropout*
    divides nothing in training and scales in prediction, *inverted dropout* the other way round: the same
    model, but not the same path, see ``equivalence``.

    Returns
    -------
    xarray.Dataset
        The variables of ``sweep`` by ``variant``, ``rate``, ``seed`` and ``update``. The variants are: none,
        for which all rates are the same; dropout, inverted dropout, DropConnect, annealed dropout, standout;
        and for comparison a mask that is drawn once and kept, which makes a smaller net.
    """
    swept = sweep()
    none = swept.sel(rate=0, drop=True).expand_dims(variant=["none"], rate=list(VARIANT_RATES))
    inverted = swept.sel(rate=list(VARIANT_RATES)).expand_dims(variant=["inverted dropout"])
    first, *others = VARIANTS
    everything = xr.concat([none, inverted, load("dropout-variants")], "variant", combine_attrs="drop")
    return everything.sel(variant=["none", first, "inverted dropout", *others])


def run_variant(variant: str, rate: float, seed: int) -> xr.Dataset:
    """Train one net with one variant; return its curves."""
    return curves(noisy_digits(seed), VARIANTS[variant](rate), seed)


register(
    Stored(
        name="dropout-variants",
        run=run_variant,
        axes={"variant": tuple(VARIANTS), "rate": VARIANT_RATES, "seed": SEEDS},
        seed=0,
        rtol=ROUGHLY,
        time="update",
    )
)


@cache
def keep_probability(rate: float, seed: int, updates: int = 300) -> xr.DataArray:
    """Probability that standout keeps each ``unit`` of each hidden ``layer``, by validation ``image``.

    Parameters
    ----------
    rate : float, in (0, 1)
        Of a unit whose input is 0.
    seed : int
    updates : int
        Made before the net is looked at.
    """
    task, noise = noisy_digits(seed), Adaptive(rate)
    first, second, _ = trained(task, noise, seed, updates)
    s = task.x_val @ first.w.T + first.b
    fed = np.stack([s, noise.predict(relu(s), s, second)])
    return xr.DataArray(
        sigmoid(noise.alpha * fed + noise.beta), dims=("layer", "image", "unit"), coords={"layer": [1, 2]}
    )


# --- what dropping does to the units ---

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


def features() -> xr.Dataset:
    """Read what was measured of the units of trained nets; ``make results`` measures it again.

    Nets of the sweep at the end of training, with nothing dropped unless said; 1,397 validation images.

    Returns
    -------
    xarray.Dataset
        By ``setting``: without anything, with inverted dropout at three rates, with an L2 and with an L1
        penalty; and by ``seed``.

        ``accuracy``
        ``active``: share of units with an output above 0, over images, by hidden ``layer``.
        ``zero_weights``: share of the weights that are exactly 0.
        ``correlation``: mean absolute correlation between two units of the same ``layer``.
        ``worst_lost``: rise of the loss, in nats, when the one hidden unit is removed that is missed most.
        ``worst_pixel_lost``: the same for the pixels.
        ``without_units``, ``without_pixels``: accuracy when a ``share`` (0, 0.1, …, 0.9) of the hidden units,
        or of the pixels, is set to 0, and nothing is scaled to make up for it. A pixel at 0 has its mean
        value.
    """
    return load("dropout-features")


def run_features(setting: str, seed: int) -> xr.Dataset:
    """Train one net and look at its units."""
    task, (rate, l2, l1) = noisy_digits(seed), SETTINGS[setting]
    net = trained(task, Units(rate), seed, UPDATES, weight_decay=l2, shrink=l1)
    hidden, rng = _hidden(net, task.x_val), np.random.default_rng([seed, 5])
    weights = np.concatenate([layer.w.ravel() for layer in net])
    return xr.Dataset(
        {
            "accuracy": _accuracy(net, task, hidden[-1]),
            "active": ("layer", [(h > 0).mean() for h in hidden]),
            "zero_weights": (weights == 0).mean(),
            "correlation": ("layer", [mean_correlation(h) for h in hidden]),
            "worst_lost": _ablated(net, task).max(),
            "worst_pixel_lost": _blanked(net, task).max(),
            "without_units": ("share", [_without_units(net, task, share, rng) for share in SHARES]),
            "without_pixels": ("share", [_without_pixels(net, task, share, rng) for share in SHARES]),
        },
        coords={"layer": [1, 2], "share": SHARES},
    )


register(
    Stored(
        name="dropout-features",
        run=run_features,
        axes={"setting": tuple(SETTINGS), "seed": SEEDS},
        seed=0,
        rtol={
            "accuracy": 0.1,
            "active": 0.1,
            "zero_weights": 0.1,
            "correlation": 0.1,
            "worst_lost": 0.3,
            "worst_pixel_lost": 0.3,
            "without_units": 0.1,
            "without_pixels": 0.1,
        },
    )
)


def _hidden(net: Sequence[Layer], x: Float[ndarray, "V 64"]) -> list[Float[ndarray, "V U"]]:
    first = relu(x @ net[0].w.T + net[0].b)
    return [first, relu(first @ net[1].w.T + net[1].b)]


def _accuracy(net: Sequence[Layer], task: Task, second: Float[ndarray, "V U"]) -> float:
    return accuracy(second @ net[2].w.T + net[2].b, task.labels_val)


def _loss(net: Sequence[Layer], task: Task, second: Float[ndarray, "V U"]) -> float:
    return softmax_cross_entropy(second @ net[2].w.T + net[2].b, task.labels_val)[0]


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


def _blanked(net: Sequence[Layer], task: Task) -> Float[ndarray, " D"]:
    """Rise of the validation loss when one pixel is set to its mean value, 0, for every pixel."""
    losses = []
    for j in range(task.x_val.shape[1]):
        x = np.where(np.arange(task.x_val.shape[1]) == j, np.float32(0), task.x_val)
        losses.append(_loss(net, task, _hidden(net, x)[-1]))
    return np.array(losses) - _loss(net, task, _hidden(net, task.x_val)[-1])


def _without_units(net: Sequence[Layer], task: Task, share: float, rng: np.random.Generator) -> float:
    first, _ = _hidden(net, task.x_val)
    found = []
    for _ in range(DRAWS):
        kept = [rng.permutation(layer.w.shape[0]) >= share * layer.w.shape[0] for layer in net[:2]]
        second = relu((first * kept[0]) @ net[1].w.T + net[1].b) * kept[1]
        found.append(_accuracy(net, task, second))
    return float(np.mean(found))


def _without_pixels(net: Sequence[Layer], task: Task, share: float, rng: np.random.Generator) -> float:
    found = []
    for _ in range(DRAWS):
        kept = rng.uniform(size=task.x_val.shape) >= share
        found.append(_accuracy(net, task, _hidden(net, task.x_val * kept)[-1]))
    return float(np.mean(found))
