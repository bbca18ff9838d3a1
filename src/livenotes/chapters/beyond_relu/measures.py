"""What measures the claims of the chapter: each function returns one number a seed."""

from collections.abc import Callable
from functools import cache
from time import process_time
from typing import TypeAlias

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from threadpoolctl import threadpool_limits

from livenotes import dense
from livenotes.activations import elu, glu, hard_sigmoid, hardswish, maxout, prelu, relu, relu6, swish
from livenotes.lab.curves import peak_slope
from livenotes.lab.sweep import at_best_rate

from . import masks, race
from .deep import by_depth, drifted
from .dying import deaths, graveyard

Values: TypeAlias = Float[ndarray, " S"]


def _dead(**point: str | float) -> Values:
    """Share of the hidden units of both layers that are dead after training."""
    return deaths().dead.sel(update=300, **point).mean("layer").values


def dead_of_adam() -> Values:
    """Share of units that died while Adam trained at rate 0.01."""
    return _dead(optimizer="Adam", start="He", rate=0.01) - _at_start()


def dead_of_sgd() -> Values:
    """Share of units that died while plain descent trained at rate 0.1."""
    return _dead(optimizer="SGD", start="He", rate=0.1) - _at_start()


def _at_start() -> Values:
    return deaths().dead.sel(update=0, optimizer="SGD", start="He", rate=0.1).mean("layer").values


def dead_before_training() -> Values:
    """Share of dead units under He's start."""
    return _at_start()


def dead_at_a_high_rate() -> Values:
    """Share of dead units after plain descent at rate 1."""
    return _dead(optimizer="SGD", start="He", rate=1.0)


def saved_by_xavier() -> Values:
    """Share of dead units that a start with Xavier's scale saves, Adam at rate 0.01."""
    he, xavier = (_dead(optimizer="Adam", start=start, rate=0.01) for start in ("He", "Xavier"))
    return he - xavier


def dead_of_slow_adagrad() -> Values:
    """Share of dead units after Adagrad at rate 0.01."""
    return _dead(optimizer="Adagrad", start="He", rate=0.01)


def dead_of_adagrad() -> Values:
    """Share of dead units after Adagrad at rate 0.1."""
    return _dead(optimizer="Adagrad", start="He", rate=0.1)


def silent_for_good() -> Values:
    """Share of the silenced single ReLU units that are silent 1000 steps later, over seeds."""
    silent = graveyard().silent.sel(kind="relu", factor=20)
    before, after = silent.sel(step=2).values == 1, silent.sel(step=1000).values == 1
    return (before & after).sum(axis=-1) / before.sum(axis=-1)


def _elu_back(factor: float) -> Values:
    silent = graveyard().silent.sel(kind="elu", factor=factor)
    before, after = silent.sel(step=2).values == 1, silent.sel(step=1000).values == 0
    return (before & after).sum(axis=-1) / before.sum(axis=-1)


def elu_back_from_near() -> Values:
    """Share of silenced ELU units that fire again, after a step ten times as long."""
    return _elu_back(10)


def elu_back_from_far() -> Values:
    """Share of silenced ELU units that fire again, after a step forty times as long."""
    return _elu_back(40)


def _drift(activation: str, kind: str = "none") -> Values:
    found = drifted().sel(activation=activation, kind=kind, rate=0.1)
    return (found["mean"] / found.spread).mean("layer").values


def relu_shift() -> Values:
    """Mean output of a living ReLU unit over its deviation, trained without batch norm."""
    return _drift("relu")


def elu_shift() -> Values:
    """The same of ELU."""
    return _drift("elu")


def elu_shift_normalized() -> Values:
    """The same of ELU with batch norm."""
    return _drift("elu", "batch")


def gradient_kept() -> Values:
    """Gradient that reaches the first of ten ReLU layers with He's start, relative to that at the last."""
    kept = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        net = dense.init(rng, [64] * 12, gain=np.sqrt(2).item())
        y, tape = dense.forward(net, rng.normal(size=(256, 64)), relu)
        g = dense.backward(tape, rng.normal(size=y.shape)).g_layers
        kept.append(np.linalg.norm(g[0].b) / np.linalg.norm(g[9].b))
    return np.array(kept)


def elu_like_relu_above() -> Values:
    """Share of positive inputs on which ELU has ReLU's slope."""
    x = np.linspace(0.01, 5, 500)
    return np.array([np.mean(elu.slope(x) == relu.slope(x))])


def elu_like_relu_below() -> Values:
    """Share of negative inputs on which ELU has ReLU's output."""
    x = np.linspace(-5, -0.01, 500)
    return np.array([np.mean(elu.value(x) == relu.value(x))])


def loss_due_to_shift() -> Values:
    """Training loss with ReLU over that with ReLU minus its mean at rate 0.2, each from its better start."""
    found = masks.shift().sel(rate=0.2)
    loss = found.isel(start=found.mean("seed").argmin("start"))
    return (loss.sel(curve="ReLU", drop=True) / loss.sel(curve="ReLU minus its mean", drop=True)).values


def _right(depth: int) -> Values:
    found = by_depth().accuracy.sel(kind="none", depth=depth)
    return -at_best_rate(-found).values


def right_at_thirty() -> Values:
    """Share of right answers of 30 ReLU layers without batch norm."""
    return _right(30)


def right_at_fifty() -> Values:
    """The same of 50 layers."""
    return _right(50)


def maxout_minus_relu() -> Values:
    """Largest difference of a maxout of 0 and a sum from the ReLU of the sum."""
    return np.array([_largest(seed, lambda a: maxout(_pairs(0 * a, a), k=2) - relu(a)) for seed in range(5)])


def glu_minus_swish() -> Values:
    """Largest difference of a GLU whose two maps are equal from Swish."""
    return np.array([_largest(seed, lambda a: glu(np.append(a, a, axis=1)) - swish(a)) for seed in range(5)])


def hardswish_by_hand() -> Values:
    """Largest difference of the two ways to write hard Swish, and of both from the package's."""

    def gap(a: ndarray) -> ndarray:
        by_pieces = np.where(a <= -3, 0, np.where(a >= 3, a, a * (a + 3) / 6))
        return np.abs(by_pieces - a * relu6(a + 3) / 6) + np.abs(by_pieces - hardswish(a))

    return np.array([_largest(seed, gap) for seed in range(5)])


def _pairs(first: ndarray, second: ndarray) -> ndarray:
    """Interleave two arrays, as maxout expects its groups."""
    return np.stack([first, second], axis=-1).reshape(len(first), -1)


def _largest(seed: int, f: Callable[[ndarray], ndarray]) -> float:
    return float(np.abs(f(np.random.default_rng(seed).normal(scale=3, size=(200, 50)))).max())


def lost_by_chance() -> Values:
    """Share of right answers lost where chance decides which sums are cut, not their sign."""
    return np.array([masks.masked_by(False, seed) - masks.masked_by(True, seed) for seed in range(3)])


def _flat(low: float, high: float) -> Values:
    slope = np.abs(swish.slope(np.linspace(low, high, 2001)))
    return np.array([(slope <= 0.05 * peak_slope(swish)).mean()])


def swish_flat_near_zero() -> Values:
    """Share of the points between -1 and 1 where Swish is flat."""
    return _flat(-1, 1)


def swish_flat_at_its_bottom() -> Values:
    """Share of the points between -1.5 and -1 where Swish is flat."""
    return _flat(-1.5, -1)


@cache
def _use(kind: str, activation: str) -> dict[str, Values]:
    found = masks.in_use(kind, activation)
    return {str(name): values.values for name, values in found.data_vars.items()}


def unused_by_relu() -> Values:
    """Share of hidden weights without a gradient in a batch of 64, before training."""
    return _use("none", "relu")["unused"]


def negative_after_batch_norm() -> Values:
    """Share of sums below 0 in a net with batch norm, before training."""
    return _use("batch", "relu")["negative"]


def passed_by_swish() -> Values:
    """Share of sums whose gradient Swish lets through beyond that of ReLU, before training."""
    return _use("none", "swish")["passing"] - _use("none", "relu")["passing"]


def distance_from_hard_sigmoid() -> Values:
    """Largest difference of that curve from the hard sigmoid."""
    x = np.linspace(-5, 5, 1001)
    printed = np.where(x < -2.5, 0, np.where(x > 2.5, 1, 0.2 * x))
    return np.array([np.abs(printed - hard_sigmoid(x)).max()])


def slope_of_shared_prelu() -> Values:
    """How far the one slope that all units of a layer share moves from 0.25 in training."""
    moved = []
    for seed in range(3):
        net, _ = race.train("digits", prelu, 0.005, seed, shared=True)
        moved.append(np.abs(np.array([s.mean() for s in net.slopes]) - 0.25).max())
    return np.array(moved)


def slope_at_zero() -> Values:
    """Distance of the constant in GELU's sigmoid from that of a Taylor expansion, relative."""
    return np.array([1.702 / np.sqrt(8 / np.pi) - 1])


def _ahead(activation: str, task: str) -> Values:
    found = race.contest().sel(task=task)
    return 100 * (found.sel(activation=activation) - found.sel(activation="relu")).values


def elu_ahead_on_spirals() -> Values:
    """Points by which ELU is ahead of ReLU on the spirals."""
    return _ahead("elu", "spirals")


def time_of_elu() -> Values:
    """Time of a training update of a net on the digits with ELU, relative to ReLU."""
    with threadpool_limits(1):
        ratios = []
        for _ in range(5):
            times = []
            for f in (elu, relu):
                start = process_time()
                race.train("digits", f, 0.005, 0)
                times.append(process_time() - start)
            ratios.append(times[0] / times[1])
    return np.array(ratios)
