"""Random text with brackets, the net that counts them, and what is stored of it."""

import numpy as np
import pytest

from livenotes import checks
from livenotes.chapters.lstm.counting import (
    CLAMPS,
    DEEPEST,
    SHOWN,
    SIZES,
    SYMBOLS,
    begin_counter,
    begin_learning,
    brackets,
    gradient,
    learned,
    read,
    score,
    train,
)


def test_text_opens_before_it_closes_and_never_too_deep(rng):
    text = brackets(rng, 200, 60)
    assert text.depth.min() == 0
    assert text.depth.max() == DEEPEST
    for symbols, depth in zip(text.symbols.T, text.depth.T, strict=True):
        line = "".join(SYMBOLS[k] for k in symbols)
        np.testing.assert_array_equal(read(line).depth[:, 0], depth)
        np.testing.assert_array_equal(read(line).symbols[:, 0], symbols)
    assert set(np.unique(text.symbols)) == {0, 1, 2, 3}


def test_a_line_is_counted_as_an_editor_would():
    line = read("f(a,(b));(c")
    assert line.depth[:, 0].tolist() == [0, 1, 1, 1, 2, 2, 1, 0, 0, 1, 1]
    assert line.asked[:, 0].tolist() == [c not in "();" for c in "f(a,(b));(c"]
    np.testing.assert_array_equal(line.x.sum(axis=2), 1)


def test_gradient_is_the_central_difference(rng):
    net, text = begin_counter(rng, 3), brackets(rng, 4, 9)
    _, ours = gradient(net, text)
    numeric = checks.central_differences(lambda n: gradient(n, text)[0], net)
    assert checks.relative_error(ours, numeric) < 1e-7


@pytest.mark.usefixtures("own_errors")
def test_training_learns_and_a_fresh_net_does_not_know(rng):
    text = brackets(rng, 300, 30)
    net, losses = train(np.random.default_rng(0), 8, 300)
    assert score(begin_counter(rng, 8), text) < 0.7
    assert score(net, text) > 0.95
    assert losses.shape == (300,)
    assert losses[-50:].mean() < 0.2 * losses[:50].mean()


@pytest.mark.usefixtures("own_errors")
def test_what_is_stored_belongs_to_its_labels():
    stored = learned()
    assert stored.score.dims == ("hidden", "seed", "clamp")
    assert stored.hidden.values.tolist() == list(SIZES)
    assert stored.clamp.values.tolist() == list(CLAMPS)
    assert stored.text.values.tolist() == list(SHOWN)
    again = begin_learning(1, 2).loss.values[0]
    np.testing.assert_allclose(stored.loss.sel(hidden=1, seed=2).values[0], again, rtol=0.05)


def test_what_the_chapter_says_of_the_trained_counters():
    score_of = learned().score
    assert (score_of.sel(clamp="none", hidden=8) > 0.99).all()
    assert (score_of.sel(clamp="none", hidden=1) > 0.95).sum() == 4
    for clamp in ("forget at 1", "input at 0"):
        assert (score_of.sel(clamp=clamp) < 0.7).all()
    unit = learned().sel(hidden=1, seed=4)
    for name, line in SHOWN.items():
        text = read(line)
        right = unit.answer.sel(clamp="none", text=name).values == text.depth[:, 0]
        assert right[text.asked[:, 0]].all()
    never_resets = unit.answer.sel(clamp="forget at 1", text="reset").values
    assert never_resets[[SHOWN["reset"].index("z"), SHOWN["reset"].index("t")]].tolist() == [1, 2]
