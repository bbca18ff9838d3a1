"""The chapter on residual networks: depth, one block, gradients and ranks, paths, the place of the norm."""

from .block import flow, two_numbers
from .depth import KINDS, by_depth, deepened, longer, orthogonal
from .nets import backward, begin, errors, forward, trained, training
from .norms import orders
from .paths import by_length, removed
from .signal import bare, gradients, twins, variety

__all__ = [
    "KINDS",
    "backward",
    "bare",
    "begin",
    "by_depth",
    "by_length",
    "deepened",
    "errors",
    "flow",
    "forward",
    "gradients",
    "longer",
    "orders",
    "orthogonal",
    "removed",
    "trained",
    "training",
    "twins",
    "two_numbers",
    "variety",
]
