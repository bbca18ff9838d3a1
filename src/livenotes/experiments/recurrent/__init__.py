"""Experiments of the chapters on recurrent networks and the LSTM."""

from .cliff import Descent, Surface, descent, surface
from .memory import CELL_NAMES, LENGTHS, TASKS, Net, longest_solved, train
from .reach import Growth, Reach, growth, horizon, reach
from .starts import RATES, STARTS, start
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
    "descent",
    "growth",
    "horizon",
    "longest_solved",
    "reach",
    "start",
    "surface",
    "train",
    "unfolded",
]
