"""What one update does to the units that are dropped in it, under four optimizers."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes.dense import Layer
from livenotes.lab.training import minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init, momentum, sgd, zeros_like

from .nets import Noise, Shared, Units, backward, forward
from .task import BATCH, LEARNING_RATE, WIDTHS, noisy_digits

RATE, BEFORE = 0.5, 50

# An optimizer takes parameters, gradients and its state, and returns parameters and state.
Step = Callable[[Any, Any, Any], tuple[Any, Any]]
OPTIMIZERS: dict[str, tuple[Callable[[Any], Any], Step]] = {
    "sgd": (lambda p: None, lambda p, g, s: (sgd(p, g, lr=LEARNING_RATE), s)),
    "sgd, weight decay": (
        lambda p: None,
        lambda p, g, s: (sgd(p, g, lr=LEARNING_RATE, weight_decay=0.01), s),
    ),
    "momentum": (zeros_like, lambda p, g, s: momentum(p, g, s, lr=LEARNING_RATE / 10)),
    "adam": (adam_init, adam),
}


class Untouched(NamedTuple):
    """Shares that one update leaves exactly as they are, after 50 updates; rate 0.5, batches of 20.

    Attributes
    ----------
    names : tuple of str
        The optimizers.
    dropped : (K, S)
        Of the parameters of dropped units, which are the weights into them, their biases, and the weights out
        of them, when one mask serves the whole batch.
    kept : (K, S)
        Of the parameters that touch no dropped unit. Some stay: a ReLU can be off for the whole batch.
    dropped_own_masks : (K, S)
        Of the parameters of the units dropped for the first example, when every example has its own mask.
    """

    names: tuple[str, ...]
    dropped: Float[ndarray, "K S"]
    kept: Float[ndarray, "K S"]
    dropped_own_masks: Float[ndarray, "K S"]


def untouched(seeds: Sequence[int]) -> Untouched:
    """Train the net of the sweep for a while, then compare it before and after one more update."""
    rows = [[_shares(name, seed) for seed in seeds] for name in OPTIMIZERS]
    return Untouched(tuple(OPTIMIZERS), *np.moveaxis(np.array(rows), -1, 0))


def _shares(name: str, seed: int) -> tuple[float, float, float]:
    dropped, kept = _compare(name, seed, Shared(RATE))
    return dropped, kept, _compare(name, seed, Units(RATE))[0]


def _compare(name: str, seed: int, noise: Noise) -> tuple[float, float]:
    """Share of parameters that stay, of the dropped units and of all others."""
    task, (start, step) = noisy_digits(seed), OPTIMIZERS[name]
    weights, batches, masks = (np.random.default_rng([seed, k]) for k in (1, 2, 3))
    net = dense.init(weights, WIDTHS, gain=2**0.5)
    state, x = start(net), task.x.astype(float)
    for _, rows in zip(range(BEFORE + 1), minibatches(batches, len(x), BATCH), strict=False):
        before = net
        out, tape = forward(net, x[rows], noise, masks)
        _, g = softmax_cross_entropy(out, task.labels[rows])
        net, state = step(net, backward(net, tape, noise, g), state)
    dropped = [own.factor[0] == 0 for _, own in tape.fed]  # of the first example
    gone = [np.zeros(WIDTHS[0], bool), *dropped, np.zeros(WIDTHS[-1], bool)]
    same = [(p == q).ravel() for pair in zip(before, net, strict=True) for p, q in zip(*pair, strict=True)]
    owned = [part.ravel() for ends in pairwise(gone) for part in _owned(*ends)]
    stayed, theirs = np.concatenate(same), np.concatenate(owned)
    return float(stayed[theirs].mean()), float(stayed[~theirs].mean())


def _owned(below: Any, above: Any) -> Layer:
    """Say which parameters of a layer belong to a dropped unit at either end."""
    return Layer(below[None, :] | above[:, None], above)
