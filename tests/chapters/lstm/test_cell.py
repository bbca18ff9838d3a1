"""One unit and what it keeps, the counter made by hand, and both ways back."""

import numpy as np
import pytest

from livenotes.chapters.lstm import carried, kept, trace
from livenotes.chapters.lstm.cell import DRIVE, HIDDEN, WARM_UP, by_hand_net, by_hand_watched
from livenotes.chapters.lstm.counting import CLAMPS, SHOWN, brackets, clamp, read, score
from livenotes.recurrent import lstm


@pytest.mark.parametrize("bias", [-2.0, 0.0, 3.0])
def test_value_and_gradient_are_powers_of_the_gate(bias):
    found = kept(bias, 40)
    f = 1 / (1 + np.exp(-bias))
    np.testing.assert_allclose([found.c, found.g_c], [f ** np.arange(41)] * 2, rtol=1e-8)
    np.testing.assert_allclose(found.f, f)


def test_the_tanh_unit_holds_its_value_and_loses_its_gradient():
    found = kept(0.0, 30)
    np.testing.assert_allclose(found.h, 1, rtol=1e-9)
    state = 0.957504  # tanh(2 h) = h
    np.testing.assert_allclose(found.g_h, (2 * (1 - state**2)) ** np.arange(31), rtol=1e-3)


@pytest.mark.usefixtures("own_errors")
def test_bad_input():
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        kept(1.0, 0)
    with pytest.raises(ValueError, match="forget_bias must be finite"):
        kept(np.inf, 3)
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        carried(1.0, 0)
    with pytest.raises(ValueError, match="seeds must be at least 1, got 0"):
        carried(1.0, 3, seeds=0)


def test_both_ways_are_those_of_shorter_runs():
    """dL/dc_{t-k} by starting anew from the state k steps before, with central differences in that state."""
    lag, bias = 4, 1.0
    found = carried(bias, lag, seeds=1)
    rng = np.random.default_rng(0)
    params = lstm.init(rng, HIDDEN, HIDDEN, forget_bias=bias)
    noise = rng.normal(scale=DRIVE, size=(WARM_UP + lag, 1, HIDDEN))
    direction = rng.normal(size=(1, HIDDEN))
    _, tape = lstm.forward(params, noise, lstm.zero_state(params, 1))

    def end(c):
        state = lstm.LSTMState(tape.h[WARM_UP], c)
        for x_t in noise[WARM_UP:]:
            state = lstm.step(params, x_t, state)
        return (state.c * direction).sum()

    step, c = 1e-6 * np.eye(HIDDEN), tape.c[WARM_UP]
    g = [(end(c + e) - end(c - e)) / 2e-6 for e in step[:, None]]
    np.testing.assert_allclose(found.both[0, lag], np.linalg.norm(g) / np.linalg.norm(direction), rtol=1e-5)
    along = direction * tape.gates[1, WARM_UP:].prod(axis=0)
    np.testing.assert_allclose(
        found.along_c[0, lag], np.linalg.norm(along) / np.linalg.norm(direction), rtol=1e-9
    )


@pytest.mark.usefixtures("own_errors")
def test_what_the_chapter_says_of_both_ways():
    """Bias 1: most comes by the other ways; bias 5: it grows, which along c it cannot."""
    usual, wide = carried(1.0, 119), carried(5.0, 119)
    assert (usual.both > 100 * usual.along_c).isel(lag=39).all()
    assert wide.both.median("seed")[-1] > 4
    assert wide.along_c.max() <= 1
    assert carried(0.0, 60).both.median("seed")[-1] < carried(0.0, 60).tanh.median("seed")[-1]


def test_the_unit_made_by_hand_counts(rng):
    assert score(by_hand_net(), brackets(rng, 500, 30)) > 0.98
    flow = trace(SHOWN["calls"])
    np.testing.assert_allclose(flow.before[1:], flow.c[:-1])
    np.testing.assert_allclose(flow.h, flow.o * np.tanh(flow.c), rtol=1e-12)
    np.testing.assert_allclose(flow.c, flow.f * flow.before + flow.i * flow.g, rtol=1e-12, atol=1e-15)


def test_a_gate_held_still_fails_as_its_name_says():
    watched = by_hand_watched()
    line = read(SHOWN["reset"])
    asked, depth = line.asked[:, 0], line.depth[:, 0]
    after = np.arange(len(depth)) > SHOWN["reset"].index(";")
    said = watched.answer.sel(text="reset")
    assert (said.sel(clamp="none") == depth)[asked].all()
    never_resets = said.sel(clamp="forget at 1").values
    assert (never_resets == depth)[asked & ~after].all()
    assert (never_resets > depth)[asked & after].all()
    assert (said.sel(clamp="input at 0") == 0)[asked].all()


@pytest.mark.parametrize("name", [name for name, how in CLAMPS.items() if how])
def test_a_clamp_holds_its_gate_and_no_other(name, rng):
    gate, value = CLAMPS[name]
    params = lstm.init(rng, 4, 3)
    before = [part.copy() for part in params[:3]]
    _, tape = lstm.forward(clamp(params, (gate, value)), brackets(rng, 5, 8).x, lstm.zero_state(params, 5))
    np.testing.assert_allclose(tape.gates["ifgo".index(gate)], value, atol=1e-9)
    held = clamp(params, (gate, value))
    rows = np.arange(12) // 3 != "ifgo".index(gate)
    for now, was, given in zip(held[:3], before, params[:3], strict=True):
        np.testing.assert_array_equal(now[rows], was[rows])
        np.testing.assert_array_equal(given, was)
