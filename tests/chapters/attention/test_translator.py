"""The translator: what it reads, what it learns, and that looking inside gives what the net computes."""

import numpy as np
import pytest

from livenotes import encoder_decoder
from livenotes._trees import tree_map
from livenotes.chapters.attention import (
    answer,
    begin,
    exact,
    explaining,
    gradient,
    learn,
    listed,
    one_hot,
    read,
)
from livenotes.chapters.attention.lengths import likeness
from livenotes.chapters.attention.translator import ENCODERS, translate
from livenotes.datasets.dates import dates, territories
from livenotes.recurrent.gru import GRU


@pytest.fixture(params=ENCODERS)
def net(request):
    rng = np.random.default_rng(3)
    one = begin(rng, dates(rng, 1), request.param, attends=True, hidden=6)
    louder = tree_map(lambda part: 4 * part, one.params.attention)  # or all weights are nearly the same
    return one._replace(params=one.params._replace(attention=louder))


@pytest.fixture
def batch():
    return dates(np.random.default_rng(4), 12, split="test")


def test_looking_inside_gives_what_the_net_computes(net, batch):
    scores, tape = encoder_decoder.forward(
        net.encoder, GRU, net.params, *one_hot(net, batch), batch.source_mask
    )
    guesses, weights = answer(net, batch)
    np.testing.assert_allclose(weights, encoder_decoder.attention_weights(tape), rtol=1e-5, atol=1e-7)
    assert (guesses == scores.argmax(axis=2).T).all()


def test_changed_weights_change_the_guess_only_where_they_are_changed(net, batch):
    usual, weights = answer(net, batch)

    elsewhere = weights.copy()
    elsewhere[:, -1] = np.roll(elsewhere[:, -1], 3, axis=1)
    moved, as_computed = answer(net, batch, elsewhere)
    assert (moved[:, :-1] == usual[:, :-1]).all()
    np.testing.assert_array_equal(as_computed, weights)


def test_the_source_is_one_hot_and_the_target_shifted(net, batch):
    x, y = one_hot(net, batch)
    assert (x.argmax(axis=2) == batch.source).all()
    assert (y.argmax(axis=2) == batch.target[:-1]).all()
    assert (x.sum(axis=2) == 1).all()


def test_the_gradient_leaves_padding_out():
    rng = np.random.default_rng(5)
    one = begin(rng, territories(), attends=True, hidden=3)
    one = one._replace(params=one.params._replace(out=one.params.out._replace(b=one.params.out.b + 0.5)))
    batch = territories("test")
    assert not batch.target_mask.all()
    loss, g = gradient(one, batch)
    scores, _ = encoder_decoder.forward(one.encoder, GRU, one.params, *one_hot(one, batch), batch.source_mask)
    scores = scores - scores.max(axis=2, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=2, keepdims=True))
    each = np.take_along_axis(log_p, batch.target[1:, :, None], axis=2)[..., 0]
    assert loss == pytest.approx(-each[batch.target_mask[1:]].mean(), rel=1e-4)

    p = np.exp(log_p)
    np.put_along_axis(
        p, batch.target[1:, :, None], np.take_along_axis(p, batch.target[1:, :, None], 2) - 1, 2
    )
    np.testing.assert_allclose(g.out.b, p[batch.target_mask[1:]].mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("attends", [True, False])
def test_training_lowers_the_loss_and_looks_now_and_then(attends):
    rng = np.random.default_rng(0)
    one = begin(rng, dates(rng, 1), attends=attends, hidden=8)
    before = [part.copy() for part in one.params.out]
    _, losses, seen = learn(
        one, lambda: dates(rng, 16), 40, look=lambda now: float(now.params.out.b.sum()), every=20
    )
    assert losses[-5:].mean() < losses[:5].mean()
    assert len(seen) == 2
    for part, old in zip(one.params.out, before, strict=True):
        np.testing.assert_array_equal(part, old)  # the net that was given stays as it was


def test_exact_counts_whole_texts():
    rng = np.random.default_rng(0)
    one = begin(rng, dates(rng, 1), attends=True, hidden=3)
    end = np.where(np.arange(len(one.target_vocabulary)) == 2, 9, 0).astype(np.float32)
    silent = one._replace(params=one.params._replace(out=one.params.out._replace(b=end)))  # ends at once
    source = ["7 août 2061", "1 mai 1999"]
    assert translate(silent, read(silent, source, ["", "1"]))[0] == ("", "")
    assert exact(silent, read(silent, source, ["", "1"])) == 0.5
    assert exact(silent, read(silent, source, ["2000", "1"])) == 0


def test_lists_join_dates_in_order():
    rng = np.random.default_rng(6)
    batch = listed(rng, 4, 3, "test")
    for source, target in zip(batch.source_texts, batch.target_texts, strict=True):
        days = target.split(" ")
        assert len(days) == 3
        assert all(len(day) == 10 for day in days)
        french = source.split(", ")
        assert len(french) == 3
        for written, day in zip(french, days, strict=True):
            assert written.split(" ")[-1].split("/")[-1] == day[:4]  # the year stands last
    assert batch.source_mask.sum(axis=0).tolist() == [len(text) + 2 for text in batch.source_texts]


def test_likeness_is_one_for_the_net_s_own_answers(net):
    batch = read(net, ["7 août 2061"], ["2000-01-01"])
    (written,), _ = translate(net, batch, 5)
    assert likeness(net, batch) < 1
    assert likeness(net, batch._replace(target_texts=(written,))) == 1


@pytest.mark.parametrize("seed", range(3))
def test_taking_away_and_dealing_keep_a_sum_of_one(seed):
    rng = np.random.default_rng(seed)
    real = np.arange(7) < np.array([[7], [4], [2]])
    weights = rng.random((3, 5, 7)) * real[:, None]
    weights /= weights.sum(axis=2, keepdims=True)
    most = weights.argmax(axis=2)
    other = explaining._other(rng, weights, real)
    assert (other != most).all()
    assert np.take_along_axis(real[:, None].repeat(5, 1), other[..., None], 2).all()
    left = explaining._without(weights, most)
    np.testing.assert_allclose(left.sum(axis=2), 1)
    assert (np.take_along_axis(left, most[..., None], 2) == 0).all()
    dealt = explaining._shuffle(rng, weights, real)
    np.testing.assert_allclose(np.sort(dealt, axis=2), np.sort(weights, axis=2))
    assert (dealt[~real[:, None].repeat(5, 1)] == 0).all()
    assert not np.array_equal(dealt, weights)
