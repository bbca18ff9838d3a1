r"""Residual blocks of dense layers, $y = x + F(x)$, and the plain block. Chapter: Residual networks.

A block is a branch $F$, a shortcut around it or none, and what comes after the sum; ``BLOCKS`` spells
out the five kinds. The shortcut is the identity where width in and width out are equal, and a projection
$W_s x$ {cite}`he2016deep` where they are not.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import Count, FloatDtype, Fraction, Positive
from livenotes._validated import validated
from livenotes.activations import relu
from livenotes.dense import Layer, LayerTape, affine, affine_backward
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
Out = Float[ndarray, "... E"]  # E is D unless the width changes
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
    """One entry for each part of the block, ``()`` for a ReLU; also holds gradients.

    ``shortcut`` is the projection, or None where the shortcut is the identity or there is none.
    """

    branch: tuple[Any, ...]
    after: tuple[Any, ...]
    shortcut: Layer | None = None


class BlockTape(NamedTuple):
    """The kind of block, and the tape of each of its parts."""

    kind: Kind
    branch: tuple[Any, ...]
    after: tuple[Any, ...]
    shortcut: LayerTape | None = None


class BlockGradients(NamedTuple):
    """Gradients with respect to the parameters and the input."""

    g_params: BlockParams
    g_x: Batch


@validated
def init(
    rng: np.random.Generator, kind: Kind, width: Count, *, outputs: Count | None = None, scale: Positive = 1.0
) -> BlockParams:
    r"""Draw the weights from $N(0,\,s^2\,2/D)$ {cite}`he2015delving`; biases are 0, norms scale by 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    kind : {"plain", "original", "pre_activation", "pre_norm", "post_norm"}
    width : int, >= 1
        $D$.
    outputs : int, >= 1, optional
        Width of the output. Where it is not ``width``, the shortcut is a projection drawn from $N(0,\,1/D)$.
    scale : float, > 0
        $s$; 1 is He's initialization.
    """

    block, wide = BLOCKS[kind], width  # of what the next part gets

    def draw(part: Part) -> Any:
        nonlocal wide
        if part == "linear":
            w = rng.normal(scale=scale * math.sqrt(2 / wide), size=(outputs or width, wide))
            wide = len(w)
            return Layer(w, np.zeros(wide))
        return () if part == "relu" else Scale(np.ones(wide), np.zeros(wide))

    branch, after = tuple(map(draw, block.branch)), tuple(map(draw, block.after))
    if not block.shortcut or wide == width:
        return BlockParams(branch, after)
    projection = rng.normal(scale=math.sqrt(1 / width), size=(wide, width))
    return BlockParams(branch, after, Layer(projection, np.zeros(wide)))


def _one_for_each_part(kind: Kind, params: BlockParams) -> None:
    for name in ("branch", "after"):
        needed, given = len(getattr(BLOCKS[kind], name)), len(getattr(params, name))
        if needed != given:
            raise ValueError(f"params.{name} must have {needed} entries for {kind!r}, got {given}")
    layers = [layer for layer in params.branch if isinstance(layer, Layer)]
    if not BLOCKS[kind].shortcut:
        if params.shortcut is not None:
            raise ValueError(f"params.shortcut must be None for {kind!r}, which has none, got a Layer")
    elif layers:
        inputs, outputs = layers[0].w.shape[1], len(layers[-1].w)
        skip = (inputs, inputs) if params.shortcut is None else params.shortcut.w.shape[::-1]
        if skip != (inputs, outputs):
            got = "None" if params.shortcut is None else f"a map of {skip[0]} to {skip[1]}"
            raise ValueError(f"params.shortcut must map {inputs} to {outputs} numbers, got {got}")


@validated(where=_one_for_each_part)
def forward(kind: Kind, params: BlockParams, x: Batch) -> tuple[Out, BlockTape]:
    """Run a block as in training: batch norm uses the batch's own statistics.

    Parameters
    ----------
    kind : a key of ``BLOCKS``
    params : BlockParams
    x : array, shape (..., D), float

    Returns
    -------
    y : array, shape (..., E), like ``x``
        E is D unless the width changes.
    tape : BlockTape
    """
    block = BLOCKS[kind]
    f, branch = _run(block.branch, params.branch, x)
    skipped, shortcut = _around(kind, params, x)  # x, a projection, or 0
    y, after = _run(block.after, params.after, skipped + f)
    return y, BlockTape(kind, branch, after, shortcut)


@validated
def backward(tape: BlockTape, g_y: Out) -> BlockGradients:
    """Return dL/dparams and dL/dx.

    An identity shortcut hands on what reaches the sum unchanged, and the
    branch adds its own share: depth need not make gradients vanish.
    """
    block = BLOCKS[tape.kind]
    g_after, g_sum = _run_back(block.after, tape.after, g_y)
    g_branch, g_x = _run_back(block.branch, tape.branch, g_sum)
    g_shortcut, g_skipped = _around_back(tape, g_sum)
    g_params = BlockParams(g_branch, g_after, g_shortcut)
    return BlockGradients(g_params, g_skipped + g_x)


@validated
def running_statistics(
    kind: Kind, width: Count, dtype: FloatDtype = np.float64, *, outputs: Count | None = None
) -> tuple[RunningStats, ...]:
    """Return the running statistics before training, one for each batch norm of the block."""
    wide, found = width, []
    for part in BLOCKS[kind].branch + BLOCKS[kind].after:
        if part == "linear":
            wide = outputs or width
        elif part == "batch_norm":
            found.append(running_init(wide, dtype))
    return tuple(found)


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
def predict(kind: Kind, params: BlockParams, running: tuple[RunningStats, ...], x: Batch) -> Out:
    """Run a block with running statistics in place of the batch's; each example is treated alone."""
    block, statistics = BLOCKS[kind], iter(running)

    def with_running(p: Scale, x: Batch) -> tuple[Batch, Any]:
        return batch_norm_predict(x, p.gamma, p.beta, next(statistics))

    steps = {**_FORWARD, "batch_norm": with_running}
    f, _ = _run(block.branch, params.branch, x, steps)
    skipped, _ = _around(kind, params, x)
    return _run(block.after, params.after, skipped + f, steps)[0]


Step = Callable[[Any, Batch], tuple[Any, Any]]


def _run(
    parts: tuple[Part, ...], params: tuple[Any, ...], x: Batch, steps: Mapping[Part, Step] | None = None
) -> tuple[Out, tuple[Any, ...]]:
    tapes: list[Any] = []
    for part, p in zip(parts, params, strict=True):
        x, tape = (steps or _FORWARD)[part](p, x)
        tapes.append(tape)
    return x, tuple(tapes)


def _around(kind: Kind, params: BlockParams, x: Batch) -> tuple[Any, LayerTape | None]:
    if not BLOCKS[kind].shortcut:
        return 0.0, None
    return (x, None) if params.shortcut is None else affine(params.shortcut, x)


def _around_back(tape: BlockTape, g: Batch) -> tuple[Layer | None, Any]:
    if not BLOCKS[tape.kind].shortcut:
        return None, 0.0
    return (None, g) if tape.shortcut is None else affine_backward(tape.shortcut, g)


def _run_back(parts: tuple[Part, ...], tapes: tuple[Any, ...], g_y: Out) -> tuple[tuple[Any, ...], Batch]:
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
