"""Experiments of the chapter on activation functions; ``plots`` draws them, ``measures`` holds its claims."""

from livenotes.lab.curves import curve

from .centered import centering, same_sign, zigzag
from .nonlinearity import SNAPSHOTS, boundary, collapse, separation, switches, universal
from .slopes import chain, family
from .sparse import generalization_gap, sparsity
from .speed import best_steps, cost, race

__all__ = [
    "SNAPSHOTS",
    "best_steps",
    "boundary",
    "centering",
    "chain",
    "collapse",
    "cost",
    "curve",
    "family",
    "generalization_gap",
    "race",
    "same_sign",
    "separation",
    "sparsity",
    "switches",
    "universal",
    "zigzag",
]
