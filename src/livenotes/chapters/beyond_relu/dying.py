"""Units that fall silent: 400 single ones, what brings them back, and how many a network loses."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from numpy import ndarray

from livenotes import dense
from livenotes._arguments import require_choice, require_count, require_positive
from livenotes._validated import body
from livenotes.activations import REGISTRY, Activation
from livenotes.lab.normed import task
from livenotes.lab.store import Stored, load, register
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adagrad, adam, adam_init, sgd, zeros_like

UNITS = 400
KINDS = {
    "relu": ("ReLU", {}),
    "leaky_relu": ("leaky ReLU, 0.1", {"alpha": 0.1}),
    "elu": ("ELU", {}),
    "gelu": ("GELU", {}),
}
"""The units of the graveyard: title and parameters."""

FACTORS = (1, 3, 5, 10, 20, 40)
MOMENTS = (1, 2, 10, 30, 100, 300, 1000)
"""Steps that are looked at: before the long one, after it, and later."""

RATE, LONG_STEP, STEPS = 0.3, 1, 1000


class Lesson(NamedTuple):
    """64 inputs between 0 and 1, the last of three a constant 1, and what a unit should answer."""

    x: Float[ndarray, "64 3"]
    y: Float[ndarray, " 64"]


@cache
def lesson() -> Lesson:
    """Draw the examples that every unit of the graveyard learns from."""
    x = np.append(np.random.default_rng(0).uniform(0, 1, (64, 2)), np.ones((64, 1)), axis=1)
    return Lesson(x, x[:, :2].mean(axis=1))


def unit_step(
    w: Float[ndarray, "U 3"], f: Activation, rate: float, x: ndarray, y: ndarray, **params: float
) -> Float[ndarray, "U 3"]:
    """One step of gradient descent for each unit alone, on half the mean squared error."""
    a = w @ x.T  # (U, 64)
    g_a = (f(a, **params) - y) * f.slope(a, **params)
    return w - rate * g_a @ x / len(x)


def first_weights(seed: int) -> Float[ndarray, "U 3"]:
    """Draw two weights for each unit; biases start at 1, so that hardly any is silent."""
    return np.append(np.random.default_rng([seed, 1]).normal(size=(UNITS, 2)), np.ones((UNITS, 1)), axis=1)


def bury(kind: str, factor: float, seed: int) -> xr.Dataset:
    """Train 400 units, each alone, while one early step is ``factor`` times as long as the others.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    factor : float, > 0
    seed : int

    Returns
    -------
    Dataset
        ``silent``, 1 where a unit's sum is negative for every example, over ``step`` and ``unit``; ``loss``
        of the median unit, over ``step``.
    """
    require_choice("kind", kind, KINDS)
    require_positive("factor", factor)
    f, params, (x, y) = REGISTRY[kind], KINDS[kind][1], lesson()
    w, silent, loss = first_weights(seed), [], []
    for step in range(STEPS + 1):
        if step in MOMENTS:
            a = w @ x.T
            silent.append((a < 0).all(axis=1))
            loss.append(np.median(np.square(f(a, **params) - y).mean(axis=1) / 2))
        w = unit_step(w, f, RATE * (factor if step == LONG_STEP else 1), x, y, **params)
    found = {"silent": (("step", "unit"), np.array(silent, np.int8)), "loss": ("step", loss)}
    return xr.Dataset(found, {"step": list(MOMENTS)})


register(
    Stored(
        name="beyond-relu-graveyard",
        run=bury,
        axes={"kind": tuple(KINDS), "factor": FACTORS, "seed": (0, 1)},
        seed=0,
    )
)


@cache
def graveyard() -> xr.Dataset:
    """Read which units are silent, and their loss; ``make results`` trains them again."""
    return load("beyond-relu-graveyard")


def _trained(w: ndarray, kind: str = "relu", rate: float = RATE, **params: float) -> ndarray:
    for _ in range(STEPS):
        w = unit_step(w, REGISTRY[kind], rate, lesson().x, lesson().y, **params)
    return w


def _with_adam(w: ndarray) -> ndarray:
    state = adam_init(w)
    for _ in range(STEPS):
        g_w = w - unit_step(w, REGISTRY["relu"], 1.0, lesson().x, lesson().y)
        w, state = body(adam)(w, g_w, state, lr=0.01)
    return w


def _with_decay(w: ndarray, decayed: tuple[int, int, int]) -> ndarray:
    for _ in range(STEPS):
        w = (1 - 0.01 * np.array(decayed)) * unit_step(w, REGISTRY["relu"], RATE, lesson().x, lesson().y)
    return w


REMEDIES: dict[str, Callable[[ndarray], ndarray]] = {
    "wait": _trained,
    "a tenth of the rate": partial(_trained, rate=RATE / 10),
    "Adam": _with_adam,
    "weight decay": partial(_with_decay, decayed=(1, 1, 1)),
    "weight decay, but not of the bias": partial(_with_decay, decayed=(1, 1, 0)),
    "leaky ReLU": partial(_trained, kind="leaky_relu", alpha=0.1),
    "ELU": partial(_trained, kind="elu"),
}
"""What is done to silent ReLU units for 1000 steps, by name."""


@cache
def revival(seeds: int = 3) -> xr.DataArray:
    """Of 100 units, share of those silenced by a step twenty times as long that fire again, by remedy.

    Returns
    -------
    DataArray
        Over ``remedy`` and ``seed``.
    """
    require_count("seeds", seeds)
    shares = np.empty((len(REMEDIES), seeds))
    for seed in range(seeds):
        w = first_weights(seed)[:100]
        for factor in (1, 20):
            w = unit_step(w, REGISTRY["relu"], RATE * factor, lesson().x, lesson().y)
        dead = w[_silent(w)]
        shares[:, seed] = [1 - _silent(remedy(dead)).mean() for remedy in REMEDIES.values()]
    return xr.DataArray(shares, {"remedy": list(REMEDIES), "seed": range(seeds)}, ("remedy", "seed"))


def _silent(w: Float[ndarray, "U 3"]) -> Bool[ndarray, " U"]:
    return (w @ lesson().x.T <= 0).all(axis=1)


OPTIMIZERS = ("SGD", "Adagrad", "Adam")
STARTS = {"Xavier": 1.0, "He": 2**0.5, "ten times He": 10 * 2**0.5}
"""Deviations of the weights before training, in multiples of one over the root of the inputs."""

RATES = (0.001, 0.01, 0.1, 1.0)
UPDATES = 300


def _updates(
    optimizer: str, net: list[dense.Layer], rate: float
) -> Callable[[list[dense.Layer], list[dense.Layer]], list[dense.Layer]]:
    """Return a function that takes net and gradients to the next net, and keeps what the optimizer keeps."""
    if optimizer == "SGD":
        return partial(body(sgd), lr=rate)
    step: Callable[..., Any] = body(adagrad if optimizer == "Adagrad" else adam)
    kept: Any = zeros_like(net) if optimizer == "Adagrad" else adam_init(net)

    def update(net: list[dense.Layer], grads: list[dense.Layer]) -> list[dense.Layer]:
        nonlocal kept
        net, kept = step(net, grads, kept, lr=rate)
        return net

    return update


def pixels(centered: bool) -> tuple[ndarray, ndarray]:
    """Return the training and validation digits: pixels of mean 0, or from 0 up, in the same units."""
    data = task()
    lowest = 0 if centered else data.x.min(axis=0)
    return data.x - lowest, data.x_val - lowest


def learning(
    optimizer: str, start: float, rate: float, seed: int, *, centered: bool = False
) -> Iterator[list[dense.Layer]]:
    """Yield a ReLU net with two hidden layers of 100 units before training, then after each update."""
    data, x = task(), pixels(centered)[0]
    net = dense.init(np.random.default_rng([seed, 0]), [64, 100, 100, 10], gain=start, dtype=np.float32)
    update = _updates(optimizer, net, rate)
    yield net
    for rows in minibatches(np.random.default_rng([seed, 1]), len(x), 64):
        out, tape = body(dense.forward)(net, x[rows], REGISTRY["relu"])
        _, g = body(softmax_cross_entropy)(out, data.labels[rows])
        net = update(net, body(dense.backward)(tape, g).g_layers)
        yield net


def dead_units(net: list[dense.Layer], x: ndarray) -> list[Bool[ndarray, " H"]]:
    """Say for each hidden layer which units answer 0 to every example."""
    _, tape = dense.forward(net, x, REGISTRY["relu"])
    return [(h == 0).all(axis=0) for h in tape.inputs[1:]]


def lose(optimizer: str, start: str, rate: float, seed: int) -> xr.Dataset:
    """Train a net on digits whose pixels start at 0 and count the dead.

    Returns
    -------
    Dataset
        ``dead``, the share of units that answer 0 to every example, over ``layer`` and ``update`` (0 and
        300), and ``accuracy`` on new digits.
    """
    require_choice("optimizer", optimizer, OPTIMIZERS)
    require_choice("start", start, STARTS)
    x, x_val = pixels(centered=False)
    stages = learning(optimizer, STARTS[start], rate, seed)
    with np.errstate(all="ignore"):
        first, *_, last = islice(stages, UPDATES + 1)
        dead = [[d.mean() for d in dead_units(net, x)] for net in (first, last)]
        out = np.nan_to_num(dense.forward(last, x_val, REGISTRY["relu"])[0])
    return xr.Dataset(
        {
            "dead": (("update", "layer"), dead),
            "accuracy": accuracy(out, task().labels_val),
        },
        {"update": [0, UPDATES], "layer": [1, 2]},
    )


register(
    Stored(
        name="beyond-relu-deaths",
        run=lose,
        axes={"optimizer": OPTIMIZERS, "start": tuple(STARTS), "rate": RATES, "seed": (0, 1, 2)},
        seed=0,
        rtol={"dead": 0.3, "accuracy": 0.05},
        steady=lambda rate, **_: rate < 0.1,
    )
)


@cache
def deaths() -> xr.Dataset:
    """Read how many units each optimizer loses, by start and rate; ``make results`` trains them again."""
    return load("beyond-relu-deaths")
