"""The chapter on what came after ReLU: curves, units that die, thirty layers, and a comparison of all."""

from .deep import GAINS, RATES, SIGNALS, by_depth, drifted, fifty, thirty, through
from .dying import FACTORS, KINDS, MOMENTS, OPTIMIZERS, STARTS, deaths, graveyard, revival
from .masks import in_use, masked_by, shift
from .race import BETAS, TASKS, backward, begin, contest, data, forward, sharpened
from .shapes import BENDS, CURVES, TARGETS, bent, envelope, flow, gelu_errors, notch, swish_to_gelu, taylor

__all__ = [
    "BENDS",
    "BETAS",
    "CURVES",
    "FACTORS",
    "GAINS",
    "KINDS",
    "MOMENTS",
    "OPTIMIZERS",
    "RATES",
    "SIGNALS",
    "STARTS",
    "TARGETS",
    "TASKS",
    "backward",
    "begin",
    "bent",
    "by_depth",
    "contest",
    "data",
    "deaths",
    "drifted",
    "envelope",
    "fifty",
    "flow",
    "forward",
    "gelu_errors",
    "graveyard",
    "in_use",
    "masked_by",
    "notch",
    "revival",
    "sharpened",
    "shift",
    "swish_to_gelu",
    "taylor",
    "thirty",
    "through",
]
