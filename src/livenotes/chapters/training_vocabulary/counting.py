"""Epochs, batches and iterations, counted: which examples an update looks at, and how much it must keep."""

from itertools import islice

import numpy as np
import xarray as xr

from livenotes import dense
from livenotes.activations import relu
from livenotes.lab.training import minibatches
from livenotes.optimization import iterations_per_epoch

EXAMPLES = 50
"""Examples of the small training set whose batches are drawn."""


def counter(batch: int, update: int, *, examples: int = EXAMPLES) -> xr.Dataset:
    """Go through a training set in batches until an update, counted from 1.

    Returns
    -------
    xarray.Dataset
        Over ``example``: ``state``, which is 2 in the batch of this update, 1 if it was used before in the
        same epoch, else 0. Besides: ``epoch`` and ``iteration`` within it, both from 1; the ``size`` of
        this batch; how many examples have been looked at since the start, ``seen``.
    """
    batches = list(islice(minibatches(np.random.default_rng(1), examples, batch, drop_last=False), update))
    epoch, iteration = divmod(update - 1, iterations_per_epoch(examples, batch))
    state = np.zeros(examples, int)
    state[np.concatenate(batches[update - 1 - iteration :])] = 1
    state[batches[-1]] = 2
    counts = {"epoch": epoch + 1, "iteration": iteration + 1, "size": len(batches[-1])}
    return xr.Dataset({"state": ("example", state), **counts, "seen": sum(map(len, batches))})


def kept_bytes(batch: int, widths: tuple[int, ...] = (64, 128, 128, 10)) -> int:
    """Bytes that the forward pass of a ReLU net in single precision keeps for the way back."""
    rng = np.random.default_rng(0)
    layers = dense.init(rng, list(widths), dtype=np.float32)
    x = rng.normal(size=(batch, widths[0])).astype(np.float32)
    _, tape = dense.forward(layers, x, relu)
    return sum(kept.nbytes for kept in tape.inputs) + sum(hidden.x.nbytes for hidden in tape.hidden)
