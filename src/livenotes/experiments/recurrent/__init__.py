"""Experiments of the chapters on recurrent networks and the LSTM."""

from .cliff import Descent, Surface, descent, surface
from .memory import CELL_NAMES, LENGTHS, TASKS, Net, longest_solved, solved, train
from .reach import Growth, Reach, growth, horizon, reach
from .starts import RATES, STARTS, after, before, start
from .unfolded import Unfolded, unfolded

__all__ = [
    "CELL_NAMES",
    "LENGTHS",
    "RATES",
    "STARTS",
    "TASKS",
    "Descent",
    "Growth",
    "Net",
    "Reach",
    "Surface",
    "Unfolded",
    "after",
    "before",
    "descent",
    "growth",
    "horizon",
    "longest_solved",
    "reach",
    "solved",
    "start",
    "surface",
    "train",
    "unfolded",
]
