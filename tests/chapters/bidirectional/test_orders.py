"""Word orders, distances from reading to writing, and pairs of nets between them."""

import numpy as np
import pytest

from livenotes import checks
from livenotes.chapters.bidirectional import FEEDS, LENGTHS, MEASURED, ORDERS, alignment, ordered, translated
from livenotes.chapters.bidirectional.orders import (
    ALPHABET,
    Pairs,
    days,
    fed,
    gradient,
    some,
    symbols,
    train_days,
    train_symbols,
    write,
)
from livenotes.chapters.bidirectional.reading import GRU
from livenotes.datasets.dates import dates, decode
from livenotes.encoder_decoder import init


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("length", [2, 6, 10])
def test_distances_are_those_of_numbered_symbols(order, feed, length):
    """Number the symbols, feed them, and look where the last copy of each was read."""
    source = list(range(length))
    read = {"as it is": source, "reversed": source[::-1], "twice": source + source}[feed]
    answer = [source[k] for k in ORDERS[order](length)]
    wanted = []
    for place, symbol in enumerate(answer):
        last = max(step for step, seen in enumerate(read) if seen == symbol)
        wanted.append(len(read) + place - last)
    found = alignment(order, feed, length)
    assert found.distance.tolist() == wanted
    assert sorted(answer) == source
    assert found.distance.mean() == length


def test_the_distances_that_the_chapter_names():
    assert alignment("same", "reversed", 10).distance.tolist() == list(range(1, 20, 2))
    assert alignment("last first", "as it is", 10).distance.tolist() == [1] + [11] * 9
    assert alignment("last first", "reversed", 10).distance.tolist() == [10, *range(2, 19, 2)]
    np.testing.assert_array_equal(
        alignment("mirrored", "as it is", 7).distance, alignment("same", "reversed", 7).distance
    )


@pytest.mark.parametrize("order", ORDERS)
def test_answers_are_the_source_in_this_order(order, rng):
    pairs = symbols(rng, 50, 6, order)
    source = pairs.source.argmax(axis=2)
    by_hand = {
        "same": [0, 1, 2, 3, 4, 5],
        "neighbors swapped": [1, 0, 3, 2, 5, 4],
        "last first": [5, 0, 1, 2, 3, 4],
        "mirrored": [5, 4, 3, 2, 1, 0],
    }[order]
    np.testing.assert_array_equal(pairs.target, source[by_hand])
    told = pairs.told.argmax(axis=2)
    np.testing.assert_array_equal(told[0], ALPHABET)
    np.testing.assert_array_equal(told[1:], pairs.target[:-1])


def test_mirrored_as_it_is_is_the_same_order_reversed(rng):
    """Of what the nets get, nothing tells the two apart."""
    pairs = fed(symbols(rng, 20, 6, "same"), "reversed")
    np.testing.assert_array_equal(pairs.target, pairs.source.argmax(axis=2)[ORDERS["mirrored"](6)])


def test_fed_twice(rng):
    pairs = symbols(rng, 5, 4, "same")
    twice = fed(pairs, "twice")
    np.testing.assert_array_equal(twice.source, np.concatenate([pairs.source] * 2))
    assert fed(pairs, "as it is") is pairs
    np.testing.assert_array_equal(twice.target, pairs.target)


def test_gradient_is_the_central_difference(rng):
    pairs = symbols(rng, 2, 4, "neighbors swapped")
    mask = np.ones((4, 2), bool)
    mask[2:, 1] = False
    pairs = Pairs(pairs.source.astype(float), mask, pairs.told.astype(float), pairs.target, mask)
    params = init(GRU, GRU, rng, ALPHABET, ALPHABET + 1, 1)
    _, ours = gradient(params, pairs)
    numeric = checks.central_differences(lambda p: gradient(p, pairs)[0], params)
    assert checks.relative_error(ours, numeric) < 1e-5


@pytest.mark.parametrize("feed", FEEDS)
def test_padding_is_never_read(feed, rng):
    """A date translated in a batch of longer ones is the same as alone."""
    batch = days(dates(rng, 12))
    params = init(GRU, GRU, rng, batch.source.shape[2], batch.told.shape[2], 5, dtype=np.float32)
    said = write(params, fed(batch, feed))
    shortest = batch.source_mask.sum(axis=0).argmin()
    alone = some(batch, np.array([shortest]))
    length = batch.source_mask[:, shortest].sum()
    assert length < len(batch.source)
    alone = alone._replace(source=alone.source[:length], source_mask=alone.source_mask[:length])
    np.testing.assert_array_equal(write(params, fed(alone, feed))[:, 0], said[:, shortest])


def test_days_keep_their_texts(rng):
    texts = dates(rng, 30, target="en")
    pairs = days(texts)
    assert decode(pairs.source.argmax(axis=2), texts.source_vocabulary) == texts.source_texts
    assert decode(pairs.target, texts.target_vocabulary) == texts.target_texts
    np.testing.assert_array_equal(pairs.told.argmax(axis=2)[1:], pairs.target[:-1])
    np.testing.assert_array_equal(pairs.target_mask.sum(axis=0), [len(t) + 1 for t in texts.target_texts])


def test_short_trainings_learn_something():
    found = train_symbols("same", "reversed", 6, 3, updates=100)
    assert found.loss[-1] < found.loss[0] - 0.3
    assert np.isfinite(found.right[:6]).all()
    assert np.isnan(found.right[6:]).all()
    assert found.right[0] > 0.2


def test_what_the_chapter_says_of_orders():
    right = ordered().right
    whole = {
        (order, feed): right.sel(order=order, feed=feed, length=10).mean("place")
        for order in MEASURED
        for feed in FEEDS[:2]
    }
    assert whole["same", "reversed"].min() > whole["same", "as it is"].max()
    by_place = right.sel(length=10).mean("seed")
    same = by_place.sel(order="same")
    assert (same.sel(feed="reversed") > same.sel(feed="as it is")).all()
    last = by_place.sel(order="last first")
    gained = last.sel(feed="reversed") - last.sel(feed="as it is")
    assert gained[0] < -0.1
    assert (gained[1:] > 0).all()
    short = right.sel(order="last first", length=6).mean("place")
    assert short.sel(feed="reversed").max() < short.sel(feed="as it is").min()
    twice = right.sel(order="same", feed="twice")
    for length in LENGTHS:
        once = right.sel(order="same", feed="as it is", length=length)
        assert twice.sel(length=length).mean() < once.mean()


def test_what_the_chapter_says_of_dates():
    right = translated().right
    assert right.sel(target="iso", feed="as it is").min() > right.sel(target="iso", feed="reversed").max()


@pytest.mark.usefixtures("own_errors")
def test_bad_input(rng):
    with pytest.raises(ValueError, match="order must be one of"):
        alignment("random", "reversed", 4)
    with pytest.raises(ValueError, match="feed must be one of"):
        alignment("same", "thrice", 4)
    with pytest.raises(ValueError, match="feed must be one of"):
        fed(symbols(rng, 2, 4, "same"), "thrice")
    with pytest.raises(ValueError, match="target must be one of"):
        train_days("fr", "reversed", 0)
