"""What the notes claim, what became of it, and the numbers, as the ledger's page shows them."""

from .bibliography import references
from .card import Card, Piece
from .ledger import Claim, Measured, Verdict, shipped, shipped_numbers
from .rules import validate

__all__ = [
    "Card",
    "Claim",
    "Measured",
    "Piece",
    "Verdict",
    "all",
    "validate",
]


def all() -> list[Card]:
    """Every claim of the ledger, chapter by chapter, in the order of its file."""
    sources = references()
    return [
        Card(claim, shipped_numbers().get(key, {}), tuple(sources[cited] for cited in claim.cite))
        for key, claim in shipped().items()
    ]
