"""Which activation is fastest: in updates, on the digits, and in the time that an evaluation takes."""

from collections.abc import Callable
from functools import cache
from itertools import islice
from time import process_time

import numpy as np
import xarray as xr
from numpy import ndarray
from threadpoolctl import threadpool_limits

from livenotes import dense
from livenotes._arguments import require_count
from livenotes.activations import REGISTRY, Activation, sigmoid
from livenotes.datasets.digits import digits
from livenotes.lab.store import Stored, load, register
from livenotes.lab.sweep import at_best_rate
from livenotes.lab.training import accuracy, descent, minibatches
from livenotes.losses import logistic, softmax_cross_entropy

from .sparse import GAIN

RUNNERS = {name: (name, GAIN[name]) for name in ("identity", "sigmoid", "tanh", "relu", "softplus")} | {
    "sigmoid, gain 4": ("sigmoid", 4.0)  # makes up for its peak slope of 1/4
}
GOALS = {"odd-or-even": 0.98, "which-digit": 0.95}
"""What the nets learn to say of an image, and the share of the training images they have to get right."""
DEPTHS = (1, 2, 4, 8)
RATES = tuple(float(f"{rate:.2g}") for rate in np.geomspace(0.01, 10.0, 9)[1:])
SEEDS = (0, 1, 2, 3, 4)
WIDTH, BATCH = 64, 64
CHECKPOINTS = np.unique(np.round(np.geomspace(4, 1000, 46)).astype(int))

LAYER = 512  # inputs and outputs of the layer that is timed
CALLS = 5  # timed together: a single call is short beside the clock and its own fluctuation
TRIES = 3  # of which the fastest counts: what else the machine does only ever adds to a time


@cache
def race() -> xr.Dataset:
    """Read the stored race on the digits: minibatches of 64, hidden layers of 64 units, up to 1000 updates.

    ``make results`` runs it again.

    Returns
    -------
    xarray.Dataset
        ``steps`` (task, runner, depth, rate, seed), the first checkpoint at which the goal is reached,
        infinite if there is none; ``loss`` (task, runner, depth, rate, seed, update), the training loss in
        nats, to three digits, missing from where a run has arrived or diverged. Asked whether a digit is odd
        or even, a net has to get 98 % of the training images right, which no net without an activation does;
        asked which of the ten digits it is, 95 %, which such a net can. A runner is an activation; all but
        one begin at Xavier's scale or, ReLU and softplus, at He's. The sigmoid is there a second time with
        weights four times as large, to make up for its peak slope. A depth counts hidden layers; ``update``
        are the checkpoints, each about 13 % later than the one before.
    """
    return load("activation-race")


def best_steps(race: xr.Dataset) -> xr.DataArray:
    """Steps of every task, runner, depth and seed at its own best learning rate.

    The best has the smallest mean over the seeds. A run that does not arrive counts as the last checkpoint,
    so that what is infinite becomes a lower bound.
    """
    return at_best_rate(race.steps.clip(max=int(race["update"][-1])))


def run(task: str, runner: str, depth: int, rate: float, seed: int) -> xr.Dataset:
    """Train one net; return the ``steps`` and ``loss`` of ``race`` for it."""
    name, gain = RUNNERS[runner]
    data, activation, rng = digits(dtype=np.float32), REGISTRY[name], np.random.default_rng(seed)
    loss_of: Callable[[ndarray, ndarray], tuple[float, ndarray]]
    if task == "which-digit":
        outputs, targets, labels, loss_of = 10, data.labels, data.labels, softmax_cross_entropy
    else:
        odd = data.labels % 2
        outputs, targets, labels, loss_of = 1, odd[:, None].astype(np.float32), odd, logistic
    layers = dense.init(rng, [64] + depth * [WIDTH] + [outputs], gain=gain, dtype=np.float32)
    training = descent(
        layers, data.x, targets, activation, loss_of, rate, minibatches(rng, len(data.x), BATCH)
    )
    loss = np.full(len(CHECKPOINTS), np.nan, np.float16)
    steps = np.inf
    with np.errstate(over="ignore", invalid="ignore"):  # a diverging run is a result here, not a fault
        for step, net in enumerate(islice(training, int(CHECKPOINTS[-1]) + 1)):
            if step not in CHECKPOINTS:
                continue
            out, _ = dense.forward(net, data.x, activation)
            if not np.isfinite(out).all():
                break
            loss[step == CHECKPOINTS] = loss_of(out, targets)[0]
            if accuracy(out, labels) >= GOALS[task]:
                steps = step
                break
    return xr.Dataset({"steps": np.float32(steps), "loss": ("update", loss)}, coords={"update": CHECKPOINTS})


register(
    Stored(
        name="activation-race",
        run=run,
        axes={"task": tuple(GOALS), "runner": tuple(RUNNERS), "depth": DEPTHS, "rate": RATES, "seed": SEEDS},
        seed=0,
        # At these rates 139 of 144 runs took the same number of steps on two machines, and one of the others
        # 1.6 times as many: a noisy curve may reach the goal a little later.
        rtol={"steps": 0.5, "loss": 0.01},
        time="update",
        steady=lambda rate, **_: rate < 2,
    )
)


def cost(repeats: int = 15) -> xr.Dataset:
    """Time every activation of the chapter in float32, by the processor and on one thread.

    Only the ratios mean something on another machine.

    Parameters
    ----------
    repeats : int
        How many times to go round, all activations taking turns; take the median over them.

    Returns
    -------
    xarray.Dataset
        With dimensions (activation, repeat): ``forward`` and ``backward``, the time of an evaluation and of
        its way back over that of ReLU; ``both``, the same for the two together; ``share`` of the two in a
        whole training step of one layer, 512 to 512 units, 64 examples. ``sigmoid_from_output`` (repeat), the
        time of the sigmoid's backward pass as g s (1 - s) from the stored output s, over that of ReLU.

    Raises
    ------
    ValueError
        If ``repeats`` is below 1.
    """
    require_count("repeats", repeats)
    records = [record for record in REGISTRY.values() if record.chapter == "activations"]
    rng = np.random.default_rng(0)
    x, g = (rng.normal(size=(BATCH, LAYER)).astype(np.float32) for _ in range(2))
    w = rng.normal(scale=LAYER**-0.5, size=(LAYER, LAYER)).astype(np.float32)
    s = sigmoid(x)
    rounds = []
    with threadpool_limits(1):  # or the time of a product would be that of several processors
        for _ in range(repeats + 1):
            each = [_times(record, x, g) for record in records]
            product = _time(lambda: g * s * (1 - s))
            layer = _time(lambda: (x @ w.T, g @ w, w - g.T @ x))  # linear, its two gradients, the update
            rounds.append((each, product, layer))
    passes, from_output, linear = (np.array(values) for values in zip(*rounds[1:], strict=True))
    forward, backward = np.transpose(passes, (2, 1, 0))  # the first round warmed up; each (A, R)
    times = xr.Dataset(
        {"forward": (("activation", "repeat"), forward), "backward": (("activation", "repeat"), backward)},
        coords={"activation": [record.name for record in records]},
    )
    times["both"] = times.forward + times.backward
    relu = times.sel(activation="relu", drop=True)
    return (times / relu).assign(
        share=times.both / (times.both + xr.DataArray(linear, dims="repeat")),
        sigmoid_from_output=xr.DataArray(from_output, dims="repeat") / relu.backward,
    )


def _times(record: Activation, x: ndarray, g: ndarray) -> tuple[float, float]:
    _, tape = record.forward(x)
    return _time(lambda: record(x)), _time(lambda: record.backward(tape, g))


def _time(call: Callable[[], object]) -> float:
    times = []
    for _ in range(TRIES):
        start = process_time()
        for _ in range(CALLS):
            call()
        times.append(process_time() - start)
    return min(times)
