"""An encoder and a decoder between two word orders, fed the source as it is, reversed, or twice.

The source is random symbols and the answer the same symbols in some order; or a French date, and the answer
the same day as Americans or as computers write it.
"""

from collections.abc import Callable
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count, require_choice
from livenotes._validated import validated
from livenotes.datasets.dates import Translations, dates
from livenotes.datasets.reversed_copy import reversed_copy
from livenotes.encoder_decoder import EncoderDecoderParams, generate, init
from livenotes.lab import translation
from livenotes.lab.memory import LIMIT
from livenotes.lab.store import load, mean_losses
from livenotes.optimization import adam, adam_init, clip_by_norm

from .reading import EVERY, GRU, stored

ALPHABET, HIDDEN, BATCH, UPDATES, RATE = 8, 32, 32, 1600, 0.005
LENGTHS = (6, 10)
ORDERS: dict[str, Callable[[int], Int[ndarray, " T"]]] = {
    "same": np.arange,
    "neighbors swapped": lambda n: np.arange(n) ^ 1,
    "last first": lambda n: np.roll(np.arange(n), 1),
    "mirrored": lambda n: np.arange(n)[::-1],
}
"""Which step of the source each step of the answer translates; for swapped neighbors an even length."""
FEEDS = ("as it is", "reversed", "twice")
DAY_UNITS, DAY_UPDATES, DAYS = 64, 1500, 4000
TARGETS = {"en": "July 14, 2020", "iso": "2020-07-14"}


class Pairs(NamedTuple):
    """Sources and answers: what the encoder reads, what the decoder reads, and what it should say."""

    source: Float[ndarray, "S B D"]
    source_mask: Bool[ndarray, "S B"] | None
    told: Float[ndarray, "T B V"]  # <start>, and the answer without its last symbol
    target: Int[ndarray, "T B"]
    target_mask: Bool[ndarray, "T B"]


def fed(pairs: Pairs, feed: str) -> Pairs:
    """Turn the sources round, or put each behind itself."""
    require_choice("feed", feed, FEEDS)
    if feed == "as it is":
        return pairs
    put = (lambda a: a[::-1]) if feed == "reversed" else (lambda a: np.concatenate([a, a]))
    mask = pairs.source_mask
    return pairs._replace(source=put(pairs.source), source_mask=None if mask is None else put(mask))


class Alignment(NamedTuple):
    """When each symbol of the source is read (the last time), when its translation is written."""

    read: Int[ndarray, " T"]
    written: Int[ndarray, " T"]

    @property
    def distance(self) -> Int[ndarray, " T"]:
        """Steps from the one to the other, in the order of the answer."""
        return self.written - self.read


@validated
def alignment(order: str, feed: str, length: Count) -> Alignment:
    """Steps at which the pairs of an order are read and written, counted from 1.

    Raises
    ------
    ValueError
        If ``order`` or ``feed`` is unknown.
    """
    require_choice("order", order, ORDERS)
    require_choice("feed", feed, FEEDS)
    source, steps = ORDERS[order](length), 2 * length if feed == "twice" else length
    read = {"as it is": source + 1, "reversed": length - source, "twice": length + source + 1}[feed]
    return Alignment(read, steps + 1 + np.arange(length))


def symbols(rng: Generator, size: int, length: int, order: str) -> Pairs:
    """Draw random symbols and the answer in this order."""
    require_choice("order", order, ORDERS)
    drawn = reversed_copy(rng, size, length, alphabet=ALPHABET, order="same")
    target = drawn.source[ORDERS[order](length)]
    read = np.concatenate([np.full((1, size), ALPHABET), target[:-1]])
    told = np.eye(ALPHABET + 1, dtype=np.float32)[read]
    return Pairs(drawn.x.astype(np.float32), None, told, target, np.ones(target.shape, bool))


def gradient(params: EncoderDecoderParams, pairs: Pairs) -> tuple[float, EncoderDecoderParams]:
    """Mean cross-entropy of the answers' symbols, in nats, and its gradient in every parameter."""
    return translation.gradient(GRU, GRU, params, *pairs)


def learn_pairs(
    params: EncoderDecoderParams, draw: Callable[[], Pairs], updates: int
) -> tuple[EncoderDecoderParams, xr.DataArray]:
    """Train with Adam, gradients clipped to length 1; return the losses too."""
    state, losses = adam_init(params), []
    for _ in range(updates):
        loss, g = gradient(params, draw())
        params, state = adam(params, clip_by_norm(g, LIMIT), state, lr=RATE)
        losses.append(loss)
    return params, mean_losses(losses, EVERY)


def write(params: EncoderDecoderParams, pairs: Pairs) -> Int[ndarray, "T B"]:
    """Let the decoder write by itself, always the most likely symbol."""
    start = int(pairs.told[0, 0].argmax())
    said, _ = generate(GRU, GRU, params, pairs.source, start, len(pairs.target), pairs.source_mask)
    return said


def train_symbols(order: str, feed: str, length: int, seed: int, *, updates: int = UPDATES) -> xr.Dataset:
    """Train one pair of nets to put random symbols into an order.

    Returns
    -------
    Dataset
        ``right`` over ``place``, the share of right symbols at each step of 500 new answers that the decoder
        wrote by itself, missing beyond their length. ``loss`` over ``update``.
    """
    rng = np.random.default_rng(seed)
    start = init(GRU, GRU, rng, ALPHABET, ALPHABET + 1, HIDDEN, dtype=np.float32)
    params, losses = learn_pairs(start, lambda: fed(symbols(rng, BATCH, length, order), feed), updates)
    new = fed(symbols(rng, 500, length, order), feed)
    right = np.full(LENGTHS[-1], np.nan)
    right[:length] = (write(params, new) == new.target).mean(axis=1)
    return xr.Dataset({"right": ("place", right), "loss": losses}, {"place": np.arange(1, LENGTHS[-1] + 1)})


def days(texts: Translations) -> Pairs:
    """Make pairs of French dates and their answers."""
    source = np.eye(len(texts.source_vocabulary), dtype=np.float32)[texts.source]
    told = np.eye(len(texts.target_vocabulary), dtype=np.float32)[texts.target[:-1]]
    return Pairs(source, texts.source_mask, told, texts.target[1:], texts.target_mask[1:])


def some(pairs: Pairs, which: Int[ndarray, " N"]) -> Pairs:
    """Pick pairs by their number."""
    mask = pairs.source_mask
    source_mask = None if mask is None else mask[:, which]
    return Pairs(pairs.source[:, which], source_mask, *(part[:, which] for part in pairs[2:]))


def train_days(
    target: Literal["iso", "en"], feed: str, seed: int, *, updates: int = DAY_UPDATES
) -> xr.Dataset:
    """Train one pair of nets on French dates, and let it translate 500 of days that it has not seen.

    Returns
    -------
    Dataset
        ``right``, the share of answers without a mistake; over ``place``: ``by_place``, the share of right
        symbols at each of the first ten. ``loss`` over ``update``.
    """
    require_choice("target", target, TARGETS)
    rng = np.random.default_rng(seed)
    train = fed(days(dates(rng, DAYS, target=target)), feed)
    sizes = train.source.shape[2], train.told.shape[2], DAY_UNITS
    start = init(GRU, GRU, rng, *sizes, dtype=np.float32)
    params, losses = learn_pairs(start, lambda: some(train, rng.integers(DAYS, size=BATCH)), updates)
    new = fed(days(dates(rng, 500, split="test", target=target)), feed)
    good = (write(params, new) == new.target) | ~new.target_mask
    return xr.Dataset(
        {"right": good.all(axis=0).mean(), "by_place": ("place", good[:10].mean(axis=1)), "loss": losses},
        {"place": np.arange(1, 11)},
    )


SEEDS = (0, 1, 2)
MEASURED = ("same", "neighbors swapped", "last first")
"""Orders that were trained; the mirrored one fed as it is is the same one fed reversed, by symmetry."""

stored(
    "bidirectional-orders",
    train_symbols,
    {"order": MEASURED, "feed": FEEDS[:2], "length": LENGTHS, "seed": SEEDS},
    updates=UPDATES,
)
stored(
    "bidirectional-twice",
    train_symbols,
    {"order": ("same",), "feed": ("twice",), "length": LENGTHS, "seed": SEEDS},
    updates=UPDATES,
)
stored(
    "bidirectional-days",
    train_days,
    {"target": tuple(TARGETS), "feed": FEEDS[:2], "seed": SEEDS},
    updates=DAY_UPDATES,
)


@cache
def ordered() -> xr.Dataset:
    """Read what was stored of the nets that put symbols into an order, those fed twice among them.

    Over ``order``, ``feed``, ``length``, ``seed`` and ``place``; missing where nothing was trained.
    """
    return xr.merge(
        [load("bidirectional-orders"), load("bidirectional-twice")], join="outer", compat="no_conflicts"
    )


@cache
def translated() -> xr.Dataset:
    """Read what was stored of the nets that translate dates; ``make results`` trains them again."""
    return load("bidirectional-days")
