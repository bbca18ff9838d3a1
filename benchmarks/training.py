"""One training step of a recurrent net on the adding task beside the same step in torch, one thread each.

Forward, mean squared error of a linear readout of the last output, backward, a clipped gradient, and Adam:
T = 100, B = 32, H = 64. Both start from the same kind of weights and see the same batch; the data are drawn
outside the clock.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy import ndarray

from livenotes.datasets.adding import adding
from livenotes.losses import squared_error
from livenotes.optimization import adam, adam_init, clip_by_norm
from livenotes.recurrent import CELLS

from ._turns import one_thread, take_turns

STEPS, BATCH, HIDDEN, RATE, LIMIT = 100, 32, 64, 0.002, 1.0
TURNS = 25
SMALL = {"TURNS": 1}
LAYERS = {"elman_tanh": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def ours(name: str, x: ndarray, target: ndarray) -> Callable[[], None]:
    """Return a step through the package; its weights move on from call to call."""
    cell, rng = CELLS[name], np.random.default_rng(0)
    params = cell.init(rng, x.shape[2], HIDDEN, dtype=x.dtype)
    net = (params, rng.normal(scale=HIDDEN**-0.5, size=(1, HIDDEN)).astype(x.dtype), np.zeros(1, x.dtype))
    state = adam_init(net)

    def step() -> None:
        nonlocal net, state
        params, w, b = net
        outputs, tape = cell.forward(params, x, cell.zero_state(params, BATCH))
        _, g = squared_error(outputs[-1] @ w.T + b, target)
        g_outputs = np.zeros_like(outputs)
        g_outputs[-1] = g @ w
        g_net = (cell.backward(tape, g_outputs).g_params, g.T @ outputs[-1], g.sum(axis=0))
        net, state = adam(net, clip_by_norm(g_net, LIMIT), state, lr=RATE)

    return step


def theirs(name: str, x: ndarray, target: ndarray) -> Callable[[], None]:
    """Return the same step in torch."""
    layer, readout = LAYERS[name](x.shape[2], HIDDEN), torch.nn.Linear(HIDDEN, 1)
    params = [*layer.parameters(), *readout.parameters()]
    optimizer = torch.optim.Adam(params, lr=RATE)
    x_t, target_t = torch.tensor(x), torch.tensor(target)

    def step() -> None:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(readout(layer(x_t)[0][-1]), target_t)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, LIMIT)
        optimizer.step()

    return step


def main() -> list[dict[str, Any]]:
    """Measure one step of each cell."""
    task = adding(np.random.default_rng(0), BATCH, STEPS)
    x, target = task.x.astype(np.float32), task.target[:, None].astype(np.float32)
    rows: list[dict[str, Any]] = []
    with one_thread():
        for name in LAYERS:
            times = take_turns(ours(name, x, target), theirs(name, x, target), TURNS, warm_up=2)
            figure = f"{name}, T=100, B=32, H=64: training step with Adam, ms"
            rows.append({"figure": figure, **times, "target": None})
    return rows
