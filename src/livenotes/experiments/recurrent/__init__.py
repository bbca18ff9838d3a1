"""Experiments of the chapters on recurrent networks and the LSTM."""

from .cliff import Descent, Surface, descent, surface
from .memory import LENGTHS, TASKS, Net, longest_solved, train
from .reach import Reach, horizon, reach

__all__ = [
    "LENGTHS",
    "TASKS",
    "Descent",
    "Net",
    "Reach",
    "Surface",
    "descent",
    "horizon",
    "longest_solved",
    "reach",
    "surface",
    "train",
]
