"""Nets that read lines: their gradient, clues and marks, and what each box of a stack can know."""

import numpy as np
import pytest
from scipy.special import softmax

from livenotes import checks
from livenotes.chapters.bidirectional import BOTH, GRU, POSITIONS, ask_all, begin_reader, clues, marks
from livenotes.chapters.bidirectional.agreement import EMPTY, NETS, cases, compared, train_marks
from livenotes.chapters.bidirectional.blanks import BLANK, CLUES, FARTHEST, learned_clues, shown, train_clues
from livenotes.chapters.bidirectional.plots import _knows
from livenotes.chapters.bidirectional.reading import (
    Lines,
    answer,
    at_the_end,
    gradient,
    turned,
)
from livenotes.lab.store import mean_losses
from livenotes.recurrent import stacked

LAYERS = {"one direction": GRU, "both": BOTH, "two layers": stacked.over(BOTH, BOTH)}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_gradient_is_the_central_difference(layer, rng):
    net = begin_reader(rng, layer, 2, 1, 3, dtype=np.float64)
    asked = rng.random((4, 2)) < 0.4
    asked[2] = True
    lines = Lines(rng.normal(size=(4, 2, 2)), asked, rng.integers(3, size=asked.sum()))
    loss, ours = gradient(layer, net, lines)
    numeric = checks.central_differences(lambda n: gradient(layer, n, lines)[0], net)
    assert checks.relative_error(ours, numeric) < 1e-5
    p = softmax(answer(layer, net, lines)[0], axis=1)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_allclose(-np.log(p[np.arange(len(p)), lines.target]).mean(), loss, rtol=1e-9)


def test_a_line_has_one_blank_and_its_clue(rng):
    at = rng.choice(POSITIONS, size=200)
    lines = clues(rng, at)
    symbols = lines.x.argmax(axis=2)
    assert (symbols == BLANK).sum() == lines.asked.sum() == 200
    assert lines.asked[FARTHEST].all()
    is_clue = symbols < CLUES
    np.testing.assert_array_equal(is_clue.sum(axis=0), 1)
    np.testing.assert_array_equal(is_clue.argmax(axis=0) - FARTHEST, at)
    np.testing.assert_array_equal(symbols[is_clue.argmax(axis=0), np.arange(200)], lines.target)
    assert set(lines.target) == {0, 1, 2, 3}


def test_the_shown_line_differs_in_its_clue_alone():
    symbols = shown().x.argmax(axis=2)
    for k, position in enumerate(POSITIONS):
        others = np.delete(np.arange(len(symbols)), [FARTHEST + position, FARTHEST + POSITIONS[k - 1]])
        np.testing.assert_array_equal(symbols[others, k], symbols[others, k - 1])
        assert symbols[FARTHEST + position, k] == 2


def test_turned_and_asked_at_the_end(rng):
    lines = clues(rng, rng.choice(POSITIONS, size=5))
    back = turned(lines)
    np.testing.assert_array_equal(back.x, lines.x[::-1])
    np.testing.assert_array_equal(turned(back).asked, lines.asked)
    late = at_the_end(lines)
    assert late.asked[-1].all()
    assert late.asked.sum() == 5


@pytest.mark.parametrize("reader", ["left to right", "right to left", "both"])
def test_only_the_side_that_was_read_is_known(reader):
    """A short training is enough to tell the sides apart; the stored runs say the same."""
    for right in (
        train_clues(reader, 7, updates=120).right,
        learned_clues().right.sel(reader=reader).min("seed"),
    ):
        before, after = right.sel(position=slice(None, -1)), right.sel(position=slice(1, None))
        assert (before.mean() > 0.7) == (reader != "right to left")
        assert (after.mean() > 0.7) == (reader != "left to right")
    blind = learned_clues().right.sel(reader=reader).mean("seed")
    if reader != "both":
        unseen = blind.sel(position=slice(1, None) if reader == "left to right" else slice(None, -1))
        np.testing.assert_allclose(unseen, 0.25, atol=0.05)


def test_marks_are_the_same_or_not(rng):
    lines = marks(rng, 300)
    symbols = lines.x.argmax(axis=2)
    assert (symbols[4] == 3).all()
    for column, same in zip(symbols.T, lines.target, strict=True):
        left, right = (side[side != EMPTY] for side in (column[:4], column[5:]))
        assert len(left) == len(right) == 1
        assert (left[0] == right[0]) == same
    np.testing.assert_array_equal(cases().target, [1, 0, 0, 1])


@pytest.mark.parametrize("layers", [1, 2])
def test_one_layer_adds_two_opinions_and_two_layers_do_not(layers, rng):
    layer = stacked.over(*[BOTH] * layers)
    net = begin_reader(rng, layer, 4, 8, 2, dtype=np.float64)
    scores, _ = answer(layer, net, cases())
    s = scores[:, 1] - scores[:, 0]
    assert np.isclose(s[0] + s[3], s[1] + s[2], rtol=0, atol=1e-12) == (layers == 1)


def test_what_the_chapter_says_of_marks():
    right = compared().right
    assert right.sel(net=["1 layer", "1 wide layer"]).max() < 0.75
    assert (right.sel(net=["2 layers", "3 layers", "1 layer, asked at the end"]) == 1).all()
    assert set(right.net.values) == set(NETS)


def test_boxes_know_what_their_gradient_reaches(rng):
    """A box knows a mark exactly if its state has a gradient with respect to that input."""
    steps, left, right = 9, 2, 6
    known = _knows(3, steps, left, right)
    for layers in (1, 2, 3):
        layer = stacked.over(*[BOTH] * layers)
        params, x = layer.init(rng, 2, 3), rng.normal(size=(steps, 1, 2))
        h, tape = layer.forward(params, x, layer.zero_state(params, 1))
        for direction in (0, 1):
            for t in range(steps):
                g_h = np.zeros_like(h)
                g_h[t, :, 3 * direction : 3 * direction + 3] = 1
                g_x = layer.backward(tape, g_h).g_x
                reached = (g_x[left] != 0).any() + 2 * (g_x[right] != 0).any()
                assert known[layers - 1, direction, t] == reached


def test_losses_are_averaged_in_blocks():
    found = mean_losses(list(range(45)), 20)
    np.testing.assert_allclose(found, [9.5, 29.5])
    assert found.update.values.tolist() == [20, 40]


@pytest.mark.usefixtures("own_errors")
def test_bad_input():
    with pytest.raises(ValueError, match="reader must be one of"):
        train_clues("up", 0)
    with pytest.raises(ValueError, match="net must be one of"):
        train_marks("4 layers", 0)


def test_share_and_loss_of_all_answers(rng):
    net = begin_reader(rng, GRU, 9, 4, 4)._replace(w=np.zeros((4, 4), np.float32))
    right, loss = ask_all(GRU, net, clues(rng, np.full(400, 1)))
    np.testing.assert_allclose(loss, np.log(4), rtol=1e-6)
    assert 0.15 < right < 0.35
