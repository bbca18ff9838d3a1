"""A small translator: it reads a French date letter by letter and writes it as ISO 8601 has it.

Encoder and decoder are GRUs. With attention the decoder looks at all states of the encoder before each
letter.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from numpy.random import Generator

from livenotes import encoder_decoder
from livenotes.datasets.dates import START, Translations, dates, decode, encode
from livenotes.encoder_decoder import EncoderDecoderParams
from livenotes.lab import translation
from livenotes.lab.store import Stored, load, register
from livenotes.optimization import adam, adam_init, clip_by_norm
from livenotes.recurrent import Cell, bidirectional
from livenotes.recurrent.gru import GRU

HIDDEN, BATCH, RATE, LIMIT = 48, 32, 0.01, 1.0
UPDATES = 200
LONGEST_ANSWER, LONGEST_SOURCE = 11, 24  # an ISO date and its end; the longest date shown, start and end
ENCODERS: dict[str, Cell] = {"one direction": GRU, "both directions": bidirectional.over(GRU)}
SHOWN = ("7 août 2061", "jeudi 30 décembre 2060", "12 juillet 1904", "02/03/2034")
"""Dates of the test split, one in each style."""


class Translator(NamedTuple):
    """An encoder, a decoder that is a GRU, their parameters and the letters they read and write."""

    encoder: Cell
    params: EncoderDecoderParams
    source_vocabulary: tuple[str, ...]
    target_vocabulary: tuple[str, ...]


def begin(
    rng: Generator, like: Translations, encoder: str = "one direction", *, attends: bool, hidden: int = HIDDEN
) -> Translator:
    """Draw the weights of a translator for texts like these, in single precision."""
    letters = like.source_vocabulary, like.target_vocabulary
    reads, writes = (len(each) for each in letters)
    params = encoder_decoder.init(
        ENCODERS[encoder], GRU, rng, reads, writes, hidden, attends=attends, dtype=np.float32
    )
    return Translator(ENCODERS[encoder], params, *letters)


def one_hot(net: Translator, batch: Translations) -> tuple[Float[ndarray, "S B D"], Float[ndarray, "T B V"]]:
    """Texts as the net reads them: the source, and the answer shifted by one, from its start symbol on."""
    eyes = [np.eye(len(each), dtype=np.float32) for each in (net.source_vocabulary, net.target_vocabulary)]
    return eyes[0][batch.source], eyes[1][batch.target[:-1]]


def gradient(net: Translator, batch: Translations) -> tuple[float, EncoderDecoderParams]:
    """Loss of a batch in nats a letter, and its gradient in every parameter."""
    source, told = one_hot(net, batch)
    answers = told, batch.target[1:], batch.target_mask[1:]
    return translation.gradient(net.encoder, GRU, net.params, source, batch.source_mask, *answers)


def learn(
    net: Translator,
    draw: Callable[[], Translations],
    updates: int,
    *,
    rate: float = RATE,
    look: Callable[[Translator], float] | None = None,
    every: int = 50,
) -> tuple[Translator, Float[ndarray, " U"], list[float]]:
    """Train with Adam; return the net, the loss of every update, and what ``look`` says at every 50th."""
    state, losses, seen = adam_init(net.params), [], []
    for update in range(1, updates + 1):
        loss, g = gradient(net, draw())
        params, state = adam(net.params, clip_by_norm(g, LIMIT), state, lr=rate)
        net = net._replace(params=params)
        losses.append(loss)
        if look is not None and update % every == 0:
            seen.append(look(net))
    return net, np.array(losses), seen


def translate(
    net: Translator, batch: Translations, longer: int = 0
) -> tuple[tuple[str, ...], ndarray | None]:
    """Write what the net thinks, its best letter at every step; return the attention weights as well.

    Parameters
    ----------
    net : Translator
    batch : Translations
    longer : int
        By how many letters it may write more than the longest right answer.

    Returns
    -------
    texts : tuple of str
    weights : (B, T, S) or None
    """
    start, steps = net.target_vocabulary.index(START), len(batch.target) - 1 + longer
    symbols, weights = encoder_decoder.generate(
        net.encoder, GRU, net.params, one_hot(net, batch)[0], start, steps, batch.source_mask
    )
    return decode(symbols, net.target_vocabulary), weights


def exact(net: Translator, batch: Translations) -> float:
    """Share of texts that are translated without a mistake."""
    written, _ = translate(net, batch)
    return float(np.mean([ours == right for ours, right in zip(written, batch.target_texts, strict=True)]))


@cache
def unseen(size: int = 500) -> Translations:
    """Dates of the test split, the same at every call."""
    return dates(np.random.default_rng(1), size, split="test")


@cache
def trained(encoder: str = "both directions", seed: int = 0, *, attends: bool = True) -> Translator:
    """Train a translator of dates with 200 batches of 32; about two seconds."""
    rng = np.random.default_rng(seed)
    net = begin(rng, dates(rng, 1), encoder, attends=attends)
    return learn(net, lambda: dates(rng, BATCH), UPDATES)[0]


def read(net: Translator, texts: Sequence[str], answers: Sequence[str]) -> Translations:
    """Texts and their right answers as the net reads them."""
    source, target = encode(texts, net.source_vocabulary), encode(answers, net.target_vocabulary)
    return Translations(
        *source, *target, net.source_vocabulary, net.target_vocabulary, tuple(texts), tuple(answers)
    )


def align(text: str) -> xr.Dataset:
    """Translate one date with a trained net whose encoder reads both ways.

    Returns
    -------
    Dataset
        ``wrote``, and over ``letter`` written and ``source`` letter read, with zeros where there is none,
        ``weight``; ``largest``, the mean of the largest weight of each letter.
    """
    net = trained()
    (written,), weights = translate(net, read(net, [text], ["2000-01-01"]))
    assert weights is not None
    weight = np.zeros((LONGEST_ANSWER, LONGEST_SOURCE))
    weight[:, : weights.shape[2]] = weights[0]
    return xr.Dataset(
        {
            "wrote": np.array(written.ljust(10)[:10]),
            "weight": (("letter", "source"), weight),
            "largest": float(weights[0].max(axis=1).mean()),
        }
    )


def _again(text: str) -> xr.Dataset:
    """Compute again what a change of a last bit leaves nearly alone."""
    return align(text)[["largest"]]


STORED_ALIGNMENTS = register(
    Stored(
        name="attention-alignments",
        run=align,
        axes={"text": SHOWN},
        seed=0,
        rtol={"largest": 0.2},
        begin=_again,
    )
)


@cache
def aligned(text: str) -> xr.DataArray:
    """Read the stored weights of one date: over ``letter`` written and ``source`` letter read.

    The coordinates ``wrote`` and ``reads`` are the letters themselves; the start and end symbols are ‹ and ›.
    """
    found = load("attention-alignments").sel(text=text)
    reads = ["‹", *text, "›"]
    return xr.DataArray(
        found.weight.values[:, : len(reads)],
        dims=("letter", "source"),
        coords={"wrote": ("letter", [*str(found.wrote.item()), "›"]), "reads": ("source", reads)},
    )
