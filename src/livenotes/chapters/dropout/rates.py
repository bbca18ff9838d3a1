"""How much to drop: training and validation curves at nineteen rates; and where dropping only hurts."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes.lab.store import Arrays, Stored, load, register

from .nets import Units
from .task import (
    CHECKPOINTS,
    CURVES,
    ROUGHLY,
    SEEDS,
    UPDATES,
    after,
    clean_digits,
    curves,
    noisy_digits,
    score,
    training,
)

RATES = tuple(k / 20 for k in range(19))
CAPACITY_RATES = (0.0, 0.25, 0.5)
CAPACITY_WIDTHS = (4, 8, 16, 32, 128)


class Sweep(NamedTuple):
    """A 64-128-128-10 ReLU net on 400 digits, a fifth of them falsely labeled, by rate of inverted dropout.

    Plain gradient descent: 4,000 updates on batches of 20, learning rate 0.03. All scores are those of the
    net with nothing dropped.

    Attributes
    ----------
    rates : (19,)
        Probability that a hidden unit is dropped: 0, 0.05, …, 0.9.
    checkpoints : (C,)
        Updates made before each score: 0, then from 4 to 4,000, each about 18 % later than the one before.
    train_loss, train_accuracy : (R, S, C)
        On the 400 images with the labels as given; the loss in nats.
    validation_loss, validation_accuracy : (R, S, C)
        On the 1,397 other images.
    memorized : (R, S, C)
        Share of the 80 false labels that the net gives back.
    noise : (R, S, C)
        What dropping changes in the outputs, relative to their spread over images.
    """

    rates: Float[ndarray, " R"]
    checkpoints: Int[ndarray, " C"]
    train_loss: Float[ndarray, "R S C"]
    train_accuracy: Float[ndarray, "R S C"]
    validation_loss: Float[ndarray, "R S C"]
    validation_accuracy: Float[ndarray, "R S C"]
    memorized: Float[ndarray, "R S C"]
    noise: Float[ndarray, "R S C"]

    def best(self) -> int:
        """Index of the rate with the highest mean validation accuracy at the end."""
        return int(self.validation_accuracy[..., -1].mean(axis=-1).argmax())


def sweep() -> Sweep:
    """Read the stored sweep, in float64; ``make results`` runs it again."""
    arrays = load("dropout-sweep")
    return Sweep(arrays["rate"], arrays["checkpoints"], *(arrays[key].astype(float) for key in CURVES))


def run(rate: float, seed: int) -> Arrays:
    """Train one net of the sweep; return its curves."""
    return curves(noisy_digits(seed), lambda _: Units(rate), seed)


class Capacity(NamedTuple):
    """Nets of two narrow hidden layers on all 1,437 training digits, with their own labels.

    Attributes
    ----------
    widths : (W,)
        Units in each hidden layer.
    rates : (R,)
        Probability that a hidden unit is dropped.
    validation_accuracy : (W, R, S)
        After 4,000 updates.
    """

    widths: Int[ndarray, " W"]
    rates: Float[ndarray, " R"]
    validation_accuracy: Float[ndarray, "W R S"]


def capacity() -> Capacity:
    """Read the stored comparison of widths; ``make results`` runs it again."""
    arrays = load("dropout-capacity")
    return Capacity(*(arrays[key] for key in ("width", "rate", "validation_accuracy")))


def run_capacity(width: int, rate: float, seed: int) -> Arrays:
    """Train one net on the clean digits; return its accuracy."""
    task = clean_digits()
    noise, widths = Units(rate), (64, width, width, 10)
    net = after(UPDATES, training(task, lambda _: noise, seed, widths=widths))
    _, validation = score(net, noise, task.x_val, task.labels_val)
    return {"validation_accuracy": np.array(validation)}


register(
    Stored(
        name="dropout-sweep",
        run=run,
        axes={"rate": RATES, "seed": SEEDS},
        seed=0,
        fixed={"checkpoints": CHECKPOINTS},
        rtol=ROUGHLY,
        curves=CURVES,
    )
)
register(
    Stored(
        name="dropout-capacity",
        run=run_capacity,
        axes={"width": CAPACITY_WIDTHS, "rate": CAPACITY_RATES, "seed": SEEDS},
        seed=0,
        rtol={"validation_accuracy": 0.02},
    )
)
