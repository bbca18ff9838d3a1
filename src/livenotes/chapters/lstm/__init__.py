"""The chapter on the LSTM: one cell, a net that counts brackets, lengths, other functions, variants."""

from livenotes.lab.memory import LENGTHS, TASKS, trained

from .cell import by_hand, carried, counters, kept, trace
from .counting import CLAMPS, SHOWN, begin_counter, brackets, clamp, gradient, learned, read, score
from .lengths import trained_with, variants, weights
from .roles import ROLES, trained_as

__all__ = [
    "CLAMPS",
    "LENGTHS",
    "ROLES",
    "SHOWN",
    "TASKS",
    "begin_counter",
    "brackets",
    "by_hand",
    "carried",
    "clamp",
    "counters",
    "gradient",
    "kept",
    "learned",
    "read",
    "score",
    "trace",
    "trained",
    "trained_as",
    "trained_with",
    "variants",
    "weights",
]
