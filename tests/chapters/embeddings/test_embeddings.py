"""Experiments on word vectors: against hand computation, closed forms, torch, and what is stored."""

import networkx as nx
import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from livenotes.chapters import embeddings as measure
from livenotes.chapters.embeddings import documents, graphs, meanings, steps, words
from livenotes.datasets.corpus import WordPairs
from livenotes.datasets.graphs import karate_club

pytestmark = pytest.mark.unchecked_shapes
COUNTS = np.array([[2.0, 0, 1], [0, 3, 1]])


def torch_steps(tea, coffee):
    """The updates of the figure, by torch's own gradients."""
    start = steps.handful()
    center, context = (torch.tensor(table, requires_grad=True) for table in start)
    sign = torch.tensor([1.0, -1, -1])
    for k in range(max(tea, coffee)):
        for row, count in ((0, tea), (1, coffee)):
            if k < count:
                scores = sign * (context[[2, 3, 4]] @ center[row])
                (-torch.nn.functional.logsigmoid(scores).sum()).backward()
                for table in (center, context):
                    table.data -= steps.HAND_RATE * table.grad
                    table.grad = None
    return center.detach().numpy(), context.detach().numpy()


@pytest.mark.parametrize(("tea", "coffee"), [(0, 0), (1, 0), (0, 3), (4, 2), (8, 8)])
def test_updates_are_gradient_descent(tea, coffee):
    found = measure.update(tea, coffee)
    for ours, theirs in zip(found.now, torch_steps(tea, coffee), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    scores = found.now.context[[2, 3, 4]] @ found.now.center[0]
    np.testing.assert_allclose(found.scores, scores)
    np.testing.assert_allclose(found.errors, 1 / (1 + np.exp(-scores)) - [1, 0, 0])
    np.testing.assert_allclose(found.g_center, found.errors @ found.now.context[[2, 3, 4]])


def test_words_that_never_meet_come_together():
    assert measure.update(0, 0).cosine < -0.5
    assert measure.update(8, 8).cosine > 0.9
    assert measure.update(8, 0).cosine < -0.5


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_messages_name_one_street_and_share_what_they_should(share, rng):
    texts = measure.messages(share, int(rng.integers(1000)))
    assert len(texts) == 6 * meanings.MESSAGES
    alike = 0
    for text in texts:
        (street,) = set(text) & set(measure.STREETS)
        alike += "street" in text
        if "street" not in text:
            assert set(text) == {street, *measure.OWN[street]}
    assert alike / len(texts) == pytest.approx(share, abs=1e-9)


def test_a_street_lies_with_its_company():
    own, shared = (meanings.customers(share, seed=7) for share in (0.0, 0.9))
    assert own.streets < own.owns
    assert shared.streets > 0.95 > 0.5 > shared.owns
    outside = own.place.sel(word=list(meanings.SHARED)) > 5
    assert outside.all()
    assert (abs(shared.place) <= 2).all()


def test_document_vectors_tell_two_subjects_apart(rng):
    texts = [rng.integers(6, size=40) + 6 * (d % 2) for d in range(12)]
    params = documents.document_vectors(rng, texts, 12, dim=6, epochs=60, lr=0.02)
    assert len(params.center) == 24
    np.testing.assert_array_equal(params.context[12:], 0)  # no document is a neighbor
    found = params.center[12:]
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    cosine, same = found @ found.T, np.add.outer(np.arange(12), np.arange(12)) % 2 == 0
    assert cosine[same].min() > cosine[~same].max()


def test_counted_words_by_hand():
    texts = [np.array([0, 0, 2]), np.array([1, 2, 1, 1])]
    np.testing.assert_array_equal(documents.counts(texts, 3), COUNTS)
    np.testing.assert_allclose(documents.weights(COUNTS), [np.log(2), np.log(2), 0])
    want = [[np.log(3) * np.log(2), 0, 0], [0, np.log(4) * np.log(2), 0]]
    np.testing.assert_allclose(documents.by_words(texts, 3, 0), want)


@pytest.mark.parametrize("name", ["words", "LSA", "NMF", "LDA"])
def test_texts_with_the_same_words_are_near(name, monkeypatch, rng):
    """Three subjects of eight words each; what they have in common are words that tell nothing."""
    monkeypatch.setattr(documents, "TOPICS", 6)
    monkeypatch.setattr(documents, "LENGTH", 6)
    texts = [np.concatenate([rng.permutation(8)[:5] + 8 * (d % 3), np.arange(24, 30)]) for d in range(30)]
    others = [rng.permutation(np.arange(30, 60))[:20] for _ in range(120)]  # a tenth at most have a word
    found = documents.REPRESENTATIONS[name]([*texts, *others], 60, 0)[:30]
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    cosine, kind = found @ found.T, np.arange(30) % 3
    same = np.equal.outer(kind, kind)
    assert cosine[same].mean() > cosine[~same].mean() + 0.2


def test_agreement_is_the_rank_correlation_of_known_pairs(monkeypatch, rng):
    known = ("a", "b", "c", "d")
    text = words.Text(known, {word: n for n, word in enumerate(known)}, np.ones(4, int), [])
    monkeypatch.setattr(words, "text", lambda: text)
    pairs = WordPairs(("a", "a", "x", "b", "c"), ("b", "c", "a", "d", "d"), np.array([9.0, 1, 5, 2, 7]))
    table = rng.normal(size=(4, 3))
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    cosines = [unit[0] @ unit[1], unit[0] @ unit[2], unit[1] @ unit[3], unit[2] @ unit[3]]
    want = spearmanr(cosines, [9, 1, 2, 7]).statistic
    np.testing.assert_allclose(words.agreement(table, pairs), want)


def test_words_together_are_counted_within_five_and_in_one_paragraph(monkeypatch):
    sentences = [np.array([0, 1, 2, 0, 0, 0, 3]), np.array([3])]
    text = words.Text(("a", "b", "c", "d"), {}, np.ones(4, int), sentences)
    monkeypatch.setattr(words, "text", lambda: text)
    words.together.cache_clear()
    table = words.together().toarray()
    words.together.cache_clear()
    want = np.zeros((4, 4))
    for s in sentences:
        for i, a in enumerate(s):
            for j, b in enumerate(s):
                want[a, b] += 0 < abs(i - j) <= 5
    np.testing.assert_array_equal(table, want)


def test_neighbors_and_groups_are_those_of_networkx():
    graph = nx.karate_club_graph()
    for node, reached in enumerate(measure.neighbors(karate_club())):
        assert set(reached) == set(graph.neighbors(node))
    assert measure.groups("club").tolist() == karate_club().groups.tolist()
    found = measure.groups("novel")
    assert len(found) == 77
    parts = [set(np.flatnonzero(found == group)) for group in range(found.max() + 1)]
    novel = nx.Graph(graphs.GRAPHS["novel"]().edges.tolist())
    assert nx.community.modularity(novel, parts) > 0.4


def test_walks_of_ten_part_the_club_and_labels_play_no_part(monkeypatch):
    monkeypatch.setattr(graphs, "PAIRS", 5_000)
    first = measure.walk_vectors(karate_club(), 10, 3)
    np.testing.assert_array_equal(first, measure.walk_vectors(karate_club()._replace(groups=None), 10, 3))
    found = {length: graphs.walked("club", length, 5) for length in (10, 80)}
    gap = {length: float(one.within - one.between) for length, one in found.items()}
    assert gap[10] > gap[80] + 0.05 > 0.05


def test_turned_places_keep_their_distances():
    for name in measure.GRAPHS:
        found, raw = measure.walks(name), graphs.load(f"embeddings-{name}").sel(name=name)
        for length in (2, 160):
            a, b = (runs.place.sel(length=length, seed=1).values for runs in (found, raw))
            np.testing.assert_allclose(
                np.linalg.norm(a[:, None] - a, axis=2), np.linalg.norm(b[:, None] - b, axis=2), atol=1e-5
            )


def test_what_the_chapter_says_of_the_window():
    ours = measure.trained_by_window().sel(trainer="ours", seed=0)
    near = {w: set(ours.neighbor.sel(word="may", window=w).values) for w in (1, 20)}
    assert {"can", "could", "must", "might", "should"} <= near[1]
    assert {"or", "either"} <= near[20]
    assert not near[20] & {"can", "could", "must", "might", "should"}
    april = ours.sel(word="april", window=5)
    never = set(april.neighbor.values[april.together.values == 0])
    assert {"september", "august", "october"} <= never
    place = measure.trained_by_window().place.sel(trainer="ours", window=5).mean("seed")
    assert int((place < 0.01).sum()) == 8


def test_what_the_chapter_says_of_mixtures():
    found = measure.blends().sel(blend="film water").mean("seed")
    assert found.to_first.sel(share=1.0) > 0.9 > found.to_first.sel(share=0.5) > 0.5
    assert (found.to_first.diff("share") > 0).all()
    assert (found.to_second.diff("share") < 0).all()
    film = measure.blends().neighbor.sel(blend="film water", share=0.9, seed=0).values
    assert not set(film) & set(measure.blends().neighbor.sel(blend="film water", share=0.0, seed=0).values)


@pytest.mark.usefixtures("own_errors")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measure.by_window("word2vec", 5, 0), "trainer must be one of ours, gensim"),
        (lambda: measure.topic_words("NMF", 0), "model must be one of LSA, LDA, got 'NMF'"),
        (lambda: measure.judged("BERT", 0), "representation must be one of words, .* got 'BERT'"),
        (lambda: measure.walked("metro", 5, 0), "name must be one of club, novel, got 'metro'"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
