"""Experiments of the chapter on activation functions; ``*_measures`` hold the numbers of its claims."""

from .approximation import Universal, universal
from .boundaries import SNAPSHOTS, Boundary, Collapse, Separation, boundary, collapse, separation
from .centered import Centering, centering
from .curves import Curve, Family, curve, family
from .gradients import Chain, chain
from .paths import Zigzag, same_sign, zigzag
from .sparse import Gap, Sparsity, generalization_gap, sparsity
from .speed import Race, race
from .timing import Cost, cost

__all__ = [
    "SNAPSHOTS",
    "Boundary",
    "Centering",
    "Chain",
    "Collapse",
    "Cost",
    "Curve",
    "Family",
    "Gap",
    "Race",
    "Separation",
    "Sparsity",
    "Universal",
    "Zigzag",
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
    "universal",
    "zigzag",
]
