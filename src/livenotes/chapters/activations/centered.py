"""Does it help in a real net when inputs and hidden outputs are centered on zero? The digits, four ways."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes.activations import sigmoid, tanh
from livenotes.datasets.digits import digits
from livenotes.lab.training import accuracy, descent, minibatches, run_all
from livenotes.losses import softmax_cross_entropy

# The sigmoid moved down by one half: the same slopes, another mean.
_CENTERED = replace(
    sigmoid, name="centered sigmoid", function=lambda x: sigmoid(x) - 0.5, image=(-0.5, 0.5), torch_name=None
)
# Activation, hidden layers, and whether the pixels are centered or start at 0.
_VARIANTS = {
    "tanh, pixels from 0": (tanh, 1, False),
    "tanh, pixels centered": (tanh, 1, True),
    "sigmoid": (sigmoid, 2, True),
    "sigmoid - 1/2": (_CENTERED, 2, True),
}
RATES = (0.3, 1.0, 3.0, 10.0)
LONGEST, EVERY = 400, 4


class Centering(NamedTuple):
    """Updates until 95 % of the training digits are right, at the best of four learning rates.

    Attributes
    ----------
    names : tuple of str
        Two ways to feed a tanh net, then two hidden activations that differ by a constant.
    steps : (V, S)
        Minibatches of 64 for every variant and seed, counted in fours; 400 where it takes longer.
    """

    names: tuple[str, ...]
    steps: Float[ndarray, "V S"]


def centering(seeds: Sequence[int], executor: Executor | None = None) -> Centering:
    """Train nets with hidden layers of 64 units, with and without zero in the middle.

    Centering the pixels removes nothing: a bias can make up for it, and so for the half of a sigmoid. Only
    the path of gradient descent differs.

    Parameters
    ----------
    seeds : sequence of int
        Of the starting weights and the order of the images.
    executor : concurrent.futures.Executor, optional

    Returns
    -------
    Centering
    """
    runs = [(name, rate, seed) for name in _VARIANTS for rate in RATES for seed in seeds]
    table = np.reshape(run_all(_steps, runs, executor), (len(_VARIANTS), len(RATES), len(seeds)))
    best = table.mean(axis=-1).argmin(axis=-1)
    return Centering(tuple(_VARIANTS), table[np.arange(len(_VARIANTS)), best].astype(float))


def _steps(variant: str, rate: float, seed: int) -> int:
    activation, depth, centered = _VARIANTS[variant]
    data, rng = digits(), np.random.default_rng(seed)
    x = data.x if centered else data.x - data.x.min(axis=0)
    layers = dense.init(rng, [64] + depth * [64] + [10])
    run = descent(
        layers, x, data.labels, activation, softmax_cross_entropy, rate, minibatches(rng, len(x), 64)
    )
    for step, net in enumerate(islice(run, LONGEST)):
        if step % EVERY == 0 and accuracy(dense.forward(net, x, activation)[0], data.labels) >= 0.95:
            return step
    return LONGEST
