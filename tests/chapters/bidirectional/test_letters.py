"""Missing letters of real text, and a net that reads its answer."""

import numpy as np
import pytest

from livenotes._trees import leaves
from livenotes.chapters.bidirectional import AHEAD, BOTH, GRU, SHOWN, SIZES, begin_reader, count_weights
from livenotes.chapters.bidirectional.letters import (
    GAP,
    LETTERS,
    SIDE,
    UNITS,
    WINDOW,
    as_gap,
    every_gap,
    filled,
    gaps,
    leaking,
    next_letters,
    sizes,
    texts,
    train_gaps,
    train_next,
    train_sizes,
)
from livenotes.chapters.bidirectional.reading import answer
from livenotes.datasets.corpus import lee_texts


def test_texts_are_those_of_the_corpus():
    train, new = texts()
    words = ["".join(LETTERS[k] for k in part).split() for part in (train, new)]
    all_words = [word for text in lee_texts() for word in text]
    assert words[0] + words[1] == all_words
    assert words[0] == [word for text in lee_texts()[:240] for word in text]


@pytest.mark.parametrize("after", [0, 3, SIDE])
def test_a_gap_hides_its_letter_and_no_other(after, rng):
    letters = rng.integers(len(LETTERS), size=60)
    at = np.array([8, 20, 51])
    lines = gaps(letters, at, SIDE, after)
    assert lines.x.shape == (SIDE + 1 + after, 3, GAP + 1)
    symbols = lines.x.argmax(axis=2)
    for k, place in enumerate(at):
        window = letters[place - 8 : place + after + 1].copy()
        assert lines.target[k] == window[8]
        window[8] = GAP
        np.testing.assert_array_equal(symbols[:, k], window)
    assert lines.asked[SIDE].all()
    assert lines.asked.sum() == 3


@pytest.mark.parametrize("line", SHOWN)
def test_a_line_is_read_as_written(line):
    gap = as_gap(line, SIDE)
    said = "".join((LETTERS + "_")[k] for k in gap.x.argmax(axis=2)[:, 0])
    at = line.index("_")
    assert said.strip() == line[max(0, at - SIDE) : at + SIDE + 1].strip()
    assert said[SIDE] == "_"


def test_every_seventh_letter_of_the_new_texts():
    lines, new = every_gap(2), texts().new
    np.testing.assert_array_equal(lines.target, new[SIDE:-SIDE:7])


@pytest.mark.parametrize(("layer", "leaks"), [(GRU, False), (BOTH, True)])
def test_the_next_letter_is_among_what_two_directions_have_read(layer, leaks, rng):
    letters = rng.integers(GAP, size=100)
    lines = next_letters(letters, np.array([3, 40]))
    symbols = lines.x.argmax(axis=2)
    asked = lines.target.reshape(WINDOW, 2)
    np.testing.assert_array_equal(asked[:-1], symbols[1:])
    np.testing.assert_array_equal(asked[-1], letters[[3 + WINDOW, 40 + WINDOW]])
    net = begin_reader(rng, layer, GAP + 1, 4, GAP)
    before, _ = answer(layer, net, lines)
    changed = lines.x.copy()
    changed[10] = np.roll(changed[10], 1, axis=-1)
    after, _ = answer(layer, net, lines._replace(x=changed))
    moved = np.abs(after - before).reshape(WINDOW, -1).max(axis=1) > 0
    assert moved[10:].all()
    assert moved[:10].all() == moved[:10].any() == leaks


def test_what_the_chapter_says_of_look_ahead():
    loss = filled().new_loss
    both, delayed = loss.sel(reader="both"), loss.sel(reader="delayed")
    mean = both.mean("seed")
    gain = (mean[0] - mean) / (mean[0] - mean.sel(ahead=8))
    assert 0.65 < gain.sel(ahead=1) < 0.8
    assert gain.sel(ahead=2) > 0.93
    assert delayed.sel(ahead=8).min() > delayed.sel(ahead=[1, 2]).max()
    assert tuple(loss.ahead.values) == AHEAD


def test_what_the_chapter_says_of_the_leak():
    loss = leaking().new_loss
    both, one = loss.sel(reader="both"), loss.sel(reader="left to right")
    assert both.isel(step=slice(0, -1)).max() < 0.05
    assert (both.isel(step=-1) > one.isel(step=-1) + 0.2).all()
    assert both.mean("step").max() < 0.1


def test_what_the_chapter_says_of_depth():
    loss = sizes().new_loss
    for deep, wide in (("2 × 32", "1 × 58"), ("3 × 32", "1 × 77")):
        assert loss.sel(size=deep).max() < loss.sel(size=wide).min()
        counts = [count_weights(*SIZES[name]) for name in (deep, wide)]
        np.testing.assert_allclose(counts[0], counts[1], rtol=0.06)


def test_both_kinds_of_reader_have_about_as_many_weights(rng):
    counts = [
        sum(w.size for w in leaves(begin_reader(rng, layer, GAP + 1, UNITS[name], GAP)))
        for name, layer in (("delayed", GRU), ("both", BOTH))
    ]
    np.testing.assert_allclose(counts[0], counts[1], rtol=0.06)
    assert count_weights(1, UNITS["both"]) == counts[1]


@pytest.mark.usefixtures("own_errors")
def test_bad_input():
    with pytest.raises(ValueError, match="reader must be one of"):
        train_gaps("neither", 0, 0)
    with pytest.raises(ValueError, match="reader must be one of"):
        train_next("right to left", 0)
    with pytest.raises(ValueError, match="size must be one of"):
        train_sizes("4 × 4", 0)
