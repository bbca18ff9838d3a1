"""The chapter on bidirectional and deep recurrent networks: a blank, missing letters, marks, word orders."""

from .agreement import compared, marks
from .blanks import POSITIONS, clues, learned_clues, shown
from .letters import AHEAD, SHOWN, SIZES, count_weights, filled, leaking, sizes
from .orders import (
    FEEDS,
    LENGTHS,
    MEASURED,
    ORDERS,
    TARGETS,
    alignment,
    ordered,
    translated,
)
from .reading import BOTH, GRU, ask_all, begin_reader

__all__ = [
    "AHEAD",
    "BOTH",
    "FEEDS",
    "GRU",
    "LENGTHS",
    "MEASURED",
    "ORDERS",
    "POSITIONS",
    "SHOWN",
    "SIZES",
    "TARGETS",
    "alignment",
    "ask_all",
    "begin_reader",
    "clues",
    "compared",
    "count_weights",
    "filled",
    "leaking",
    "learned_clues",
    "marks",
    "ordered",
    "shown",
    "sizes",
    "translated",
]
