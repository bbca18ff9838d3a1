"""What a batch size costs: how many updates, and how many examples, until a loss is reached."""

from itertools import islice

import numpy as np
import xarray as xr

from livenotes import dense
from livenotes.activations import relu
from livenotes.datasets.digits import digits
from livenotes.lab.store import Stored, load, register
from livenotes.lab.training import descent, minibatches
from livenotes.losses import softmax_cross_entropy

WIDTHS, TARGET, HOPELESS = (64, 32, 10), 0.1, 100.0
BATCHES = (4, 16, 64, 256, 1437)
RATES = tuple(0.01 * 2**k for k in range(9))
SEEDS = (0, 1, 2, 3, 4)
LONGEST = 3000
CHECKPOINTS = frozenset(round(k) for k in np.geomspace(1, LONGEST, 160))
"""Updates after which the loss of all digits is looked at; the last is where a run is given up."""


def run_budget(batch: int, rate: float, seed: int) -> xr.Dataset:
    """Train one net; after how many ``updates`` its loss on all digits was 0.1 or less, or infinity."""
    data = digits(dtype=np.float32)
    start = dense.init(np.random.default_rng(seed), list(WIDTHS), gain=np.sqrt(2), dtype=np.float32)
    batches = minibatches(np.random.default_rng([seed, 1]), len(data.x), batch, drop_last=False)
    nets = descent(start, data.x, data.labels, relu, softmax_cross_entropy, rate, batches)
    for update, layers in enumerate(islice(nets, LONGEST + 1)):
        if update in CHECKPOINTS:
            loss, _ = softmax_cross_entropy(dense.forward(layers, data.x, relu)[0], data.labels)
            if loss <= TARGET:
                return xr.Dataset({"updates": float(update)})
            if not loss < HOPELESS:
                break
    return xr.Dataset({"updates": np.inf})


def budgets() -> xr.Dataset:
    """Read the stored sweep over batch sizes and rates; ``make results`` runs it again.

    A 64-32-10 ReLU net on all 1,437 training digits, by plain gradient descent for up to 3,000 updates.

    Returns
    -------
    xarray.Dataset
        By ``batch``, ``rate`` and ``seed``: the ``updates`` until the training loss was at most 0.1 nats,
        looked at about every 5 %; infinity where it was not.
    """
    return load("vocabulary-budget")


def _smooth(batch: int, rate: float, seed: int) -> bool:
    """Whether the rate is small for every batch size; near the cliff two machines part."""
    return rate <= 0.04


register(
    Stored(
        name="vocabulary-budget",
        run=run_budget,
        axes={"batch": BATCHES, "rate": RATES, "seed": SEEDS},
        seed=0,
        rtol={"updates": 0.2},
        steady=_smooth,
    )
)


def at_best_rate() -> xr.Dataset:
    """Pick for every batch size the rate with the smallest median number of updates.

    Returns
    -------
    xarray.Dataset
        By ``batch``: the ``rate``; by ``batch`` and ``seed``: ``updates``, and ``examples`` looked at.
    """
    updates = budgets().updates
    rate = updates.median("seed").idxmin("rate")
    best = updates.sel(rate=rate)
    return xr.Dataset(
        {"updates": best.drop_vars("rate"), "examples": best.drop_vars("rate") * best.batch, "rate": rate}
    )
