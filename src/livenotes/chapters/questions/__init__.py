"""The chapter on five questions: a bend, ReLU, gates, gradients, and which data suit deep learning."""

from .layers import DEPTHS, HIDDEN_LAYERS, IDENTITY, RATES, SETS, advice, collapsed, stack
from .pictures import (
    FIELDS,
    SHARES,
    alike,
    backward,
    begin_windows,
    examples,
    forward,
    images,
    permuted,
    readers,
    shuffled,
)
from .sequences import LINE, STARTS, STEPS, error, left, roll, swapped
from .sizes import DIGIT_SIZES, curves, descend, health, split

__all__ = [
    "DEPTHS",
    "DIGIT_SIZES",
    "FIELDS",
    "HIDDEN_LAYERS",
    "IDENTITY",
    "LINE",
    "RATES",
    "SETS",
    "SHARES",
    "STARTS",
    "STEPS",
    "advice",
    "alike",
    "backward",
    "begin_windows",
    "collapsed",
    "curves",
    "descend",
    "error",
    "examples",
    "forward",
    "health",
    "images",
    "left",
    "permuted",
    "readers",
    "roll",
    "shuffled",
    "split",
    "stack",
    "swapped",
]
