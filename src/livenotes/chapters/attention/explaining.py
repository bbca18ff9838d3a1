"""Does an alignment explain the answer? Weights are moved, letters are taken away, and answers compared."""

from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes import encoder_decoder
from livenotes.datasets.dates import Translations, dates
from livenotes.dense import affine
from livenotes.lab.store import Stored, load, register
from livenotes.recurrent.gru import GRU

from .translator import Translator, one_hot, trained

PARTS = {"century": slice(0, 2), "year": slice(2, 4), "month": slice(5, 7), "day": slice(8, 10)}
"""Letters of an ISO date; the year's are its last two digits."""
WAYS = ("most attended", "random", "uniform", "shuffled", "letter, most", "letter, random")
SIZE = 200

Weights = Float[ndarray, "B T S"]


def answer(
    net: Translator, batch: Translations, instead: Weights | None = None
) -> tuple[Int[ndarray, "B T"], Weights]:
    """Guess each letter from the right ones before it; with other weights than its own, if some are given.

    Returns
    -------
    guesses : (B, T)
        The best letter at every step.
    weights : (B, T, S)
        As the net computed them.
    """
    p = net.params
    scores, tape = encoder_decoder.forward(net.encoder, GRU, p, *one_hot(net, batch), batch.source_mask)
    weights = encoder_decoder.attention_weights(tape)
    if instead is None:
        return scores.argmax(axis=2).T, weights
    assert tape.attended is not None  # attention_weights has looked
    looked = tape.attended.attention  # its queries are the decoder's states (B, T, H), its values (B, S, H)
    both = np.concatenate([instead.astype(looked.v.dtype) @ looked.v, looked.q], axis=2)
    scores, _ = affine(p.out, np.tanh(affine(p.combine, both)[0]))
    return scores.argmax(axis=2), weights


def _without(weights: Weights, place: Int[ndarray, "B T"]) -> Weights:
    """Take the weight away from one place in each row, and scale up the others to sum to 1."""
    left = weights.copy()
    np.put_along_axis(left, place[..., None], 0, axis=2)
    rest: Weights = left / left.sum(axis=2, keepdims=True)
    return rest


def _other(rng: Generator, weights: Weights, real: ndarray) -> Int[ndarray, "B T"]:
    """Draw a place for each row that is real and is not the one with the largest weight."""
    ticket = rng.random(weights.shape)
    ticket[np.broadcast_to(~real[:, None], weights.shape)] = -1
    np.put_along_axis(ticket, weights.argmax(axis=2)[..., None], -1, axis=2)
    return ticket.argmax(axis=2)


def _shuffle(rng: Generator, weights: Weights, real: ndarray) -> Weights:
    """Deal the weights of each row to other places, padding aside."""
    dealt = np.zeros_like(weights)
    for b, n in enumerate(real.sum(axis=1)):
        dealt[b, :, :n] = rng.permuted(weights[b, :, :n], axis=1)
    return dealt


def _letter_gone(net: Translator, batch: Translations, place: Int[ndarray, "B T"]) -> Int[ndarray, "B T"]:
    """Guess each letter after one letter of the source was skipped: another one for every step."""
    guesses = []
    for t in range(place.shape[1]):
        mask = batch.source_mask.copy()
        mask[place[:, t], np.arange(mask.shape[1])] = False
        guesses.append(answer(net, batch._replace(source_mask=mask))[0][:, t])
    return np.stack(guesses, axis=1)


def _interfere(
    net: Translator, rng: Generator
) -> tuple[tuple[Int[ndarray, "B T"], ...], Int[ndarray, "B T"], Weights]:
    """Guesses after each of ``WAYS``, as they usually are, and the weights of these."""
    batch = dates(np.random.default_rng(2), SIZE, split="test")
    real = batch.source_mask.T
    usual, weights = answer(net, batch)
    most, other = weights.argmax(axis=2), _other(rng, weights, real)
    even = np.broadcast_to((real / real.sum(axis=1, keepdims=True))[:, None], weights.shape)
    moved = _without(weights, most), _without(weights, other), even, _shuffle(rng, weights, real)
    guesses = [answer(net, batch, instead)[0] for instead in moved]
    return (*guesses, _letter_gone(net, batch, most), _letter_gone(net, batch, other)), usual, weights


def interfered(seed: int) -> xr.Dataset:
    """Train a translator, change where it looks or what it reads, and count the letters it answers otherwise.

    Returns
    -------
    Dataset
        Over ``way`` and ``part`` of the date: ``changed``, the share of answers. Ways: the weight of the most
        attended place, or of a random other one, is taken away; all weights are made equal, or dealt to other
        places; the most attended letter, or a random other one, is skipped by the encoder. Over ``part``:
        ``weight``, the mean largest weight.
    """
    guesses, usual, weights = _interfere(trained(seed=seed), np.random.default_rng(seed))
    differs = np.array([guess != usual for guess in guesses])
    parts = PARTS.values()
    return xr.Dataset(
        {
            "changed": (("way", "part"), [[d[:, part].mean() for part in parts] for d in differs]),
            "weight": ("part", [float(weights[:, part].max(axis=2).mean()) for part in parts]),
        },
        coords={"way": list(WAYS), "part": list(PARTS)},
    )


def _again(seed: int) -> xr.Dataset:
    """Compute again what a change of a last bit leaves nearly alone."""
    return interfered(seed)[["weight"]]


STORED_EXPLAINED = register(
    Stored(
        name="attention-explained",
        run=interfered,
        axes={"seed": (0, 1, 2)},
        seed=0,
        rtol={"weight": 0.2},
        begin=_again,
    )
)


@cache
def explained() -> xr.Dataset:
    """Read what was stored of the interventions; ``make results`` trains and interferes again."""
    return load("attention-explained")
