"""Two marks, one on each side of a blank: are they the same? Where two readings can be compared."""

from functools import cache

import numpy as np
import xarray as xr
from numpy.random import Generator

from livenotes._arguments import Count, require_choice
from livenotes._validated import validated
from livenotes.lab.store import load
from livenotes.recurrent import Cell, stacked

from .reading import BATCH, BOTH, GRU, Lines, answer, ask_all, at_the_end, begin_reader, learn, stored

SIDE = 4
STEPS = 2 * SIDE + 1
EMPTY, BLANK = 2, 3  # after the two marks, 0 and 1
UPDATES, RATE = 600, 0.01
NETS: dict[str, tuple[Cell, int]] = {
    "1 layer": (BOTH, 16),
    "2 layers": (stacked.over(BOTH, BOTH), 16),
    "3 layers": (stacked.over(BOTH, BOTH, BOTH), 16),
    "1 wide layer": (BOTH, 64),
    "1 layer, asked at the end": (GRU, 16),
}
CASES = ("0 _ 0", "0 _ 1", "1 _ 0", "1 _ 1")


@validated
def marks(rng: Generator, size: Count) -> Lines:
    """Draw lines with a mark, 0 or 1, somewhere on each side of a blank.

    The answer, asked at the blank, is 1 if the two marks are the same.
    """
    each = np.arange(size)
    symbols = np.full((STEPS, size), EMPTY)
    symbols[SIDE] = BLANK
    left, right = rng.integers(2, size=(2, size))
    symbols[rng.integers(SIDE, size=size), each] = left
    symbols[rng.integers(SIDE + 1, STEPS, size=size), each] = right
    return Lines(np.eye(BLANK + 1)[symbols], symbols == BLANK, (left == right).astype(int))


def cases() -> Lines:
    """The four lines with a mark two steps before the blank and one two steps after it."""
    symbols = np.full((STEPS, 4), EMPTY)
    symbols[SIDE], symbols[SIDE - 2], symbols[SIDE + 2] = BLANK, [0, 0, 1, 1], [0, 1, 0, 1]
    return Lines(np.eye(BLANK + 1)[symbols], symbols == BLANK, np.array([1, 0, 0, 1]))


def train_marks(net: str, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train one net to compare two marks.

    Returns
    -------
    Dataset
        ``right``, the share of right answers on 1,000 new lines; over ``case``: ``score``, that of "the same"
        less that of "not the same", for four lines. ``loss`` over ``update``.
    """
    require_choice("net", net, NETS)
    layer, units = NETS[net]
    put = Lines._make if layer is not GRU else at_the_end
    rng = np.random.default_rng(seed)
    start = begin_reader(rng, layer, BLANK + 1, units, 2)
    trained, losses = learn(layer, start, lambda: put(marks(rng, BATCH)), updates, RATE)
    scores, _ = answer(layer, trained, put(cases()))
    right, _ = ask_all(layer, trained, put(marks(rng, 1000)))
    return xr.Dataset(
        {"right": right, "score": ("case", (scores[:, 1] - scores[:, 0]).astype(float)), "loss": losses},
        {"case": list(CASES)},
    )


stored("bidirectional-marks", train_marks, {"net": tuple(NETS), "seed": (0, 1, 2, 3, 4)}, updates=UPDATES)


@cache
def compared() -> xr.Dataset:
    """Read what was stored of the nets that compare marks; ``make results`` trains them again."""
    return load("bidirectional-marks")
