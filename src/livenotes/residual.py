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

from livenotes._arguments import (
    Number,
    require_axes,
    require_count,
    require_float_dtype,
    require_generator,
    require_positive,
    require_type,
)
from livenotes.activations import relu
from livenotes.normalization import (
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
Layer = Literal["linear", "relu", "batch_norm", "layer_norm"]
Kind = Literal["plain", "original", "pre_activation", "pre_norm", "post_norm"]


class Block(NamedTuple):
    """The layers of the branch, whether the input is added to it, the layers after that."""

    branch: tuple[Layer, ...]
    shortcut: bool
    after: tuple[Layer, ...]


BLOCKS: dict[Kind, Block] = {
    "plain": Block(("linear", "batch_norm", "relu", "linear", "batch_norm"), False, ("relu",)),
    "original": Block(("linear", "batch_norm", "relu", "linear", "batch_norm"), True, ("relu",)),
    "pre_activation": Block(("batch_norm", "relu", "linear", "batch_norm", "relu", "linear"), True, ()),
    "pre_norm": Block(("layer_norm", "linear", "relu", "linear"), True, ()),
    "post_norm": Block(("linear", "relu", "linear"), True, ("layer_norm",)),
}
"""Original {cite}`he2016deep`, pre-activation {cite}`he2016identity`; in Transformers, post-norm is the
order of {cite}`vaswani2017attention` and pre-norm that compared with it by {cite}`xiong2020layer`."""


class Linear(NamedTuple):
    """Weights of a linear layer."""

    w: Float[ndarray, "H D"]
    b: Float[ndarray, " H"]


class Scale(NamedTuple):
    """Scale and shift after a normalization."""

    gamma: Float[ndarray, " D"]
    beta: Float[ndarray, " D"]


class BlockParams(NamedTuple):
    """One entry for each layer of the block, ``()`` for a ReLU; equally a gradient."""

    branch: tuple[Any, ...]
    after: tuple[Any, ...]


class BlockTape(NamedTuple):
    """The kind of block, and the tape of each of its layers."""

    kind: Kind
    branch: tuple[Any, ...]
    after: tuple[Any, ...]


def init(rng: np.random.Generator, kind: Kind, width: int, *, scale: Number = 1.0) -> BlockParams:
    r"""Draw the weights from $N(0,\,s^2\,2/D)$ {cite}`he2015delving`; biases 0, norms at rest.

    Parameters
    ----------
    rng : numpy.random.Generator
    kind : {"plain", "original", "pre_activation", "pre_norm", "post_norm"}
    width : int, >= 1
        $D$.
    scale : float, > 0
        $s$; 1 is He's initialization.
    """
    require_generator(rng)
    width, scale = require_count("width", width), require_positive("scale", scale)

    def draw(layer: Layer) -> Any:
        if layer == "linear":
            w = rng.normal(scale=scale * math.sqrt(2 / width), size=(width, width))
            return Linear(w, np.zeros(width))
        return () if layer == "relu" else Scale(np.ones(width), np.zeros(width))

    block = _block(kind)
    return BlockParams(tuple(map(draw, block.branch)), tuple(map(draw, block.after)))


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


def backward(tape: BlockTape, g: Batch) -> tuple[BlockParams, Batch]:
    """Return dL/dparams and dL/dx.

    The shortcut hands ``g`` on unchanged and the branch adds its own share: this is why depth does not
    have to make gradients vanish.
    """
    require_type("tape", tape, BlockTape)
    block = _block(tape.kind)
    g_after, g_sum = _run_back(block.after, tape.after, g)
    g_branch, g_x = _run_back(block.branch, tape.branch, g_sum)
    return BlockParams(g_branch, g_after), g_sum + g_x if block.shortcut else g_x


def running_statistics(kind: Kind, width: int, dtype: Any = np.float64) -> tuple[RunningStats, ...]:
    """Return the running statistics before training, one for each batch norm of the block."""
    block, width, dtype = _block(kind), require_count("width", width), require_float_dtype(dtype)
    return tuple(running_init(width, dtype) for layer in block.branch + block.after if layer == "batch_norm")


def update_statistics(
    running: tuple[RunningStats, ...], tape: BlockTape, *, momentum: Number = 0.1
) -> tuple[RunningStats, ...]:
    """Move the running statistics towards those of the batch the tape is from."""
    require_type("tape", tape, BlockTape)
    block = _block(tape.kind)
    require_type("running", running, tuple)
    layers = zip(block.branch + block.after, tape.branch + tape.after, strict=True)
    tapes = [layer_tape for layer, layer_tape in layers if layer == "batch_norm"]
    if len(running) != len(tapes):
        raise ValueError(f"running must hold {len(tapes)} statistics for {tape.kind!r}, got {len(running)}")
    return tuple(update_running(r, t, momentum=momentum) for r, t in zip(running, tapes, strict=True))


def predict(kind: Kind, params: BlockParams, running: tuple[RunningStats, ...], x: Batch) -> Batch:
    """Run a block with running statistics in place of the batch's; each example is treated alone."""
    require_type("running", running, tuple)
    needed = len(running_statistics(kind, 1))
    if len(running) != needed:
        raise ValueError(f"running must hold {needed} statistics for {kind!r}, got {len(running)}")
    statistics: Iterator[RunningStats] = iter(running)

    def with_running(p: Scale, x: Batch) -> tuple[Batch, Any]:
        return batch_norm_predict(x, p.gamma, p.beta, next(statistics))

    return _run(kind, params, x, {**_FORWARD, "batch_norm": with_running})[0]


def _block(kind: Kind) -> Block:
    if kind not in BLOCKS:
        raise ValueError(f"kind must be one of {', '.join(BLOCKS)}, got {kind!r}")
    return BLOCKS[kind]


Step = Callable[[Any, Batch], tuple[Any, Any]]


def _run(
    kind: Kind, params: BlockParams, x: Batch, steps: dict[Layer, Step]
) -> tuple[Batch, tuple[Any, ...], tuple[Any, ...]]:
    block = _block(kind)
    require_type("params", params, BlockParams)
    require_axes(("x", x, "... D"))
    for name in ("branch", "after"):
        needed, given = len(getattr(block, name)), len(getattr(params, name))
        if needed != given:
            raise ValueError(f"params.{name} must have {needed} entries for {kind!r}, got {given}")
    tapes: list[Any] = []
    y = x
    for layer, p in zip(block.branch, params.branch, strict=True):
        y, tape = steps[layer](p, y)
        tapes.append(tape)
    if block.shortcut:
        y = x + y
    for layer, p in zip(block.after, params.after, strict=True):
        y, tape = steps[layer](p, y)
        tapes.append(tape)
    split = len(block.branch)
    return y, tuple(tapes[:split]), tuple(tapes[split:])


def _run_back(layers: tuple[Layer, ...], tapes: tuple[Any, ...], g: Batch) -> tuple[tuple[Any, ...], Batch]:
    gradients: list[Any] = []
    for layer, tape in zip(reversed(layers), reversed(tapes), strict=True):
        g_params, g = _BACKWARD[layer](tape, g)
        gradients.insert(0, g_params)
    return tuple(gradients), g


def _linear(p: Linear, x: Batch) -> tuple[Batch, tuple[Linear, Batch]]:
    require_axes(("x", x, "... D"), ("w", p.w, "H D"), ("b", p.b, "H"))
    return x @ p.w.T + p.b, (p, x)


def _linear_backward(tape: tuple[Linear, Batch], g: Batch) -> tuple[Linear, Batch]:
    p, x = tape
    require_axes(("x", x, "... D"), ("w", p.w, "H D"), ("g", g, "... H"))
    g_rows = g.reshape(-1, g.shape[-1])
    return Linear(g_rows.T @ x.reshape(-1, x.shape[-1]), g_rows.sum(axis=0)), g @ p.w


def _batch_norm_backward(tape: Any, g: Batch) -> tuple[Scale, Batch]:
    g_x, *g_scale = batch_norm_backward(tape, g)
    return Scale(*g_scale), g_x


def _layer_norm_backward(tape: Any, g: Batch) -> tuple[Scale, Batch]:
    g_x, *g_scale = layer_norm_backward(tape, g)
    return Scale(*g_scale), g_x


_FORWARD: dict[Layer, Step] = {
    "linear": _linear,
    "relu": lambda p, x: (relu(x), x),
    "batch_norm": lambda p, x: batch_norm(x, *p),
    "layer_norm": lambda p, x: layer_norm(x, *p),
}
_BACKWARD: dict[Layer, Step] = {
    "linear": _linear_backward,
    "relu": lambda x, g: ((), relu.backward(x, g)),
    "batch_norm": _batch_norm_backward,
    "layer_norm": _layer_norm_backward,
}
