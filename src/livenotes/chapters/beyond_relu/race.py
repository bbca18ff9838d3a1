"""Every activation on two tasks, and the sharpness of Swish: how much does the choice decide?"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes import dense
from livenotes._arguments import require_choice
from livenotes._validated import body
from livenotes.activations import REGISTRY, Activation, rrelu_train, rrelu_train_backward
from livenotes.datasets import planar
from livenotes.datasets.digits import digits
from livenotes.dense import Layer
from livenotes.lab.store import Stored, load, register
from livenotes.lab.sweep import at_best_rate
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init

TASKS = ("spirals", "digits")
WIDTHS = {"spirals": (16, 16), "digits": (32, 32, 32)}
UPDATES = {"spirals": 300, "digits": 150}
RATES = (0.005, 0.02, 0.08)
SEEDS = (0, 1, 2, 3)


class Net(NamedTuple):
    """Layers, and for PReLU the slopes of every hidden layer, else nothing; also holds gradients."""

    layers: list[Layer]
    slopes: list[Float[ndarray, " H"]]


class Data(NamedTuple):
    """Examples to learn from and new ones."""

    x: Float[ndarray, "N D"]
    labels: Int[ndarray, " N"]
    x_new: Float[ndarray, "V D"]
    labels_new: Int[ndarray, " V"]


def data(task: str, seed: int) -> Data:
    """Draw two spirals of one and a half turns, or take the digits."""
    if task == "digits":
        return Data(*digits(dtype=np.float32))
    rng = np.random.default_rng([seed, 2])
    old, new = (planar.spirals(rng, n, turns=1.5, noise=0.05) for n in (300, 600))
    return Data(old.x.astype(np.float32), old.labels, new.x.astype(np.float32), new.labels)


def keeping_gain(f: Activation, **params: float) -> float:
    """Return the gain that keeps the mean square of a standard normal signal through the activation."""
    z = np.random.default_rng(0).normal(size=(2000, 60))
    return float(1 / np.sqrt(np.square(f(z, **params)).mean()))


def begin(
    rng: Generator, f: Activation, widths: Sequence[int], *, shared: bool = False, **params: float
) -> Net:
    """Draw layers around an activation that may change their width; a layer may share PReLU's slope."""
    gain, layers, inputs = keeping_gain(f, **params), [], widths[0]
    for k, units in enumerate(widths[1:]):
        hidden = k < len(widths) - 2
        sums = units * 2 if hidden and f.name in ("maxout", "glu") else units
        layers += dense.init(rng, [inputs, sums], gain=gain if k else 1.0, dtype=np.float32)
        inputs = f.outputs(sums, **params)
    slopes = [np.full(1 if shared else len(b), 0.25, np.float32) for _, b in layers[:-1]]
    return Net(layers, slopes if f.name == "prelu" else [])


def forward(
    net: Net, x: ndarray, f: Activation, rng: Generator | None, **params: float
) -> tuple[ndarray, Any]:
    """Run the net; with a generator as in training, where RReLU draws its slopes."""
    tape: list[Any] = []
    h = x
    for k, (w, b) in enumerate(net.layers[:-1]):
        a = h @ w.T + b
        tape.append(h)
        if f.name == "rrelu" and rng is not None:
            h, drawn = rrelu_train(a, rng)
            tape.append(drawn)
        else:
            learned = {"alpha": np.broadcast_to(net.slopes[k], b.shape)} if net.slopes else {}
            h, own = f.forward(a, **params, **learned)
            tape.append(own)
    w, b = net.layers[-1]
    return h @ w.T + b, [*tape, h]


def backward(net: Net, tape: list[Any], g: ndarray, f: Activation) -> Net:
    """Return the gradient of all that is learned."""
    layers, slopes = [], []
    for k in reversed(range(len(net.layers))):
        layers.append(Layer(g.T @ tape[2 * k], g.sum(axis=0)))
        if k:
            own, g_h = tape[2 * k - 1], g @ net.layers[k].w
            if net.slopes:
                g_slopes = f.backward_params(own, g_h)["alpha"]
                slopes.append(g_slopes if len(net.slopes[k - 1]) > 1 else g_slopes.sum(keepdims=True))
            g = rrelu_train_backward(own, g_h) if isinstance(own, ndarray) else f.backward(own, g_h)
    return Net(layers[::-1], slopes[::-1])


def train(
    task: str, f: Activation, rate: float, seed: int, *, shared: bool = False, **params: float
) -> tuple[Net, float]:
    """Train a small net with Adam; return it with its accuracy on new examples."""
    own = data(task, seed)
    rng = np.random.default_rng([seed, 0])
    widths = [own.x.shape[1], *WIDTHS[task], int(own.labels.max()) + 1]
    net = begin(rng, f, widths, shared=shared, **params)
    state, noise = adam_init(net), np.random.default_rng([seed, 3])
    for _, rows in zip(
        range(UPDATES[task]), minibatches(np.random.default_rng([seed, 1]), len(own.x), 64), strict=False
    ):
        out, tape = forward(net, own.x[rows], f, noise, **params)
        _, g = body(softmax_cross_entropy)(out, own.labels[rows])
        net, state = body(adam)(net, backward(net, tape, g, f), state, lr=rate)
    out, _ = forward(net, own.x_new, f, None, **params)
    return net, accuracy(np.nan_to_num(out), own.labels_new)


def compete(task: str, activation: str, rate: float, seed: int) -> xr.Dataset:
    """Train one net; ``accuracy`` on new examples."""
    require_choice("task", task, TASKS)
    require_choice("activation", activation, REGISTRY)
    return xr.Dataset({"accuracy": train(task, REGISTRY[activation], rate, seed)[1]})


register(
    Stored(
        name="beyond-relu-race",
        run=compete,
        axes={"task": TASKS, "activation": tuple(REGISTRY), "rate": RATES, "seed": SEEDS},
        seed=0,
        rtol={"accuracy": 0.05},
        steady=lambda task, rate, **_: task == "digits" and rate < 0.01,
    )
)

BETAS = (0.0, 0.25, 0.5, 1.0, 1.5, 1.77, 2.0, 3.0, 5.0, 10.0)


def sharpen(beta: float, seed: int) -> xr.Dataset:
    """Train a net on the digits whose hidden units are Swish of one sharpness; ``accuracy`` on new ones."""
    return xr.Dataset({"accuracy": train("digits", REGISTRY["swish"], 0.01, seed, beta=beta)[1]})


register(
    Stored(
        name="beyond-relu-swish",
        run=sharpen,
        axes={"beta": BETAS, "seed": tuple(range(8))},
        seed=0,
        rtol={"accuracy": 0.03},
    )
)


@cache
def contest() -> xr.DataArray:
    """Read the accuracies of all activations, each task's at the rate at which it does best on average."""
    found = load("beyond-relu-race").accuracy
    return xr.concat([_best(found.sel(task=task)) for task in TASKS], dim="task").assign_coords(
        task=list(TASKS)
    )


def _best(found: xr.DataArray) -> xr.DataArray:
    return -at_best_rate(-found).drop_vars(["rate", "task"])


@cache
def sharpened() -> xr.DataArray:
    """Read the accuracies of nets by the sharpness of their Swish, over ``beta`` and ``seed``."""
    return load("beyond-relu-swish").accuracy
