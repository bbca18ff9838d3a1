"""Every gradient of every layer, alone and composed, against central differences."""

import numpy as np
import pytest

from livenotes._trees import leaves, unflatten
from livenotes.recurrent import CELLS, lstm, mask_from_lengths
from livenotes.recurrent.nonlinearities import IDENTITY, RELU, SIGMOID, TANH

from .references import LAYERS, all_gradients, problem, random_like

each_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def central_differences(loss, trees, eps=1e-6):
    """Numerical gradient of ``loss(*trees)`` in every entry of every array."""
    arrays = [leaf for tree in trees for leaf in leaves(tree)]
    splits = np.cumsum([len(leaves(tree)) for tree in trees])[:-1]

    def at(values):
        parts = np.split(np.arange(len(values)), splits)
        rebuilt = [unflatten(t, [values[n] for n in part]) for t, part in zip(trees, parts, strict=True)]
        return loss(*rebuilt)

    gradients = []
    for n, array in enumerate(arrays):
        gradient = np.empty_like(array)
        for index in np.ndindex(array.shape):
            ends = []
            for sign in (1, -1):
                moved = array.copy()
                moved[index] += sign * eps
                ends.append(at([*arrays[:n], moved, *arrays[n + 1 :]]))
            gradient[index] = (ends[0] - ends[1]) / (2 * eps)
        gradients.append(gradient)
    return gradients


def check(forward, backward, final_state, params, x, state0, rng):
    """Compare all gradients of a random weighting of outputs and final state."""
    outputs, tape = forward(params, x, state0)
    g_outputs, g_state = random_like(rng, outputs), random_like(rng, final_state(tape))

    def loss(p, x, s):
        y, tape = forward(p, x, s)
        pairs = zip(leaves(final_state(tape)), leaves(g_state), strict=True)
        return (y * g_outputs).sum() + sum((a * b).sum() for a, b in pairs)

    ours = all_gradients(backward(tape, g_outputs, g_state))
    theirs = central_differences(loss, (params, x, state0))
    for (label, a), b in zip(ours, theirs, strict=True):
        rounding = 1e-8 * max(1, np.abs(b).max())  # of the loss, divided by the step
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=rounding, err_msg=label)


@each_layer
@pytest.mark.parametrize("lengths", [None, (3, 1)], ids=["full", "masked"])
def test_gradient_is_the_central_difference(layer, lengths, rng, own_errors):
    params, x, state0 = problem(rng, layer, steps=3, batch=2, inputs=2, hidden=2)
    mask = None if lengths is None else mask_from_lengths(np.array(lengths), 3)
    check(lambda *a: layer.forward(*a, mask), layer.backward, layer.final_state, params, x, state0, rng)


ROLES = [
    lstm.Roles(gate=gate, candidate=candidate, squash=squash)
    for gate, candidate, squash in [
        (TANH, SIGMOID, IDENTITY),
        (IDENTITY, RELU, TANH),
        (RELU, IDENTITY, SIGMOID),
        (SIGMOID, TANH, RELU),
    ]
]


@pytest.mark.parametrize("name", ["lstm", "lstm_peephole", "lstm_coupled"])
@pytest.mark.parametrize("roles", ROLES, ids=lambda r: "-".join(part.name for part in r))
def test_gradient_with_other_nonlinearities(name, roles, rng, own_errors):
    params, x, state0 = problem(rng, CELLS[name], steps=3, batch=2, inputs=2, hidden=2)
    check(
        lambda *a: lstm.forward(*a, roles=roles),
        lstm.backward,
        lstm.final_state,
        params,
        x,
        state0,
        rng,
    )


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: "-".join(part.name for part in r))
def test_a_step_plays_the_same_roles(roles, rng):
    params, x, state0 = problem(rng, CELLS["lstm"], steps=1)
    outputs, tape = lstm.forward(params, x, state0, roles=roles)
    h, c = lstm.step(params, x[0], state0, roles=roles)
    np.testing.assert_allclose(h, outputs[0], rtol=1e-12)
    np.testing.assert_allclose(c, tape.c[1], rtol=1e-12)


@pytest.mark.parametrize("coupled", [False, True])
def test_coupled_gates_with_peepholes(coupled, rng, own_errors):
    params = random_like(rng, lstm.init(rng, 2, 2, peephole=True, coupled=coupled))
    assert params.p.shape == (2 if coupled else 3, 2)
    x, state0 = rng.normal(size=(3, 2, 2)), random_like(rng, lstm.zero_state(params, 2))
    check(lstm.forward, lstm.backward, lstm.final_state, params, x, state0, rng)


@each_layer
def test_gradient_of_the_final_state_defaults_to_zero(layer, rng):
    params, x, state0 = problem(rng, layer)
    outputs, tape = layer.forward(params, x, state0)
    zeros = unflatten(state0, [np.zeros_like(s) for s in leaves(state0)])
    g = random_like(rng, outputs)
    pairs = zip(
        all_gradients(layer.backward(tape, g)),
        all_gradients(layer.backward(tape, g, zeros)),
        strict=True,
    )
    for (label, without), (_, with_zeros) in pairs:
        np.testing.assert_array_equal(without, with_zeros, err_msg=label)


@pytest.mark.parametrize("key", [key for key, layer in LAYERS.items() if layer.step is not None])
def test_truncation_adds_up(key, rng):
    """Two parts chained through their states give the gradients of the whole."""
    layer = LAYERS[key]
    params, x, state0 = problem(rng, layer, steps=6)
    outputs, tape = layer.forward(params, x, state0)
    g_outputs, g_state = random_like(rng, outputs), random_like(rng, state0)
    whole = layer.backward(tape, g_outputs, g_state)

    first, first_tape = layer.forward(params, x[:2], state0)
    second, second_tape = layer.forward(params, x[2:], layer.final_state(first_tape))
    np.testing.assert_allclose(np.concatenate([first, second]), outputs, rtol=1e-12)
    late = layer.backward(second_tape, g_outputs[2:], g_state)
    early = layer.backward(first_tape, g_outputs[:2], late.g_state0)
    halves = zip(leaves(early.g_params), leaves(late.g_params), leaves(whole.g_params), strict=True)
    for a, b, total in halves:
        np.testing.assert_allclose(a + b, total, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(np.concatenate([early.g_x, late.g_x]), whole.g_x, rtol=1e-10, atol=1e-12)
    for a, b in zip(leaves(early.g_state0), leaves(whole.g_state0), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
