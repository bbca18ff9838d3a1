"""Experiments of the chapters on recurrent networks and the LSTM."""

from .cliff import Descent, Surface, descent, surface
from .memory import CELL_NAMES, LENGTHS, SOLVED_SHARE, TASKS, Net, Task, longest_solved, train, trained
from .reach import Growth, Reach, growth, horizon, reach
from .starts import RATES, STARTS, after, before, start
from .unfolded import Unfolded, unfolded

__all__ = [
    "CELL_NAMES",
    "LENGTHS",
    "RATES",
    "SOLVED_SHARE",
    "STARTS",
    "TASKS",
    "Descent",
    "Growth",
    "Net",
    "Reach",
    "Surface",
    "Task",
    "Unfolded",
    "after",
    "before",
    "descent",
    "growth",
    "horizon",
    "longest_solved",
    "reach",
    "start",
    "surface",
    "train",
    "trained",
    "unfolded",
]
