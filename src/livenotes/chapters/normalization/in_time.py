r"""An LSTM that reads a digit four pixels at a time, its sums normalized over the batch or over the units.

Batch norm in time {cite}`cooijmans2017recurrent`: the sums from the input and from the state are normalized
on their own, and so is what the output sees of the cell state. Every step has statistics of its own.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from scipy.special import expit

from livenotes._validated import body
from livenotes.lab.normed import task
from livenotes.lab.store import load, mean_losses, register_training
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.normalization import (
    RunningStats,
    batch_norm,
    batch_norm_backward,
    batch_norm_predict,
    layer_norm,
    layer_norm_backward,
    update_running,
)
from livenotes.optimization import adam, adam_init, clip_by_norm
from livenotes.recurrent import lstm

KINDS, RATES = ("none", "batch", "layer"), (0.002, 0.008)
HIDDEN, PIXELS, BATCH, UPDATES, EVERY = 32, 4, 64, 300, 15
SMALL = 0.1
"""What the scales start from: with 1, the gates and tanh would begin on their flat parts."""

FORWARD: dict[str, Any] = {"batch": body(batch_norm), "layer": body(layer_norm)}
BACK: dict[str, Any] = {"batch": body(batch_norm_backward), "layer": body(layer_norm_backward)}


class Reader(NamedTuple):
    """An LSTM with gates i, f, g, o, the scales of three normalizations, and a linear output."""

    w_x: Float[ndarray, "G D"]
    w_h: Float[ndarray, "G H"]
    b: Float[ndarray, " G"]
    scale_x: Float[ndarray, " G"]
    scale_h: Float[ndarray, " G"]
    scale_c: Float[ndarray, " H"]
    shift_c: Float[ndarray, " H"]
    v: Float[ndarray, "10 H"]
    d: Float[ndarray, " 10"]


def begin(
    rng: np.random.Generator, *, inputs: int = PIXELS, hidden: int = HIDDEN, dtype: Any = np.float32
) -> Reader:
    """Draw an LSTM as the package does, and a Gaussian output."""
    cell = lstm.init(rng, inputs, hidden, dtype=dtype)
    small, v = (
        np.full(4 * hidden, SMALL, dtype),
        rng.normal(scale=hidden**-0.5, size=(10, hidden)).astype(dtype),
    )
    one, zero = small[:hidden], 0 * small[:hidden]
    return Reader(cell.w_x, cell.w_h, cell.b, small, small.copy(), one, zero, v, np.zeros(10, dtype))


def sequences(x: Float[ndarray, "B 64"]) -> Float[ndarray, "T B D"]:
    """Cut images into steps of four pixels."""
    return x.reshape(len(x), -1, PIXELS).swapaxes(0, 1)


class Step(NamedTuple):
    """What going back through one step needs."""

    h: ndarray
    c: ndarray
    gates: list[ndarray]
    bent: ndarray
    tapes: list[Any]


def forward(
    kind: str, p: Reader, x: Float[ndarray, "T B D"]
) -> tuple[Float[ndarray, "B 10"], tuple[Any, ...]]:
    """Read sequences as in training; answer after the last step."""
    h = c = np.zeros((x.shape[1], len(p.shift_c)), x.dtype)
    zero, steps = np.zeros_like(p.b), []
    for x_t in x:
        s_x, s_h, tapes = x_t @ p.w_x.T, h @ p.w_h.T, []
        if kind != "none":
            s_x, t_x = FORWARD[kind](s_x, p.scale_x, zero)
            s_h, t_h = FORWARD[kind](s_h, p.scale_h, zero)
            tapes = [t_x, t_h]
        i, f, g, o = np.split(s_x + s_h + p.b, 4, axis=1)
        i, f, g, o = expit(i), expit(f), np.tanh(g), expit(o)
        before, c = c, f * c + i * g
        seen = c
        if kind != "none":
            seen, t_c = FORWARD[kind](c, p.scale_c, p.shift_c)
            tapes.append(t_c)
        steps.append(Step(h, before, [i, f, g, o], np.tanh(seen), tapes))
        h = o * steps[-1].bent
    return h @ p.v.T + p.d, (p, x, steps, h)


def backward(kind: str, tape: tuple[Any, ...], g_out: Float[ndarray, "B 10"]) -> Reader:
    """Return the gradient of all parameters, through time by hand."""
    p, x, steps, h = tape
    g_p = Reader(*(np.zeros_like(a) for a in p))._replace(v=g_out.T @ h, d=g_out.sum(axis=0))
    g_h, g_c = g_out @ p.v, np.zeros_like(h)
    for x_t, step in zip(x[::-1], steps[::-1], strict=True):
        i, f, g, o = step.gates
        g_seen = g_h * o * (1 - step.bent**2)
        if kind != "none":
            g_seen, g_scale, g_shift = BACK[kind](step.tapes[2], g_seen)
            g_p.scale_c[:] += g_scale
            g_p.shift_c[:] += g_shift
        g_c = g_c + g_seen
        slopes = [g_c * g * i * (1 - i), g_c * step.c * f * (1 - f), g_c * i * (1 - g**2)]
        g_a = np.concatenate([*slopes, g_h * step.bent * o * (1 - o)], axis=1)
        g_c = g_c * f
        g_x = g_s = g_a
        g_p.b[:] += g_a.sum(axis=0)
        if kind != "none":
            g_x, g_scale, _ = BACK[kind](step.tapes[0], g_a)
            g_p.scale_x[:] += g_scale
            g_s, g_scale, _ = BACK[kind](step.tapes[1], g_a)
            g_p.scale_h[:] += g_scale
        g_p.w_x[:] += g_x.T @ x_t
        g_p.w_h[:] += g_s.T @ step.h
        g_h = g_s @ p.w_h
    return g_p


Running = list[list[RunningStats]]
"""Running statistics of every step, for its three normalizations."""


def predict(p: Reader, x: Float[ndarray, "T B D"], running: Running) -> Float[ndarray, "B 10"]:
    """Read sequences with running statistics in place of the batch's."""
    h = c = np.zeros((x.shape[1], len(p.shift_c)), x.dtype)
    zero = np.zeros_like(p.b)
    for x_t, (at_x, at_h, at_c) in zip(x, running, strict=True):
        s_x, _ = batch_norm_predict(x_t @ p.w_x.T, p.scale_x, zero, at_x)
        s_h, _ = batch_norm_predict(h @ p.w_h.T, p.scale_h, zero, at_h)
        i, f, g, o = np.split(s_x + s_h + p.b, 4, axis=1)
        c = expit(f) * c + expit(i) * np.tanh(g)
        h = expit(o) * np.tanh(batch_norm_predict(c, p.scale_c, p.shift_c, at_c)[0])
    return h @ p.v.T + p.d


def one_for_all(running: Running) -> Running:
    """Average the statistics over the steps: what one module that is called at every step would keep."""
    mean = [
        RunningStats(*(np.mean(part, axis=0) for part in zip(*places, strict=True)))
        for places in zip(*running, strict=True)
    ]
    return [mean] * len(running)


def learn_steps(kind: str, rate: float, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train one LSTM with Adam.

    Returns
    -------
    Dataset
        ``loss`` over ``update``, each the mean of 15 updates; ``accuracy`` on the validation digits, with
        each step's own running statistics under batch norm; ``accuracy_shared``, with one for all steps; and
        for each ``step`` the ``mean`` (its size) and ``deviation`` of the cell state in those statistics.
    """
    data = task()
    x, x_val = sequences(data.x), sequences(data.x_val)
    p = begin(np.random.default_rng([seed, 0]))
    state, losses, count = adam_init(p), [], len(x)
    running: Running = [[RunningStats(0 * s, 1 + 0 * s) for s in (p.b, p.b, p.shift_c)] for _ in range(count)]
    for _, rows in zip(
        range(updates), minibatches(np.random.default_rng([seed, 1]), x.shape[1], BATCH), strict=False
    ):
        out, tape = forward(kind, p, x[:, rows])
        loss, g = body(softmax_cross_entropy)(out, data.labels[rows])
        p, state = body(adam)(p, clip_by_norm(backward(kind, tape, g), 1.0), state, lr=rate)
        losses.append(loss)
        if kind == "batch":
            running = [
                [body(update_running)(r, t) for r, t in zip(old, step.tapes, strict=True)]
                for old, step in zip(running, tape[2], strict=True)
            ]
    if kind == "batch":
        own, shared = (predict(p, x_val, stats) for stats in (running, one_for_all(running)))
    else:
        own = shared = forward(kind, p, x_val)[0]
    cell = [stats[2] for stats in running]
    return xr.Dataset(
        {
            "loss": mean_losses(losses, EVERY),
            "accuracy": accuracy(own, data.labels_val),
            "accuracy_shared": accuracy(shared, data.labels_val),
            "mean": ("step", [np.abs(s.mean).mean() for s in cell]),
            "deviation": ("step", [np.sqrt(s.var).mean() for s in cell]),
        },
        {"step": np.arange(1, count + 1)},
    )


register_training(
    "normalization-steps",
    learn_steps,
    {"kind": KINDS, "rate": RATES, "seed": (0, 1, 2, 3, 4)},
    every=EVERY,
    updates=UPDATES,
    rtol=0.02,
)


@cache
def steps() -> xr.Dataset:
    """Read the stored LSTMs; ``make results`` trains them again."""
    return load("normalization-steps")
