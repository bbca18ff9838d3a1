"""The chapter on recurrent networks: gradients over many steps, starts, an error surface with a cliff."""

from livenotes.lab.memory import LENGTHS, SOLVED_SHARE, TASKS, longest_solved, trained

from .cliff import descent, surface
from .gradients import growth, horizon, reach, unfolded
from .starts import RATES, STARTS, reach_before, scores_from, train_from, trained_from

__all__ = [
    "LENGTHS",
    "RATES",
    "SOLVED_SHARE",
    "STARTS",
    "TASKS",
    "descent",
    "growth",
    "horizon",
    "longest_solved",
    "reach",
    "reach_before",
    "scores_from",
    "surface",
    "train_from",
    "trained",
    "trained_from",
    "unfolded",
]
