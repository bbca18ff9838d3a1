"""One block of two numbers, small enough to follow by hand."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from livenotes.activations import relu
from livenotes.dense import Layer, affine
from livenotes.normalization import batch_norm, layer_norm
from livenotes.residual import BLOCKS, BlockParams, Kind, Part, Scale

X = np.array([[3.0, 1.0], [1.0, 2.0], [0.0, -1.0], [2.0, 4.0]])  # the figure follows the first of these
V = np.array([[1.0, -1.0], [0.5, 1.0]])
W = np.array([[1.0, 0.5], [-0.5, 1.0]])


class Flow(NamedTuple):
    """What leaves each part of a block, for the first example: of the branch, the sum, and after it."""

    branch: list[ndarray]
    total: ndarray
    after: list[ndarray]


def two_numbers(kind: Kind, scale: float = 1.0) -> BlockParams:
    """Make a block of width two; ``scale`` multiplies the last matrix of the branch."""
    matrices = iter((V, scale * W))

    def make(part: Part) -> Any:
        if part == "linear":
            return Layer(next(matrices), np.zeros(2))
        return () if part == "relu" else Scale(np.ones(2), np.zeros(2))

    block = BLOCKS[kind]
    return BlockParams(tuple(map(make, block.branch)), tuple(map(make, block.after)))


def flow(kind: Kind, scale: float) -> Flow:
    """Follow the four examples of ``X`` through a block, part by part."""
    block, params = BLOCKS[kind], two_numbers(kind, scale)
    branch, after, h = [], [], X
    for part, p in zip(block.branch, params.branch, strict=True):
        h = _PARTS[part](p, h)
        branch.append(h[0])
    h = total = block.shortcut * X + h
    for part, p in zip(block.after, params.after, strict=True):
        h = _PARTS[part](p, h)
        after.append(h[0])
    return Flow(branch, total[0], after)


_PARTS: Mapping[Part, Callable[[Any, ndarray], ndarray]] = {
    "linear": lambda p, x: affine(p, x)[0],
    "relu": lambda p, x: relu(x),
    "batch_norm": lambda p, x: batch_norm(x, *p)[0],
    "layer_norm": lambda p, x: layer_norm(x, *p)[0],
}
