"""French into English, small and real: dates, and the names of countries, from Babel's locale data.

Texts are sequences of characters. The split into training, validation and test is fixed, a property of the
day or of the country itself: whoever draws a batch, with whatever seed, never sees a test pair in training.
Used in the chapter on attention.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from babel import Locale
from babel.dates import format_date
from jaxtyping import Bool, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count, require_ids
from livenotes._validated import validated

PAD, START, END = "<pad>", "<start>", "<end>"  # the first three symbols of every vocabulary
STYLES = ("full", "long", "medium", "short")
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)
# Codes of Babel that are no country: unions, the United Nations, outlying areas, tests, unknown.
NO_COUNTRY = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


def _marked(name: str, vocabulary: tuple[str, ...]) -> tuple[str, ...]:
    if vocabulary[:3] != (PAD, START, END):
        raise ValueError(f"{name} must start with {PAD}, {START}, {END}, got {vocabulary[:3]}")
    return vocabulary


Vocabulary: TypeAlias = Annotated[tuple[str, ...], _marked]


class Translations(NamedTuple):
    """Pairs of texts and their characters as numbers, one column for each pair, padded at the end."""

    source: Int[ndarray, "S B"]
    source_mask: Bool[ndarray, "S B"]
    target: Int[ndarray, "T B"]
    target_mask: Bool[ndarray, "T B"]
    source_vocabulary: tuple[str, ...]
    target_vocabulary: tuple[str, ...]
    source_texts: tuple[str, ...]
    target_texts: tuple[str, ...]


def _written(texts: Sequence[str], vocabulary: Vocabulary) -> None:
    for text in texts:
        unknown = sorted(set(text) - {*vocabulary})
        if unknown:
            raise ValueError(f"texts must be written with the vocabulary, got {unknown} in {text!r}")


@validated(where=_written)
def encode(texts: Sequence[str], vocabulary: Vocabulary) -> tuple[Int[ndarray, "T B"], Bool[ndarray, "T B"]]:
    """Number the characters of each text between a start and an end symbol.

    Parameters
    ----------
    texts : sequence of str
    vocabulary : tuple of str
        The pad, start and end symbols, then single characters.

    Returns
    -------
    numbers : int array, shape (T, B)
        Indices into the vocabulary; T is the longest text's length plus 2, shorter ones end in padding.
    mask : bool array, shape (T, B)
        False on padding.

    Raises
    ------
    TypeError, ValueError
        If the vocabulary does not start with the three symbols, or a character is not in the vocabulary.
    """
    number = {symbol: n for n, symbol in enumerate(vocabulary)}
    numbers = np.full((max(map(len, texts), default=0) + 2, len(texts)), number[PAD])
    for column, text in zip(numbers.T, texts, strict=True):
        column[: len(text) + 2] = [number[symbol] for symbol in (START, *text, END)]
    return numbers, numbers != number[PAD]


def _indices(numbers: Int[ndarray, "T B"], vocabulary: Vocabulary) -> None:
    require_ids("numbers", numbers, len(vocabulary))


@validated(where=_indices)
def decode(numbers: Int[ndarray, "T B"], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Texts that the numbers spell, each up to its first end symbol; start symbols and padding say nothing.

    Raises
    ------
    TypeError, ValueError
        If the vocabulary does not start with the three symbols, or a number is not an index into it.
    """
    texts = []
    for column in numbers.T:
        symbols = [vocabulary[n] for n in column]
        spoken = symbols[: symbols.index(END)] if END in symbols else symbols
        texts.append("".join(symbol for symbol in spoken if symbol not in (PAD, START)))
    return tuple(texts)


@validated
def dates(
    rng: Generator, size: Count, *, split: Split = "train", target: Literal["iso", "en"] = "iso"
) -> Translations:
    """Draw days of 1900 to 2099, written in French in a random style, and in ISO 8601 or in English.

    A day's number counted from year 1 decides its split: modulo 10, 8 is validation, 9 test, the rest
    training.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int, at least 1
        Number of pairs B.
    split : {"train", "validation", "test"}
    target : {"iso", "en"}
        ``2020-07-14``, or American English in the style ``July 14, 2020``.

    Returns
    -------
    Translations
        S and T are the longest of these texts, plus 2; the vocabularies are the same for every draw.

    Raises
    ------
    TypeError, ValueError
        If ``rng`` is not a Generator, ``size`` not an integer of at least 1, or a word none of those above.
    """
    first, last = FIRST_DAY.toordinal(), LAST_DAY.toordinal()
    days = np.arange(first, last + 1)
    drawn = [date.fromordinal(n) for n in rng.choice(days[_belongs(days, split)], size).tolist()]
    styles = [STYLES[n] for n in rng.integers(len(STYLES), size=size)]
    source_texts = tuple(_french(day, style) for day, style in zip(drawn, styles, strict=True))
    target_texts = tuple(_answer(day, target) for day in drawn)
    return _translations(source_texts, target_texts, *_date_vocabularies(target))


@validated
def territories(split: Split = "train") -> Translations:
    """Names of countries and territories in French and in English.

    The position in the alphabet of ISO 3166 codes decides the split: modulo 10, 8 is validation, 9 test, the
    rest training.

    Parameters
    ----------
    split : {"train", "validation", "test"}

    Returns
    -------
    Translations
        All pairs of the split, by code. The vocabularies are those of all splits together. Names are those of
        the installed Babel: later versions may rename a country.

    Raises
    ------
    ValueError
        If ``split`` is another word.
    """
    french, english = Locale("fr").territories, Locale("en").territories
    codes = sorted(c for c in french.keys() & english.keys() if c.isalpha() and c not in NO_COUNTRY)
    chosen = [code for n, code in enumerate(codes) if _belongs(n, split)]
    vocabularies = [_vocabulary(names[c] for c in codes) for names in (french, english)]
    texts = [tuple(names[c] for c in chosen) for names in (french, english)]
    return _translations(*texts, *vocabularies)


def _belongs(number: Any, split: str) -> Any:
    """Whether a day or a country with this number (or, for an array, each of them) is in the split."""
    return {"train": number % 10 < 8, "validation": number % 10 == 8, "test": number % 10 == 9}[split]


def _french(day: date, style: str) -> str:
    return str(format_date(day, style, locale="fr"))


def _answer(day: date, target: str) -> str:
    return day.isoformat() if target == "iso" else str(format_date(day, "long", locale="en"))


@cache
def _date_vocabularies(target: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Characters of every day of a leap year, and all digits: no other year needs more."""
    year = [date.fromordinal(date(2000, 1, 1).toordinal() + n) for n in range(366)]
    source = _vocabulary(["0123456789", *(_french(day, style) for day in year for style in STYLES)])
    return source, _vocabulary(["0123456789", *(_answer(day, target) for day in year)])


def _vocabulary(texts: Iterable[str]) -> tuple[str, ...]:
    return (PAD, START, END, *sorted({character for text in texts for character in text}))


def _translations(
    source_texts: tuple[str, ...],
    target_texts: tuple[str, ...],
    source_vocabulary: tuple[str, ...],
    target_vocabulary: tuple[str, ...],
) -> Translations:
    source, target = encode(source_texts, source_vocabulary), encode(target_texts, target_vocabulary)
    return Translations(*source, *target, source_vocabulary, target_vocabulary, source_texts, target_texts)
