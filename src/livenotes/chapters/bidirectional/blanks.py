"""A blank and a clue that says what belongs there: before the blank, or after it."""

from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Int
from numpy import ndarray
from numpy.random import Generator
from scipy.special import softmax

from livenotes._arguments import require_choice
from livenotes.lab.store import load

from .reading import (
    BATCH,
    BOTH,
    GRU,
    READERS,
    Lines,
    answer,
    ask_all,
    begin_reader,
    learn,
    stored,
    turned,
)

CLUES, FILLERS = 4, 4
BLANK = CLUES + FILLERS
FARTHEST = 8
STEPS = 2 * FARTHEST + 1
POSITIONS = tuple(k for k in range(-FARTHEST, FARTHEST + 1) if k)  # of the clue, relative to the blank
HIDDEN, UPDATES, RATE = 16, 600, 0.01
NAMES = "ABCDwxyz_"  # of the symbols in a picture: clues, fillers, the blank


def clues(rng: Generator, at: Int[ndarray, " B"]) -> Lines:
    """Draw a line for each position of the clue: fillers, a blank in the middle, one clue.

    The answer, asked at the blank, is which of the four clues it was.
    """
    each = np.arange(len(at))
    symbols = rng.integers(CLUES, BLANK, size=(STEPS, len(at)))
    target = rng.integers(CLUES, size=len(at))
    symbols[FARTHEST] = BLANK
    symbols[FARTHEST + at, each] = target
    return Lines(np.eye(BLANK + 1)[symbols], symbols == BLANK, target)


def train_clues(reader: str, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train one net on clues at all positions, and ask it for each position by itself.

    Returns
    -------
    Dataset
        Over ``position``: ``right``, the share of right answers on 500 new lines; over ``answer`` as well:
        ``said``, what the net believes of the line that is shown in the chapter. ``loss`` over ``update``.
    """
    require_choice("reader", reader, READERS)
    rng = np.random.default_rng(seed)
    layer = BOTH if reader == "both" else GRU
    turn = turned if reader == "right to left" else Lines._make

    def draw() -> Lines:
        return turn(clues(rng, rng.choice(POSITIONS, size=BATCH)))

    net, losses = learn(layer, begin_reader(rng, layer, BLANK + 1, HIDDEN, CLUES), draw, updates, RATE)
    right = [ask_all(layer, net, turn(clues(rng, np.full(500, at))))[0] for at in POSITIONS]
    scores, _ = answer(layer, net, turn(shown()))
    return xr.Dataset(
        {
            "right": ("position", right),
            "said": (("position", "answer"), softmax(scores.astype(float), axis=1)),
            "loss": losses,
        },
        {"position": list(POSITIONS)},
    )


def shown() -> Lines:
    """The line of the chapter with its clue, a C, at each position in turn."""
    symbols = np.repeat(np.random.default_rng(0).integers(CLUES, BLANK, size=(STEPS, 1)), len(POSITIONS), 1)
    symbols[FARTHEST] = BLANK
    symbols[FARTHEST + np.array(POSITIONS), np.arange(len(POSITIONS))] = 2
    return Lines(np.eye(BLANK + 1)[symbols], symbols == BLANK, np.full(len(POSITIONS), 2))


stored("bidirectional-clues", train_clues, {"reader": READERS, "seed": (0, 1, 2, 3, 4)}, updates=UPDATES)


@cache
def learned_clues() -> xr.Dataset:
    """Read what was stored of the nets that look for a clue; ``make results`` trains them again."""
    return load("bidirectional-clues")
