"""Values and gradients of every cell against torch: its own layers, and the equations as loops."""

import numpy as np
import pytest
import torch

from livenotes._trees import leaves
from livenotes.recurrent import CELLS, bidirectional, mask_from_lengths, stacked

from .references import all_gradients, problem, random_like, run_torch, to_torch, weighted_sum

each_cell = pytest.mark.parametrize("name", CELLS)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
TOLERANCE = {np.float32: {"rtol": 2e-4, "atol": 2e-5}, np.float64: {"rtol": 1e-10, "atol": 1e-12}}


def assert_same(pairs, dtype):
    for label, ours, theirs in pairs:
        assert ours.dtype == dtype, label
        assert ours.shape == theirs.shape, label
        np.testing.assert_allclose(ours, theirs, err_msg=label, **TOLERANCE[dtype])


@each_cell
@each_dtype
@pytest.mark.parametrize("lengths", [None, (7, 1, 4, 0)], ids=["full", "masked"])
def test_values_and_gradients_are_those_of_the_equations(name, dtype, lengths, rng):
    cell = CELLS[name]
    params, x, state0 = problem(rng, cell, steps=7, batch=4, inputs=3, hidden=5, dtype=dtype)
    mask = None if lengths is None else mask_from_lengths(np.array(lengths), 7)
    outputs, tape = cell.forward(params, x, state0, mask)
    g_outputs, g_state = random_like(rng, outputs), random_like(rng, state0)
    ours = cell.backward(tape, g_outputs, g_state)

    p, x_t, s = to_torch(params), torch.tensor(x, requires_grad=True), to_torch(state0)
    y, last = run_torch(name, p, x_t, s, mask)
    last = last if isinstance(last, tuple) else (last,)
    weighted_sum(y, last, torch.tensor(g_outputs), [torch.tensor(g) for g in leaves(g_state)]).backward()
    theirs = [t.grad for t in (*[q for q in p if q is not None], x_t, *(s if isinstance(s, tuple) else [s]))]
    assert_same([("outputs", outputs, y.detach().numpy())], dtype)
    final = leaves(cell.final_state(tape))
    assert_same([("final", a, b.detach().numpy()) for a, b in zip(final, last, strict=True)], dtype)
    named = all_gradients(ours)
    assert_same([(n, a, b.numpy()) for (n, a), b in zip(named, theirs, strict=True)], dtype)


def layer_parameters(cell, params):
    """Our parameters as torch.nn names them: input weights, state weights, two biases."""
    if cell.name.startswith("gru"):
        b_hh = np.concatenate([np.zeros(2 * len(params.b_h), params.b.dtype), params.b_h])
    else:
        b_hh = np.zeros_like(params.b)
    return params.w_x, params.w_h, params.b, b_hh


def layer_gradients(cell, grads):
    """torch.nn's gradients of one layer in the order of our parameters."""
    g_w_x, g_w_h, g_b, g_b_hh = grads
    return [g_w_x, g_w_h, g_b] + ([g_b_hh[-g_w_h.shape[1] :]] if cell.name.startswith("gru") else [])


MODULES = {
    "elman_tanh": (torch.nn.RNN, {"nonlinearity": "tanh"}),
    "elman_relu": (torch.nn.RNN, {"nonlinearity": "relu"}),
    "lstm": (torch.nn.LSTM, {}),
    "gru": (torch.nn.GRU, {}),
}


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both_ways", [False, True], ids=["forward", "bidirectional"])
@each_dtype
def test_layers_of_torch_nn(name, layers, both_ways, dtype, rng):
    cell = CELLS[name]
    net = stacked.over(*[bidirectional.over(cell) if both_ways else cell] * layers)
    params, x, state0 = problem(rng, net, steps=6, batch=3, inputs=3, hidden=4, dtype=dtype)
    outputs, tape = net.forward(params, x, state0)
    g_outputs = random_like(rng, outputs)
    ours = net.backward(tape, g_outputs)

    kind, options = MODULES[name]
    module = kind(3, 4, num_layers=layers, bidirectional=both_ways, **options).to(torch.from_numpy(x).dtype)
    single = [p for layer in params for p in (layer if both_ways else (layer,))]
    with torch.no_grad():
        for group, p in zip(module.all_weights, single, strict=True):
            for tensor, array in zip(group, layer_parameters(cell, p), strict=True):
                tensor.copy_(torch.from_numpy(array))
    flat = [s for layer in state0 for s in (layer if both_ways else (layer,))]
    states = [
        torch.tensor(np.stack(part), requires_grad=True) for part in zip(*map(leaves, flat), strict=True)
    ]
    x_t = torch.tensor(x, requires_grad=True)
    y, _ = module(x_t, tuple(states) if len(states) > 1 else states[0])
    y.backward(torch.tensor(g_outputs))

    theirs = [g for group in module.all_weights for g in layer_gradients(cell, [w.grad for w in group])]
    pairs = [("outputs", outputs, y.detach()), ("g_x", ours.g_x, x_t.grad)]
    pairs += [
        (f"g_params[{n}]", *pair) for n, pair in enumerate(zip(leaves(ours.g_params), theirs, strict=True))
    ]
    g_states = [
        np.stack(part) for part in zip(*[leaves(s) for s in nest(ours.g_state0, both_ways)], strict=True)
    ]
    pairs += [("g_state0", a, b.grad) for a, b in zip(g_states, states, strict=True)]
    assert_same([(label, a, b.numpy()) for label, a, b in pairs], dtype)


def nest(layers, both_ways):
    """States of single cells, in torch's order: layer by layer, left-to-right first."""
    return [s for layer in layers for s in (layer if both_ways else (layer,))]


@pytest.mark.parametrize("name", ["lstm", "gru", "elman_tanh"])
def test_padded_batch_is_torch_packed_sequence(name, rng):
    cell, lengths = CELLS[name], np.array([6, 4, 1])
    net = bidirectional.over(cell)
    params, x, state0 = problem(rng, net, steps=6, batch=3)
    outputs, tape = net.forward(params, x, state0, mask_from_lengths(lengths, 6))
    module = MODULES[name][0](2, 4, bidirectional=True).double()
    with torch.no_grad():
        for group, p in zip(module.all_weights, params, strict=True):
            for tensor, array in zip(group, layer_parameters(cell, p), strict=True):
                tensor.copy_(torch.from_numpy(array))
    states = [torch.tensor(np.stack(part)) for part in zip(*map(leaves, state0), strict=True)]
    packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(x), lengths)
    y, last = module(packed, tuple(states) if len(states) > 1 else states[0])
    y, _ = torch.nn.utils.rnn.pad_packed_sequence(y)
    for b, length in enumerate(lengths):
        np.testing.assert_allclose(outputs[:length, b], y[:length, b].detach(), rtol=1e-10, atol=1e-12)
    final = [np.stack(part) for part in zip(*map(leaves, net.final_state(tape)), strict=True)]
    for ours, theirs in zip(final, last if isinstance(last, tuple) else (last,), strict=True):
        np.testing.assert_allclose(ours, theirs.detach(), rtol=1e-10, atol=1e-12)
