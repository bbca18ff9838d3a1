r"""Pre-norm and post-norm: two orders of the same parts, trained with and without a warm-up of the rate."""

from functools import cache

import numpy as np
import xarray as xr

from livenotes._arguments import require_choice
from livenotes.lab.store import load, mean_losses, register_training
from livenotes.residual import BLOCKS, Kind

from .depth import EVERY, UPDATES, best
from .nets import begin, errors, trained, training

ORDERS: tuple[Kind, ...] = ("pre_norm", "post_norm")
WARM_UPS = (0, 100)
RATES = (0.0003, 0.001, 0.003, 0.01)


def learn_order(
    kind: Kind, blocks: int, warm_up: int, rate: float, seed: int, *, updates: int = UPDATES
) -> xr.Dataset:
    """Train with Adam; during ``warm_up`` updates the rate rises in a straight line from 0.

    Returns
    -------
    Dataset
        ``loss`` over ``update``; ``error``, ``error_new`` and ``loss_all`` as ``depth.learn`` returns them.
    """
    require_choice("kind", kind, BLOCKS)
    net = begin(np.random.default_rng([seed, 0]), kind, blocks)
    rates = [rate * min(1.0, (k + 1) / (warm_up or 1)) for k in range(updates)]
    net, losses = trained(training(kind, net, seed, rates, by_adam=True), updates)
    return mean_losses(losses, EVERY).to_dataset().assign(errors(kind, net))


register_training(
    "residual-orders",
    learn_order,
    {"kind": ORDERS, "blocks": (2, 16), "warm_up": WARM_UPS, "rate": RATES, "seed": (0, 1, 2)},
    every=EVERY,
    updates=UPDATES,
    rtol=0.02,
    steady=lambda rate, **_: rate < 0.003,
)


@cache
def orders() -> xr.Dataset:
    """Read the stored nets of both orders, each at its best rate."""
    return best(load("residual-orders"))
