r"""What normalization does to training: rates and starts, batch sizes, other inputs, weights by layer."""

from functools import cache, partial
from typing import Any

import numpy as np
import xarray as xr
from numpy import ndarray

from livenotes._arguments import require_choice
from livenotes.activations import REGISTRY
from livenotes.lab.normed import KINDS, Stage, forward, last, score, shake, task, training
from livenotes.lab.store import load, mean_losses, register_training
from livenotes.lab.training import accuracy

UPDATES, LONG, EVERY = 200, 1000, 10
GAINS = (0.1, 0.3, 1.0, 3.0, 10.0)
RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
SEEDS = (0, 1, 2, 3, 4)
SHARES = (2, 4, 8, 16, 32, 64, 128)
BATCHES = (1, 2, 4, 8, 16, 64)
INPUTS = {"as they are": (1.0, 0.0), "a tenth": (0.1, 0.0), "tenfold": (10.0, 0.0), "shifted": (1.0, 3.0)}
"""What every pixel is multiplied by, and what is then added; as they are, their mean is 0 and deviation 1."""


def _run(kind: str, seed: int, updates: int = UPDATES, **settings: Any) -> tuple[Stage, xr.Dataset]:
    stage, losses = last(training(kind, task(), seed, **settings), updates)
    found = mean_losses(losses, EVERY).to_dataset()
    right = score(kind, stage, task().x_val, task().labels_val, settings.get("activation", "relu"))
    return stage, found.assign(accuracy=right if np.isfinite(losses).all() else 0.1)


def learn(kind: str, gain: float, rate: float, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train a net of five hidden layers; ``loss`` over ``update``, and ``accuracy`` on new digits.

    Parameters
    ----------
    kind : {"none", "batch", "layer", "weight", "weight from data"}
    gain : float
        Of the hidden weights before training, in multiples of what keeps the variance.
    rate : float
    seed : int
    """
    require_choice("kind", kind, KINDS)
    return _run(kind, seed, updates, gain=gain, rate=rate)[1]


def learn_sharing(share: int, rate: float, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train with batch norm over ``share`` examples at a time, 128 an update whatever the share.

    ``accuracy`` is that of prediction with running statistics, ``accuracy_own`` that of new digits that are
    normalized with each other, as many at a time as in training.
    """
    stage, found = _run("batch", seed, updates, rate=rate, share=share, batch=128, depth=3)
    x, labels = task().x_val[:256], task().labels_val[:256]
    out, _ = forward("batch", stage.net, x, REGISTRY["relu"], share)
    return found.assign(accuracy_own=accuracy(out, labels))


def learn_batches(kind: str, batch: int, rate: float, seed: int, *, updates: int = LONG) -> xr.Dataset:
    """Train on ``batch`` examples an update; batch norm has no answer for one, which counts as guessing."""
    if (kind, batch) == ("batch", 1):
        return mean_losses(np.full(updates, np.nan), EVERY).to_dataset().assign(accuracy=0.1)
    return _run(kind, seed, updates, rate=rate, batch=batch, depth=3)[1]


def learn_inputs(kind: str, inputs: str, rate: float, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train a net of three hidden layers on pixels that are multiplied and shifted; predict likewise."""
    scale, shift = (np.float32(number) for number in INPUTS[inputs])
    stages = training(kind, task(), seed, rate=rate, depth=3, before=lambda x: scale * x + shift)
    stage, losses = last(stages, updates)
    right = score(kind, stage, scale * task().x_val + shift, task().labels_val)
    return (
        mean_losses(losses, EVERY).to_dataset().assign(accuracy=right if np.isfinite(losses).all() else 0.1)
    )


def learn_weights(activation: str, kind: str, seed: int, *, updates: int = LONG) -> xr.Dataset:
    """Train six hidden layers at rate 0.1 and compare them with the net before.

    Returns
    -------
    Dataset
        ``loss`` and ``accuracy``; for every hidden ``layer``, ``growth``, the root mean square of its weights
        over that before training; ``change``, that of the change itself, relative to the same; ``moved``, how
        far the mean of a unit's sum has moved, in deviations before training, median over units; and
        ``widened``, the ratio of the deviations.
    """
    settings: dict[str, Any] = {"rate": 0.1, "depth": 6, "activation": activation}
    start = next(training(kind, task(), seed, **settings))
    stage, found = _run(kind, seed, updates, **settings)
    pairs = list(zip(start.net.blocks, stage.net.blocks, strict=True))
    size = [np.sqrt(np.square(old.w).mean()) for old, _ in pairs]
    before, after = (_sums(kind, s, activation) for s in (start, stage))
    return found.assign(
        growth=(
            "layer",
            [np.sqrt(np.square(new.w).mean()) / s for (_, new), s in zip(pairs, size, strict=True)],
        ),
        change=(
            "layer",
            [np.sqrt(np.square(new.w - old.w).mean()) / s for (old, new), s in zip(pairs, size, strict=True)],
        ),
        moved=(
            "layer",
            [np.median(np.abs(b.mean(0) - a.mean(0)) / a.std(0)) for a, b in zip(before, after, strict=True)],
        ),
        widened=("layer", [np.median(b.std(0) / a.std(0)) for a, b in zip(before, after, strict=True)]),
    ).assign_coords(layer=np.arange(1, 7))


def shaken(kind: str, noise: float, seeds: int = 3, *, updates: int = LONG // 2) -> xr.Dataset:
    """Train six hidden layers of sigmoids at rate 0.3 while noise moves what enters their units.

    With batch norm, the mean and the deviation of every normalized sum are moved at random, by up to
    ``noise`` times the scale, anew at every update.

    Returns
    -------
    Dataset
        Over ``seed``: ``loss``, mean of the last ten updates, ``accuracy`` on new digits, and ``moved``, how
        far the mean of a sum moves from one update to the next, in deviations: median over the units of the
        third layer and 20 updates, measured on 256 digits.
    """
    x, f = task().x[:256], REGISTRY["sigmoid"]
    rows = []
    for seed in range(seeds):
        settings: dict[str, Any] = {"rate": 0.3, "depth": 6, "activation": "sigmoid", "noise": noise}
        _, found = _run(kind, seed, updates, **settings)
        rng, means = np.random.default_rng([seed, 3]), []
        for _, now in zip(range(20), training(kind, task(), seed, **settings), strict=False):
            a = forward(kind, shake(rng, now.net, noise), x, f)[1][2][1].x
            means.append(a.mean(axis=0) / a.std(axis=0))
        moved = float(np.median(np.abs(np.diff(means, axis=0))))
        rows.append((found.loss.values[-1], float(found.accuracy), moved))
    columns = zip(("loss", "accuracy", "moved"), np.array(rows).T, strict=True)
    return xr.Dataset({name: ("seed", values) for name, values in columns})


def _sums(kind: str, stage: Stage, activation: str) -> list[ndarray]:
    """What enters the units of each hidden layer, over the training digits."""
    _, tape = forward(kind, stage.net, task().x, REGISTRY[activation])
    return [bent.x for _, bent in tape[:-1]]


_stored = partial(register_training, every=EVERY, rtol=0.02)
_stored(
    "normalization-race",
    learn,
    {"kind": KINDS, "gain": GAINS, "rate": RATES, "seed": SEEDS},
    updates=UPDATES,
    steady=lambda kind, rate, **_: kind != "weight from data" and rate < 3,
)
# Of two or four numbers, the last bit may decide which is the larger: they come out far apart.
_stored(
    "normalization-sharing",
    learn_sharing,
    {"share": SHARES, "rate": (0.1, 0.3, 1.0), "seed": SEEDS},
    updates=UPDATES,
    steady=lambda share, **_: share > 4,
)
_stored(
    "normalization-batches",
    learn_batches,
    {"kind": ("batch", "layer"), "batch": BATCHES, "rate": (0.01, 0.03, 0.1, 0.3), "seed": SEEDS},
    updates=LONG,
    steady=lambda kind, batch, **_: kind == "layer" or batch > 4,
)
_stored(
    "normalization-inputs",
    learn_inputs,
    {"kind": KINDS, "inputs": tuple(INPUTS), "rate": (0.03, 0.1, 0.3), "seed": SEEDS},
    updates=UPDATES,
)
_stored(
    "normalization-weights",
    learn_weights,
    {"activation": ("sigmoid", "tanh", "relu"), "kind": ("none", "batch"), "seed": SEEDS},
    updates=LONG,
)


@cache
def race() -> xr.Dataset:
    """Read the stored nets of every kind, start and rate; ``make results`` trains them again."""
    return load("normalization-race")


@cache
def sharing() -> xr.Dataset:
    """Read the stored nets whose batch norm looks at few examples or many."""
    return load("normalization-sharing")


@cache
def batches() -> xr.Dataset:
    """Read the stored nets that were trained on few examples an update or many."""
    return load("normalization-batches")


@cache
def inputs() -> xr.Dataset:
    """Read the stored nets whose inputs were scaled or shifted."""
    return load("normalization-inputs")


@cache
def weights() -> xr.Dataset:
    """Read what was stored of weights and sums by layer before and after training."""
    return load("normalization-weights")
