r"""One recurrent layer reads a sequence, another writes one, with attention between them or without.

The encoder may be any :class:`livenotes.recurrent.Cell`, in both directions or stacked too; the decoder any
that runs step by step. What the encoder is left with, all arrays of its final state side by side as $e$,
becomes the decoder's first state, $s_0 = \tanh(W_b\, e + b_b)$, so that the two need not be alike:
{cite}`cho2014learning`, {cite}`sutskever2014sequence`. The decoder reads the answer so far and scores the
next symbol, $o_t = W_o s_t + b_o$.

With attention the decoder's state $s_t$ asks the encoder's outputs by the scores of
{cite}`bahdanau2015neural`, and $\tilde s_t = \tanh(W_c [c_t; s_t] + b_c)$ stands where $s_t$ stood, $c_t$
being the mean that it gets. This is the order of {cite}`luong2015effective`: the state that asks has read the
symbol before already, and all steps ask at once.

Axes: S source steps, T target steps, B batch, D source symbols, V target symbols, H hidden. Explained in the
chapters on bidirectional networks and on attention.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from numpy.random import Generator

from ._arguments import Count, FloatDtype, Natural
from ._trees import leaves, tree_map, unflatten
from ._validated import validated
from .attention import (
    additive_attention,
    additive_attention_backward,
    additive_init,
)
from .dense import Layer, LayerTape, affine, affine_backward
from .recurrent import Cell
from .recurrent.initializers import glorot_uniform

Told = Float[ndarray, "T B H"]


class EncoderDecoderParams(NamedTuple):
    """Weights of the parts, each validated where it is applied; also holds gradients with respect to them.

    ``encoder`` and ``decoder`` are what their cells want, ``bridge``, ``combine`` and ``out`` are
    :class:`livenotes.dense.Layer`, ``attention`` is :class:`livenotes.attention.AdditiveParams`. Without
    attention ``attention`` and ``combine`` are None.
    """

    encoder: Any
    bridge: Any
    decoder: Any
    attention: Any
    combine: Any
    out: Any


class Attended(NamedTuple):
    """The tapes of attention and of the layer after it, and what that layer gave."""

    attention: Any
    combine: Any
    told: Told


class EncoderDecoderTape(NamedTuple):
    """The two cells and the tapes of all parts; ``attended`` is None without attention."""

    encoder: Cell
    decoder: Cell
    read: Any
    seen: Float[ndarray, "S B C"]
    bridge: Any
    first: Float[ndarray, "B F"]
    written: Any
    attended: Attended | None
    out: Any


class EncoderDecoderGradients(NamedTuple):
    """Gradients with respect to the parameters, the source and what the decoder read."""

    g_params: EncoderDecoderParams
    g_source: Float[ndarray, "S B D"]
    g_target: Float[ndarray, "T B V"]


def _writes_step_by_step(decoder: Cell) -> None:
    if decoder.step is None:
        raise ValueError(f"decoder must run step by step, got {decoder.name}, which needs its sequence whole")


def _side_by_side(state: Any) -> Float[ndarray, "B F"]:
    return np.concatenate(leaves(state), axis=1)


def _apart(like: Any, arrays: Float[ndarray, "B F"]) -> Any:
    """Cut what stood side by side into a state like another."""
    ends = np.cumsum([leaf.shape[1] for leaf in leaves(like)])
    return unflatten(like, np.split(arrays, ends[:-1], axis=1))


@validated(where=_writes_step_by_step)
def init(
    encoder: Cell,
    decoder: Cell,
    rng: Generator,
    source_symbols: Count,
    target_symbols: Count,
    hidden: Count,
    *,
    attends: bool = False,
    dtype: FloatDtype = np.float64,
) -> EncoderDecoderParams:
    """Draw the parameters: each cell's own, Glorot-uniform layers between and after them, zero biases.

    Parameters
    ----------
    encoder, decoder : Cell
    rng : numpy.random.Generator
    source_symbols, target_symbols, hidden : int, at least 1
        D, V and H.
    attends : bool
    dtype : float type

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, or the decoder cannot run step by step.
    """

    def layer(outputs: int, inputs: int) -> Layer:
        return Layer(glorot_uniform(rng, outputs, inputs).astype(dtype), np.zeros(outputs, dtype))

    reads = encoder.init(rng, source_symbols, hidden, dtype=dtype)
    writes = decoder.init(rng, target_symbols, hidden, dtype=dtype)
    left = _side_by_side(encoder.zero_state(reads, 1)).shape[1]
    first = _side_by_side(decoder.zero_state(writes, 1)).shape[1]
    seen = encoder.width * hidden
    attention = combine = None
    if attends:
        scorer = additive_init(rng, queries=hidden, keys=seen, hidden=hidden)
        attention = tree_map(lambda w: w.astype(dtype), scorer)
        combine = layer(hidden, seen + hidden)
    return EncoderDecoderParams(
        encoder=reads,
        bridge=layer(first, left),
        decoder=writes,
        attention=attention,
        combine=combine,
        out=layer(target_symbols, hidden),
    )


@validated(where=_writes_step_by_step)
def forward(
    encoder: Cell,
    decoder: Cell,
    params: EncoderDecoderParams,
    source: Float[ndarray, "S B D"],
    target: Float[ndarray, "T B V"],
    source_mask: Bool[ndarray, "S B"] | None = None,
) -> tuple[Float[ndarray, "T B V"], EncoderDecoderTape]:
    """Score every next symbol of the answer, given the true ones before it.

    Parameters
    ----------
    encoder, decoder : Cell
    params : EncoderDecoderParams
    source : float array, shape (S, B, D)
        One-hot symbols.
    target : float array, shape (T, B, V)
        What the decoder reads, one-hot: the start symbol, then the answer without its last symbol.
    source_mask : bool array, shape (S, B), optional
        False on padding.

    Returns
    -------
    scores : float array, shape (T, B, V)
        Before a softmax.
    tape : EncoderDecoderTape

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes, or the decoder cannot run step by step.
    """
    read, seen, bridge, first = _read(encoder, params, source, source_mask)
    state0 = _apart(decoder.zero_state(params.decoder, source.shape[1]), first)
    states, written = decoder.forward(params.decoder, target, state0)
    told, attended = _ask(params, states, seen, source_mask)
    scores, out = affine(params.out, told)
    return scores, EncoderDecoderTape(encoder, decoder, read, seen, bridge, first, written, attended, out)


def _read(
    encoder: Cell,
    params: EncoderDecoderParams,
    source: Float[ndarray, "S B D"],
    mask: Bool[ndarray, "S B"] | None,
) -> tuple[Any, Float[ndarray, "S B C"], LayerTape, Float[ndarray, "B F"]]:
    """Run the encoder, and make of its final state the arrays of the decoder's first."""
    seen, read = encoder.forward(
        params.encoder, source, encoder.zero_state(params.encoder, source.shape[1]), mask
    )
    left = _side_by_side(encoder.final_state(read))
    handed, bridge = affine(params.bridge, left)
    return read, seen, bridge, np.tanh(handed)


def _ask(
    params: EncoderDecoderParams,
    states: Told,
    seen: Float[ndarray, "S B C"],
    mask: Bool[ndarray, "S B"] | None,
) -> tuple[Told, Attended | None]:
    """With attention, mix into every state what it looked for in the encoder's outputs."""
    if params.attention is None:
        return states, None
    keys = seen.swapaxes(0, 1)  # attention has the batch in front: (B, S, C)
    may_look = None if mask is None else mask.T[:, None, :]
    contexts, attention = additive_attention(params.attention, states.swapaxes(0, 1), keys, keys, may_look)
    both = np.concatenate([contexts.swapaxes(0, 1), states], axis=2)
    mixed, combine = affine(params.combine, both)
    told = np.tanh(mixed)
    return told, Attended(attention, combine, told)


@validated
def backward(tape: EncoderDecoderTape, g_scores: Float[ndarray, "T B V"]) -> EncoderDecoderGradients:
    """Backpropagate from the scores to all parameters, the source and what the decoder read.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    g_out, g_told = affine_backward(tape.out, g_scores)
    g_attention = g_combine = None
    if tape.attended is None:
        g_states, g_seen = g_told, np.zeros_like(tape.seen)
    else:
        attention, combine, told = tape.attended
        g_combine, g_both = affine_backward(combine, g_told * (1 - told**2))
        g_contexts, g_states = np.split(g_both, [tape.seen.shape[2]], axis=2)
        asked = additive_attention_backward(attention, g_contexts.swapaxes(0, 1))
        g_attention = asked.g_params
        g_states = g_states + asked.g_q.swapaxes(0, 1)
        g_seen = (asked.g_k + asked.g_v).swapaxes(0, 1)
    wrote = tape.decoder.backward(tape.written, g_states)
    g_bridge, g_left = affine_backward(tape.bridge, _side_by_side(wrote.g_state0) * (1 - tape.first**2))
    g_final = _apart(tape.encoder.final_state(tape.read), g_left)
    reads = tape.encoder.backward(tape.read, g_seen, g_final)
    g_params = EncoderDecoderParams(reads.g_params, g_bridge, wrote.g_params, g_attention, g_combine, g_out)
    return EncoderDecoderGradients(g_params, reads.g_x, wrote.g_x)


def _attends(tape: EncoderDecoderTape) -> None:
    if tape.attended is None:
        raise ValueError("tape must be of a model with attention, got one without")


@validated(where=_attends)
def attention_weights(tape: EncoderDecoderTape) -> Float[ndarray, "B T S"]:
    """Weights that every step of the answer gave to every step of the source; each row sums to 1.

    Raises
    ------
    ValueError
        If the model has no attention.
    """
    assert tape.attended is not None  # _attends has looked
    return tape.attended.attention.weights


def _can_write(decoder: Cell, params: EncoderDecoderParams, start: int) -> None:
    _writes_step_by_step(decoder)
    if start >= len(params.out.b):
        raise ValueError(f"start must be less than the {len(params.out.b)} target symbols, got {start}")


@validated(where=_can_write)
def generate(
    encoder: Cell,
    decoder: Cell,
    params: EncoderDecoderParams,
    source: Float[ndarray, "S B D"],
    start: Natural,
    steps: Count,
    source_mask: Bool[ndarray, "S B"] | None = None,
) -> tuple[Int[ndarray, "T B"], Float[ndarray, "B T S"] | None]:
    """Write an answer, at every step the symbol with the highest score, which the next step reads.

    Parameters
    ----------
    encoder, decoder : Cell
    params : EncoderDecoderParams
    source : float array, shape (S, B, D)
    start : int
        The symbol that the decoder reads first.
    steps : int, at least 1
        T. Nothing stops at an end symbol: what follows it means nothing.
    source_mask : bool array, shape (S, B), optional

    Returns
    -------
    symbols : int array, shape (T, B)
    weights : float array, shape (B, T, S), or None without attention

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes, the decoder cannot run step by step, or
        ``start`` is no symbol.
    """
    batch = source.shape[1]
    _, seen, _, first = _read(encoder, params, source, source_mask)
    state = _apart(decoder.zero_state(params.decoder, batch), first)
    one_hot = np.eye(len(params.out.b), dtype=source.dtype)
    symbols, weights = [np.full(batch, start)], []
    for _ in range(steps):
        states, written = decoder.forward(params.decoder, one_hot[symbols[-1]][None], state)
        state = decoder.final_state(written)
        told, attended = _ask(params, states, seen, source_mask)
        scores, _ = affine(params.out, told)
        symbols.append(scores[0].argmax(axis=1))
        if attended is not None:
            weights.append(attended.attention.weights)
    return np.array(symbols[1:]), np.concatenate(weights, axis=1) if weights else None
