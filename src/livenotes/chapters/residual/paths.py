r"""A residual net as many nets at once {cite}`veit2016residual`: paths by length, and blocks left out.

With $n$ blocks whose output is $x+F(x)$ there are $2^n$ paths from the output back to the input: at each
block around the branch or through it.
"""

from functools import cache
from itertools import repeat
from math import comb

import numpy as np
import xarray as xr

from livenotes import residual
from livenotes._arguments import require_choice
from livenotes._validated import body
from livenotes.datasets.digits import digits
from livenotes.lab.normed import task
from livenotes.lab.store import load, mean_losses, register_training
from livenotes.lab.training import accuracy
from livenotes.losses import softmax_cross_entropy
from livenotes.residual import BLOCKS, Kind

from .depth import EVERY, KINDS, UPDATES, with_shortcuts
from .nets import BATCH, backward, begin, forward, predict, trained, training

BLOCKS_REMOVED, DRAWS = 8, 20


@cache
def by_length(blocks: int, after: bool, seed: int = 0) -> xr.Dataset:
    """Split the gradient that reaches the first block by the length of the paths it came by.

    A path goes through a branch or around it, and its length is the number of branches. Going back through a
    block, what came along paths of length k goes around and keeps its length, and through and gets
    length k + 1: so all paths of one length are followed at once.

    Parameters
    ----------
    blocks : int
        Of the kind ``pre_activation``.
    after : bool
        Train for 300 updates first.
    seed : int

    Returns
    -------
    Dataset
        Over ``length`` 0, ..., n: ``paths``, how many there are; ``gradient``, the norm of the sum of what
        they carry; ``missing``, the norm of what is left out if no longer ones are counted; the last two
        relative to the whole gradient.
    """
    net = begin(np.random.default_rng([seed, 0]), "pre_activation", blocks, dtype=np.float64)
    if after:
        net, _ = trained(training("pre_activation", net, seed, repeat(0.3, UPDATES)), UPDATES)
    x, labels = digits().x[:BATCH], digits().labels[:BATCH]
    out, tape = forward("pre_activation", net, x)
    _, g_between = backward(net, tape, softmax_cross_entropy(out, labels)[1])
    whole, parts = g_between[0], [g_between[-1]]
    for block in reversed(tape.blocks):
        around, through = parts, [body(residual.backward)(block, g).g_x - g for g in parts]
        parts = [a + t for a, t in zip([*around, 0.0], [0.0, *through], strict=True)]
    up_to = np.cumsum(parts, axis=0)
    size = np.linalg.norm(whole)
    return xr.Dataset(
        {
            "paths": ("length", [comb(blocks, k) for k in range(blocks + 1)]),
            "gradient": ("length", [np.linalg.norm(part) / size for part in parts]),
            "missing": ("length", [np.linalg.norm(whole - part) / size for part in up_to]),
        },
        {"length": np.arange(blocks + 1)},
    )


def learn_removed(kind: Kind, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train a net of eight blocks at rate 0.3, and leave out blocks afterwards.

    Returns
    -------
    Dataset
        ``loss`` over ``update``; ``one``, the error on new digits without the block ``block``, where 0 stands
        for the whole net; ``many``, that without ``count`` blocks drawn at random, mean of 20 draws.
    """
    require_choice("kind", kind, BLOCKS)
    net = begin(np.random.default_rng([seed, 0]), kind, BLOCKS_REMOVED, dtype=np.float64)
    net, losses = trained(training(kind, net, seed, repeat(0.3, updates)), updates)
    data, rng = task(), np.random.default_rng([seed, 2])
    _, tape = forward(kind, net, data.x)

    def error(*without: int) -> float:
        return 1 - accuracy(predict(kind, net, data.x_val, tape, without), data.labels_val)

    counts = range(BLOCKS_REMOVED + 1)
    draws = [[error(*rng.permutation(BLOCKS_REMOVED)[:m]) for _ in range(DRAWS)] for m in counts]
    return xr.Dataset(
        {
            "loss": mean_losses(losses, EVERY),
            "one": ("block", [error(), *(error(k) for k in range(BLOCKS_REMOVED))]),
            "many": ("count", np.mean(draws, axis=1)),
        },
        {"block": np.arange(BLOCKS_REMOVED + 1), "count": list(counts)},
    )


register_training(
    "residual-removed",
    learn_removed,
    {"kind": KINDS, "seed": (0, 1, 2, 3, 4)},
    every=EVERY,
    updates=UPDATES,
    rtol=0.02,
    steady=with_shortcuts,
)


@cache
def removed() -> xr.Dataset:
    """Read the stored errors of nets from which blocks were left out."""
    return load("residual-removed")
