"""The chapter on recurrent networks: gradients over many steps, starts, an error surface with a cliff."""

from livenotes.lab.memory import LENGTHS, SOLVED_SHARE, TASKS, longest_solved, trained

from .cliff import descent, surface
from .gradients import growth, horizon, powers, reach, unfolded
from .names import begin_names, learn_names, learned_names, write
from .starts import (
    RATES,
    STARTS,
    reach_before,
    scores_from,
    train_from,
    train_without,
    trained_from,
    trained_without,
)

__all__ = [
    "LENGTHS",
    "RATES",
    "SOLVED_SHARE",
    "STARTS",
    "TASKS",
    "begin_names",
    "descent",
    "growth",
    "horizon",
    "learn_names",
    "learned_names",
    "longest_solved",
    "powers",
    "reach",
    "reach_before",
    "scores_from",
    "surface",
    "train_from",
    "train_without",
    "trained",
    "trained_from",
    "trained_without",
    "unfolded",
    "write",
]
