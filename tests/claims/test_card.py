"""Cards: what the ledger shows of a claim, and where its sources come from."""

from dataclasses import replace

import pytest

from livenotes import claims
from livenotes.claims.bibliography import Source, references
from livenotes.claims.card import Card, Piece
from livenotes.claims.ledger import Measured, Verdict

KEYED = {card.claim.key: card for card in claims.all()}


def words(card):
    return {name: "".join(piece.text for piece in part) for name, part in card.parts().items()}


def test_every_card_shows_its_parts():
    kinds = set()
    for card in KEYED.values():
        kinds.add(card.style)
        shown = words(card)
        assert shown["says"] == card.claim.says
        assert shown["verdict"] == f"{card.claim.verdict} {card.claim.when}".strip()
        assert shown["finding"] == card.claim.finding
        assert shown["note"] == f"Notes {card.claim.note}"
        assert shown.get("measured", "").startswith(card.claim.quantity)
        assert ("measured" in shown) == (card.claim.verdict is not Verdict.HISTORY)
        assert all(str(source) in shown["sources"] for source in card.sources)
    assert kinds - {"claim-definition"} == {"claim-holds", "claim-when", "claim-wrong", "claim-history"}


def test_a_definition_says_what_it_was_checked_against_and_shows_no_number():
    claim = KEYED["relu-formula"].claim
    claim = replace(claim, verdict=Verdict.DEFINITION, checked="a loop over the units", quantity="")
    shown = words(Card(claim, {"measure": Measured(1e-16, 0.0, 1)}))
    assert shown["verdict"] == "a definition"
    assert shown["measured"] == "Checked against a loop over the units"


def test_a_card_in_full():
    claim = KEYED["tanh-centered"].claim
    numbers = {"measure": Measured(0.5, 0.012, 5), "otherwise": Measured(2.0, 0.0, 1)}
    card = Card(claim, numbers, (Source("a", ("Doe, Jane", "Roe, Rita"), "1999", "Title"),))
    assert words(card) == {
        "says": claim.says,
        "verdict": f"holds when {claim.when}",
        "finding": claim.finding,
        "measured": f"{claim.quantity}: 0.5 ± 0.012 (n = 5), otherwise 2",
        "sources": "Doe and Roe (1999)",
        "note": f"Notes {claim.note}",
    }
    assert card.parts()["verdict"][0] == Piece("holds when", "strong")
    assert card.parts()["note"][1] == Piece(claim.note.partition(" · ")[2], "zh")


BIB = r"""
A comment.

@article{one2000title,
  author = {G{\"o}del, Kurt and Euler, Leonhard},
  title  = {On {NP} and
            Its Kin},
  year   = {2000},
}

@misc{two2001,
  author = {{Institute of This and That}},
  title = {T}, year = {2001}}

@misc{three, title = {Without Author}, note = {the year = unknown}}

@misc{four, author = {A, B and C, D and {\c{C}}elik, E}, title = {X}, year = {2004}}
"""


def test_sources_are_named_as_a_text_would(tmp_path):
    path = tmp_path / "references.bib"
    path.write_text(BIB, encoding="utf-8")
    found = references(path)
    assert [str(source) for source in found.values()] == [
        "Gödel and Euler (2000)",
        "Institute of This and That (2001)",
        "Without Author",
        "A et al. (2004)",
    ]
    assert found["one2000title"].title == "On NP and Its Kin"
    assert found["four"].authors[2] == "Çelik, E"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("@misc{a, title={T}}\n@misc{a, title={T}}", "repeated bibliography entry: a; remove one"),
        ("@misc{a, year={2000}}", "entry 'a' has no title; add it"),
        ("@misc{}", "syntax error in line 1: entry key expected"),
    ],
)
def test_a_bad_bibliography_is_named(tmp_path, text, says):
    path = tmp_path / "references.bib"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"references\.bib: {says}"):
        references(path)


def test_the_book_has_every_source():
    assert references()["glorot2011deep"].year == "2011"
    assert "Jastrzębski, Stanisław" in references()["arpit2017closer"].authors
    for source in references().values():
        assert "\\" not in str(source) + source.title.replace(r"\url", ""), source.key
