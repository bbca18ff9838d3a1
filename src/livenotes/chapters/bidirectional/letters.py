"""A letter is missing in real text: guess it from what stands before it, after it, or on both sides.

Three hundred short news texts, in lower case; four in five are for training.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Int
from numpy import ndarray
from numpy.random import Generator
from scipy.special import softmax

from livenotes._arguments import require_choice
from livenotes._trees import leaves
from livenotes.datasets.corpus import lee_texts
from livenotes.lab.store import load
from livenotes.recurrent import stacked

from .reading import BOTH, GRU, Lines, answer, ask_all, at_the_end, begin_reader, learn, stored

LETTERS = " 'abcdefghijklmnopqrstuvwxyz"
GAP = len(LETTERS)  # the symbol that stands for the missing letter
SIDE = 8  # letters on each side that a net may see
AHEAD = (0, 1, 2, 3, 5, 8)
UNITS = {"delayed": 32, "both": 20}  # about 7,000 weights each
BATCH, UPDATES, RATE = 64, 800, 0.005
SHOWN = ("in the c_urt", "all over _he world", "people kn_w it", "was ki_led in")
GUESSES = 3
SIZES = {"1 × 32": (1, 32), "2 × 32": (2, 32), "3 × 32": (3, 32), "1 × 58": (1, 58), "1 × 77": (1, 77)}
"""Layers and units a direction; the last two have as many weights as two and three layers of 32."""
WINDOW, READ = 30, 32  # letters of a window whose next letters are guessed, and units


class Texts(NamedTuple):
    """Letters as numbers, those of the texts for training and those of the others."""

    train: Int[ndarray, " N"]
    new: Int[ndarray, " M"]


@cache
def texts() -> Texts:
    """Read the texts, each as one run of letters and single spaces."""
    number = {letter: k for k, letter in enumerate(LETTERS)}
    read = [[number[letter] for letter in " ".join(words) + " "] for words in lee_texts()]
    cut = len(read) * 4 // 5
    return Texts(*(np.concatenate(part).astype(int) for part in (read[:cut], read[cut:])))


def gaps(letters: Int[ndarray, " N"], at: Int[ndarray, " B"], before: int, after: int) -> Lines:
    """Cut a window round each position and hide its letter, which is the answer."""
    symbols = letters[at + np.arange(-before, after + 1)[:, None]]
    target = symbols[before].copy()
    symbols[before] = GAP
    return Lines(np.eye(GAP + 1, dtype=np.float32)[symbols], symbols == GAP, target)


def ask_gaps(letters: Int[ndarray, " N"], rng: Generator, after: int, size: int = BATCH) -> Lines:
    """Draw gaps at random."""
    return gaps(letters, rng.integers(SIDE, len(letters) - SIDE, size=size), SIDE, after)


def every_gap(after: int) -> Lines:
    """Gaps at every seventh letter of the new texts."""
    new = texts().new
    return gaps(new, np.arange(SIDE, len(new) - SIDE, 7), SIDE, after)


def as_gap(line: str, after: int) -> Lines:
    """Read a line of the chapter, with an underscore for the missing letter, as a net gets it."""
    at = line.index("_")
    padded = line.replace("_", " ").rjust(len(line) + SIDE).ljust(len(line) + 2 * SIDE)
    letters = np.array([LETTERS.index(letter) for letter in padded])
    return gaps(letters, np.array([at + SIDE]), SIDE, after)


def train_gaps(reader: str, ahead: int, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train one net to fill gaps when so many letters after the gap may be seen.

    Parameters
    ----------
    reader : {"delayed", "both"}
        One reading from left to right that answers at the last letter, or two that meet at the gap.
    ahead : int
        Letters seen after the gap.
    seed : int

    Returns
    -------
    Dataset
        ``right`` and ``new_loss`` on new texts; over ``line`` and ``rank``: ``guess`` and ``chance``, the
        three most likely letters of the lines of the chapter. ``loss`` over ``update``.
    """
    require_choice("reader", reader, UNITS)
    rng = np.random.default_rng(seed)
    layer, put = (BOTH, Lines._make) if reader == "both" else (GRU, at_the_end)
    start = begin_reader(rng, layer, GAP + 1, UNITS[reader], GAP)
    net, losses = learn(layer, start, lambda: put(ask_gaps(texts().train, rng, ahead)), updates, RATE)
    right, new_loss = ask_all(layer, net, put(every_gap(ahead)))
    scores = np.concatenate([answer(layer, net, put(as_gap(line, ahead)))[0] for line in SHOWN])
    p = softmax(scores.astype(float), axis=1)
    best = p.argsort(axis=1)[:, : -GUESSES - 1 : -1]
    return xr.Dataset(
        {
            "right": right,
            "new_loss": new_loss,
            "guess": (("line", "rank"), np.array(list(LETTERS))[best]),
            "chance": (("line", "rank"), np.take_along_axis(p, best, axis=1)),
            "loss": losses,
        },
        {"line": list(SHOWN)},
    )


stored(
    "bidirectional-gaps",
    train_gaps,
    {"reader": tuple(UNITS), "ahead": AHEAD, "seed": (0, 1, 2)},
    updates=UPDATES,
)


def train_sizes(size: str, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train one or more bidirectional layers to fill gaps that are seen from both sides.

    Returns
    -------
    Dataset
        ``right`` and ``new_loss`` on new texts, and ``loss`` over ``update``.
    """
    require_choice("size", size, SIZES)
    rng = np.random.default_rng(seed)
    layers, units = SIZES[size]
    layer = stacked.over(*[BOTH] * layers)
    start = begin_reader(rng, layer, GAP + 1, units, GAP)
    net, losses = learn(layer, start, lambda: ask_gaps(texts().train, rng, SIDE), updates, RATE)
    right, new_loss = ask_all(layer, net, every_gap(SIDE))
    return xr.Dataset({"right": right, "new_loss": new_loss, "loss": losses})


stored("bidirectional-sizes", train_sizes, {"size": tuple(SIZES), "seed": (0, 1, 2)}, updates=UPDATES)


def next_letters(letters: Int[ndarray, " N"], at: Int[ndarray, " B"]) -> Lines:
    """Cut windows and ask for the next letter after each of their letters."""
    symbols = letters[at + np.arange(WINDOW + 1)[:, None]]
    x = np.eye(GAP + 1, dtype=np.float32)[symbols[:-1]]
    return Lines(x, np.ones(x.shape[:2], bool), symbols[1:].ravel())


def train_next(reader: str, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train a net of one direction or of two to guess each next letter.

    Returns
    -------
    Dataset
        Over ``step``: ``new_loss``, nats a letter, by how many letters of the window have been read; at the
        last of them the letter that is asked for lies beyond the window. ``loss`` over ``update``.
    """
    require_choice("reader", reader, ("left to right", "both"))
    rng = np.random.default_rng(seed)
    layer = BOTH if reader == "both" else GRU
    train, new = texts()

    def draw() -> Lines:
        return next_letters(train, rng.integers(len(train) - WINDOW, size=32))

    net, losses = learn(layer, begin_reader(rng, layer, GAP + 1, READ, GAP), draw, updates, RATE)
    lines = next_letters(new, np.arange(0, len(new) - WINDOW, WINDOW + 1))
    p = softmax(answer(layer, net, lines)[0].astype(float), axis=1)[
        np.arange(len(lines.target)), lines.target
    ]
    by_step = -np.log(p).reshape(WINDOW, -1).mean(axis=1)
    return xr.Dataset({"new_loss": ("step", by_step), "loss": losses}, {"step": np.arange(1, WINDOW + 1)})


stored(
    "bidirectional-next",
    train_next,
    {"reader": ("left to right", "both"), "seed": (0, 1, 2)},
    updates=UPDATES,
)


def count_weights(layers: int, units: int) -> int:
    """Count what a stack of bidirectional layers learns that fills gaps, its readout included."""
    layer = stacked.over(*[BOTH] * layers)
    net = begin_reader(np.random.default_rng(0), layer, GAP + 1, units, GAP)
    return sum(weight.size for weight in leaves(net))


@cache
def filled() -> xr.Dataset:
    """Read what was stored of the nets that fill gaps; ``make results`` trains them again."""
    return load("bidirectional-gaps")


@cache
def sizes() -> xr.Dataset:
    """Read what was stored of stacks that fill gaps."""
    return load("bidirectional-sizes")


@cache
def leaking() -> xr.Dataset:
    """Read what was stored of the nets that guess next letters."""
    return load("bidirectional-next")
