"""Bad input to every layer, alone and composed, and to each array of its parameters and states."""

import numpy as np
import pytest

from livenotes.recurrent import (
    CELLS,
    bidirectional,
    elman,
    gru,
    initializers,
    lstm,
    masks,
    stacked,
)

from .references import LAYERS, STEP_BACK, problem

T, B, D, H = 4, 3, 2, 5
pytestmark = pytest.mark.usefixtures("own_errors")
each_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def variants(table):
    return pytest.mark.parametrize(("spoil", "error", "message"), table.values(), ids=table)


INPUTS = {
    "list": (lambda x: x.tolist(), TypeError, "x must be a NumPy array of floats, got list"),
    "int": (lambda x: x.astype(int), TypeError, "x must be a NumPy array of floats, got dtype int64"),
    "complex": (lambda x: x + 0j, TypeError, "x must be a NumPy array of floats, got dtype complex128"),
    "precision": (lambda x: x.astype(np.float32), TypeError, "x must have dtype float64, got float32"),
    "rank": (lambda x: x[0], ValueError, r"x must have axes \(T, B, D=2\), got shape \(3, 2\)"),
    "features": (lambda x: x[..., :1], ValueError, r"x must have axes \(T, B, D=2\), got shape \(4, 3, 1\)"),
}


@each_layer
@variants(INPUTS)
def test_input(layer, spoil, error, message, rng):
    params, x, state0 = problem(rng, layer, T, B, D, H)
    with pytest.raises(error, match=message):
        layer.forward(params, spoil(x), state0)
    if layer.step is not None and error is TypeError:
        with pytest.raises(error, match=message.replace("x must", "x_t must")):
            layer.step(params, spoil(x[0]), state0)


MASKS = {
    "int": (np.ones((T, B), int), TypeError, "mask must be None or an array of bools, got int64"),
    "list": ([[True] * B] * T, TypeError, "mask must be None or an array of bools, got list"),
    "transposed": (
        np.ones((B, T), bool),
        ValueError,
        r"mask must have axes \(T=4, B=3\), got shape \(3, 4\)",
    ),
    "features": (np.ones((T, B, 1), bool), ValueError, r"mask must have axes .* got shape \(4, 3, 1\)"),
}


@pytest.mark.parametrize("name", CELLS)
@variants(MASKS)
def test_mask(name, spoil, error, message, rng):
    params, x, state0 = problem(rng, CELLS[name], T, B, D, H)
    with pytest.raises(error, match=message):
        CELLS[name].forward(params, x, state0, spoil)


ARRAYS = {
    "list": (lambda a: a.tolist(), TypeError, "got list"),
    "precision": (lambda a: a.astype(np.float32), TypeError, "float32"),
    "int": (lambda a: a.astype(int), TypeError, "got dtype int64"),
    "rank": (lambda a: a[None], ValueError, r"got shape \(1, "),
    "short": (lambda a: a[:-1], ValueError, "got shape"),
    "empty": (lambda a: a[:0], ValueError, "got shape"),
}


def spoiled(tree, spoil):
    """Copies of a named tuple with one array spoiled in each; None where a variant lacks a part stays."""
    for field, value in tree._asdict().items():
        if value is not None:
            yield tree._replace(**{field: spoil(value)})


@pytest.mark.parametrize("name", CELLS)
@variants(ARRAYS)
def test_each_array_of_the_parameters(name, spoil, error, message, rng):
    cell = CELLS[name]
    params, x, state0 = problem(rng, cell, T, B, D, H)
    outputs, tape = cell.forward(params, x, state0)
    for bad in spoiled(params, spoil):
        for call in (
            lambda bad=bad: cell.forward(bad, x, state0),
            lambda bad=bad: cell.step(bad, x[0], state0),
            lambda bad=bad: cell.zero_state(bad, B),
            lambda bad=bad: cell.backward(tape._replace(params=bad), outputs),
            lambda bad=bad: STEP_BACK[name](tape._replace(params=bad), 1, state0),
        ):
            with pytest.raises(error, match=rf"params\.\w+ must .*{message}"):
                call()


@pytest.mark.parametrize("name", CELLS)
@variants(ARRAYS)
def test_states_and_their_gradients(name, spoil, error, message, rng):
    cell = CELLS[name]
    params, x, state0 = problem(rng, cell, T, B, D, H)
    outputs, tape = cell.forward(params, x, state0)
    for bad in spoiled(state0, spoil) if name.startswith("lstm") else [spoil(state0)]:
        with pytest.raises(error, match=rf"state0(\.\w)? must .*{message}"):
            cell.forward(params, x, bad)
        with pytest.raises(error, match=rf"state(\.\w)? must .*{message}"):
            cell.step(params, x[0], bad)
        with pytest.raises(error, match=rf"g_state(\.\w)? must .*{message}"):
            cell.backward(tape, outputs, bad)
        with pytest.raises(error, match=rf"g_state(\.\w)? must .*{message}"):
            STEP_BACK[name](tape, 1, bad)
    with pytest.raises(error, match=rf"g_outputs must .*{message}"):
        cell.backward(tape, spoil(outputs))


@pytest.mark.parametrize("name", CELLS)
@variants(
    {
        "beyond": (T, ValueError, "t must be below the number of steps on the tape, 4, got 4"),
        "negative": (-1, ValueError, "t must be at least 0, got -1"),
        "float": (1.0, TypeError, "t must be an integer, got float"),
    }
)
def test_steps_that_are_not_on_the_tape(name, spoil, error, message, rng):
    params, x, state0 = problem(rng, CELLS[name], T, B, D, H)
    _, tape = CELLS[name].forward(params, x, state0)
    with pytest.raises(error, match=message):
        STEP_BACK[name](tape, spoil, state0)


def with_params(tape, params):
    """A tape, and every tape in it, with other parameters."""
    if hasattr(tape, "params"):
        return tape._replace(params=params)
    parts = [with_params(part, params) for part in tape]
    return type(tape)(*parts) if hasattr(tape, "_fields") else tuple(parts)


@each_layer
@pytest.mark.parametrize("wrong", [None, 3, np.zeros(3), {"w_x": 1}], ids=["None", "int", "array", "dict"])
def test_records_of_another_type(layer, wrong, rng):
    params, x, state0 = problem(rng, layer, T, B, D, H)
    outputs, tape = layer.forward(params, x, state0)
    calls = {
        "params": [
            lambda: layer.forward(wrong, x, state0),
            lambda: layer.zero_state(wrong, B),
            lambda: layer.backward(with_params(tape, wrong), outputs),
        ],
        "tape": [lambda: layer.backward(wrong, outputs), lambda: layer.final_state(wrong)],
        "state": [lambda: layer.forward(params, x, wrong)],
        "g_outputs": [lambda: layer.backward(tape, wrong)],
        "g_state": [lambda: layer.backward(tape, outputs, wrong)] if wrong is not None else [],
        "batch": [lambda n=n: layer.zero_state(params, n) for n in (-1, 1.5, True, None)],
        "": [
            lambda sizes=sizes: layer.init(rng, *sizes)
            for sizes in ((0, 2), (2, 0), (2.0, 3), (2, True), ("2", 3))
        ],
    }
    for argument, functions in calls.items():
        for call in functions:
            with pytest.raises((TypeError, ValueError), match=rf"{argument}.* must .*got"):
                call()


def test_parameters_of_another_cell(rng):
    params, x, state0 = problem(rng, CELLS["gru"], T, B, D, H)
    with pytest.raises(TypeError, match="params must be LSTMParams, got GRUParams"):
        lstm.forward(params, x, lstm.LSTMState(state0, state0))
    with pytest.raises(TypeError, match="state0 must be LSTMState, got ndarray"):
        lstm.forward(lstm.init(rng, D, H), x, state0)
    _, tape = gru.forward(params, x, state0)
    with pytest.raises(TypeError, match="tape must be ElmanTape, got GRUTape"):
        elman.backward(tape, x)


def test_a_stack_counts_its_layers(rng):
    net = stacked.over(CELLS["gru"], CELLS["lstm"])
    params, x, state0 = problem(rng, net, T, B, D, H)
    outputs, tape = net.forward(params, x, state0)
    for argument, call in {
        "params": lambda: net.forward(params[:1], x, state0),
        "state0": lambda: net.forward(params, x, state0 * 2),
        "state": lambda: net.step(params, x[0], state0[:1]),
        "tape": lambda: net.backward((), outputs),
        "g_state": lambda: net.backward(tape, outputs, state0[:1]),
    }.items():
        with pytest.raises(
            ValueError, match=rf"^{argument} must have 2 entries, one for each layer, got [014]$"
        ):
            call()
    with pytest.raises(ValueError, match="state must have 2 entries"):
        net.output(state0[:1])


def test_bidirectional_output_gradient_has_both_halves(rng):
    net = bidirectional.over(CELLS["gru"])
    params, x, state0 = problem(rng, net, T, B, D, H)
    outputs, tape = net.forward(params, x, state0)
    with pytest.raises(ValueError, match=r"g_outputs must have axes .*got shape \(4, 3, [45]\)"):
        net.backward(tape, outputs[..., :-1])


def small(function, *args, **options):
    return lambda rng: function(*[rng if isinstance(a, str) and a == "rng" else a for a in args], **options)


SMALL = {
    "no layer": (small(stacked.over), ValueError, "cells must hold at least one layer, got none"),
    "no cell": (small(stacked.over, CELLS["gru"], lstm), TypeError, r"cells\[1\] must be Cell, got module"),
    "name": (small(bidirectional.over, "lstm"), TypeError, "cell must be Cell, got str"),
    "lstm dtype": (
        small(lstm.init, "rng", 2, 3, dtype=int),
        TypeError,
        "dtype must be a float type, got int64",
    ),
    "gru dtype": (small(gru.init, "rng", 2, 3, dtype=complex), TypeError, "dtype must be .* got complex128"),
    "elman dtype": (small(elman.init, "rng", 2, 3, dtype=bool), TypeError, "dtype must be .* got bool"),
    "forget bias": (
        small(lstm.init, "rng", 2, 3, forget_bias=np.nan),
        ValueError,
        "forget_bias must be finite, got nan",
    ),
    "seed for rng": (small(elman.init, 0, 2, 3), TypeError, "rng must be .*Generator, got int"),
    "orthogonal rng": (
        small(initializers.orthogonal, 0, 2, 3),
        TypeError,
        "rng must be .*Generator, got int",
    ),
    "identity rows": (
        small(initializers.identity, "rng", 0, 3),
        ValueError,
        "rows must be at least 1, got 0",
    ),
    "glorot columns": (
        small(initializers.glorot_uniform, "rng", 1, 2.0),
        TypeError,
        "columns must be an integer, got float",
    ),
    "gain": (
        small(initializers.orthogonal, "rng", 2, 2, gain=np.inf),
        ValueError,
        "gain must be finite, got inf",
    ),
    "scale": (
        small(initializers.identity, "rng", 2, 2, scale=np.nan),
        ValueError,
        "scale must be finite, got nan",
    ),
    "square": (
        small(initializers.spectral, "rng", 2, 3),
        ValueError,
        "rows must equal columns.* got 2 and 3",
    ),
    "radius": (
        small(initializers.spectral, "rng", 2, 2, radius=-1.0),
        ValueError,
        "radius must be 0 or greater, got -1",
    ),
    "stack": (
        small(initializers.stack, initializers.identity, "rng", 1, 2, 2, "i4"),
        TypeError,
        "dtype must be",
    ),
    "lengths list": (
        small(masks.mask_from_lengths, [1, 2], 3),
        TypeError,
        "lengths must be an array of integers, got list",
    ),
    "lengths float": (
        small(masks.mask_from_lengths, np.ones(2), 3),
        TypeError,
        "lengths must be .* got float64",
    ),
    "lengths rank": (
        small(masks.mask_from_lengths, np.ones((2, 1), int), 3),
        ValueError,
        r"lengths must .* got shape \(2, 1\)",
    ),
    "too long": (
        small(masks.mask_from_lengths, np.array([1, 4]), 3),
        ValueError,
        "lengths must lie .*steps=3, got 1..4",
    ),
    "negative": (
        small(masks.mask_from_lengths, np.array([-1, 2]), 3),
        ValueError,
        "lengths must lie .* got -1..2",
    ),
    "steps": (
        small(masks.mask_from_lengths, np.array([1]), -3),
        ValueError,
        "steps must be at least 0, got -3",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), SMALL.values(), ids=SMALL)
def test_small_functions(call, error, message, rng):
    with pytest.raises(error, match=message):
        call(rng)
