"""Independent references: the papers' equations as loops in torch, and helpers shared by the tests."""

import numpy as np
import torch

from livenotes._trees import leaves, unflatten
from livenotes.recurrent import CELLS, bidirectional, elman, gru, lstm, stacked

COMPOSED = {
    "bidirectional_lstm": bidirectional.over(CELLS["lstm"]),
    "bidirectional_gru": bidirectional.over(CELLS["gru"]),
    "two_elman": stacked.over(CELLS["elman_tanh"], CELLS["elman_relu"]),
    "gru_on_lstm": stacked.over(CELLS["lstm_peephole"], CELLS["gru_reset_before"]),
    "two_bidirectional": stacked.over(*[bidirectional.over(CELLS["lstm_coupled"])] * 2),
    "bidirectional_stack": bidirectional.over(stacked.over(CELLS["gru"], CELLS["lstm"])),
}
LAYERS = {**CELLS, **COMPOSED}
STEP_BACK = {name: {"e": elman, "l": lstm, "g": gru}[name[0]].step_back for name in CELLS}


def random_like(rng, tree, scale=0.6):
    """The same structure filled with random numbers: no bias or peephole stays zero."""
    return unflatten(tree, [rng.normal(scale=scale, size=a.shape).astype(a.dtype) for a in leaves(tree)])


def problem(rng, cell, steps=4, batch=3, inputs=2, hidden=4, dtype=np.float64):
    """Random parameters, input and initial state for a layer."""
    params = random_like(rng, cell.init(rng, inputs, hidden, dtype=dtype))
    x = rng.normal(size=(steps, batch, inputs)).astype(dtype)
    return params, x, random_like(rng, cell.zero_state(params, batch))


def to_torch(tree):
    """Leaves as torch tensors that record gradients, in the structure of the tree."""
    return unflatten(tree, [torch.tensor(a, requires_grad=True) for a in leaves(tree)])


def _elman(p, x_t, h, activation):
    return activation(x_t @ p.w_x.T + h @ p.w_h.T + p.b)


def _lstm(p, x_t, state):
    h, c = state
    gates = p.w_x.shape[0] // h.shape[1]
    a = list((x_t @ p.w_x.T + h @ p.w_h.T + p.b).chunk(gates, dim=1))
    a_i = a.pop(0) if gates == 4 else None
    a_f, a_g, a_o = a
    if p.p is not None:
        a_f = a_f + p.p[-2] * c
        a_i = a_i + p.p[0] * c if gates == 4 else None
    f = torch.sigmoid(a_f)
    i = torch.sigmoid(a_i) if gates == 4 else 1 - f
    c = f * c + i * torch.tanh(a_g)
    if p.p is not None:
        a_o = a_o + p.p[-1] * c
    return torch.sigmoid(a_o) * torch.tanh(c), c


def _gru(p, x_t, h):
    w_r, w_z, w_n = p.w_h.chunk(3)
    x_r, x_z, x_n = (x_t @ p.w_x.T + p.b).chunk(3, dim=1)
    r, z = torch.sigmoid(x_r + h @ w_r.T), torch.sigmoid(x_z + h @ w_z.T)
    n = torch.tanh(x_n + ((r * h) @ w_n.T if p.b_h is None else r * (h @ w_n.T + p.b_h)))
    return (1 - z) * n + z * h


TORCH_STEPS = {
    "elman_tanh": lambda p, x_t, h: _elman(p, x_t, h, torch.tanh),
    "elman_relu": lambda p, x_t, h: _elman(p, x_t, h, torch.relu),
    "lstm": _lstm,
    "lstm_peephole": _lstm,
    "lstm_coupled": _lstm,
    "gru": _gru,
    "gru_reset_before": _gru,
}


def run_torch(name, params, x, state, mask=None):
    """Loop over time; returns outputs and final state. Padded steps keep the state."""
    outputs = []
    for t, x_t in enumerate(x):
        new = TORCH_STEPS[name](params, x_t, state)
        if mask is not None:
            real = torch.tensor(mask[t])[:, None]
            pairs = zip(new, state, strict=True) if isinstance(new, tuple) else None
            new = tuple(torch.where(real, a, b) for a, b in pairs) if pairs else torch.where(real, new, state)
        state = new
        outputs.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(outputs), state


def all_gradients(gradients):
    """Every array of a Gradients record, with a name for messages."""
    parts = zip(gradients._fields, gradients, strict=True)
    return [(f"{name}[{n}]", leaf) for name, part in parts for n, leaf in enumerate(leaves(part))]


def weighted_sum(outputs, state, g_outputs, g_state):
    """A loss whose gradients with respect to outputs and final state are the given weights."""
    loss = (outputs * g_outputs).sum()
    return loss + sum((s * g).sum() for s, g in zip(state, g_state, strict=True))
