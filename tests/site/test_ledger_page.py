import re
from dataclasses import replace

import pytest

from livenotes import claims
from livenotes.claims import Card, Claim, Measured, Verdict

BIBLIOGRAPHY = "@article{one2001, author={One, Ann}, title={T}, journal={J}, year={2001}}"
CHAPTER = "# Dropout\n\n(scaling)=\n## Scaling\n\nText.\n"


def card(key, verdict, numbers=(), **more):
    entry = {
        "chapter": "dropout",
        "note": "003 · Dropout",
        "says": "The notes say so.",
        "finding": "So it is.",
        "section": "scaling",
        "quantity": "Ratio",
    }
    return Card(Claim(key=key, verdict=verdict, **(entry | more)), dict(numbers))


RECORDS = [
    card("later", Verdict.HISTORY, chapter="attention", finding="So it was."),
    card("right", Verdict.HOLDS, {"measure": Measured(0.82345, 0.0312, 10)}, cite=("one2001",)),
    card(
        "if",
        Verdict.HOLDS_WHEN,
        {"measure": Measured(1.0, 0.0, 1), "otherwise": Measured(2.5, 0.1, 3)},
        when="the layer is linear",
        finding="Else not.",
    ),
    card("wrong", Verdict.WRONG, finding="It is <not> so."),
]


@pytest.fixture
def page(build, monkeypatch):
    """Return a function that builds a page with a ledger beside the chapter on dropout."""

    def run(directive, chapter=CHAPTER, records=RECORDS):
        monkeypatch.setattr(claims, "all", lambda: records)
        index = (
            f"# Ledger\n\n{directive}\n\n```{{bibliography}}\n:all:\n```\n\n```{{toctree}}\ndropout\n```\n"
        )
        return build(
            {"index.md": index, "dropout.md": chapter, "references.bib": BIBLIOGRAPHY},
            more=["sphinxcontrib.bibtex"],
            bibtex_bibfiles=["references.bib"],
            bibtex_reference_style="author_year",
        )

    return run


def shown(built):
    return re.findall(r'id="claim-([\w-]+)"', built.page())


def test_the_whole_ledger_in_the_order_of_the_book(page):
    built = page("```{ledger}\n```")
    text = re.sub(r"\s+", " ", built.page())
    assert built.warnings == ""
    assert shown(built) == ["right", "if", "wrong", "later"]
    assert '<section id="ledger-dropout"> <h2><a class="reference internal" href="dropout.html">' in text
    assert '<section id="ledger-attention"> <h2>Attention<a' in text
    assert '<div class="claim claim-wrong docutils container" id="claim-wrong">' in text
    assert '<p class="claim-measured">Ratio: 0.823 ± 0.031 (n = 10)</p>' in text
    assert '<p class="claim-verdict"><strong>holds when</strong> the layer is linear</p>' in text
    assert '<p class="claim-measured">Ratio: 1, otherwise 2.5 ± 0.1 (n = 3)</p>' in text
    assert '<p class="claim-note">Notes 003 · <span lang="zh">Dropout</span></p>' in text
    assert "It is &lt;not&gt; so." in text
    assert text.count('<p class="claim-foot"><a class="reference internal" href="dropout.html#scaling">') == 3
    assert "The chapter is still to be written." in text
    assert re.search(r"One .*2001", text)


def test_verdicts_are_counted_and_can_be_chosen(page):
    text = page("```{ledger}\n```").page()
    counts = re.findall(r'<li class="claim-(\w+)"><strong>(\d)</strong> ([\w ,]+)</li>', text)
    assert counts == [
        ("holds", "1", "holds"),
        ("when", "1", "holds when"),
        ("wrong", "1", "wrong, corrected"),
        ("history", "1", "a matter of history"),
    ]
    options = re.findall(r'<option value="([\w-]+)">', text)
    chapters = ["ledger-dropout", "ledger-attention"]
    assert options == chapters + [f"claim-{style}" for style, _, _ in counts]
    assert all(f'<section id="{chapter}">' in text for chapter in chapters)


def test_a_section_that_discusses_claims_links_to_them(build, monkeypatch):
    monkeypatch.setattr(claims, "all", lambda: [replace(each, sources=()) for each in RECORDS])
    chapter = CHAPTER + "\n### Below\n\nMore.\n\n(other)=\n## Other\n\nNothing.\n"
    files = {"index.md": "# T\n\n```{toctree}\ndropout\nledger\n```\n", "dropout.md": chapter}
    text = build(files | {"ledger.md": "# The ledger\n"}).page("dropout.html")
    back = '<p class="ledger-back"><a class="reference internal" href="ledger.html#claim-right">'
    assert re.search(rf"<p>Text\.</p>\s*{re.escape(back)}3 entries in the ledger</a></p>\s*<section", text)
    assert text.count("ledger-back") == 1


def test_a_choice_of_verdicts_and_of_a_chapter(page):
    assert shown(page("```{ledger}\n:verdict: wrong, corrected; holds when\n```")) == ["if", "wrong"]
    built = page("```{ledger}\n:chapter: attention\n```\n\nMore.")
    assert shown(built) == ["later"]
    assert "ledger-attention" not in built.page()


def test_nothing_to_show(page):
    assert "There is nothing to show here yet." in page("```{ledger}\n```", records=[]).page()


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        (
            "```{ledger}\n:verdict: false\n```",
            "there is no verdict 'false'; give some of: "
            "holds; holds when; wrong, corrected; a matter of history; a definition",
        ),
        ("```{ledger}\n:chapter:\n```", "argument required"),
    ],
)
def test_an_option_that_means_nothing_is_an_error(page, directive, message):
    assert message in page(directive).warnings


def test_a_claim_of_a_section_that_is_not_there_is_a_warning(page):
    warnings = page("```{ledger}\n:chapter: dropout\n```", chapter="# Dropout\n").warnings
    assert warnings.count("WARNING: undefined label: 'scaling'") == 3


def test_the_page_shows_every_part_of_a_card(page):
    ours = [f"claim-{part}" for part in RECORDS[2].parts()]
    theirs = re.findall(r'<p class="(claim-\w+)">', page("```{ledger}\n:verdict: holds when\n```").page())
    assert theirs == [*ours, "claim-foot"]
