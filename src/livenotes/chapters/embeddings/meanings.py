"""What a vector is made of: two words that become one in the real corpus, and invented letters to a shop."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes.embeddings import skipgram
from livenotes.embeddings.vocabulary import Vocabulary, build_vocabulary, encode
from livenotes.lab.store import Stored, load, register

from .words import DIM, NEGATIVES, RATE, THRESHOLD, WINDOWS, text

BLENDS = (
    ("film", "water"),
    ("april", "energy"),
    ("war", "species"),
    ("god", "island"),
    ("king", "acid"),
)
"""Pairs of words that become one, all in the same training."""

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def blended(share: float, seed: int) -> xr.Dataset:
    """Merge a share of one word's occurrences with the rest from another's, and train.

    Of every pair half of the occurrences keep their word. The other half gives a new word its occurrences:
    as many as the rarer of the two has to give, ``share`` of them from the first. What is not used is left
    out of the text, so that nothing but the mixture changes with the share.

    Returns
    -------
    Dataset
        Over ``blend``: ``to_first``, ``to_second`` and ``apart``, the cosines of the new word to the first
        and to the second and of these two. Over ``rank`` as well: the ``neighbor`` of the new word.
    """
    rng = np.random.default_rng(seed)
    source = text()
    size = len(source.words)
    tokens, new = np.concatenate(source.sentences), size
    keep = np.ones(len(tokens), bool)
    for pair in BLENDS:
        given = [rng.permutation(np.flatnonzero(tokens == source.ids[word])) for word in pair]
        given = [places[: len(places) // 2] for places in given]
        count = min(map(len, given))
        first = round(share * count)
        keep[np.concatenate(given)] = False
        used = np.concatenate([given[0][:first], given[1][: count - first]])
        tokens[used], keep[used] = new, True
        new += 1
    ends = np.cumsum([len(sentence) for sentence in source.sentences])[:-1]
    sentences = [s[k] for s, k in zip(np.split(tokens, ends), np.split(keep, ends), strict=True)]
    params, _ = skipgram.train(
        rng,
        sentences,
        size=new,
        dim=DIM,
        window=5,
        negatives=NEGATIVES,
        epochs=WINDOWS[5],
        lr=RATE,
        threshold=THRESHOLD,
    )
    unit = params.center / np.linalg.norm(params.center, axis=1, keepdims=True)
    first, second = np.array([[source.ids[word] for word in pair] for pair in BLENDS]).T
    mixed = unit[size:]
    order = np.argsort(-(mixed @ unit[:size].T), axis=1)[:, :6]
    return xr.Dataset(
        {
            "to_first": ("blend", np.einsum("nd,nd->n", mixed, unit[first])),
            "to_second": ("blend", np.einsum("nd,nd->n", mixed, unit[second])),
            "apart": ("blend", np.einsum("nd,nd->n", unit[first], unit[second])),
            "neighbor": (("blend", "rank"), np.array(source.words)[order].astype("U14")),
        },
        coords={"blend": [" ".join(pair) for pair in BLENDS]},
    )


def blended_again(share: float, seed: int) -> xr.Dataset:
    """Compute a mixture again, without the neighbors, which are words."""
    return blended(share, seed).drop_vars("neighbor")


STORED_BLENDS = register(
    Stored(
        name="embeddings-blends",
        run=blended,
        axes={"share": SHARES, "seed": (0, 1)},
        seed=0,
        rtol=dict.fromkeys(("to_first", "to_second", "apart"), 0.05),
        begin=blended_again,
    )
)


@cache
def blends() -> xr.Dataset:
    """Read what was stored of words merged into one; ``make results`` trains them again."""
    return load("embeddings-blends")


STREETS = ("maple", "station", "church", "garden", "mill", "harbor")
"""The street of each of six customers; no message names two."""

OWN: Mapping[str, tuple[str, ...]] = {
    "maple": ("kettle", "boils", "leaks", "steam"),
    "station": ("lamp", "flickers", "bulb", "cable"),
    "church": ("sofa", "cushion", "fabric", "torn"),
    "garden": ("drill", "battery", "charger", "bits"),
    "mill": ("bicycle", "brake", "pedal", "chain"),
    "harbor": ("camera", "lens", "blurry", "zoom"),
}
"""What each customer writes about."""

FRAMES = (
    "please send it to {} street today",
    "my address is {} street as before",
    "deliver the parcel to {} street please",
    "i live in {} street not far",
)
"""What every customer may write."""

SHARED = tuple(sorted({word for frame in FRAMES for word in frame.split()} - {"{}"}))
SHOP_WORDS = (*STREETS, *(word for street in STREETS for word in OWN[street]), *SHARED)
MESSAGES = 60


def messages(share: float, seed: int = 0, *, per_customer: int = MESSAGES) -> list[list[str]]:
    """Invent what six customers of a shop write; every message names the street of its customer.

    Parameters
    ----------
    share : float, 0 to 1
        Of the messages that say the same for every customer, apart from the street. The others put the
        street among words that only this customer uses.
    seed : int
    per_customer : int
    """
    rng = np.random.default_rng(seed)
    written = []
    for street in STREETS:
        for n in range(per_customer):
            if n < round(share * per_customer):
                written.append(FRAMES[n % len(FRAMES)].format(street).split())
            else:
                written.append([*rng.permutation([street, *OWN[street]])])
    return [written[n] for n in rng.permutation(len(written))]


def customers(share: float, seed: int) -> xr.Dataset:
    """Train vectors on invented messages; see :func:`messages`.

    Returns
    -------
    Dataset
        Over ``word`` and ``axis``: ``place``, the unit vectors seen from the side on which they spread most;
        a word that no message has lies far outside. ``streets``, the mean cosine of two streets, and
        ``owns``, of a street and its customer's own words.
    """
    texts = messages(share, seed)
    vocabulary = build_vocabulary(texts, min_count=1)
    vectors = shop_vectors(vocabulary, texts, seed)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = vocabulary.ids
    rows = unit[[ids[street] for street in STREETS]]
    upper = np.triu_indices(len(STREETS), 1)
    own = [unit[ids[s]] @ unit[ids[word]] for s in STREETS for word in OWN[s]]
    _, _, axes = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
    place = np.full((len(SHOP_WORDS), 2), 9, np.float32)
    for n, word in enumerate(SHOP_WORDS):
        if word in ids:
            place[n] = (unit[ids[word]] - unit.mean(axis=0)) @ axes[:2].T
    return xr.Dataset(
        {
            "place": (("word", "axis"), place),
            "streets": (rows @ rows.T)[upper].mean(),
            "owns": np.mean(own),
        },
        coords={"word": list(SHOP_WORDS)},
    )


STORED_CUSTOMERS = register(
    Stored(
        name="embeddings-customers",
        run=customers,
        axes={"share": tuple(n / 10 for n in range(10)), "seed": (0, 1, 2, 3, 4)},
        seed=0,
        rtol={"streets": 0.05, "owns": 0.1, "place": 1},
    )
)


@cache
def shop() -> xr.Dataset:
    """Read what was stored of the invented messages; ``make results`` trains on them again."""
    return load("embeddings-customers")


def shop_vectors(vocabulary: Vocabulary, texts: Sequence[Sequence[str]], seed: int) -> Float[ndarray, "V D"]:
    """Train short vectors on few messages."""
    corpus: list[Int[ndarray, " _"]] = encode(vocabulary, texts)
    params, _ = skipgram.train(
        np.random.default_rng(seed),
        corpus,
        size=len(vocabulary.words),
        dim=8,
        window=4,
        epochs=15,
        lr=0.1,
        threshold=None,
        batch_size=64,
    )
    return params.center
