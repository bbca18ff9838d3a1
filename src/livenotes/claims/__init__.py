"""What the notes claim, what became of it, and the numbers: ``claims.card("relu-formula")`` shows one."""

from .bibliography import references
from .card import Card, Cards, Piece
from .ledger import Claim, Measured, Verdict, shipped, shipped_numbers
from .rules import validate

__all__ = [
    "Card",
    "Cards",
    "Claim",
    "Measured",
    "Piece",
    "Verdict",
    "all",
    "card",
    "for_chapter",
    "section",
    "validate",
]


def all() -> list[Card]:
    """Every claim of the ledger, chapter by chapter, in the order of its file."""
    sources = references()
    return [
        Card(claim, shipped_numbers().get(key, {}), tuple(sources[cited] for cited in claim.cite))
        for key, claim in shipped().items()
    ]


def for_chapter(chapter: str) -> list[Card]:
    """Return the claims of one chapter.

    Raises
    ------
    ValueError
        If the ledger has no such chapter.
    """
    cards = [card for card in all() if card.claim.chapter == chapter]
    if not cards:
        known = ", ".join(sorted({claim.chapter for claim in shipped().values()}))
        raise ValueError(f"chapter: no claims for {chapter!r}; there are some for {known}")
    return cards


def section(chapter: str, *labels: str) -> Cards:
    """Return the claims that some sections of a chapter settle, to be displayed folded.

    Raises
    ------
    ValueError
        If a section settles no claim.
    """
    cards = for_chapter(chapter)
    known = dict.fromkeys(each.claim.section for each in cards)
    for label in labels:
        if label not in known:
            raise ValueError(f"section: no claim of {chapter!r} belongs to {label!r}; use {', '.join(known)}")
    return Cards(tuple(each for each in cards if each.claim.section in labels))


def card(key: str) -> Card:
    """Return one claim, ready to be displayed.

    Raises
    ------
    ValueError
        If the ledger has no such key; the message names those that look alike.
    """
    for each in all():
        if each.claim.key == key:
            return each
    alike = ", ".join(sorted(k for k in shipped() if set(k.split("-")) & set(key.split("-"))))
    raise ValueError(f"key: no claim {key!r} in the ledger; keys that look alike: {alike or 'none'}")
