"""What holds for every layer: contracts, properties, masks, extremes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livenotes._trees import leaves, unflatten
from livenotes.recurrent import CELLS, bidirectional, lstm, mask_from_lengths, stacked
from livenotes.recurrent.nonlinearities import IDENTITY, SIGMOID

from .references import LAYERS, all_gradients, problem, random_like

each_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
sizes = st.integers(1, 5)
seeds = st.integers(0, 2**32 - 1)


def assert_leaves_close(ours, theirs, **tolerance):
    for a, b in zip(leaves(ours), leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, **tolerance)


def test_registry_keys_are_the_names():
    assert all(key == cell.name for key, cell in CELLS.items())
    assert len({cell.title for cell in CELLS.values()}) == len(CELLS) == 7


@each_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_precision(layer, dtype, rng):
    params, x, state0 = problem(rng, layer, steps=4, batch=3, inputs=2, hidden=5, dtype=dtype)
    outputs, tape = layer.forward(params, x, state0)
    assert outputs.shape == (4, 3, 5 * layer.width)
    gradients = layer.backward(tape, np.ones_like(outputs))
    for ours, like in zip(gradients, (params, x, state0), strict=True):
        assert [(a.shape, a.dtype) for a in leaves(ours)] == [(b.shape, dtype) for b in leaves(like)]
    assert type(gradients.g_params) is type(params)
    assert [s.shape for s in leaves(layer.final_state(tape))] == [s.shape for s in leaves(state0)]


@each_layer
def test_nothing_passed_in_is_written_to(layer, rng):
    params, x, state0 = problem(rng, layer)
    mask = mask_from_lengths(np.array([4, 2, 0]), 4)
    g_state = random_like(rng, state0)
    outputs, tape = layer.forward(params, x, state0, mask)
    g_outputs = random_like(rng, outputs)
    inputs = [*leaves(params), x, *leaves(state0), mask, *leaves(g_state), g_outputs]
    for array in inputs:
        array.flags.writeable = False
    _, tape = layer.forward(params, x, state0, mask)
    first = layer.backward(tape, g_outputs, g_state)
    assert_leaves_close(first, layer.backward(tape, g_outputs, g_state), rtol=0)  # nor is the tape
    for g in leaves(first):
        assert not any(np.shares_memory(g, a) for a in inputs)


@each_layer
def test_forward_is_repeated_step(layer, rng):
    params, x, state0 = problem(rng, layer, steps=6)
    if layer.step is None:
        assert layer.output is None
        return
    outputs, tape = layer.forward(params, x, state0)
    state = state0
    for x_t, y_t in zip(x, outputs, strict=True):
        state = layer.step(params, x_t, state)
        np.testing.assert_allclose(layer.output(state), y_t, rtol=1e-12, atol=1e-14)
    assert_leaves_close(layer.final_state(tape), state, rtol=1e-12, atol=1e-14)


@each_layer
def test_gradient_is_linear_in_what_arrives(layer, rng):
    params, x, state0 = problem(rng, layer)
    outputs, tape = layer.forward(params, x, state0)
    a, b = random_like(rng, outputs), random_like(rng, outputs)
    pairs = [leaves(layer.backward(tape, g)) for g in (a, b, a - 3 * b)]
    for g_a, g_b, both in zip(*pairs, strict=True):
        np.testing.assert_allclose(g_a - 3 * g_b, both, rtol=1e-9, atol=1e-12)


@each_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_finite_at_extremes(layer, dtype, scale, rng):
    params, x, state0 = problem(rng, layer, dtype=dtype)
    x = (scale * np.abs(x)).astype(dtype)
    with np.errstate(all="raise", under="ignore"):
        outputs, tape = layer.forward(params, x, state0)
        gradients = layer.backward(tape, np.ones_like(outputs))
    assert np.isfinite(outputs).all()
    assert all(np.isfinite(g).all() for _, g in all_gradients(gradients))


@each_layer
@pytest.mark.parametrize(("steps", "batch"), [(0, 3), (4, 0), (1, 1)])
def test_empty_and_single(layer, steps, batch, rng):
    params, x, state0 = problem(rng, layer, steps=steps, batch=batch)
    outputs, tape = layer.forward(params, x, state0)
    g_state = random_like(rng, state0)
    g = layer.backward(tape, np.ones_like(outputs), g_state)
    assert outputs.shape[:2] == (steps, batch)
    if steps == 0:
        assert_leaves_close(layer.final_state(tape), state0, rtol=0)
        assert_leaves_close(g.g_state0, g_state, rtol=0)
    if steps * batch == 0:
        assert not any(a.any() for a in leaves(g.g_params))


@settings(max_examples=25, deadline=None)
@given(
    seed=seeds, lengths=st.lists(st.integers(0, 5), min_size=1, max_size=4), key=st.sampled_from([*LAYERS])
)
def test_a_masked_sequence_is_the_short_one(seed, lengths, key):
    """Outputs, states and gradients of each sequence are those of a run without its padding."""
    rng, layer, steps = np.random.default_rng(seed), LAYERS[key], 5
    params, x, state0 = problem(rng, layer, steps=steps, batch=len(lengths))
    mask = mask_from_lengths(np.array(lengths), steps)
    outputs, tape = layer.forward(params, x, state0, mask)
    g_outputs = random_like(rng, outputs) * mask[:, :, None]
    g_state = random_like(rng, state0)
    together = layer.backward(tape, g_outputs, g_state)
    assert not together.g_x[~mask].any()
    total = [np.zeros_like(p) for p in leaves(params)]
    for b, n in enumerate(lengths):
        one = slice(b, b + 1)
        s0, g_s = (unflatten(t, [a[one] for a in leaves(t)]) for t in (state0, g_state))
        y, short_tape = layer.forward(params, x[:n, one], s0)
        np.testing.assert_allclose(outputs[:n, one], y, rtol=1e-10, atol=1e-12)
        last = [a[one] for a in leaves(layer.final_state(tape))]
        assert_leaves_close(tuple(last), tuple(leaves(layer.final_state(short_tape))), rtol=1e-10, atol=1e-12)
        alone = layer.backward(short_tape, g_outputs[:n, one], g_s)
        np.testing.assert_allclose(together.g_x[:n, one], alone.g_x, rtol=1e-9, atol=1e-12)
        g_s0 = tuple(a[one] for a in leaves(together.g_state0))
        assert_leaves_close(g_s0, tuple(leaves(alone.g_state0)), rtol=1e-9, atol=1e-12)
        total = [a + g for a, g in zip(total, leaves(alone.g_params), strict=True)]
    assert_leaves_close(together.g_params, tuple(total), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("name", CELLS)
def test_output_repeats_through_padding(name, rng):
    params, x, state0 = problem(rng, CELLS[name], steps=5)
    outputs, _ = CELLS[name].forward(params, x, state0, mask_from_lengths(np.array([5, 2, 0]), 5))
    np.testing.assert_array_equal(outputs[2:, 1], np.broadcast_to(outputs[1, 1], (3, 4)))
    h0 = leaves(state0)[0]
    np.testing.assert_array_equal(outputs[:, 2], np.broadcast_to(h0[2], (5, 4)))


@settings(max_examples=20, deadline=None)
@given(seed=seeds, steps=sizes, batch=sizes, name=st.sampled_from([*CELLS]))
def test_bidirectional_is_two_runs(seed, steps, batch, name):
    rng, cell = np.random.default_rng(seed), CELLS[name]
    both = bidirectional.over(cell)
    params, x, state0 = problem(rng, both, steps=steps, batch=batch)
    outputs, tape = both.forward(params, x, state0)
    ahead, ahead_tape = cell.forward(params[0], x, state0[0])
    back, back_tape = cell.forward(params[1], x[::-1].copy(), state0[1])
    np.testing.assert_array_equal(outputs, np.concatenate([ahead, back[::-1]], axis=2))
    g = random_like(rng, outputs)
    ours = both.backward(tape, g)
    one = cell.backward(ahead_tape, g[..., :4])
    two = cell.backward(back_tape, g[::-1, :, 4:])
    assert_leaves_close(ours.g_params, (one.g_params, two.g_params), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ours.g_x, one.g_x + two.g_x[::-1], rtol=1e-12, atol=1e-14)


@settings(max_examples=10, deadline=None)
@given(seed=seeds, name=st.sampled_from([*CELLS]))
def test_bidirectional_over_a_palindrome_mirrors_itself(seed, name):
    rng = np.random.default_rng(seed)
    net = bidirectional.over(CELLS[name])
    params, x, state0 = problem(rng, net, steps=5)
    params, state0 = params._replace(right_to_left=params[0]), state0._replace(right_to_left=state0[0])
    x = x + x[::-1]
    outputs, _ = net.forward(params, x, state0)
    np.testing.assert_allclose(outputs[..., :4], outputs[::-1, :, 4:], rtol=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=seeds, names=st.lists(st.sampled_from([*CELLS]), min_size=1, max_size=3))
def test_stack_is_one_layer_after_the_other(seed, names):
    rng, cells = np.random.default_rng(seed), [CELLS[n] for n in names]
    net = stacked.over(*cells)
    params, x, state0 = problem(rng, net)
    outputs, _ = net.forward(params, x, state0)
    for cell, p, s in zip(cells, params, state0, strict=True):
        x, _ = cell.forward(p, x, s)
    np.testing.assert_array_equal(outputs, x)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, steps=sizes, batch=sizes, hidden=sizes)
def test_an_lstm_with_all_gates_open_sums_its_input(seed, steps, batch, hidden):
    """Forget, input and output gate at 1 and no squashing leave c_t = c_{t-1} + W x_t."""
    rng = np.random.default_rng(seed)
    params = lstm.init(rng, 2, hidden)
    b = np.full((4, hidden), 1e3)
    b[2] = 0
    w_h = np.zeros_like(params.w_h)
    params = params._replace(b=b.ravel(), w_h=w_h)
    x = rng.normal(size=(steps, batch, 2))
    roles = lstm.Roles(SIGMOID, IDENTITY, IDENTITY)
    outputs, tape = lstm.forward(params, x, lstm.zero_state(params, batch), roles=roles)
    w_g = params.w_x[2 * hidden : 3 * hidden]
    np.testing.assert_allclose(outputs, np.cumsum(x @ w_g.T, axis=0), rtol=1e-12, atol=1e-12)
    g = lstm.backward(tape, np.ones_like(outputs))
    remaining = np.arange(steps, 0, -1.0)[:, None]  # x_t is counted in every later output
    expected = np.broadcast_to((remaining * w_g.sum(axis=0))[:, None], x.shape)
    np.testing.assert_allclose(g.g_x, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(g.g_params.b.reshape(4, hidden)[[0, 1, 3]], 0)


def test_an_lstm_with_a_closed_input_gate_keeps_its_cell(rng):
    params, x, state0 = problem(rng, CELLS["lstm"], steps=50)
    b = params.b.reshape(4, -1).copy()
    b[0], b[1] = -1e3, 1e3
    _, tape = lstm.forward(params._replace(b=b.ravel()), x, state0)
    np.testing.assert_array_equal(tape.c, np.broadcast_to(state0.c, tape.c.shape))


def test_a_gru_with_a_closed_update_gate_keeps_its_state(rng):
    for name in ("gru", "gru_reset_before"):
        params, x, state0 = problem(rng, CELLS[name], steps=50)
        b = params.b.reshape(3, -1).copy()
        b[1] = 1e3
        outputs, _ = CELLS[name].forward(params._replace(b=b.ravel()), x, state0)
        np.testing.assert_allclose(outputs, np.broadcast_to(state0, outputs.shape), rtol=1e-13)


def test_the_two_gru_conventions_differ_on_the_same_weights(rng):
    after, x, state0 = problem(rng, CELLS["gru"])
    after = after._replace(b_h=np.zeros_like(after.b_h))
    y_after, _ = CELLS["gru"].forward(after, x, state0)
    y_before, _ = CELLS["gru"].forward(after._replace(b_h=None), x, state0)
    assert np.abs(y_after - y_before).max() > 1e-3
    open_reset = after.b.reshape(3, -1).copy()
    open_reset[0] = 1e3  # a reset gate at 1 makes them agree
    same = [after._replace(b=open_reset.ravel(), b_h=b_h) for b_h in (after.b_h, None)]
    y = [CELLS["gru"].forward(p, x, state0)[0] for p in same]
    np.testing.assert_allclose(*y, rtol=1e-12)


def test_an_irnn_holds_its_state_without_input(rng):
    cell = CELLS["elman_relu"]
    params = cell.init(rng, 2, 4)
    h0 = rng.uniform(size=(3, 4))
    outputs, tape = cell.forward(params, np.zeros((100, 3, 2)), h0)
    np.testing.assert_array_equal(outputs, np.broadcast_to(h0, outputs.shape))
    g = np.zeros_like(outputs)
    g[-1] = 1
    np.testing.assert_array_equal(cell.backward(tape, g).g_state0, 1)
