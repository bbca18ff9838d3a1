r"""Residual blocks of dense layers, $y = x + F(x)$, and the plain block. Chapter: Residual networks.

A block is a branch $F$, a shortcut around it or none, and what comes after the sum; ``BLOCKS`` spells
out the five kinds. Width in and width out are equal, so that the shortcut is the identity.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import Count, FloatDtype, Fraction, Positive
from livenotes._validated import validated
from livenotes.activations import relu
from livenotes.dense import Layer, affine, affine_backward
from livenotes.normalization import (
    BatchNormTape,
    NormGradients,
    RunningStats,
    batch_norm,
    batch_norm_backward,
    batch_norm_predict,
    layer_norm,
    layer_norm_backward,
    running_init,
    update_running,
)

Batch = Float[ndarray, "... D"]
Part = Literal["linear", "relu", "batch_norm", "layer_norm"]
Kind = Literal["plain", "original", "pre_activation", "pre_norm", "post_norm"]


class Block(NamedTuple):
    """The parts of the branch, whether the input is added to it, the parts after that."""

    branch: tuple[Part, ...]
    shortcut: bool
    after: tuple[Part, ...]


BLOCKS: dict[Kind, Block] = {
    "plain": Block(("linear", "batch_norm", "relu", "linear", "batch_norm"), False, ("relu",)),
    "original": Block(("linear", "batch_norm", "relu", "linear", "batch_norm"), True, ("relu",)),
    "pre_activation": Block(("batch_norm", "relu", "linear", "batch_norm", "relu", "linear"), True, ()),
    "pre_norm": Block(("layer_norm", "linear", "relu", "linear"), True, ()),
    "post_norm": Block(("linear", "relu", "linear"), True, ("layer_norm",)),
}
"""Original {cite}`he2016deep`, pre-activation {cite}`he2016identity`; in Transformers, post-norm is the
order of {cite}`vaswani2017attention` and pre-norm that compared with it by {cite}`xiong2020layer`."""


class Scale(NamedTuple):
    """Scale and shift after a normalization."""

    gamma: Float[ndarray, " D"]
    beta: Float[ndarray, " D"]


class BlockParams(NamedTuple):
    """One entry for each part of the block, ``()`` for a ReLU; also holds gradients."""

    branch: tuple[Any, ...]
    after: tuple[Any, ...]


class BlockTape(NamedTuple):
    """The kind of block, and the tape of each of its parts."""

    kind: Kind
    branch: tuple[Any, ...]
    after: tuple[Any, ...]


class BlockGradients(NamedTuple):
    """Gradients with respect to the parameters and the input."""

    g_params: BlockParams
    g_x: Batch


@validated
def init(rng: np.random.Generator, kind: Kind, width: Count, *, scale: Positive = 1.0) -> BlockParams:
    r"""Draw the weights from $N(0,\,s^2\,2/D)$ {cite}`he2015delving`; biases are 0, norms scale by 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    kind : {"plain", "original", "pre_activation", "pre_norm", "post_norm"}
    width : int, >= 1
        $D$.
    scale : float, > 0
        $s$; 1 is He's initialization.
    """

    def draw(part: Part) -> Any:
        if part == "linear":
            w = rng.normal(scale=scale * math.sqrt(2 / width), size=(width, width))
            return Layer(w, np.zeros(width))
        return () if part == "relu" else Scale(np.ones(width), np.zeros(width))

    block = BLOCKS[kind]
    return BlockParams(tuple(map(draw, block.branch)), tuple(map(draw, block.after)))


def _one_for_each_part(kind: Kind, params: BlockParams) -> None:
    for name in ("branch", "after"):
        needed, given = len(getattr(BLOCKS[kind], name)), len(getattr(params, name))
        if needed != given:
            raise ValueError(f"params.{name} must have {needed} entries for {kind!r}, got {given}")


@validated(where=_one_for_each_part)
def forward(kind: Kind, params: BlockParams, x: Batch) -> tuple[Batch, BlockTape]:
    """Run a block as in training: batch norm uses the batch's own statistics.

    Parameters
    ----------
    kind : a key of ``BLOCKS``
    params : BlockParams
    x : array, shape (..., D), float

    Returns
    -------
    y : array like ``x``
    tape : BlockTape
    """
    y, branch, after = _run(kind, params, x, _FORWARD)
    return y, BlockTape(kind, branch, after)


@validated
def backward(tape: BlockTape, g_y: Batch) -> BlockGradients:
    """Return dL/dparams and dL/dx.

    The shortcut hands ``g_y`` on unchanged and the branch adds its own share: this is why depth does not
    have to make gradients vanish.
    """
    block = BLOCKS[tape.kind]
    g_after, g_sum = _run_back(block.after, tape.after, g_y)
    g_branch, g_x = _run_back(block.branch, tape.branch, g_sum)
    return BlockGradients(BlockParams(g_branch, g_after), g_sum + g_x if block.shortcut else g_x)


@validated
def running_statistics(kind: Kind, width: Count, dtype: FloatDtype = np.float64) -> tuple[RunningStats, ...]:
    """Return the running statistics before training, one for each batch norm of the block."""
    return (running_init(width, dtype),) * _batch_norms(kind)


def _batch_norms(kind: Kind) -> int:
    block = BLOCKS[kind]
    return (block.branch + block.after).count("batch_norm")


def _one_for_each_norm(kind: Kind, running: tuple[RunningStats, ...]) -> None:
    needed = _batch_norms(kind)
    if len(running) != needed:
        raise ValueError(f"running must hold {needed} statistics for {kind!r}, got {len(running)}")


@validated(where=lambda running, tape: _one_for_each_norm(tape.kind, running))
def update_statistics(
    running: tuple[RunningStats, ...], tape: BlockTape, *, momentum: Fraction = 0.1
) -> tuple[RunningStats, ...]:
    """Move the running statistics toward those of the batch the tape is from."""
    tapes = [part for part in tape.branch + tape.after if isinstance(part, BatchNormTape)]
    return tuple(update_running(r, t, momentum=momentum) for r, t in zip(running, tapes, strict=True))


def _one_for_each(kind: Kind, params: BlockParams, running: tuple[RunningStats, ...]) -> None:
    _one_for_each_part(kind, params)
    _one_for_each_norm(kind, running)


@validated(where=_one_for_each)
def predict(kind: Kind, params: BlockParams, running: tuple[RunningStats, ...], x: Batch) -> Batch:
    """Run a block with running statistics in place of the batch's; each example is treated alone."""
    statistics: Iterator[RunningStats] = iter(running)

    def with_running(p: Scale, x: Batch) -> tuple[Batch, Any]:
        return batch_norm_predict(x, p.gamma, p.beta, next(statistics))

    return _run(kind, params, x, {**_FORWARD, "batch_norm": with_running})[0]


Step = Callable[[Any, Batch], tuple[Any, Any]]


def _run(
    kind: Kind, params: BlockParams, x: Batch, steps: dict[Part, Step]
) -> tuple[Batch, tuple[Any, ...], tuple[Any, ...]]:
    block = BLOCKS[kind]
    tapes: list[Any] = []
    y = x
    for part, p in zip(block.branch, params.branch, strict=True):
        y, tape = steps[part](p, y)
        tapes.append(tape)
    if block.shortcut:
        y = x + y
    for part, p in zip(block.after, params.after, strict=True):
        y, tape = steps[part](p, y)
        tapes.append(tape)
    split = len(block.branch)
    return y, tuple(tapes[:split]), tuple(tapes[split:])


def _run_back(parts: tuple[Part, ...], tapes: tuple[Any, ...], g_y: Batch) -> tuple[tuple[Any, ...], Batch]:
    gradients: list[Any] = []
    for part, tape in zip(reversed(parts), reversed(tapes), strict=True):
        g_params, g_y = _BACKWARD[part](tape, g_y)
        gradients.insert(0, g_params)
    return tuple(gradients), g_y


def _scale_first(gradients: NormGradients) -> tuple[Scale, Batch]:
    g_x, *g_scale = gradients
    return Scale(*g_scale), g_x


_FORWARD: dict[Part, Step] = {
    "linear": affine,
    "relu": lambda p, x: relu.forward(x),
    "batch_norm": lambda p, x: batch_norm(x, *p),
    "layer_norm": lambda p, x: layer_norm(x, *p),
}
_BACKWARD: dict[Part, Step] = {
    "linear": affine_backward,
    "relu": lambda tape, g: ((), relu.backward(tape, g)),
    "batch_norm": lambda tape, g: _scale_first(batch_norm_backward(tape, g)),
    "layer_norm": lambda tape, g: _scale_first(layer_norm_backward(tape, g)),
}
