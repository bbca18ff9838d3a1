r"""What depth does to training: plain and residual nets, their errors on training digits and on new ones.

A deep plain net can do what a shallow one does: ``deepened`` adds blocks that hand on what they get.
"""

from functools import cache, partial
from itertools import repeat
from typing import Any

import numpy as np
import xarray as xr

from livenotes._arguments import require_choice
from livenotes.activations import relu
from livenotes.dense import Layer
from livenotes.lab.store import load, mean_losses, register_training
from livenotes.lab.sweep import at_best_rate
from livenotes.residual import BLOCKS, BlockParams, Kind, Scale

from .nets import WIDTH, Net, Tape, begin, errors, trained, training

KINDS: tuple[Kind, ...] = ("plain", "original", "pre_activation")
BLOCK_COUNTS = (1, 2, 4, 8, 16, 32)
RATES = (0.1, 0.3, 1.0)
SEEDS = (0, 1, 2, 3)
UPDATES, LONG, EVERY = 300, 1200, 10
EPS = 1e-5  # of batch norm


def learn(
    kind: Kind,
    blocks: int,
    rate: float,
    seed: int,
    *,
    updates: int = UPDATES,
    orthogonal: bool = False,
    dtype: Any = np.float32,
) -> xr.Dataset:
    """Train a net of blocks of two layers by gradient descent.

    Parameters
    ----------
    kind : {"plain", "original", "pre_activation", "pre_norm", "post_norm"}
    blocks : int
    rate : float
    seed : int
    updates : int
    orthogonal : bool
        Start from orthogonal matrices instead of random ones.
    dtype : numpy floating type

    Returns
    -------
    Dataset
        ``loss`` over ``update``; after training, ``error`` on the training digits, ``error_new`` on new ones,
        and ``loss_all``, the mean loss over all training digits.
    """
    require_choice("kind", kind, BLOCKS)
    net = begin(np.random.default_rng([seed, 0]), kind, blocks, orthogonal=orthogonal, dtype=dtype)
    net, losses = trained(training(kind, net, seed, repeat(rate, updates)), updates)
    return mean_losses(losses, EVERY).to_dataset().assign(errors(kind, net))


def learn_long(kind: Kind, blocks: int, seed: int, *, updates: int = LONG) -> xr.Dataset:
    """Train at rate 0.3 for longer, as ``learn`` does, in double precision."""
    return learn(kind, blocks, 0.3, seed, updates=updates, dtype=np.float64)


def learn_orthogonal(blocks: int, rate: float, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train a plain net from orthogonal matrices, as ``learn`` does."""
    return learn("plain", blocks, rate, seed, updates=updates, orthogonal=True)


def deepened(net: Net, tape: Tape, blocks: int) -> Net:
    """Add plain blocks that hand on what they get, for the batch of ``tape``.

    Both matrices are the identity; each norm multiplies by the deviation that it divides by, and adds the
    mean that it subtracts. What a plain block puts out is never negative, so that ReLU leaves it alone.
    """
    (*_, last) = tape.blocks
    out = relu(last.after[0].x)  # what the last block put out
    undo = Scale(np.sqrt(out.var(axis=0) + EPS), out.mean(axis=0))
    same = Layer(np.eye(WIDTH, dtype=out.dtype), np.zeros(WIDTH, out.dtype))
    copy = BlockParams((same, undo, (), same, undo), ((),))
    return net._replace(blocks=[*net.blocks, *[copy] * blocks])


def _shallow(blocks: int, rate: float, **_: Any) -> bool:
    """Say whether rounding stays small: a deep net, or a large rate, makes much of the last bit."""
    return blocks <= 4 and rate < 0.3


def with_shortcuts(kind: Kind, **_: Any) -> bool:
    """Say the same in double precision, where only plain nets make much of the last bit."""
    return kind != "plain"


_stored = partial(register_training, every=EVERY, rtol=0.02)
_stored(
    "residual-depth",
    learn,
    {"kind": KINDS, "blocks": BLOCK_COUNTS, "rate": RATES, "seed": SEEDS},
    updates=UPDATES,
    steady=_shallow,
)
_stored(
    "residual-longer",
    learn_long,
    {"kind": ("plain", "original"), "blocks": (8, 16), "seed": (0, 1)},
    updates=LONG,
    steady=with_shortcuts,
)
_stored(
    "residual-orthogonal",
    learn_orthogonal,
    {"blocks": (1, 4, 8, 16), "rate": RATES, "seed": SEEDS[:3]},
    updates=UPDATES,
    steady=_shallow,
)


def best(found: xr.Dataset) -> xr.Dataset:
    """Pick for each net the rate with the smallest mean training loss over the seeds."""
    index = at_best_rate(found.loss_all).rate
    return found.sel(rate=index)


@cache
def by_depth() -> xr.Dataset:
    """Read the stored nets of every depth, each at its best rate; ``layers`` counts those of the blocks."""
    found = best(load("residual-depth"))
    return found.assign_coords(layers=("blocks", 2 * found.blocks.values))


@cache
def longer() -> xr.Dataset:
    """Read the stored nets that were trained for 1200 updates."""
    return load("residual-longer")


@cache
def orthogonal() -> xr.Dataset:
    """Read the stored plain nets that started from orthogonal matrices, each at its best rate."""
    return best(load("residual-orthogonal"))
