"""With attention and without: lists of dates that grow, states that grow, and names of countries."""

from difflib import SequenceMatcher
from functools import cache, partial

import numpy as np
import xarray as xr
from numpy.random import Generator

from livenotes.datasets.dates import Split, Translations, dates, encode, territories
from livenotes.lab.store import load, mean_losses, register_training

from .translator import BATCH, Translator, begin, exact, learn, translate

COUNTS, SEEDS = (1, 2, 3), (0, 1, 2)
LIST_UPDATES, EVERY = 400, 50
WIDTHS, WIDTH_UPDATES = (24, 48, 96), 1200
NAME_UPDATES, NAME_HIDDEN, NAME_RATE = 300, 64, 0.005
NAMES = ("Syrie", "Corée du Sud", "Nouvelle-Zélande", "Argentine", "Colombie", "Lettonie")


def listed(rng: Generator, size: int, count: int, split: Split = "train") -> Translations:
    """Draw lists of dates: ``3 oct. 1993, 7 août 2061`` and ``1993-10-03 2061-08-07``."""
    each = dates(rng, size * count, split=split)
    source_texts = tuple(", ".join(each.source_texts[row::size]) for row in range(size))
    target_texts = tuple(" ".join(each.target_texts[row::size]) for row in range(size))
    letters = (*each.source_vocabulary, ","), (*each.target_vocabulary, " ")
    return Translations(
        *encode(source_texts, letters[0]),
        *encode(target_texts, letters[1]),
        *letters,
        source_texts,
        target_texts,
    )


def by_count(attends: int, count: int, seed: int, *, updates: int = LIST_UPDATES) -> xr.Dataset:
    """Train a translator of lists of dates.

    Returns
    -------
    Dataset
        Over ``update`` 50, 100, ...: ``score``, the share of 200 new lists without a mistake, and ``loss``,
        the mean over the 50 updates before; ``letters``, the mean length of a source.
    """
    rng = np.random.default_rng(seed)
    net = begin(rng, listed(rng, 1, count), attends=bool(attends))
    new = listed(np.random.default_rng(1), 200, count, "test")
    _, losses, score = learn(
        net, lambda: listed(rng, BATCH, count), updates, look=partial(exact, batch=new), every=EVERY
    )
    return xr.Dataset(
        {
            "score": ("update", score),
            "loss": mean_losses(losses, EVERY),
            "letters": float(np.mean([len(text) for text in new.source_texts])),
        },
    )


def by_width(hidden: int, seed: int, *, updates: int = WIDTH_UPDATES) -> xr.Dataset:
    """Train a translator of single dates without attention, whose states have ``hidden`` numbers."""
    rng = np.random.default_rng(seed)
    net = begin(rng, dates(rng, 1), attends=False, hidden=hidden)
    new = dates(np.random.default_rng(1), 200, split="test")
    _, losses, score = learn(net, lambda: dates(rng, BATCH), updates, look=partial(exact, batch=new))
    return xr.Dataset({"score": ("update", score), "loss": mean_losses(losses, EVERY)})


def _rows(batch: Translations, rows: np.ndarray) -> Translations:
    """Some of the pairs, without the padding that they do not need."""
    long, wide = (mask[:, rows].sum(axis=0).max() for mask in (batch.source_mask, batch.target_mask))
    return Translations(
        batch.source[:long, rows],
        batch.source_mask[:long, rows],
        batch.target[:wide, rows],
        batch.target_mask[:wide, rows],
        batch.source_vocabulary,
        batch.target_vocabulary,
        tuple(batch.source_texts[n] for n in rows),
        tuple(batch.target_texts[n] for n in rows),
    )


def likeness(net: Translator, batch: Translations) -> float:
    """Mean share of letters that our names have in common, in order, with the right ones."""
    written, _ = translate(net, batch, 5)
    return float(
        np.mean(
            [SequenceMatcher(None, *pair).ratio() for pair in zip(written, batch.target_texts, strict=True)]
        )
    )


def of_names(attends: int, seed: int, *, updates: int = NAME_UPDATES) -> xr.Dataset:
    """Train a translator of names of countries and territories, whose encoder reads both ways.

    Returns
    -------
    Dataset
        ``known`` and ``new``: share of exact names, of those it was trained on and of the others; ``like``:
        how alike the new ones are. Over ``name``: ``wrote``, and over ``letter`` and ``source`` as well, with
        zeros where there is no letter, ``weight``. ``loss`` over ``update`` 50, 100, ...
    """
    rng, names = np.random.default_rng(seed), territories()
    net = begin(rng, names, "both directions", attends=bool(attends), hidden=NAME_HIDDEN)
    net, losses, _ = learn(
        net, lambda: _rows(names, rng.integers(len(names.source_texts), size=32)), updates, rate=NAME_RATE
    )
    others = [territories(split) for split in ("validation", "test")]
    wrote, weight = [], np.zeros((len(NAMES), 20, 20), np.float32)
    for n, name in enumerate(NAMES):
        batch = next(one for one in (names, *others) if name in one.source_texts)
        only = _rows(batch, np.array([batch.source_texts.index(name)]))
        (text,), weights = translate(net, only, 5)
        wrote.append(text[:20])
        if weights is not None:
            part = weights[0, :20, :20]
            weight[n, : len(part), : part.shape[1]] = part
    return xr.Dataset(
        {
            "known": exact(net, names),
            "new": np.mean([exact(net, one) for one in others]),
            "like": np.mean([likeness(net, one) for one in others]),
            "loss": mean_losses(losses, EVERY),
            "wrote": ("name", np.array([text.ljust(20) for text in wrote])),
            "weight": (("name", "letter", "source"), weight),
        },
        coords={"name": list(NAMES)},
    )


_stored = partial(register_training, every=EVERY, rtol=0.05)
STORED_LISTS = _stored(
    "attention-lists", by_count, {"attends": (0, 1), "count": COUNTS, "seed": SEEDS}, updates=LIST_UPDATES
)
STORED_WIDTHS = _stored(
    "attention-widths", by_width, {"hidden": WIDTHS, "seed": SEEDS}, updates=WIDTH_UPDATES
)
STORED_NAMES = _stored("attention-names", of_names, {"attends": (0, 1), "seed": SEEDS}, updates=NAME_UPDATES)


@cache
def lists() -> xr.Dataset:
    """Read what was stored of the translators of lists; ``make results`` trains them again."""
    return load("attention-lists")


@cache
def widths() -> xr.Dataset:
    """Read what was stored of the translators without attention."""
    return load("attention-widths")


@cache
def names() -> xr.Dataset:
    """Read what was stored of the translators of names."""
    return load("attention-names")
