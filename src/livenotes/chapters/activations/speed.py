"""Which activation learns fastest: the digits, four depths, nine learning rates, five seeds."""

from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes import dense
from livenotes.activations import REGISTRY
from livenotes.datasets.digits import digits
from livenotes.lab.store import Arrays, Stored, load, register
from livenotes.lab.training import accuracy, descent, minibatches
from livenotes.losses import softmax_cross_entropy

from .sparse import GAIN

RUNNERS = {
    name: (name, GAIN[name]) for name in ("identity", "sigmoid", "tanh", "softsign", "relu", "softplus")
} | {
    "sigmoid, gain 4": ("sigmoid", 4.0)  # makes up for its peak slope of 1/4
}
DEPTHS = (1, 2, 4, 8)
RATES = tuple(float(f"{rate:.2g}") for rate in np.geomspace(0.01, 10.0, 9))
SEEDS = (0, 1, 2, 3, 4)
WIDTH, BATCH, GOAL = 64, 64, 0.95
CHECKPOINTS = np.unique(np.round(np.geomspace(4, 1000, 46)).astype(int))


class Race(NamedTuple):
    """Training on the digits by minibatches of 64, hidden layers of 64 units, as far as 1000 updates.

    Attributes
    ----------
    names : (A,)
        The activations; all but one begin at Xavier's scale or, ReLU and softplus, at He's. The sigmoid is
        there a second time with weights four times as large, to make up for its peak slope.
    depths : (D,)
        Hidden layers.
    rates : (R,)
        Learning rates.
    checkpoints : (C,)
        Updates after which the whole training set is looked at, each about 13 % later than the one before.
    steps : (A, D, R, S)
        The first checkpoint with a training accuracy of 95 %; infinite if there is none.
    loss : (A, D, R, S, C)
        Training loss in nats, to three digits; missing from where a run has diverged.
    """

    names: ndarray
    depths: Int[ndarray, " D"]
    rates: Float[ndarray, " R"]
    checkpoints: Int[ndarray, " C"]
    steps: Float[ndarray, "A D R S"]
    loss: Float[ndarray, "A D R S C"]

    def best(self) -> Float[ndarray, "A D S"]:
        """Steps of every activation and depth at its own best learning rate.

        The best has the smallest mean over the seeds. A run that does not arrive counts as the last
        checkpoint, so that what is infinite becomes a lower bound.
        """
        steps = np.minimum(self.steps, self.checkpoints[-1])
        rate = steps.mean(axis=-1).argmin(axis=-1)
        return np.asarray(np.take_along_axis(steps, rate[..., None, None], axis=2)[:, :, 0])


def race() -> Race:
    """Read the stored race; ``make results`` runs it again."""
    arrays = load("activation-race")
    keys = ("runner", "depth", "rate", "checkpoints", "steps", "loss")
    return Race(*(arrays[key] for key in keys))


def run(runner: str, depth: int, rate: float, seed: int) -> Arrays:
    """Train one net; return the ``steps`` and ``loss`` of ``Race`` for it."""
    name, gain = RUNNERS[runner]
    data, activation, rng = digits(dtype=np.float32), REGISTRY[name], np.random.default_rng(seed)
    layers = dense.init(rng, [64] + depth * [WIDTH] + [10], gain=gain, dtype=np.float32)
    batches = minibatches(rng, len(data.x), BATCH)
    training = descent(layers, data.x, data.labels, activation, softmax_cross_entropy, rate, batches)
    loss = np.full(len(CHECKPOINTS), np.nan, np.float16)
    steps = np.inf
    with np.errstate(over="ignore", invalid="ignore"):  # a diverging run is a result here, not a fault
        for step, net in enumerate(islice(training, int(CHECKPOINTS[-1]) + 1)):
            if step not in CHECKPOINTS:
                continue
            out, _ = dense.forward(net, data.x, activation)
            if not np.isfinite(out).all():
                break
            loss[step == CHECKPOINTS] = softmax_cross_entropy(out, data.labels)[0]
            if np.isinf(steps) and accuracy(out, data.labels) >= GOAL:
                steps = step
    return {"steps": np.array(steps, np.float32), "loss": loss}


register(
    Stored(
        name="activation-race",
        run=run,
        axes={"runner": tuple(RUNNERS), "depth": DEPTHS, "rate": RATES, "seed": SEEDS},
        seed=0,
        fixed={"checkpoints": CHECKPOINTS},
        rtol={"steps": 0.3},  # two checkpoints
        curves=("loss",),
    )
)
