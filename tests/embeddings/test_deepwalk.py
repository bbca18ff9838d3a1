"""Random walks, and the vectors learned from them."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livenotes.embeddings.deepwalk import deepwalk, random_walks
from livenotes.embeddings.similarity import cosine_similarity


def neighbors_of(graph):
    return [np.array(sorted(graph.neighbors(node))) for node in range(len(graph))]


KARATE = nx.karate_club_graph()


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 12))
def test_walks_follow_edges_and_start_everywhere(seed, per_node, length):
    walks = random_walks(np.random.default_rng(seed), neighbors_of(KARATE), per_node=per_node, length=length)
    assert walks.shape == (34 * per_node, length)
    assert np.bincount(walks[:, 0]).tolist() == [per_node] * 34
    for a, b in zip(walks[:, :-1].ravel(), walks[:, 1:].ravel(), strict=True):
        assert KARATE.has_edge(a, b)


def test_long_walks_visit_nodes_in_proportion_to_their_degree(rng):
    walks = random_walks(rng, neighbors_of(KARATE), per_node=20, length=300)
    visits = np.bincount(walks[:, 50:].ravel())
    degrees = np.array([KARATE.degree(node) for node in range(34)])
    np.testing.assert_allclose(visits / visits.sum(), degrees / degrees.sum(), rtol=0.15)


def test_each_neighbor_is_as_likely(rng):
    star = [np.arange(1, 5), *(np.array([0]) for _ in range(4))]
    second = random_walks(rng, star, per_node=4000, length=2)
    counts = np.bincount(second[second[:, 0] == 0, 1])[1:]
    assert counts == pytest.approx(np.full(4, 1000), abs=150)


def test_vectors_tell_the_two_halves_of_the_karate_club_apart(rng):
    params, losses = deepwalk(rng, neighbors_of(KARATE), dim=16, epochs=3)
    assert losses[-1] < losses[0]
    club = np.array([KARATE.nodes[node]["club"] == "Officer" for node in range(34)])
    every = np.arange(34)
    closer = [
        cosine_similarity(params.center, every, np.full(34, head)) for head in (33, 0)
    ]  # to the officer, to the instructor
    assert np.mean((closer[0] > closer[1]) == club) > 0.85


def test_walking_is_repeatable():
    a, b = (deepwalk(np.random.default_rng(3), neighbors_of(KARATE), per_node=1, dim=4)[0] for _ in range(2))
    np.testing.assert_array_equal(a.center, b.center)


R, PATH = np.random.default_rng(0), [np.array([1]), np.array([0])]
BAD = [
    (TypeError, "rng must be", lambda: random_walks(0, PATH, per_node=1, length=2)),
    (ValueError, "per_node must be at least 1", lambda: random_walks(R, PATH, per_node=0, length=2)),
    (ValueError, "length must be at least 1", lambda: random_walks(R, PATH, per_node=1, length=0)),
    (
        ValueError,
        "neighbors must not be empty, got none for node 1",
        lambda: random_walks(R, [PATH[1], PATH[0][:0]], per_node=1, length=2),
    ),
    (
        ValueError,
        r"neighbors\[1\] must be in 0..1, got 5..5",
        lambda: random_walks(R, [PATH[0], np.array([5])], per_node=1, length=2),
    ),
    (TypeError, r"neighbors\[0\] must be an array of integers, got list", lambda: deepwalk(R, [[1], [0]])),
    (ValueError, "dim must be at least 1", lambda: deepwalk(R, PATH, dim=0)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
