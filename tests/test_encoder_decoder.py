"""Encoders and decoders: gradients of any two cells, the equations step by step, padding, writing."""

import numpy as np
import pytest

from livenotes._trees import leaves, tree_map
from livenotes.encoder_decoder import (
    attention_weights,
    backward,
    forward,
    generate,
    init,
)
from livenotes.recurrent import CELLS, bidirectional, stacked

S, T, B, D, V, H = 5, 4, 3, 4, 6, 3
MASK = np.arange(S)[:, None] < np.array([5, 2, 4])
ENCODERS = {
    **CELLS,
    "both": bidirectional.over(CELLS["gru"]),
    "stack": stacked.over(bidirectional.over(CELLS["lstm"]), CELLS["elman_tanh"]),
}
DECODERS = {**CELLS, "stack": stacked.over(CELLS["gru"], CELLS["lstm"])}
PAIRS = [(e, "gru") for e in ENCODERS] + [("lstm", d) for d in DECODERS]


def case(rng, encoder, decoder, attends, dtype=np.float64):
    params = init(encoder, decoder, rng, D, V, H, attends=attends)
    params = tree_map(lambda w: w + 0.3 * rng.normal(size=w.shape), params)
    source, target = rng.normal(size=(S, B, D)), rng.normal(size=(T, B, V))
    return tree_map(lambda a: a.astype(dtype), (params, source, target))


@pytest.mark.parametrize("attends", [False, True])
@pytest.mark.parametrize(("reads", "writes"), PAIRS)
def test_gradients_of_any_two_cells(reads, writes, attends, rng):
    encoder, decoder = ENCODERS[reads], DECODERS[writes]
    arguments = case(rng, encoder, decoder, attends)
    scores, tape = forward(encoder, decoder, *arguments, MASK)
    g = rng.normal(size=scores.shape)
    gradients = leaves(tuple(backward(tape, g)))
    for _ in range(3):  # all arguments at once, along a random line
        line = tree_map(lambda a: rng.normal(size=a.shape), arguments)
        ahead = tree_map(lambda a, d: a + 1e-6 * d, arguments, line)
        behind = tree_map(lambda a, d: a - 1e-6 * d, arguments, line)
        y_ahead, y_behind = (forward(encoder, decoder, *a, MASK)[0] for a in (ahead, behind))
        numeric = (g * (y_ahead - y_behind)).sum() / 2e-6
        ours = sum((gradient * d).sum() for gradient, d in zip(gradients, leaves(line), strict=True))
        assert ours == pytest.approx(numeric, rel=1e-6, abs=1e-8)


def elman(params, x, h):
    return np.tanh(params.w_x @ x + params.w_h @ h + params.b)


def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum()


@pytest.mark.parametrize("attends", [False, True])
def test_values_are_those_of_the_equations(attends, rng):
    cell = CELLS["elman_tanh"]
    params, source, target = case(rng, cell, cell, attends)
    scores, tape = forward(cell, cell, params, source, target, MASK)
    for b, length in enumerate(MASK.sum(axis=0)):
        seen = [np.zeros(H)]
        for x in source[:length, b]:
            seen.append(elman(params.encoder, x, seen[-1]))
        state = np.tanh(params.bridge.w @ seen[-1] + params.bridge.b)
        for t in range(T):
            state = told = elman(params.decoder, target[t, b], state)
            if attends:
                w_q, w_k, u = params.attention
                weights = softmax(np.array([u @ np.tanh(w_q @ state + w_k @ k) for k in seen[1:]]))
                context = weights @ np.array(seen[1:])
                told = np.tanh(params.combine.w @ np.concatenate([context, state]) + params.combine.b)
                np.testing.assert_allclose(attention_weights(tape)[b, t, :length], weights, rtol=1e-10)
                assert not attention_weights(tape)[b, t, length:].any()
            np.testing.assert_allclose(scores[t, b], params.out.w @ told + params.out.b, rtol=1e-9)


@pytest.mark.parametrize("attends", [False, True])
@pytest.mark.parametrize("reads", ["lstm", "both"])
def test_padding_changes_nothing(reads, attends, rng):
    encoder, decoder = ENCODERS[reads], CELLS["gru"]
    params, source, target = case(rng, encoder, decoder, attends)
    scores, _ = forward(encoder, decoder, params, source, target, MASK)
    for b, length in enumerate(MASK.sum(axis=0)):
        alone, _ = forward(encoder, decoder, params, source[:length, b : b + 1], target[:, b : b + 1])
        np.testing.assert_allclose(scores[:, b : b + 1], alone, rtol=1e-10)


@pytest.mark.parametrize("attends", [False, True])
@pytest.mark.parametrize("writes", DECODERS)
def test_writes_what_has_the_highest_score_and_reads_it(writes, attends, rng):
    encoder, decoder = CELLS["lstm"], DECODERS[writes]
    params, source, _ = case(rng, encoder, decoder, attends)
    symbols, weights = generate(encoder, decoder, params, source, 1, 7, MASK)
    assert symbols.shape == (7, B)
    read = np.concatenate([np.full((1, B), 1), symbols[:-1]])
    scores, tape = forward(encoder, decoder, params, source, np.eye(V)[read], MASK)
    np.testing.assert_array_equal(symbols, scores.argmax(axis=2))
    if attends:
        np.testing.assert_allclose(weights, attention_weights(tape), rtol=1e-10)
    else:
        assert weights is None


@pytest.mark.parametrize("attends", [False, True])
def test_single_precision_stays_single(attends, rng):
    pair = CELLS["gru"], CELLS["lstm"]
    params = init(*pair, rng, D, V, H, attends=attends, dtype=np.float32)
    source, target = (rng.normal(size=s).astype(np.float32) for s in ((S, B, D), (T, B, V)))
    scores, tape = forward(*pair, params, source, target, MASK)
    written, weights = generate(*pair, params, source, 0, 2)
    for array in [*leaves(params), scores, *leaves(tuple(backward(tape, scores))), *leaves(weights)]:
        assert array.dtype == np.float32
    assert written.dtype.kind == "i"


def test_refuses_a_decoder_that_needs_its_sequence_whole(rng):
    both = bidirectional.over(CELLS["gru"])
    with pytest.raises(ValueError, match=r"decoder must run step by step, got bidirectional\(gru\)"):
        init(CELLS["gru"], both, rng, D, V, H)


def test_refuses_what_the_model_has_not(rng):
    pair = CELLS["gru"], CELLS["gru"]
    params, source, target = case(rng, *pair, attends=False)
    with pytest.raises(ValueError, match="tape must be of a model with attention"):
        attention_weights(forward(*pair, params, source, target)[1])
    with pytest.raises(ValueError, match="start must be less than the 6 target symbols, got 6"):
        generate(*pair, params, source, V, 2)
