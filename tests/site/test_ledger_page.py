import re
from typing import NamedTuple

import pytest

from livenotes.site import ledger

BIBLIOGRAPHY = "@article{one2001, author={One, Ann}, title={T}, journal={J}, year={2001}}"
CHAPTER = "# Dropout\n\n(scaling)=\n## Scaling\n\nText.\n"


class Number(NamedTuple):
    mean: float
    sd: float = 0.0
    n: int = 1


class Entry(NamedTuple):
    key: str
    chapter: str = "dropout"
    note: str = "003 · Dropout"
    says: str = "The notes say so."
    verdict: str = "holds"
    finding: str = "So it is."
    section: str = "scaling"
    quantity: str = "Ratio"
    when: str = ""
    cite: tuple[str, ...] = ()


class Record(NamedTuple):
    claim: Entry
    numbers: dict[str, Number] = {}  # noqa: RUF012 - never changed


RECORDS = [
    Record(
        Entry("later", chapter="attention", verdict="a matter of history", finding="So it was."),
    ),
    Record(Entry("right", cite=("one2001",)), {"measure": Number(0.82345, 0.0312, 10)}),
    Record(
        Entry("if", verdict="holds when", when="the layer is linear", finding="Else not."),
        {"measure": Number(1.0), "otherwise": Number(2.5, 0.1, 3)},
    ),
    Record(Entry("wrong", verdict="wrong, corrected", finding="It is <not> so.")),
]


@pytest.fixture
def page(build, monkeypatch):
    """Return a function that builds a page with a ledger beside the chapter on dropout."""

    def run(directive, chapter=CHAPTER, records=RECORDS):
        monkeypatch.setattr(ledger, "cards", lambda: records)
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
    assert '<p class="claim-verdict">holds when the layer is linear</p>' in text
    assert (
        '<p class="claim-measured">Ratio: 1</p> <p class="claim-otherwise">otherwise: 2.5 ± 0.1 (n = 3)</p>'
        in text
    )
    assert "It is &lt;not&gt; so." in text
    assert text.count('<p class="claim-foot"><a class="reference internal" href="dropout.html#scaling">') == 3
    assert "The chapter is still to be written." in text
    assert re.search(r"One .*2001", text)


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
            "holds; holds when; wrong, corrected; a matter of history",
        ),
        ("```{ledger}\n:chapter:\n```", "argument required"),
    ],
)
def test_an_option_that_means_nothing_is_an_error(page, directive, message):
    assert message in page(directive).warnings


def test_a_claim_of_a_section_that_is_not_there_is_a_warning(page):
    warnings = page("```{ledger}\n:chapter: dropout\n```", chapter="# Dropout\n").warnings
    assert warnings.count("WARNING: undefined label: 'scaling'") == 3


def test_a_package_without_a_ledger_has_no_claims(monkeypatch):
    monkeypatch.setattr(ledger, "SOURCE", "livenotes.no_such_module")
    assert ledger.cards() == []
