"""Real data: counts as published, a few entries known by heart, splits that never mix."""

from datetime import date

import numpy as np
import pytest

from livenotes.datasets import corpus
from livenotes.datasets.corpus import (
    lee_corpus,
    lee_rated,
    lee_texts,
    simlex999,
    wikipedia,
    wordsim353,
)
from livenotes.datasets.dates import END, PAD, SPLITS, START, dates, decode, encode, territories
from livenotes.datasets.graphs import karate_club, les_miserables

MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]


def readings(text):
    """Day, month, year of a French date, read without Babel; the year None if only two digits are given."""
    if "/" in text:
        day, month, year = text.split("/")
        return int(day), int(month), int(year)
    *weekday, day, month, year = text.split()
    stem = month.rstrip(".")
    (number,) = [n for n, name in enumerate(MONTHS, 1) if name.startswith(stem)]
    if weekday:
        assert DAYS[date(int(year), number, int(day)).weekday()] == weekday[0]
    return int(day), number, int(year)


def test_french_dates_mean_their_iso_dates(rng):
    drawn = dates(rng, 400)
    styles = set()
    for french, iso in zip(drawn.source_texts, drawn.target_texts, strict=True):
        answer = date.fromisoformat(iso)
        assert readings(french) == (answer.day, answer.month, answer.year)
        assert 1900 <= answer.year <= 2099
        styles.add("short" if "/" in french else "full" if french.split()[0] in DAYS else "words")
    assert styles == {"short", "full", "words"}


def test_english_dates(rng):
    english = dates(rng, 50, target="en")
    iso = dates(np.random.default_rng(20240229), 50)
    assert english.source_texts == iso.source_texts  # the same generator draws the same days
    for text, answer in zip(english.target_texts, iso.target_texts, strict=True):
        day = date.fromisoformat(answer)
        assert text == f"{day:%B} {day.day}, {day.year}"


def test_days_of_different_splits_never_meet(rng):
    days = {s: {date.fromisoformat(t) for t in dates(rng, 3000, split=s).target_texts} for s in SPLITS}
    remainders = {s: {d.toordinal() % 10 for d in drawn} for s, drawn in days.items()}
    assert remainders == {"train": {0, 1, 2, 3, 4, 5, 6, 7}, "validation": {8}, "test": {9}}


def test_vocabulary_does_not_depend_on_the_draw(rng):
    many = [dates(rng, 1000, split=s, target=t) for s in SPLITS for t in ("iso", "en")]
    assert len({d.source_vocabulary for d in many}) == 1
    assert many[0].target_vocabulary == (PAD, START, END, *"-0123456789")
    assert len({d.target_vocabulary for d in many}) == 2


@pytest.mark.parametrize("split", SPLITS)
def test_pairs_are_spelled_by_their_numbers(split, rng):
    for pairs in (dates(rng, 20, split=split), territories(split)):
        for side in ("source", "target"):
            numbers, mask, vocabulary, texts = (
                getattr(pairs, side + part) for part in ("", "_mask", "_vocabulary", "_texts")
            )
            assert decode(numbers, vocabulary) == texts
            np.testing.assert_array_equal(mask.sum(axis=0), [len(t) + 2 for t in texts])
            np.testing.assert_array_equal(mask, numbers != vocabulary.index(PAD))
            assert (numbers[0] == vocabulary.index(START)).all()
            ends = numbers[mask.sum(axis=0) - 1, np.arange(len(texts))]
            assert (ends == vocabulary.index(END)).all()
            assert vocabulary[:3] == (PAD, START, END)


def test_territories():
    splits = {s: territories(s) for s in SPLITS}
    pairs = {s: set(zip(p.source_texts, p.target_texts, strict=True)) for s, p in splits.items()}
    everything = set.union(*pairs.values())
    assert len(everything) == sum(map(len, pairs.values())) > 240
    assert {len(p) for p in pairs.values()} == {len(pairs["train"]), len(everything) // 10}
    assert {("Allemagne", "Germany"), ("Japon", "Japan"), ("Suisse", "Switzerland")} <= everything
    assert not {"Monde", "Europe", "Union européenne", "région indéterminée"} & {f for f, _ in everything}
    assert len({p.source_vocabulary for p in splits.values()}) == 1


def test_encode_and_decode():
    vocabulary = (PAD, START, END, "a", "b")
    numbers, mask = encode(["ab", "", "b"], vocabulary)
    np.testing.assert_array_equal(numbers.T, [[1, 3, 4, 2], [1, 2, 0, 0], [1, 4, 2, 0]])
    assert mask.sum() == 9
    assert decode(numbers, vocabulary) == ("ab", "", "b")
    assert decode(np.array([[3, 4], [2, 4], [3, 4]]), vocabulary) == (
        "a",
        "bbb",
    )  # a network may go on, or not end
    assert encode([], vocabulary)[0].shape == (2, 0)


def test_lee_corpus():
    lee = lee_corpus()
    assert len(lee.starts) == 301
    assert lee.starts[-1] == len(lee.tokens) == lee.counts.sum()
    np.testing.assert_array_equal(np.bincount(lee.tokens), lee.counts)
    assert (np.diff(lee.counts) <= 0).all()
    assert lee.vocabulary[0] == "the"
    first = [lee.vocabulary[n] for n in lee.tokens[: lee.starts[1]]]
    assert first[:8] == ["hundreds", "of", "people", "have", "been", "forced", "to", "vacate"]
    for one, two in zip(range(50), range(1, 51), strict=True):
        if lee.counts[one] == lee.counts[two]:
            assert lee.vocabulary[one] < lee.vocabulary[two]


def test_rare_words_are_left_out():
    everything, frequent = lee_corpus(), lee_corpus(min_count=5)
    assert frequent.counts.min() == 5
    size = (everything.counts >= 5).sum()
    assert frequent.vocabulary == everything.vocabulary[:size]
    np.testing.assert_array_equal(frequent.tokens, everything.tokens[everything.tokens < size])
    for d in range(300):
        full = everything.tokens[everything.starts[d] : everything.starts[d + 1]]
        kept = frequent.tokens[frequent.starts[d] : frequent.starts[d + 1]]
        np.testing.assert_array_equal(kept, full[full < size])


def test_wikipedia():
    found = wikipedia()
    assert found.counts.min() == 10
    assert found.starts[-1] == len(found.tokens) == found.counts.sum() > 350_000
    np.testing.assert_array_equal(np.bincount(found.tokens), found.counts)
    assert found.vocabulary[:3] == ("the", "of", "and")
    assert {"alaska", "algae", "anarchism", "april", "september"} <= set(found.vocabulary)
    text = " ".join(found.vocabulary[n] for n in found.tokens[:2000])
    assert not {"{", "[", "http", "&"} & set(text.split())
    assert "political philosophy" in text


def test_people_rated_pairs_of_fifty_texts():
    rated = lee_rated()
    assert len(rated.texts) == 50
    assert rated.rating.shape == (50, 50)
    np.testing.assert_array_equal(rated.rating, rated.rating.T)
    np.testing.assert_array_equal(np.diag(rated.rating), 1)
    assert ((rated.rating > 0) & (rated.rating <= 1)).all()
    assert rated.texts[0][:5] == ("the", "national", "executive", "of", "the")
    a, b = divmod((rated.rating - np.eye(50)).argmax(), 50)
    alike = len({*rated.texts[a]} & {*rated.texts[b]})
    assert alike > 2 * np.mean([len({*rated.texts[a]} & {*other}) for other in rated.texts])
    assert len(lee_texts()) == 300


@pytest.mark.parametrize(("load", "pairs"), [(wordsim353, 353), (simlex999, 999)])
def test_word_pairs(load, pairs):
    rated = load()
    assert len(rated.first) == len(rated.second) == len(rated.rating) == pairs
    assert 0 <= rated.rating.min() < 1
    assert 9 < rated.rating.max() <= 10
    assert all(word and word == word.strip() for word in rated.first + rated.second)


def test_related_is_not_similar():
    ratings = {}
    for load in (wordsim353, simlex999):
        rated = load()
        for a, b, rating in zip(*rated, strict=True):
            ratings[load, frozenset((a, b))] = rating
    clothes, coast = frozenset(("clothes", "closet")), frozenset(("coast", "shore"))
    assert ratings[wordsim353, clothes] == 8.0
    assert ratings[simlex999, clothes] == 3.27
    assert ratings[wordsim353, coast] > 9
    assert ratings[simlex999, coast] > 8


def test_karate_club():
    graph = karate_club()
    assert len(graph.names) == 34
    assert graph.edges.shape == (78, 2)
    assert graph.groups[[0, 33]].tolist() == [0, 1]
    assert np.bincount(graph.groups).tolist() == [17, 17]
    degrees = np.bincount(graph.edges.ravel())
    assert (graph.names[0], degrees[0], graph.names[33], degrees[33]) == ("1", 16, "34", 17)


def test_les_miserables():
    graph = les_miserables()
    assert len(graph.names) == 77
    assert graph.edges.shape == (254, 2)
    assert graph.groups is None
    assert graph.names[np.bincount(graph.edges.ravel()).argmax()] == "Valjean"
    heaviest = graph.edges[graph.weights.argmax()]
    assert {graph.names[n] for n in heaviest} == {"Valjean", "Cosette"}


@pytest.mark.parametrize("load", [karate_club, les_miserables])
def test_edges_are_sorted_and_single(load):
    graph = load()
    assert (graph.edges[:, 0] < graph.edges[:, 1]).all()
    assert [*map(tuple, graph.edges)] == sorted({*map(tuple, graph.edges)})
    assert graph.weights.shape == (len(graph.edges),)
    assert graph.weights.min() >= 1
    assert graph.edges.max() == len(graph.names) - 1


BAD = {
    "rng": (lambda rng: dates(7, 3), TypeError, "rng must be .*Generator, got int"),
    "size": (lambda rng: dates(rng, 0), ValueError, "size must be at least 1, got 0"),
    "split": (lambda rng: dates(rng, 3, split="dev"), ValueError, "split must be one of train, .* got 'dev'"),
    "target": (lambda rng: dates(rng, 3, target="de"), ValueError, "target must be one of iso, en, got 'de'"),
    "territories": (lambda rng: territories("all"), ValueError, "split must be one of .* got 'all'"),
    "character": (
        lambda rng: encode(["xyz"], (PAD, START, END, "x")),
        ValueError,
        r"vocabulary, got \['y', 'z'\]",
    ),
    "vocabulary": (
        lambda rng: encode(["x"], ("x", PAD, START, END)),
        ValueError,
        "vocabulary must start with <pad>, <start>, <end>, got",
    ),
    "number": (
        lambda rng: decode(np.array([[3], [-1]]), (PAD, START, END)),
        ValueError,
        "numbers must be in 0..2, got -1..3",
    ),
    "min_count": (lambda rng: lee_corpus(min_count=0), ValueError, "min_count must be at least 1, got 0"),
    "float": (lambda rng: lee_corpus(min_count=2.0), TypeError, "min_count must be an integer, got float"),
}


@pytest.mark.usefixtures("own_errors")
@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(call, error, message, rng):
    with pytest.raises(error, match=message):
        call(rng)


@pytest.mark.parametrize("load", [lee_corpus, lee_texts, lee_rated, wikipedia, wordsim353, simlex999])
def test_without_gensim_the_error_says_what_to_install(load, monkeypatch):
    monkeypatch.setattr(corpus, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install gensim"):
        load()
