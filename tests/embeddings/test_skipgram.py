"""Skip-gram: its gradient, its sampling, and that it learns."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from livenotes.checks import central_differences, relative_error
from livenotes.embeddings import skipgram as sg
from livenotes.embeddings.similarity import cosine_similarity, most_similar
from livenotes.embeddings.vocabulary import keep_probability, noise_distribution

V, D, N, K = 7, 4, 30, 3
seeds = st.integers(0, 2**32 - 1)


def problem(rng, dtype=np.float64):
    params = sg.SkipGramParams(*(rng.normal(size=(V, D)).astype(dtype) for _ in range(2)))
    return params, (rng.integers(V, size=N), rng.integers(V, size=N), rng.integers(V, size=(N, K)))


def dense(rows):
    table = np.zeros((V, D))
    table[rows.ids] = rows.values
    return table


def test_loss_and_gradient_match_torch(rng):
    params, (centers, contexts, noise) = problem(rng)
    center, context = (torch.tensor(p, requires_grad=True) for p in params)
    v = center[centers]
    want = -functional.logsigmoid((v * context[contexts]).sum(-1))
    want = want - functional.logsigmoid(-(v[:, None] * context[torch.tensor(noise)]).sum(-1)).sum(-1)
    losses, tape = sg.forward(params, centers, contexts, noise)
    g = rng.normal(size=N)
    wanted = torch.autograd.grad(want, (center, context), torch.tensor(g))
    np.testing.assert_allclose(losses, want.detach(), rtol=1e-12)
    for ours, theirs in zip(sg.backward(tape, g), wanted, strict=True):
        np.testing.assert_allclose(dense(ours), theirs, rtol=1e-11, atol=1e-13)


def test_gradient_is_central_difference_and_rows_come_once(rng):
    params, words = problem(rng)
    words = tuple(w % 5 for w in words)  # words 5 and 6 do not occur
    g = rng.normal(size=N)
    numeric = central_differences(lambda p: (g * sg.forward(p, *words)[0]).sum(), params)
    rows = sg.backward(sg.forward(params, *words)[1], g)
    assert relative_error(tuple(map(dense, rows)), tuple(numeric)) < 1e-8
    for r in rows:
        assert len(set(r.ids)) == len(r.ids)
        assert set(r.ids) <= set(range(5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_stay_and_large_vectors_are_fine(dtype, rng):
    params, words = problem(rng, dtype)
    params = sg.SkipGramParams(*(1e2 * p for p in params))
    for a in (*params, *words):
        a.flags.writeable = False
    with np.errstate(all="raise", under="ignore"):
        losses, tape = sg.forward(params, *words)
        rows = sg.backward(tape, np.ones_like(losses))
    for a in (losses, *(r.values for r in rows)):
        assert a.dtype == dtype
        assert np.isfinite(a).all()


def pairs_by_loop(corpus, reach):
    """Every center with what lies within its reach, in the same sentence."""
    found, position = [], 0
    for sentence in corpus:
        for i, center in enumerate(sentence):
            r = reach[position]
            position += 1
            found += [
                (int(center), int(sentence[j]))
                for j in range(max(0, i - r), min(len(sentence), i + r + 1))
                if j != i
            ]
    return sorted(found)


@given(seed=seeds, lengths=st.lists(st.integers(0, 8), max_size=4), window=st.integers(1, 10))
def test_pairs_are_those_of_a_loop(seed, lengths, window):
    rng = np.random.default_rng(seed)
    corpus = [rng.integers(50, size=n) for n in lengths]
    centers, contexts = sg.window_pairs(np.random.default_rng(seed), corpus, window=window)
    reach = np.random.default_rng(seed).integers(1, window + 1, size=sum(lengths))
    assert sorted(zip(centers.tolist(), contexts.tolist(), strict=True)) == pairs_by_loop(corpus, reach)


def two_topics(rng, sentences=200):
    """Words 0-4 occur with each other, and so do words 5-9."""
    return [rng.integers(5, size=8) + 5 * (i % 2) for i in range(sentences)]


def test_words_that_share_contexts_come_to_point_the_same_way(rng):
    params, losses = sg.train(
        rng, two_topics(rng), size=10, dim=8, window=3, epochs=8, lr=0.05, threshold=None, batch_size=32
    )
    assert losses[-1] < losses[0] < 6 * np.log(2)
    left, right = np.meshgrid(np.arange(10), np.arange(10))
    cosines = cosine_similarity(params.center, left.ravel(), right.ravel()).reshape(10, 10)
    same = np.equal.outer(np.arange(10) // 5, np.arange(10) // 5)
    assert cosines[same].min() > cosines[~same].max()
    nearest, values = most_similar(params.center, 2, count=4)
    assert set(nearest) == {0, 1, 3, 4}
    assert (np.diff(values) <= 0).all()
    assert len(most_similar(params.center, 2, count=50)[0]) == 9


def test_similarities_match_torch(rng):
    vectors, (a, b) = rng.normal(size=(V, D)), rng.integers(V, size=(2, N))
    table = torch.tensor(vectors)
    want = functional.cosine_similarity(table[a], table[b])
    np.testing.assert_allclose(cosine_similarity(vectors, a, b), want, rtol=1e-12)
    nearest, values = most_similar(vectors, 3, count=2)
    want = functional.cosine_similarity(table, table[3:4])
    np.testing.assert_allclose(values, want[nearest], rtol=1e-12)
    assert values[-1] == pytest.approx(np.sort(want)[-3])  # the word itself comes before them


def recorded(monkeypatch, name):
    """Arguments of every call of one of the module's functions, which still does its work."""
    calls, function = [], getattr(sg, name)
    monkeypatch.setattr(sg, name, lambda *args, **kw: calls.append(args) or function(*args, **kw))
    return calls


def test_the_learning_rate_falls_along_a_line_to_zero(rng, monkeypatch):
    steps = recorded(monkeypatch, "_step")
    corpus = [rng.integers(5, size=9) for _ in range(10)]  # window 1: 16 pairs each, in batches of 8
    sg.train(rng, corpus, size=5, dim=2, window=1, epochs=3, lr=0.6, threshold=None, batch_size=8)
    np.testing.assert_allclose([rate for *_, rate in steps], 0.6 * (1 - np.arange(60) / 60))


def test_training_thins_frequent_words_and_draws_noise_by_its_distribution(rng, monkeypatch):
    thinned, steps = recorded(monkeypatch, "window_pairs"), recorded(monkeypatch, "_step")
    corpus = [rng.choice(3, p=[0.8, 0.15, 0.05], size=20_000)]
    counts = np.bincount(corpus[0])
    sg.train(rng, corpus, size=3, dim=2, window=1, negatives=4, epochs=1, lr=1e-6, threshold=0.1)
    kept = np.bincount(np.concatenate(thinned[0][1])) / counts
    np.testing.assert_allclose(kept, keep_probability(counts, 0.1), atol=0.03)
    noise = np.bincount(np.concatenate([words.ravel() for _, _, _, words, _ in steps]))
    np.testing.assert_allclose(noise / noise.sum(), noise_distribution(counts), atol=0.02)


def test_training_is_repeatable_and_leaves_the_corpus_alone(rng):
    corpus = two_topics(rng, 20)
    for sentence in corpus:
        sentence.flags.writeable = False
    a, b = (sg.train(np.random.default_rng(5), corpus, size=10, dim=4, epochs=2) for _ in range(2))
    np.testing.assert_array_equal(a[0].center, b[0].center)
    assert a[0].center.dtype == np.float32
    assert a[1].shape == (2,)


def test_a_corpus_without_pairs_trains_nothing(rng):
    params, losses = sg.train(
        np.random.default_rng(1), [np.array([0]), np.array([1])], size=2, dim=3, epochs=2
    )
    np.testing.assert_array_equal(params.center, sg.init(np.random.default_rng(1), 2, 3).center)
    assert losses.tolist() == [0, 0]


def test_initial_vectors_are_small(rng):
    params = sg.init(rng, 1000, 10)
    assert np.abs(params.center).max() <= 0.05
    assert params.center.std() == pytest.approx(0.1 / 12**0.5, rel=0.05)
    assert not params.context.any()


R = np.random.default_rng(0)
P, (C, NEAR, NOISE) = problem(R)
T = sg.forward(P, C, NEAR, NOISE)[1]
ONE = [np.array([0, 1])]
BAD = [
    (
        TypeError,
        "centers must be an array of integers, got float64",
        lambda: sg.forward(P, C + 0.5, NEAR, NOISE),
    ),
    (ValueError, r"contexts must be in 0..6, got 0..7", lambda: sg.forward(P, C, np.arange(30) % 8, NOISE)),
    (ValueError, r"noise must be in 0..6, got -1..-1", lambda: sg.forward(P, C, NEAR, NOISE * 0 - 1)),
    (
        ValueError,
        r"contexts must have axes \(N=30\), got shape \(29,\)",
        lambda: sg.forward(P, C, NEAR[1:], NOISE),
    ),
    (
        ValueError,
        r"noise must have axes \(N=30, K\), got shape \(29, 3\)",
        lambda: sg.forward(P, C, NEAR, NOISE[1:]),
    ),
    (
        ValueError,
        r"params.context must have axes \(V=7, D=4\)",
        lambda: sg.forward(sg.SkipGramParams(P[0], P[1][1:]), C, NEAR, NOISE),
    ),
    (ValueError, r"g_y must have axes \(N=30\)", lambda: sg.backward(T, np.ones(3))),
    (TypeError, "g_y must have dtype float64", lambda: sg.backward(T, np.ones(30, np.float32))),
    (TypeError, "rng must be", lambda: sg.init(0, 2, 2)),
    (ValueError, "size must be at least 1", lambda: sg.init(R, 0, 2)),
    (TypeError, "dim must be an integer", lambda: sg.init(R, 2, 2.0)),
    (ValueError, "window must be at least 1", lambda: sg.window_pairs(R, ONE, window=0)),
    (TypeError, "rng must be", lambda: sg.window_pairs(None, ONE, window=1)),
    (ValueError, r"corpus\[0\] must be in 0..0, got 0..1", lambda: sg.train(R, ONE, size=1)),
    (ValueError, "counts must be 0 or greater, and not all 0", lambda: sg.train(R, [], size=1)),
    (ValueError, "epochs must be at least 1", lambda: sg.train(R, ONE, size=2, epochs=0)),
    (ValueError, "negatives must be at least 1", lambda: sg.train(R, ONE, size=2, negatives=0)),
    (ValueError, "batch_size must be at least 1", lambda: sg.train(R, ONE, size=2, batch_size=0)),
    (ValueError, "lr must be greater than 0", lambda: sg.train(R, ONE, size=2, lr=0)),
    (ValueError, "a must be in 0..6", lambda: cosine_similarity(P.center, C + 5, NEAR)),
    (TypeError, "b must be an array of integers, got list", lambda: cosine_similarity(P.center, C, [0])),
    (
        ValueError,
        "vectors must have no row of zeros, got one at 1",
        lambda: most_similar(np.eye(3) - np.diag([0, 1, 0]), 0),
    ),
    (ValueError, "word must be below 7, got 7", lambda: most_similar(P.center, 7)),
    (ValueError, "word must be at least 0", lambda: most_similar(P.center, -1)),
    (ValueError, "count must be at least 1", lambda: most_similar(P.center, 0, count=0)),
    (ValueError, r"vectors must have axes \(V, D\)", lambda: most_similar(P.center[0], 0)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
