"""Toy tasks: every sequence obeys the rules of its task, and the answer follows from what is shown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livenotes.datasets.adding import adding
from livenotes.datasets.copying import copy_memory
from livenotes.datasets.reversed_copy import reversed_copy
from livenotes.datasets.temporal_order import CLASSES, SYMBOLS, temporal_order

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 20)
TASKS = {
    "adding": lambda rng: adding(rng, 5, 30),
    "copying": lambda rng: copy_memory(rng, 5, 30),
    "temporal order": lambda rng: temporal_order(rng, 5, 30),
    "reversed copy": lambda rng: reversed_copy(rng, 5, 30),
}


@pytest.mark.parametrize("draw", TASKS.values(), ids=TASKS)
def test_the_generator_decides_everything(draw):
    first, same, other = (draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not np.array_equal(first.x, other.x)
    assert first.x.dtype == np.float64


@settings(max_examples=50, deadline=None)
@given(seed=seeds, size=sizes, steps=st.integers(6, 60))
def test_adding(seed, size, steps):
    task = adding(np.random.default_rng(seed), size, steps)
    assert task.x.shape == (steps + steps // 10, size, 2)
    assert task.mask.shape == task.x.shape[:2]
    for b in range(size):
        length = task.mask[:, b].sum()
        assert steps <= length <= steps + steps // 10
        assert task.mask[:length, b].all()
        assert not task.x[length:, b].any()
        numbers, markers = task.x[:length, b].T
        assert np.abs(numbers).max() <= 1
        assert markers[0] == markers[-1] == -1
        marked = np.flatnonzero(markers == 1)
        assert len(marked) in (1, 2)  # one if the first step was drawn
        assert marked.max() < steps // 2
        assert marked.min() < 10 or len(marked) == 1
        assert set(markers[1:-1]) <= {0, 1}
        np.testing.assert_allclose(task.target[b], 0.5 + numbers[marked].sum() / 4, rtol=1e-12)
        assert 0 <= task.target[b] <= 1


def test_adding_covers_its_range(rng):
    task = adding(rng, 4000, 100)
    lengths = task.mask.sum(axis=0)
    assert (lengths.min(), lengths.max()) == (100, 110)
    marked = np.nonzero((task.x[..., 1] == 1).T)[1]
    assert marked.max() == 49
    once = (task.x[..., 1] == 1).sum(axis=0) == 1
    assert 0.08 < once.mean() < 0.16  # 1/10 + 9/10 * 1/49
    np.testing.assert_allclose(((task.target - 0.5) ** 2)[~once].mean(), 1 / 24, rtol=0.05)


@settings(max_examples=50, deadline=None)
@given(seed=seeds, size=sizes, delay=st.integers(1, 30), length=st.integers(1, 6), alphabet=st.integers(1, 5))
def test_copy_memory(seed, size, delay, length, alphabet):
    task = copy_memory(np.random.default_rng(seed), size, delay, length=length, alphabet=alphabet)
    blank, signal = alphabet, alphabet + 1
    steps = delay + 2 * length
    assert task.x.shape == (steps, size, alphabet + 2)
    np.testing.assert_array_equal(task.x.argmax(axis=2), task.symbols)
    np.testing.assert_array_equal(task.x.sum(axis=2), 1)
    shown, pause, rest = np.split(task.symbols, [length, length + delay])
    assert shown.max() < alphabet
    assert (pause[:-1] == blank).all()
    assert (pause[-1] == signal).all()
    assert (rest == blank).all()
    np.testing.assert_array_equal(task.target[-length:], shown)
    assert (task.target[:-length] == blank).all()


@settings(max_examples=50, deadline=None)
@given(seed=seeds, size=sizes, steps=st.integers(10, 120))
def test_temporal_order(seed, size, steps):
    task = temporal_order(np.random.default_rng(seed), size, steps)
    assert task.x.shape == (steps, size, 8)
    np.testing.assert_array_equal(task.x.argmax(axis=2), task.symbols)
    np.testing.assert_array_equal(task.x.sum(axis=2), 1)
    for b in range(size):
        word = [SYMBOLS[n] for n in task.symbols[:, b]]
        assert (word[0], word[-1]) == ("E", "B")
        relevant = [t for t, symbol in enumerate(word) if symbol in "XY"]
        assert relevant == list(task.positions[:, b])
        assert {*word[1:-1]} <= set("XYabcd")
        assert CLASSES[task.target[b]] == "".join(word[t] for t in relevant)
        for t, (low, high) in zip(relevant, [(0.1, 0.2), (0.5, 0.6)], strict=True):
            assert int(low * steps + 1e-9) <= t <= high * steps + 1e-9


def test_temporal_order_covers_its_range(rng):
    task = temporal_order(rng, 4000, 100)
    first, second = task.positions
    assert (first.min(), first.max(), second.min(), second.max()) == (10, 20, 50, 60)
    np.testing.assert_allclose(np.bincount(task.target) / 4000, 0.25, atol=0.03)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, size=sizes, steps=st.integers(1, 20), alphabet=st.integers(1, 9))
def test_reversed_copy(seed, size, steps, alphabet):
    pair = [
        reversed_copy(np.random.default_rng(seed), size, steps, alphabet=alphabet, order=order)
        for order in ("reversed", "same")
    ]
    for task, step in zip(pair, (-1, 1), strict=True):
        assert task.source.shape == (steps, size)
        assert task.source.max() < alphabet
        np.testing.assert_array_equal(task.x.argmax(axis=2), task.source)
        assert task.x.shape == (steps, size, alphabet)
        np.testing.assert_array_equal(task.target, task.source[::step])
        assert not np.shares_memory(task.target, task.source)


def test_symbols_are_uniform(rng):
    for drawn, classes in [
        (copy_memory(rng, 4000, 3).symbols[:10], 8),
        (reversed_copy(rng, 4000, 10, alphabet=5).source, 5),
    ]:
        np.testing.assert_allclose(np.bincount(drawn.ravel()) / drawn.size, 1 / classes, rtol=0.05)
    bins = np.histogram(adding(rng, 2000, 20).x[:20, :, 0], bins=np.linspace(-1, 1, 11))[0]
    np.testing.assert_allclose(bins / bins.sum(), 0.1, rtol=0.05)


BAD = {
    "adding rng": (lambda rng: adding(1, 5, 10), TypeError, "rng must be .*Generator, got int"),
    "adding size": (lambda rng: adding(rng, 0, 10), ValueError, "size must be at least 1, got 0"),
    "adding steps": (lambda rng: adding(rng, 5, 5), ValueError, "steps must be at least 6, got 5"),
    "adding float": (lambda rng: adding(rng, 5, 10.0), TypeError, "steps must be an integer, got float"),
    "copy rng": (
        lambda rng: copy_memory(None, 5, 10),
        TypeError,
        "rng must be .*Generator, got NoneType",
    ),
    "copy size": (lambda rng: copy_memory(rng, -1, 10), ValueError, "size must be at least 1, got -1"),
    "copy delay": (lambda rng: copy_memory(rng, 5, 0), ValueError, "delay must be at least 1, got 0"),
    "copy length": (
        lambda rng: copy_memory(rng, 5, 9, length=0),
        ValueError,
        "length must be at least 1",
    ),
    "copy alphabet": (
        lambda rng: copy_memory(rng, 5, 9, alphabet=True),
        TypeError,
        "alphabet must be an",
    ),
    "order rng": (
        lambda rng: temporal_order("x", 5, 10),
        TypeError,
        "rng must be .*Generator, got str",
    ),
    "order size": (lambda rng: temporal_order(rng, 0, 10), ValueError, "size must be at least 1, got 0"),
    "order steps": (lambda rng: temporal_order(rng, 5, 9), ValueError, "steps must be at least 10, got 9"),
    "reversed rng": (
        lambda rng: reversed_copy(3, 5, 10),
        TypeError,
        "rng must be .*Generator, got int",
    ),
    "reversed steps": (lambda rng: reversed_copy(rng, 5, 0), ValueError, "steps must be at least 1, got 0"),
    "reversed order": (
        lambda rng: reversed_copy(rng, 5, 3, order="back"),
        ValueError,
        "order must be one of reversed, same, got 'back'",
    ),
}


@pytest.mark.usefixtures("own_errors")
@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(call, error, message, rng):
    with pytest.raises(error, match=message):
        call(rng)
