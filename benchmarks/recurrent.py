"""Recurrent layers against torch: forward and backward, one thread each, and the memory of the tape.

Two opponents: ``torch.nn``, whose LSTM and GRU are compiled loops, and the same cell as a loop over time in
Python with torch's automatic differentiation, the way a chapter "from scratch" is usually written.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy import ndarray

from livenotes.recurrent import CELLS

from ._turns import one_thread, take_turns

LAYER = (100, 32, 64, 128)  # T, B, D, H of a layer as one would use it
TOY = (100, 32, 2, 32)  # and of one that learns the toy tasks of the chapters
TURNS = 25
SMALL = {"TURNS": 1}

Forward = Callable[[torch.Tensor], torch.Tensor]
Opponent = tuple[list[torch.Tensor], Forward]  # its parameters and its forward pass


def ours(name: str, x: ndarray, g: ndarray) -> Callable[[], Any]:
    """Forward and backward through one of our cells; returns the tape."""
    cell = CELLS[name]
    params = cell.init(np.random.default_rng(0), x.shape[2], g.shape[2], dtype=x.dtype)
    state0 = cell.zero_state(params, x.shape[1])

    def run() -> Any:
        _, tape = cell.forward(params, x, state0)
        cell.backward(tape, g)
        return tape

    return run


def theirs(opponent: Opponent, x: ndarray, g: ndarray) -> Callable[[], None]:
    """Forward and backward with torch's automatic differentiation."""
    params, forward = opponent
    x_t, g_t = torch.tensor(x, requires_grad=True), torch.tensor(g)

    def run() -> None:
        for tensor in (*params, x_t):
            tensor.grad = None
        torch.autograd.backward(forward(x_t), g_t)

    return run


def torch_nn(name: str, inputs: int, hidden: int) -> Opponent:
    """Return the layer of ``torch.nn``."""
    kind = {"elman_tanh": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[name]
    layer: torch.nn.RNNBase = kind(inputs, hidden)
    return list(layer.parameters()), lambda x: layer(x)[0]


def lstm_step(p: list[torch.Tensor], x_t: torch.Tensor, state: list[torch.Tensor]) -> list[torch.Tensor]:
    """One step of an LSTM, every gate its own products: p holds W_x, W_h, b of i, f, g, o in turn."""
    h, c = state
    i, f, g, o = (x_t @ p[k] + h @ p[k + 1] + p[k + 2] for k in (0, 3, 6, 9))
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return [torch.sigmoid(o) * torch.tanh(c), c]


def gru_step(p: list[torch.Tensor], x_t: torch.Tensor, state: list[torch.Tensor]) -> list[torch.Tensor]:
    """One step of a GRU that resets before the product: p holds W_x, W_h, b of r, z, n in turn."""
    (h,) = state
    r, z = (torch.sigmoid(x_t @ p[k] + h @ p[k + 1] + p[k + 2]) for k in (0, 3))
    n = torch.tanh(x_t @ p[6] + (r * h) @ p[7] + p[8])
    return [(1 - z) * n + z * h]


def torch_loop(name: str, inputs: int, hidden: int) -> Opponent:
    """Loop over time in torch."""
    step, gates, states = {"lstm": (lstm_step, 4, 2), "gru_reset_before": (gru_step, 3, 1)}[name]
    shapes = [(inputs, hidden), (hidden, hidden), (hidden,)] * gates
    params = [(0.1 * torch.randn(shape)).requires_grad_() for shape in shapes]

    def forward(x: torch.Tensor) -> torch.Tensor:
        state, outputs = [torch.zeros(x.shape[1], hidden)] * states, []
        for x_t in x:
            state = step(params, x_t, state)
            outputs.append(state[0])
        return torch.stack(outputs)

    return params, forward


def tape_bytes(tape: Any) -> int:
    """Bytes that our tape holds, the input included; an array and views of it count once."""
    owners = [a if a.base is None else a.base for a in tape if isinstance(a, ndarray)]
    return sum({id(owner): owner.nbytes for owner in owners}.values())


def saved_bytes(opponent: Opponent, x: ndarray) -> int:
    """Bytes that torch keeps for its backward, weights aside; shared memory counts once."""
    params, forward = opponent
    held: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        held[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        y = forward(torch.tensor(x, requires_grad=True))
    for p in params:
        held.pop(p.untyped_storage().data_ptr(), None)
    del y  # alive until here, or an address could be given out twice
    return sum(held.values())


# Our cell, the opponent, the size, and the ratio of times aimed at (None: reported only).
MATCHES = [
    ("elman_tanh", torch_nn, LAYER, None),
    ("lstm", torch_nn, LAYER, 1.5),
    ("gru", torch_nn, LAYER, 1.5),
    ("lstm", torch_loop, LAYER, 1 / 3),
    ("gru_reset_before", torch_loop, LAYER, 1 / 3),
    ("lstm", torch_nn, TOY, None),
    ("gru", torch_nn, TOY, None),
    ("lstm", torch_loop, TOY, 1 / 3),
    ("gru_reset_before", torch_loop, TOY, 1 / 3),
]


def main() -> list[dict[str, Any]]:
    """Measure everything; each entry has figure, ours, theirs, ratio and target (ratio aimed at, or None)."""
    rng = np.random.default_rng(0)
    results: list[dict[str, Any]] = []
    with one_thread():
        for name, make, (steps, batch, inputs, hidden), target in MATCHES:
            x = rng.normal(size=(steps, batch, inputs)).astype(np.float32)
            g = rng.normal(size=(steps, batch, hidden)).astype(np.float32)
            opponent, run = make(name, inputs, hidden), ours(name, x, g)
            match = f"{name} against {make.__name__}, D={inputs}, H={hidden}"
            times = take_turns(run, theirs(opponent, x, g), TURNS, warm_up=2)
            results.append({"figure": f"{match}: forward and backward, ms", **times, "target": target})
            mine, other = tape_bytes(run()) / steps, saved_bytes(opponent, x) / steps
            sizes = {"ours": mine, "theirs": other, "ratio": mine / other}
            results.append({"figure": f"{match}: tape, bytes a step", **sizes, "target": None})
    return results
