"""A net that counts open brackets: trained, looked at, and run with one of its gates held still.

Text is made of brackets, letters and semicolons. At every letter the net has to say how many brackets are
open; a semicolon ends a statement, and the count begins again at 0.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes.lab.memory import LIMIT, Net
from livenotes.lab.store import Stored, load, mean_losses, register
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init, clip_by_norm
from livenotes.recurrent import lstm

SYMBOLS = "().;"  # an opening and a closing bracket, any other character, the end of a statement
HOW_OFTEN = (0.15, 0.1, 0.7, 0.05)
DEEPEST = 3
SIZES, BATCH, STEPS, RATE = (1, 2, 8), 32, 30, 0.03
UPDATES, EVERY = 1000, 100
SHOWN = {"calls": "f(a,g(b));h(c", "reset": "x((y;z(t);u+v", "far": "(abcdefghij)k"}
SHUT = 30.0  # a bias at which a gate is 0 or 1 to the last digit that counts
AS_MADE = "none"
CLAMPS: Mapping[str, tuple[str, float] | None] = {
    AS_MADE: None,
    "forget at 1": ("f", 1.0),
    "forget at 0": ("f", 0.0),
    "input at 1": ("i", 1.0),
    "input at 0": ("i", 0.0),
    "output at 1": ("o", 1.0),
}
"""Which gate is held still, and where."""


class Text(NamedTuple):
    """Symbols as indices into ``SYMBOLS``, and how many brackets are open after each."""

    symbols: Int[ndarray, "T B"]
    depth: Int[ndarray, "T B"]

    @property
    def x(self) -> Float[ndarray, "T B 4"]:
        """One-hot vectors."""
        return np.eye(len(SYMBOLS))[self.symbols]

    @property
    def asked(self) -> ndarray:
        """Where an answer is wanted: at letters, (T, B)."""
        return self.symbols == SYMBOLS.index(".")


def brackets(rng: Generator, size: int, steps: int) -> Text:
    """Draw random text in which no bracket closes that was not opened, and at most three are open."""
    drawn = rng.choice(len(SYMBOLS), p=HOW_OFTEN, size=(steps, size))
    opening, closing, letter, end = range(len(SYMBOLS))
    open_, depths = np.zeros(size, int), []
    for row in drawn:
        row[(row == closing) & (open_ == 0)] = letter
        row[(row == opening) & (open_ == DEEPEST)] = letter
        open_ = np.where(row == end, 0, open_ + (row == opening) - (row == closing))
        depths.append(open_)
    return Text(drawn, np.array(depths))


def read(text: str) -> Text:
    """Turn a line of code into symbols; all but brackets and semicolons count as letters."""
    symbols = np.array([SYMBOLS.find(c) if c in SYMBOLS else SYMBOLS.index(".") for c in text])
    open_, depths = 0, []
    for c in text:
        open_ = 0 if c == ";" else open_ + (c == "(") - (c == ")")
        depths.append(open_)
    return Text(symbols[:, None], np.array(depths)[:, None])


def begin_counter(rng: Generator, hidden: int) -> Net:
    """Draw a net: an LSTM, and a readout with a score for each count from 0 to 3."""
    w = rng.normal(scale=hidden**-0.5, size=(DEEPEST + 1, hidden))
    return Net(lstm.init(rng, len(SYMBOLS), hidden), w, np.zeros(DEEPEST + 1))


def gradient(net: Net, text: Text) -> tuple[float, Net]:
    """Loss of the answers at the letters, and its gradient in every parameter."""
    outputs, tape = lstm.forward(net.cell, text.x, lstm.zero_state(net.cell, text.symbols.shape[1]))
    h, g_outputs = outputs[text.asked], np.zeros_like(outputs)
    loss, g = softmax_cross_entropy(h @ net.w.T + net.b, text.depth[text.asked])
    g_outputs[text.asked] = g @ net.w
    g_cell = lstm.backward(tape, g_outputs).g_params
    return loss, Net(g_cell, g.T @ h, g.sum(axis=0))


def clamp(params: lstm.LSTMParams, held: tuple[str, float] | None) -> lstm.LSTMParams:
    """Hold a gate of every unit at 0 or 1: no weights, and a large bias."""
    if held is None:
        return params
    gate, value = held
    hidden = params.w_h.shape[1]
    rows = slice("ifgo".index(gate) * hidden, ("ifgo".index(gate) + 1) * hidden)
    w_x, w_h, b = params.w_x.copy(), params.w_h.copy(), params.b.copy()
    w_x[rows], w_h[rows], b[rows] = 0, 0, SHUT * (2 * value - 1)
    return lstm.LSTMParams(w_x, w_h, b)


def answers(net: Net, text: Text) -> tuple[Int[ndarray, "T B"], lstm.LSTMTape]:
    """Say how many brackets are open after each symbol; return the tape as well."""
    outputs, tape = lstm.forward(net.cell, text.x, lstm.zero_state(net.cell, text.symbols.shape[1]))
    return (outputs @ net.w.T + net.b).argmax(axis=2), tape


def train(rng: Generator, hidden: int, updates: int = UPDATES) -> tuple[Net, Float[ndarray, " U"]]:
    """Train a net with Adam, on new text at every update; return it, and the loss of every update."""
    net = begin_counter(rng, hidden)
    state, losses = adam_init(net), []
    for _ in range(updates):
        loss, g = gradient(net, brackets(rng, BATCH, STEPS))
        net, state = adam(net, clip_by_norm(g, LIMIT), state, lr=RATE)
        losses.append(loss)
    return net, np.array(losses)


def learn(hidden: int, seed: int) -> xr.Dataset:
    """Train a net, score it as it is and with a gate held still, and look at it reading a few lines.

    Parameters
    ----------
    hidden : int, at least 1
        Units of the LSTM.
    seed : int

    Returns
    -------
    Dataset
        Over ``clamp``: ``score``, the share of right counts at the letters of 1,000 new texts. Over
        ``symbol``: ``forget``, the mean forget gate when the symbol is read. Over ``clamp``, ``text`` and
        ``time``: ``i``, ``f``, ``o``, ``c``, means over the units, and ``answer``. Over ``update`` 100, 200,
        ...: ``loss``, the mean over the 100 updates before.
    """
    rng = np.random.default_rng(seed)
    net, losses = train(rng, hidden)
    new, shown = brackets(rng, 1000, STEPS), [read(line) for line in SHOWN.values()]
    held = [net._replace(cell=clamp(net.cell, how)) for how in CLAMPS.values()]
    traces = [[watch(each, text) for text in shown] for each in held]
    forget = answers(net, new)[1].gates[1]
    found = {name: [[one[name] for one in row] for row in traces] for name in traces[0][0]}
    return xr.Dataset(
        {
            "score": ("clamp", np.array([score(each, new) for each in held])),
            "loss": mean_losses(losses, EVERY),
            "forget": ("symbol", np.array([forget[new.symbols == k].mean() for k in range(len(SYMBOLS))])),
        }
        | {name: (("clamp", "text", "time"), np.array(parts)) for name, parts in found.items()},
        coords={
            "clamp": list(CLAMPS),
            "symbol": list(SYMBOLS),
            "text": list(SHOWN),
        },
    )


def begin_learning(hidden: int, seed: int) -> xr.Dataset:
    """Compute the loss of the first 100 updates again, and leave the others missing."""
    _, losses = train(np.random.default_rng(seed), hidden, EVERY)
    first = xr.Dataset({"loss": ("update", [losses.mean()])}, coords={"update": [EVERY]})
    return first.reindex(update=EVERY * np.arange(1, UPDATES // EVERY + 1))


def watch(net: Net, text: Text) -> dict[str, Float[ndarray, " T"]]:
    """Follow gates, cell state and answer of a net over one line; means over its units."""
    said, tape = answers(net, text)
    i, f, _, o = tape.gates[:, :, 0].mean(axis=2)
    return {"i": i, "f": f, "o": o, "c": tape.c[1:, 0].mean(axis=1), "answer": said[:, 0].astype(float)}


def score(net: Net, text: Text) -> float:
    """Share of letters at which the count is right."""
    return float((answers(net, text)[0] == text.depth)[text.asked].mean())


STORED_COUNTERS = register(
    Stored(
        name="lstm-counters",
        run=learn,
        axes={"hidden": SIZES, "seed": (0, 1, 2, 3, 4)},
        seed=0,
        rtol={"loss": 0.05},
        time="update",
        begin=begin_learning,
    )
)


@cache
def learned() -> xr.Dataset:
    """Read what was stored of the nets that count brackets; ``make results`` trains them again."""
    return load("lstm-counters")
