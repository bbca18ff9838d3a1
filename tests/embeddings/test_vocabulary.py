"""Words as numbers, and how often each is drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livenotes.embeddings.vocabulary import build_vocabulary, encode, keep_probability, noise_distribution


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20).filter(any), st.floats(1e-5, 1))
def test_frequent_words_are_thinned_and_rare_ones_kept(counts, threshold):
    counts = np.array(counts)
    frequency = counts / counts.sum()
    keep = keep_probability(counts, threshold)
    assert ((keep > 0) & (keep <= 1)).all()
    assert (keep[frequency <= threshold] == 1).all()
    above = frequency > threshold
    np.testing.assert_allclose(keep[above] ** 2 * frequency[above], threshold)


def test_noise_distribution_by_hand():
    np.testing.assert_allclose(noise_distribution(np.array([16, 1, 0])), [8 / 9, 1 / 9, 0])
    np.testing.assert_allclose(noise_distribution(np.array([3, 1]), power=1), [0.75, 0.25])
    np.testing.assert_allclose(noise_distribution(np.array([3, 1]), power=0), [0.5, 0.5])


def test_vocabulary_and_encoding():
    sentences = [["b", "a", "c"], ["a", "b"], ["a", "d"]]
    vocabulary = build_vocabulary(sentences, min_count=2)
    assert vocabulary.words == ("a", "b")
    assert vocabulary.counts.tolist() == [3, 2]
    assert [s.tolist() for s in encode(vocabulary, [*sentences, []])] == [[1, 0], [0, 1], [0], []]


BAD = [
    (ValueError, "threshold must be greater than 0", lambda: keep_probability(np.ones(2, int), 0)),
    (
        TypeError,
        "counts must be an array of integers, got float64",
        lambda: keep_probability(np.ones(2), 1),
    ),
    (
        ValueError,
        "counts must be 0 or greater, and not all 0",
        lambda: noise_distribution(np.zeros(2, int)),
    ),
    (ValueError, "counts must be 0 or greater", lambda: noise_distribution(np.array([-1, 5]))),
    (ValueError, "power must be 0 or greater", lambda: noise_distribution(np.ones(2, int), power=-1)),
    (ValueError, "min_count must be at least 1", lambda: build_vocabulary([["a"]], min_count=0)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
