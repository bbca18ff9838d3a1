"""Recurrent layers from scratch: forward, and backpropagation through time by hand.

Every layer is a set of pure functions kept in a :class:`Cell`; :data:`CELLS` holds them in teaching order.

>>> import numpy as np
>>> from livenotes.recurrent import CELLS, bidirectional, stacked
>>> rng = np.random.default_rng(0)
>>> net = stacked.over(bidirectional.over(CELLS["lstm"]), CELLS["gru"])
>>> params = net.init(rng, 3, 8)
>>> x = rng.normal(size=(5, 2, 3))  # (T, B, D)
>>> outputs, tape = net.forward(params, x, net.zero_state(params, 2))
>>> outputs.shape
(5, 2, 8)
>>> net.backward(tape, np.ones_like(outputs)).g_x.shape
(5, 2, 3)
"""

from . import bidirectional, elman, gru, initializers, lstm, stacked
from .cell import Cell, Gradients
from .masks import mask_from_lengths

CELLS: dict[str, Cell] = {
    cell.name: cell
    for cell in (
        elman.ELMAN_TANH,
        elman.ELMAN_RELU,
        lstm.LSTM,
        lstm.LSTM_PEEPHOLE,
        lstm.LSTM_COUPLED,
        gru.GRU,
        gru.GRU_RESET_BEFORE,
    )
}

__all__ = [
    "CELLS",
    "Cell",
    "Gradients",
    "bidirectional",
    "elman",
    "gru",
    "initializers",
    "lstm",
    "mask_from_lengths",
    "stacked",
]
