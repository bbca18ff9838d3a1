"""Time of every activation against torch: one thread, a million float32 values, forward and backward."""

import os

# Before NumPy and torch load: each would otherwise start a thread for every core.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from torch.nn import functional

from livenotes.activations import REGISTRY, Activation

from ._turns import take_turns

SIZE = 1_000_000
TURNS = 15
SMALL = {"SIZE": 4000, "TURNS": 1}
HALF_PI = np.pi / 2
EACH, MEDIAN = 5.0, 2.0  # how many times torch's time is allowed

Row: TypeAlias = dict[str, Any]


# What one would write with torch, at the default parameters.
PEERS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "step": lambda x: (x >= 0).to(x.dtype),
    "identity": lambda x: 1.0 * x,  # clone would have no backward pass to time
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "erf": lambda x: torch.erf(np.sqrt(np.pi) / 2 * x),
    "arctan": lambda x: torch.atan(HALF_PI * x) / HALF_PI,
    "gudermannian": lambda x: 2 * torch.atan(torch.tanh(HALF_PI / 2 * x)) / HALF_PI,
    "algebraic": lambda x: x * torch.rsqrt(1 + x * x),
    "softsign": functional.softsign,
    "relu": torch.relu,
    "softplus": functional.softplus,
    "leaky_relu": functional.leaky_relu,
    "prelu": lambda x: functional.prelu(x, torch.tensor([0.25])),
    "rrelu": functional.rrelu,
    "elu": functional.elu,
    "selu": functional.selu,
    "celu": functional.celu,
    "crelu": lambda x: torch.cat([torch.relu(x), torch.relu(-x)], dim=-1),
    "maxout": lambda x: x.unflatten(-1, (-1, 2)).max(dim=-1).values,
    "glu": functional.glu,
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "gelu_sigmoid": lambda x: x * torch.sigmoid(1.702 * x),
    "swish": functional.silu,
    "hardswish": functional.hardswish,
    "mish": functional.mish,
    "su": lambda x: x * torch.exp(torch.clamp(x, max=0)),
    "hard_tanh": functional.hardtanh,
    "hard_sigmoid": lambda x: torch.clamp(0.2 * x + 0.5, 0, 1),
    "soft_relu": lambda x: functional.softplus(torch.clamp(x, -40, 40)),
    "relu6": functional.relu6,
}


def compare(figure: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> Row:
    """Time both in turns, the first of which only warms up."""
    return row(f"{figure}, ms", **take_turns(ours, theirs, TURNS, warm_up=1), target=EACH)


def row(figure: str, ours: float, theirs: float, ratio: float, target: float) -> Row:
    """Put one comparison into a line of the report."""
    return {"figure": figure, "ours": ours, "theirs": theirs, "ratio": ratio, "target": target}


def measure(act: Activation, x: np.ndarray) -> list[Row]:
    """Time one activation, forward and backward."""
    g = np.ones_like(act(x))
    xt, gt = torch.tensor(x, requires_grad=True), torch.tensor(g)
    peer = PEERS[act.name]
    yt = peer(xt)
    rows = [compare(f"{act.name} forward", lambda: act(x), lambda: peer(xt))]
    if yt.requires_grad:  # torch has no backward pass for the step
        backward = partial(torch.autograd.grad, yt, xt, gt, retain_graph=True)
        _, tape = act.forward(x)
        rows.append(compare(f"{act.name} backward", lambda: act.backward(tape, g), backward))
    return rows


def main() -> list[Row]:
    """Measure every activation and the median over them."""
    torch.set_num_threads(1)
    x = np.random.default_rng(0).normal(size=(1000, SIZE // 1000)).astype(np.float32)
    rows = [r for act in REGISTRY.values() for r in measure(act, x)]
    for name in ("forward", "backward"):
        figures = [(r["ours"], r["theirs"], r["ratio"]) for r in rows if f" {name}," in r["figure"]]
        rows.append(row(f"median over all, {name}, ms", *np.median(figures, axis=0).tolist(), MEDIAN))
    return rows
