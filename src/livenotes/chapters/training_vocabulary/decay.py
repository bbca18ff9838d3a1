r"""Weight decay: where $\lambda$ may enter a step, and what that does to the weights of a small network.

The four rules differ in two ways. The step is that of gradient descent or of Adam; and the decay is a term
$\lambda\theta$ of the gradient (*L2*) or is subtracted beside the step (*decay*).
"""

from collections.abc import Callable
from functools import cache, lru_cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes import dense
from livenotes._trees import leaves
from livenotes._validated import body
from livenotes.activations import relu
from livenotes.datasets.digits import digits
from livenotes.dense import Layer
from livenotes.lab.store import Stored, load, register
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import logistic, softmax_cross_entropy
from livenotes.optimization import adam, adam_init, momentum, sgd, zeros_like

from .batches import START, task

# --- one weight ---

RATE, UPDATES, WEIGHTS = 0.01, 200, 400
BETA1, BETA2 = 0.9, 0.999
WAYS = ("sgd", "adam", "adamw")


@cache
def one_weight(how: str, size: float, decay: float) -> xr.Dataset:
    r"""Let weights decay whose gradients from the data are $\pm$ ``size`` at random, and cancel in the mean.

    Parameters
    ----------
    how : {"sgd", "adam", "adamw"}
        Gradient descent; Adam with $\lambda\theta$ in the gradient; Adam with it beside the step.
    size : float
    decay : float
        $\lambda$.

    Returns
    -------
    xarray.Dataset
        Over ``update``, means over 400 weights that all start at 1: the ``weight``, and ``pull``, the part of
        the next step that comes from the decay. Adam's step is linear in the mean gradient that it keeps, so
        this part can be told apart. Besides: ``divisor``, the last $\sqrt{\hat s}$.
    """
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(UPDATES, WEIGHTS // 2))
    at, state, fading = np.ones(WEIGHTS), adam_init(np.ones(WEIGHTS)), np.zeros(WEIGHTS)
    weights, pulls, divisor = [1.0], [], 1.0
    for t, half in enumerate(signs, start=1):
        g = size * np.concatenate([half, -half])
        old = at
        if how == "sgd":
            pulls.append(RATE * decay * old.mean())
            at = sgd(at, g, lr=RATE, weight_decay=decay)
        else:
            at, state = adam(at, g, state, lr=RATE, weight_decay=decay, decoupled=how == "adamw")
            fading = BETA1 * fading + (1 - BETA1) * decay * old
            root = np.sqrt(state.square / (1 - BETA2**t)) + 1e-8
            inside = RATE * (fading / (1 - BETA1**t) / root).mean()
            pulls.append(RATE * decay * old.mean() if how == "adamw" else inside)
            divisor = root.mean()
        weights.append(at.mean())
    return xr.Dataset(
        {"weight": ("update", weights), "pull": ("update", [*pulls, pulls[-1]]), "divisor": float(divisor)}
    )


def end_of(how: str, decay: float, *, updates: int = 3000) -> Float[ndarray, " 2"]:
    """Fit the two weights that tell fives from nines, by full batches and for long; return where they end.

    Adam's rate falls to 0 along a line, so that it comes to rest.
    """
    x, nine, *_ = task()
    at, state = START, adam_init(START)
    for k in range(updates):
        g = x.T @ logistic(x @ at, nine)[1]
        if how == "sgd":
            at = sgd(at, g, lr=1.0, weight_decay=decay)
        else:
            lr = 0.05 * (1 - k / updates)
            at, state = adam(at, g, state, lr=lr, weight_decay=decay, decoupled=how == "adamw")
    return at


# --- a network ---

EXAMPLES, FALSE_SHARE, WIDTHS = 400, 0.2, (64, 64, 10)
BATCH, STEPS = 20, 2000
OPTIMIZERS = ("SGD", "momentum", "Adam")
RULES = tuple(f"{optimizer}, {where}" for optimizer in OPTIMIZERS for where in ("L2", "decay"))
LEARNING_RATES = {"SGD": 0.05, "momentum": 0.005, "Adam": 0.002}
DECAYS = (0.0, *(float(f"{10 ** (k / 2):.1g}") for k in range(-8, 3)))
"""0, then 0.0001, 0.0003, 0.001 … 3, 10."""
SEEDS = (0, 1, 2, 3, 4)


class Task(NamedTuple):
    """Digits to learn, a fifth of them with a wrong label, and others to be judged by."""

    x: Float[ndarray, "N 64"]
    labels: Int[ndarray, " N"]
    x_new: Float[ndarray, "V 64"]
    labels_new: Int[ndarray, " V"]


@lru_cache(maxsize=5)
def wrong_labels(seed: int) -> Task:
    """Draw 400 training digits and move the labels of 80 of them; the other 1,397 digits are new."""
    data, rng = digits(dtype=np.float32), np.random.default_rng([seed, 3])
    x, labels = np.concatenate([data.x, data.x_val]), np.concatenate([data.labels, data.labels_val])
    order = rng.permutation(len(x))
    seen, new = order[:EXAMPLES], order[EXAMPLES:]
    moved = rng.integers(1, 10, size=EXAMPLES) * (np.arange(EXAMPLES) < FALSE_SHARE * EXAMPLES)
    return Task(x[seen], (labels[seen] + moved) % 10, x[new], labels[new])


def _stepper(rule: str, layers: list[Layer], decay: float) -> Callable[..., list[Layer]]:
    """Make the function that takes layers and gradients and returns new layers, by one of the rules."""
    optimizer, where = rule.split(", ")
    how: dict[str, Any] = {
        "lr": LEARNING_RATES[optimizer],
        "weight_decay": decay,
        "decoupled": where == "decay",
    }
    state, velocity = adam_init(layers), zeros_like(layers)

    # The steps of optimization without their checks, which would take longer than those of a small net.
    def step(at: list[Layer], g: list[Layer]) -> list[Layer]:
        nonlocal state, velocity
        if optimizer == "Adam":
            at, state = body(adam)(at, g, state, **how)
        elif optimizer == "momentum":
            at, velocity = body(momentum)(at, g, velocity, mu=0.9, **how)
        else:
            at = body(sgd)(at, g, **how)
        return at

    return step


def train(rule: str, decay: float, seed: int, *, steps: int = STEPS) -> list[Layer]:
    """Train a net on digits with wrong labels by one of the rules."""
    data = wrong_labels(seed)
    layers = dense.init(np.random.default_rng(seed), list(WIDTHS), gain=np.sqrt(2), dtype=np.float32)
    step = _stepper(rule, layers, decay)
    for rows in islice(minibatches(np.random.default_rng([seed, 4]), EXAMPLES, BATCH), steps):
        out, tape = body(dense.forward)(layers, data.x[rows], relu)
        _, g = body(softmax_cross_entropy)(out, data.labels[rows])
        layers = step(layers, body(dense.backward)(tape, g).g_layers)
    return layers


def norm(layers: list[Layer]) -> float:
    """Length of all weights together, without the biases."""
    return float(np.sqrt(sum(float((layer.w.astype(float) ** 2).sum()) for layer in layers)))


def run_decay(rule: str, decay: float, seed: int) -> xr.Dataset:
    """Train one net; return the length of its weights, and how often it is right."""
    data, layers = wrong_labels(seed), train(rule, decay, seed)
    seen, new = (dense.forward(layers, x, relu)[0] for x in (data.x, data.x_new))
    return xr.Dataset(
        {"norm": norm(layers), "seen": accuracy(seen, data.labels), "new": accuracy(new, data.labels_new)}
    )


def decays() -> xr.Dataset:
    """Read the stored sweep over the decay; ``make results`` runs it again.

    A 64-64-10 ReLU net on 400 digits, 80 of them with a wrong label: 2,000 updates in batches of 20, by
    gradient descent at rate 0.05, with momentum of 0.9 at 0.005, and by Adam at 0.002.

    Returns
    -------
    xarray.Dataset
        By ``rule``, ``decay`` and ``seed``: ``norm``, the length of all weights; ``seen`` and ``new``, the
        share of right answers on the 400 digits, with the labels as given, and on 1,397 others.
    """
    return load("vocabulary-decay")


def _alive(rule: str, decay: float, seed: int) -> bool:
    """Whether any weights are left, whose length two machines agree on."""
    return decay <= 0.1


register(
    Stored(
        name="vocabulary-decay",
        run=run_decay,
        axes={"rule": RULES, "decay": DECAYS, "seed": SEEDS},
        seed=0,
        rtol={"norm": 0.05, "seen": 0.05, "new": 0.05},
        steady=_alive,
    )
)


def apart(pair: tuple[str, str], decay: float, seed: int, *, steps: int = 500) -> float:
    """Train by two rules from the same start; relative difference of the trained weights."""
    one, other = (leaves(train(rule, decay, seed, steps=steps)) for rule in pair)
    gap = sum(float(((a - b).astype(float) ** 2).sum()) for a, b in zip(one, other, strict=True))
    return float(np.sqrt(gap / sum(float((a.astype(float) ** 2).sum()) for a in one)))
