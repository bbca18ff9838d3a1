"""Thirty layers: what a signal becomes in them, whether they can be trained, and how outputs drift."""

from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import require_choice, require_number, require_positive
from livenotes.activations import REGISTRY
from livenotes.lab.normed import forward, last, score, task, training
from livenotes.lab.store import Stored, load, mean_losses, register, register_training

DEPTH, WIDTH, EXAMPLES = 30, 128, 100
SIGNALS = {"relu": 2**0.5, "leaky_relu": 2**0.5, "tanh": 1.0, "elu": 1.0, "gelu": 2**0.5, "selu": 1.0}
"""Activations and the gain of the weights before them: He's for those near ReLU, else 1."""


@cache
def through(name: str, mean: float, spread: float, seed: int = 0) -> xr.Dataset:
    """Send a Gaussian input through thirty random layers.

    Parameters
    ----------
    name : str
        One of ``SIGNALS``.
    mean, spread : float
        Mean and standard deviation (> 0) of every number that enters.
    seed : int

    Returns
    -------
    Dataset
        Over ``layer`` from 0 to 30: ``mean`` and ``variance`` of all outputs of the layer, over units and
        examples.
    """
    require_choice("name", name, SIGNALS)
    require_number("mean", mean)
    require_positive("spread", spread)
    noise, weights = _drawn(seed)
    h = mean + spread * noise
    outputs = [h]
    for w in SIGNALS[name] * weights:
        h = REGISTRY[name](h @ w.T)
        outputs.append(h)
    found = {"mean": [h.mean() for h in outputs], "variance": [h.var() for h in outputs]}
    return xr.Dataset({key: ("layer", values) for key, values in found.items()}, {"layer": range(DEPTH + 1)})


@lru_cache(maxsize=4)
def _drawn(seed: int) -> tuple[Float[ndarray, "B H"], Float[ndarray, "L H H"]]:
    """Draw inputs of mean 0 and deviation 1, and matrices that keep the variance of a linear net."""
    rng = np.random.default_rng([seed, 4])
    return rng.normal(size=(EXAMPLES, WIDTH)), rng.normal(scale=WIDTH**-0.5, size=(DEPTH, WIDTH, WIDTH))


GAINS = (0.71, 0.85, 1.0, 1.2)
"""Of the weights before training, in multiples of He's; the first is Xavier's, one over the root of 2."""

RATES = (0.01, 0.03, 0.1)
UPDATES, LONG, LONGEST, EVERY = 400, 1000, 3000, 20


def learn_deep(
    kind: str, depth: int, gain: float, rate: float, seed: int, *, updates: int = UPDATES
) -> xr.Dataset:
    """Train a deep ReLU net on the digits; ``loss`` over ``update``, and ``accuracy`` on new digits.

    Parameters
    ----------
    kind : {"none", "batch"}
    depth : int
        Hidden layers of 64 units.
    gain : float
        In multiples of He's.
    rate : float
    seed : int
    """
    stage, losses = last(training(kind, task(), seed, rate=rate, depth=depth, gain=gain), updates)
    right = score(kind, stage, task().x_val, task().labels_val) if np.isfinite(losses).all() else 0.1
    return mean_losses(losses, EVERY).to_dataset().assign(accuracy=right)


def _deep(
    name: str, updates: int, *, kinds: tuple[str, ...] = ("none", "batch"), rtol: float = 0.05, **axes: Any
) -> Stored:
    run = partial(learn_deep, updates=updates)
    axes = {"kind": kinds, **axes, "seed": (0, 1, 2)}
    return register_training(name, run, axes, every=EVERY, updates=updates, rtol=rtol, steady=_steady)


def _steady(kind: str, depth: int, gain: float, rate: float, seed: int) -> bool:
    """Say whether a net is tame: each layer passes the last bit on, and a large rate amplifies it."""
    return kind == "none" and gain <= 1 and rate < 0.1 and (depth <= DEPTH or rate < 0.01)


_deep("beyond-relu-thirty", UPDATES, depth=(DEPTH,), gain=GAINS, rate=RATES)
_deep("beyond-relu-deeper", LONG, rtol=0.3, depth=(10, DEPTH, 50), gain=(1.0,), rate=(0.01, 0.1))
_deep("beyond-relu-fifty", LONGEST, kinds=("none",), rtol=0.3, depth=(50,), gain=(1.0,), rate=(0.003,))


@cache
def thirty() -> xr.Dataset:
    """Read the stored nets of thirty hidden layers; ``make results`` trains them again."""
    return load("beyond-relu-thirty").sel(depth=DEPTH)


@cache
def by_depth() -> xr.Dataset:
    """Read the stored nets of 10 to 50 hidden layers that start as He proposes, and train longer."""
    return load("beyond-relu-deeper").sel(gain=1.0)


@cache
def fifty() -> xr.DataArray:
    """Read the accuracies of nets of fifty layers without batch norm, at a small rate, 3000 updates."""
    return load("beyond-relu-fifty").accuracy.squeeze(drop=True)


SHIFTED = ("relu", "leaky_relu", "elu", "tanh")
SHIFT_RATES = (0.03, 0.1, 0.3, 1.0)


def drift(activation: str, kind: str, rate: float, seed: int) -> xr.Dataset:
    """Train five hidden layers for 300 updates and look at what each unit answers.

    Returns
    -------
    Dataset
        Over ``layer``: ``mean``, the mean answer of a unit over the training digits, mean over the units that
        are not dead; ``spread``, the same of its standard deviation; ``shifted``, the share of units whose
        mean is above 0; ``dead``, the share whose sum is negative for every digit; and ``accuracy``.
    """
    f = REGISTRY[activation]
    stage, losses = last(training(kind, task(), seed, rate=rate, activation=activation), 300)
    _, tape = forward(kind, stage.net, task().x, f)
    sums = [bent.x for _, bent in tape[:-1]]
    dead = np.array([(a <= 0).all(axis=0) for a in sums])
    means = np.ma.array([f(a).mean(axis=0) for a in sums], mask=dead)
    spreads = np.ma.array([f(a).std(axis=0) for a in sums], mask=dead)
    right = score(kind, stage, task().x_val, task().labels_val, activation)
    return xr.Dataset(
        {
            "mean": ("layer", means.mean(axis=1).filled(0)),
            "spread": ("layer", spreads.mean(axis=1).filled(0)),
            "shifted": ("layer", (means > 0).mean(axis=1).filled(0)),
            "dead": ("layer", dead.mean(axis=1)),
            "accuracy": right if np.isfinite(losses).all() else 0.1,
        },
        {"layer": np.arange(1, 6)},
    )


register(
    Stored(
        name="beyond-relu-drift",
        run=drift,
        axes={"activation": SHIFTED, "kind": ("none", "batch"), "rate": SHIFT_RATES, "seed": (0, 1, 2)},
        seed=0,
        rtol={"mean": 0.1, "spread": 0.1, "dead": 0.5, "shifted": 0.1, "accuracy": 0.05},
        steady=lambda rate, **_: rate < 0.1,
    )
)


@cache
def drifted() -> xr.Dataset:
    """Read mean answers and dead units of nets with and without batch norm."""
    return load("beyond-relu-drift")
