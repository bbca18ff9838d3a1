"""Dropout beside its variants, on the task of the sweep."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes.activations import sigmoid
from livenotes.dropout import annealed_rate
from livenotes.lab.store import Arrays, Stored, load, register
from livenotes.optimization import iterations_per_epoch

from .nets import Adaptive, Connections, Noise, Shared, Units
from .rates import sweep
from .task import (
    BATCH,
    CHECKPOINTS,
    CURVES,
    EXAMPLES,
    ROUGHLY,
    SEEDS,
    UPDATES,
    after,
    curves,
    noisy_digits,
    training,
)

EPOCHS = UPDATES // iterations_per_epoch(EXAMPLES, BATCH)
RATES = (0.2, 0.4, 0.6, 0.8, 0.9)
METHODS: dict[str, Callable[[float], Callable[[int], Noise]]] = {
    "dropout": lambda rate: lambda epoch: Units(rate, inverted=False),
    "dropconnect": lambda rate: lambda epoch: Connections(rate),
    "annealed": lambda rate: lambda epoch: Units(annealed_rate(epoch, start=rate, epochs=EPOCHS)),
    "standout": lambda rate: lambda epoch: Adaptive(rate),
    "frozen": lambda rate: lambda epoch: Shared(rate, fixed=0),
}


class Variants(NamedTuple):
    """Seven ways to train the net of the sweep, each at five rates.

    The rate is that of a unit or, for DropConnect, of a connection; of the first epoch for annealed dropout,
    which falls along a line to 0 at the end; of a unit whose input is 0 for standout, which drops strongly
    driven units less. ``dropout`` divides nothing in training and scales in prediction, ``inverted dropout``
    the other way round: the same model, but not the same path, see ``equivalence``.

    Attributes
    ----------
    names : tuple of str
        None, dropout, inverted dropout, DropConnect, annealed dropout, standout; and for comparison a mask
        that is drawn once and kept, which makes a smaller net.
    rates : (R,)
    checkpoints : (C,)
        Updates made before each score.
    train_loss, train_accuracy, validation_loss, validation_accuracy, memorized, noise : (M, R, S, C)
        As in ``Sweep``. Without dropping, all rates are the same.
    """

    names: tuple[str, ...]
    rates: Float[ndarray, " R"]
    checkpoints: Int[ndarray, " C"]
    train_loss: Float[ndarray, "M R S C"]
    train_accuracy: Float[ndarray, "M R S C"]
    validation_loss: Float[ndarray, "M R S C"]
    validation_accuracy: Float[ndarray, "M R S C"]
    memorized: Float[ndarray, "M R S C"]
    noise: Float[ndarray, "M R S C"]

    def best(self) -> Int[ndarray, " M"]:
        """Index of every method's rate with the highest mean validation accuracy at the end."""
        return self.validation_accuracy[..., -1].mean(axis=-1).argmax(axis=-1)

    def at_best(self, values: Float[ndarray, "M R *rest"]) -> Float[ndarray, "M *rest"]:
        """Pick every method's values at its own best rate."""
        return values[np.arange(len(self.names)), self.best()]


def variants() -> Variants:
    """Read the stored comparison, in float64; ``make results`` runs it again."""
    others, swept = load("dropout-variants"), sweep()
    at = [int(np.abs(swept.rates - rate).argmin()) for rate in RATES]
    stacked = []
    for key in CURVES:
        inverted = getattr(swept, key)
        none = np.broadcast_to(inverted[0], (len(RATES), *inverted.shape[1:]))
        dropout, *rest = others[key].astype(float)
        stacked.append(np.stack([none, dropout, inverted[at], *rest]))
    names = ("none", "dropout", "inverted dropout", "DropConnect", "annealed dropout", "standout", "one mask")
    return Variants(names, np.array(RATES), swept.checkpoints, *stacked)


def run(method: str, rate: float, seed: int) -> Arrays:
    """Train one net with one variant; return its curves."""
    return curves(noisy_digits(seed), METHODS[method](rate), seed)


register(
    Stored(
        name="dropout-variants",
        run=run,
        axes={"method": tuple(METHODS), "rate": RATES, "seed": SEEDS},
        seed=0,
        fixed={"checkpoints": CHECKPOINTS},
        rtol=ROUGHLY,
        curves=CURVES,
    )
)


@cache
def keep_probability(rate: float, seed: int, updates: int = 1000) -> Float[ndarray, "V U"]:
    """Probability that standout keeps each unit of the first hidden layer, for each validation image.

    Parameters
    ----------
    rate : float, in (0, 1)
        Of a unit whose input is 0.
    seed : int
    updates : int
        Made before the net is looked at.
    """
    task, noise = noisy_digits(seed), Adaptive(rate)
    first = after(updates, training(task, lambda _: noise, seed))[0]
    s = task.x_val @ first.w.T + first.b
    return sigmoid(noise.alpha * s + noise.beta)
