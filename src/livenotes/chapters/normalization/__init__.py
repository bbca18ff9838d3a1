"""The chapter on normalization: who shares a mean, training against prediction, flow, races."""

from livenotes.lab.normed import KINDS, task

from .cloud import CORRELATIONS, PREPARED, prepared
from .convolution import pictures
from .in_time import steps
from .one_layer import (
    COMPANIES,
    DEPTHS,
    FLOW_GAINS,
    SCALED,
    SCALES,
    cells,
    column,
    companies,
    flow,
    scaled,
)
from .training import GAINS, INPUTS, batches, inputs, race, shaken, sharing, weights

__all__ = [
    "COMPANIES",
    "CORRELATIONS",
    "DEPTHS",
    "FLOW_GAINS",
    "GAINS",
    "INPUTS",
    "KINDS",
    "PREPARED",
    "SCALED",
    "SCALES",
    "batches",
    "cells",
    "column",
    "companies",
    "flow",
    "inputs",
    "pictures",
    "prepared",
    "race",
    "scaled",
    "shaken",
    "sharing",
    "steps",
    "task",
    "weights",
]
