"""What it costs that a function validates its arguments: calls so small that it shows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from livenotes import attention, dense, dropout, normalization
from livenotes._validated import body
from livenotes.activations import relu
from livenotes.recurrent import lstm

from ._turns import one_thread, take_turns

CALLS, TURNS = 500, 21
SMALL = {"CALLS": 5, "TURNS": 1}
TARGET = 10.0  # microseconds a call


def cost(name: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> dict[str, Any]:
    """Compare a function with its body; ours is the difference, beside it what the body takes."""
    alone = body(function)

    def repeat(call: Callable[..., Any]) -> Callable[[], None]:
        return lambda: [call(*arguments, **options) for _ in range(CALLS)] and None

    times = take_turns(repeat(function), repeat(alone), TURNS, warm_up=2)
    each, theirs = (1e3 * times[key] / CALLS for key in ("ours", "theirs"))
    figure = f"validating the arguments of {name}, µs"
    return {
        **{"figure": figure, "ours": each - theirs, "theirs": theirs, "ratio": (each - theirs) / theirs},
        **{"target": TARGET, "bounds": "ours", "against": "the body alone"},
    }


def main() -> list[dict[str, Any]]:
    """Measure functions of several kinds on a batch of one."""
    rng = np.random.default_rng(0)
    x, scale = rng.normal(size=(4, 3)), np.ones(3)
    net, cell = dense.init(rng, (3, 4, 2)), lstm.init(rng, 3, 4)
    with one_thread():
        return [
            cost("dense.forward, two layers", dense.forward, net, x[:1], relu),
            cost("lstm.step, four units", lstm.step, cell, x[:1], lstm.zero_state(cell, 1)),
            cost("batch_norm", normalization.batch_norm, x, scale, scale),
            cost("dot_product_attention", attention.dot_product_attention, x, x, x),
            cost("dropout", dropout.dropout, x, rng, rate=0.5),
        ]
