"""The readable steps, forward and back, repeated over a sequence: they are the fast loops."""

import numpy as np
import pytest

from livenotes._trees import leaves, tree_map, unflatten
from livenotes.recurrent import CELLS, elman, lstm, mask_from_lengths
from livenotes.recurrent.nonlinearities import IDENTITY, RELU, SIGMOID, TANH

from .references import STEP_BACK, all_gradients, problem, random_like

STEPS = 6
TOLERANCE = {np.float32: {"rtol": 1e-4, "atol": 1e-5}, np.float64: {"rtol": 1e-12, "atol": 1e-13}}
each_dtype = pytest.mark.parametrize("dtype", TOLERANCE)
each_mask = pytest.mark.parametrize("lengths", [None, (6, 3, 0)], ids=["full", "masked"])
ROLES = [
    lstm.Roles(TANH, SIGMOID, IDENTITY),
    lstm.Roles(IDENTITY, RELU, TANH),
    lstm.Roles(RELU, TANH, SIGMOID),
]


def assert_close(ours, theirs, dtype, label=None):
    for a, b in zip(leaves(ours), leaves(theirs), strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, err_msg=label, **TOLERANCE[dtype])


def where(real, a, b):
    """``a`` in the sequences that are real at a step, and ``b`` in those that are padded there."""
    return tree_map(lambda a, b: np.where(real[:, None], a, b), a, b)


def compare(cell, params, x, state0, lengths, rng, **options):
    """Run a cell step by step and in its loops; compare outputs, states and every gradient."""
    dtype = x.dtype.type
    mask = None if lengths is None else mask_from_lengths(np.array(lengths), STEPS)
    real = np.ones((STEPS, x.shape[1]), bool) if mask is None else mask
    outputs, tape = cell.forward(params, x, state0, mask, **options)
    state = state0
    for t in range(STEPS):
        state = where(real[t], cell.step(params, x[t], state, **options), state)
        assert_close(cell.output(state), outputs[t], dtype, f"output {t}")
    assert_close(cell.final_state(tape), state, dtype, "final state")

    g_outputs, g_state = random_like(rng, outputs), random_like(rng, state0)
    back, g_params, g_x = STEP_BACK[cell.name], tree_map(np.zeros_like, params), np.zeros_like(x)
    first, *others = leaves(g_state)
    for t in reversed(range(STEPS)):
        arriving = unflatten(g_state, [first + g_outputs[t], *others])
        silent = where(real[t], arriving, tree_map(np.zeros_like, arriving))
        added, g_x[t], before = back(tape, t, silent)
        g_params = tree_map(np.add, g_params, added)
        first, *others = leaves(where(real[t], before, arriving))
    one_by_one = (g_params, g_x, unflatten(g_state, [first, *others]))
    in_one = cell.backward(tape, g_outputs, g_state)
    for (label, ours), theirs in zip(all_gradients(in_one), leaves(one_by_one), strict=True):
        assert_close(ours, theirs, dtype, label)


@pytest.mark.parametrize("name", CELLS)
@each_dtype
@each_mask
def test_loops_are_repeated_steps(name, dtype, lengths, rng):
    cell = CELLS[name]
    params, x, state0 = problem(rng, cell, STEPS, batch=3, inputs=2, hidden=5, dtype=dtype)
    compare(cell, params, x, state0, lengths, rng)


@pytest.mark.parametrize("roles", [lstm.STANDARD, *ROLES], ids=lambda r: "-".join(part.name for part in r))
@pytest.mark.parametrize("coupled", [False, True], ids=["own", "coupled"])
@each_dtype
def test_loops_of_an_lstm_are_repeated_steps_in_every_variant(roles, coupled, dtype, rng):
    params = random_like(rng, lstm.init(rng, 2, 5, peephole=True, coupled=coupled, dtype=dtype), scale=0.3)
    _, x, state0 = problem(rng, CELLS["lstm"], STEPS, batch=3, inputs=2, hidden=5, dtype=dtype)
    compare(CELLS["lstm"], params, x, state0, (6, 3, 0), rng, roles=roles)


@pytest.mark.parametrize("f", [SIGMOID, IDENTITY], ids=lambda f: f.name)
@each_dtype
def test_loops_of_an_elman_cell_are_repeated_steps_with_any_nonlinearity(f, dtype, rng):
    params, x, state0 = problem(rng, CELLS["elman_tanh"], STEPS, batch=3, inputs=2, hidden=5, dtype=dtype)
    compare(CELLS["elman_tanh"], params, x, state0, None, rng, nonlinearity=f)


@pytest.mark.parametrize("name", CELLS)
def test_a_step_back_writes_to_nothing(name, rng):
    params, x, state0 = problem(rng, CELLS[name])
    _, tape = CELLS[name].forward(params, x, state0)
    for array in leaves((tape, state0)):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    g = STEP_BACK[name](tape, 1, state0)
    assert not any(np.shares_memory(a, s) for a in leaves(g) for s in leaves(state0))


def test_a_step_back_of_a_tanh_unit_by_hand():
    """One unit, w_x = 1, w_h = 1/2: from h = tanh(1) the gradient of the state before is (1 - h^2) / 2."""
    one = np.ones((1, 1))
    params = elman.ElmanParams(w_x=one, w_h=one / 2, b=np.zeros(1))
    _, tape = elman.forward(params, np.ones((1, 1, 1)), np.zeros((1, 1)))
    g = elman.step_back(tape, 0, one)
    slope = 1 - np.tanh(1) ** 2
    found = [float(v.item()) for v in (g.g_params.w_x, g.g_params.w_h, g.g_params.b, g.g_x, g.g_state0)]
    np.testing.assert_allclose(found, [slope, 0, slope, slope, slope / 2], rtol=1e-14)
