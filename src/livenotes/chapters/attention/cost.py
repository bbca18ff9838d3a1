"""What attention costs as sequences grow: time and memory, beside the recurrent layers it sits on."""

import tracemalloc
from collections.abc import Callable
from functools import cache
from time import process_time

import numpy as np
import xarray as xr

from livenotes._arguments import require_choice
from livenotes.attention import (
    additive_attention,
    additive_attention_backward,
    additive_init,
    dot_product_attention,
    dot_product_attention_backward,
)
from livenotes.lab.store import Stored, load, register
from livenotes.recurrent.gru import GRU

LENGTHS = (10, 25, 50, 100, 200, 400)
KINDS = ("additive", "dot product", "recurrent")
HIDDEN, BATCH, TRIES = 48, 4, 5


def passes(kind: str, length: int) -> Callable[[], object]:
    """One pass forward and back over sequences of this length in source and target, as a call.

    ``recurrent`` are the two GRUs, encoder and decoder, without attention.
    """
    require_choice("kind", kind, KINDS)
    rng = np.random.default_rng(0)
    q, k, g = rng.normal(size=(3, BATCH, length, HIDDEN)).astype(np.float32)
    scorer = additive_init(rng, HIDDEN, HIDDEN, HIDDEN)
    scorer = type(scorer)(*(part.astype(np.float32) for part in scorer))
    layer = GRU.init(rng, HIDDEN, HIDDEN, dtype=np.float32)
    x, g_h = q.transpose(1, 0, 2).copy(), g.transpose(1, 0, 2).copy()

    def additive() -> object:
        return additive_attention_backward(additive_attention(scorer, q, k, k)[1], g)

    def dot_product() -> object:
        return dot_product_attention_backward(dot_product_attention(q, k, k)[1], g)

    def recurrent() -> object:
        both = [GRU.forward(layer, x, GRU.zero_state(layer, BATCH))[1] for _ in range(2)]
        return [GRU.backward(tape, g_h) for tape in both]

    return {"additive": additive, "dot product": dot_product, "recurrent": recurrent}[kind]


def peak(kind: str, length: int) -> xr.Dataset:
    """Most bytes that one pass needs at a time, for one pair of sequences, beyond its arguments."""
    run = passes(kind, length)
    run()
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return xr.Dataset({"bytes": most / BATCH})


def cost(kind: str, length: int) -> xr.Dataset:
    """``bytes`` as :func:`peak` has them, and ``seconds`` for one pair: the least of five processor times."""
    run, times = passes(kind, length), []
    # The allocator gives arrays back to the system until it has seen one as large; then it keeps them for the
    # next pass. Without this line additive attention over 50 letters takes four times as long.
    np.ones(8_000_000, np.float32)
    calls = max(1, 400 // length)
    for _ in range(TRIES):
        start = process_time()
        for _ in range(calls):
            run()
        times.append((process_time() - start) / calls / BATCH)
    return peak(kind, length).assign(seconds=min(times))


STORED_COST = register(
    Stored(
        name="attention-cost",
        run=cost,
        axes={"kind": KINDS, "length": LENGTHS},
        seed=0,
        rtol={"bytes": 0.1},
        begin=peak,
    )
)


@cache
def costs() -> xr.Dataset:
    """Read what was stored of time and memory; ``make results`` measures them again."""
    return load("attention-cost")


def share(measured: xr.DataArray, kind: str) -> xr.DataArray:
    """Share of one kind of attention in what it and the two recurrent layers cost together."""
    own = measured.sel(kind=kind, drop=True)
    return own / (own + measured.sel(kind="recurrent", drop=True))
