"""Time of every activation against torch: one thread, a million float32 values, forward and backward."""

import os

# Before NumPy and torch load: each would otherwise start a thread for every core.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import time
from collections.abc import Callable
from typing import Any, TypedDict

import numpy as np
import torch
from torch.nn import functional

from livenotes.activations import REGISTRY, Activation

SIZE = 1_000_000
REPEATS = 15
HALF_PI = np.pi / 2
EACH, MEDIAN = 5.0, 2.0  # how many times torch's time is allowed


class Row(TypedDict):
    """One line of the report: times in milliseconds, and the ratio that is allowed."""

    figure: str
    ours: float
    theirs: float
    ratio: float
    target: float


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


def fastest(*calls: Callable[[], Any]) -> list[float]:
    """Return the shortest time of each call in milliseconds; they take turns on the same machine."""
    best = [float("inf")] * len(calls)
    for _ in range(REPEATS):
        for k, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[k] = min(best[k], 1e3 * (time.perf_counter() - start))
    return best


def measure(act: Activation, x: np.ndarray) -> list[Row]:
    """Time one activation, forward and backward."""
    g = np.ones_like(act(x))
    xt, gt = torch.tensor(x, requires_grad=True), torch.tensor(g)
    peer = PEERS[act.name]
    yt = peer(xt)
    calls = [lambda: act(x), lambda: peer(xt), lambda: act.backward(x, g)]
    if yt.requires_grad:  # torch has no backward pass for the step
        calls.append(lambda: torch.autograd.grad(yt, xt, gt, retain_graph=True))
    times = fastest(*calls)
    passes = {"forward": times[:2], "backward": times[2:]}
    return [row(f"{act.name} {name}", *t, EACH) for name, t in passes.items() if len(t) == 2]


def row(figure: str, ours: float, theirs: float, target: float) -> Row:
    """Put one comparison into a line of the report."""
    return Row(figure=figure, ours=ours, theirs=theirs, ratio=ours / theirs, target=target)


def main() -> list[Row]:
    """Measure every activation and the median over them."""
    torch.set_num_threads(1)
    x = np.random.default_rng(0).normal(size=(1000, SIZE // 1000)).astype(np.float32)
    rows = [r for act in REGISTRY.values() for r in measure(act, x)]
    for name in ("forward", "backward"):
        these = [r for r in rows if r["figure"].endswith(name)]
        middle = sorted(these, key=lambda r: r["ratio"])[len(these) // 2]
        rows.append(row(f"median {name} ({middle['figure']})", middle["ours"], middle["theirs"], MEDIAN))
    return rows


if __name__ == "__main__":
    for r in main():
        times = f"{r['ours']:8.2f} {r['theirs']:8.2f} {r['ratio']:6.2f}"
        print(f"{r['figure']:36} {times}  {'' if r['ratio'] <= r['target'] else 'above'} {r['target']:g}")
