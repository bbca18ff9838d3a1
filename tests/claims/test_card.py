"""Cards: what a notebook shows of a claim, and where its sources come from."""

from html.parser import HTMLParser

import pytest

from livenotes import claims
from livenotes.claims.bibliography import Source, references
from livenotes.claims.card import Card
from livenotes.claims.ledger import Measured, Verdict


class Page(HTMLParser):
    """Collect classes and text, and see that every tag is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.classes, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.classes += (dict(attrs).get("class") or "").split()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def parse(card):
    page = Page()
    page.feed(card._repr_html_())
    page.close()
    assert page.open == []
    return page


def test_every_card_shows_its_parts_in_both_forms():
    kinds = set()
    for card in claims.all():
        page = parse(card)
        assert page.classes[0] == "claim"
        kinds.add(page.classes[1])
        for form in (page.text, repr(card)):
            for part in (card.claim.says, card.claim.finding, card.claim.note, str(card.claim.verdict)):
                assert part in form
            assert card.claim.quantity in form
            for source in card.sources:
                assert str(source) in form
        assert "claim-measured" in page.classes or card.claim.verdict is Verdict.HISTORY
    assert kinds - {"claim-definition"} == {"claim-holds", "claim-when", "claim-wrong", "claim-history"}


def test_a_definition_says_what_it_was_checked_against_and_shows_no_number():
    changes = {"verdict": Verdict.DEFINITION, "checked": "a loop over the units", "quantity": ""}
    claim = type(card := claims.card("relu-formula").claim)(**(vars(card) | changes))
    shown = repr(Card(claim, {"measure": Measured(1e-16, 0.0, 1)}))
    assert "verdict:  a definition\n" in shown
    assert "measured: Checked against a loop over the units\n" in shown
    assert "1e-16" not in shown


def test_a_card_in_full():
    card = claims.card("tanh-centered")
    numbers = {"measure": Measured(0.5, 0.012, 5), "otherwise": Measured(2.0, 0.0, 1)}
    card = Card(card.claim, numbers, (Source("a", ("Doe, Jane", "Roe, Rita"), "1999", "Title"),))
    assert repr(card).splitlines() == [
        f"says:     {card.claim.says}",
        f"verdict:  holds when {card.claim.when}",
        f"finding:  {card.claim.finding}",
        f"measured: {card.claim.quantity}: 0.5 ± 0.012 (n = 5), otherwise 2",
        "sources:  Doe and Roe (1999)",
        f"note:     Notes {card.claim.note}",
    ]
    assert "<strong>holds when</strong> the input" in card._repr_html_()
    assert '<span lang="zh">2, 补充</span>' in card._repr_html_()


def test_text_is_escaped():
    card = claims.card("relu-formula")
    hostile = Card(type(card.claim)(**(vars(card.claim) | {"says": "<b> & co"})), {})
    assert "&lt;b&gt; &amp; co" in hostile._repr_html_()
    parse(hostile)


def test_claims_are_found_by_chapter_and_by_key():
    everything = claims.all()
    chapter = claims.for_chapter("activations")
    assert [card.claim.key for card in chapter] == [
        card.claim.key for card in everything if card.claim.chapter == "activations"
    ]
    assert len(chapter) > 50
    assert claims.card("relu-formula").claim.key == "relu-formula"
    with pytest.raises(
        ValueError, match=r"no claim 'relu-formulas' in the ledger; keys that look alike: .*relu-kink"
    ):
        claims.card("relu-formulas")
    with pytest.raises(ValueError, match="no claims for 'cooking'; there are some for activations"):
        claims.for_chapter("cooking")


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
