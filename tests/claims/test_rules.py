"""The rules of the ledger, each broken on purpose; and the ledger of this package, which keeps them."""

import re
from dataclasses import replace

import pytest

from livenotes.claims import rules
from livenotes.claims.ledger import Claim, Measured, Verdict, read, read_measured
from livenotes.claims.rules import validate, verdict_problems
from notebooks import ROOT

BASE = Claim(
    key="some-key",
    chapter="one",
    note="003 · ReLU",
    says="It is.",
    verdict=Verdict.HOLDS,
    finding="So it is.",
    section="slopes",
    quantity="A number",
    measure="a:b",
    claimed=(1.0, 2.0),
)
WHEN = replace(BASE, verdict=Verdict.HOLDS_WHEN, when="it rains", otherwise="a:c")
HISTORY = replace(BASE, verdict=Verdict.HISTORY, quantity="", measure="", claimed=None, cite=("known",))
DEFINITION = replace(
    BASE,
    verdict=Verdict.DEFINITION,
    quantity="",
    measure="",
    claimed=None,
    checked="a loop",
    test="tests/a.py::test_a",
)
INSIDE, OUTSIDE, ASTRIDE = Measured(1.5, 0.2, 5), Measured(3.0, 0.2, 5), Measured(1.9, 0.2, 5)


def check(claim, **numbers):
    validate({claim.key: claim}, {claim.key: numbers} if numbers else {}, {"known"})


def test_the_ledger_of_this_package_is_sound():
    validate()
    validate(read(), read_measured())


@pytest.mark.parametrize("chapter", sorted({claim.chapter for claim in read().values()}))
def test_every_claim_is_discussed_in_a_section_of_its_chapter(chapter):
    notebook = (ROOT / "book" / f"{chapter}.ipynb").read_text(encoding="utf-8")
    sections = set(re.findall(r"\(([\w-]+)\)=", notebook))
    assert {
        c.key: c.section for c in read().values() if c.chapter == chapter and c.section not in sections
    } == {}


def test_the_test_that_a_definition_names_is_there():
    for claim in read().values():
        if claim.test:
            path, _, name = claim.test.partition("::")
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), claim.place


def test_sound_claims_pass():
    check(BASE, measure=INSIDE)
    check(replace(BASE, cite=("known",), repeat="verdict"), measure=INSIDE)
    check(replace(BASE, verdict=Verdict.WRONG), measure=OUTSIDE)
    check(WHEN, measure=INSIDE, otherwise=OUTSIDE)
    check(HISTORY)
    check(DEFINITION)
    check(replace(DEFINITION, test="", measure="a", claimed=(1.0, 2.0)), measure=INSIDE)


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        (replace(BASE, key="Some Key"), "key 'Some Key' is not in kebab case"),
        (replace(BASE, section="Slopes"), "section 'Slopes' is not in kebab case"),
        (replace(BASE, note="ReLU"), "note 'ReLU' is not 'NNN · heading'"),
        (replace(BASE, cite=("unknown",)), "cite 'unknown' is not in book/references.bib"),
        (replace(BASE, quantity=""), "'holds' needs 'quantity'"),
        (replace(BASE, measure=""), "'holds' needs 'measure'"),
        (replace(BASE, claimed=None), "'holds' needs 'claimed'"),
        (replace(BASE, when="it rains"), "'holds' has no 'when'; remove it"),
        (replace(BASE, otherwise="a:c"), "'holds' has no 'otherwise'; remove it"),
        (replace(BASE, verdict=Verdict.WRONG, when="ever"), "'wrong, corrected' has no 'when'; remove it"),
        (replace(WHEN, when=""), "'holds when' needs 'when'"),
        (replace(WHEN, otherwise=""), "'holds when' needs 'otherwise'"),
        (replace(HISTORY, cite=()), "'a matter of history' needs 'cite'"),
        (replace(HISTORY, measure="a:b"), "'a matter of history' has no 'measure'; remove it"),
        (replace(HISTORY, claimed=(0.0, 1.0)), "'a matter of history' has no 'claimed'; remove it"),
        (replace(DEFINITION, checked=""), "'a definition' needs 'checked'"),
        (replace(DEFINITION, test=""), "'a definition' needs 'measure'"),
        (replace(DEFINITION, measure="a:b"), "'a definition' has no 'measure'; remove it"),
        (replace(DEFINITION, quantity="A number"), "'a definition' has no 'quantity'; remove it"),
        (replace(DEFINITION, test="test_a"), "test 'test_a' is not 'tests/FILE.py::test_name'"),
        (replace(BASE, checked="a loop"), "'holds' has no 'checked'; remove it"),
    ],
)
def test_a_bad_entry_is_named(claim, says):
    with pytest.raises(ValueError, match=rf"one/claims\.toml, \[{claim.key}\]: .*{says}"):
        check(claim, measure=INSIDE, otherwise=OUTSIDE)


@pytest.mark.parametrize(
    ("claim", "numbers", "says"),
    [
        (BASE, {}, "'measure' has not been measured; run 'python -m livenotes.claims measure'"),
        (WHEN, {"measure": INSIDE}, "'otherwise' has not been measured"),
        (BASE, {"measure": OUTSIDE}, "verdict is 'holds', but 'measure' is 3 ± 0.2, not within"),
        (BASE, {"measure": ASTRIDE}, "not within"),
        (replace(DEFINITION, test="", measure="a", claimed=(1.0, 2.0)), {"measure": OUTSIDE}, "not within"),
        (replace(BASE, verdict=Verdict.WRONG), {"measure": INSIDE}, "not clear of"),
        (replace(BASE, verdict=Verdict.WRONG), {"measure": ASTRIDE}, "not clear of"),
        (WHEN, {"measure": OUTSIDE, "otherwise": OUTSIDE}, "'measure' is 3 ± 0.2, not within"),
        (WHEN, {"measure": INSIDE, "otherwise": INSIDE}, "'otherwise' is 1.5 ± 0.2, not clear of"),
        (WHEN, {"measure": INSIDE, "otherwise": ASTRIDE}, "'otherwise' is 1.9 ± 0.2, not clear of"),
    ],
)
def test_a_number_that_contradicts_its_verdict_is_named(claim, numbers, says):
    (line,) = verdict_problems(claim, numbers)
    assert line.startswith("one/claims.toml, [some-key]: ")
    assert says in line
    with pytest.raises(ValueError, match=r"one/claims\.toml, \[some-key\]: "):
        check(claim, **numbers)


def test_bounds_belong_to_the_interval():
    exact = Measured(2.0, 0.0, 1)
    assert verdict_problems(BASE, {"measure": exact}) == []
    assert verdict_problems(replace(BASE, verdict=Verdict.WRONG), {"measure": exact})
    assert verdict_problems(replace(BASE, verdict=Verdict.WRONG), {"measure": Measured(0.9, 0.05, 3)}) == []


def test_a_number_without_a_claim_is_named():
    numbers = {"some-key": {"measure": INSIDE}, "gone": {"measure": INSIDE}}
    with pytest.raises(ValueError, match=r"measured\.json, 'gone': no claim measures this"):
        validate({"some-key": BASE}, numbers, set())
    with pytest.raises(ValueError, match=r"measured\.json, 'some-key'"):
        validate({"some-key": HISTORY}, {"some-key": numbers["gone"]}, {"known"})


def test_all_problems_are_listed_at_once(monkeypatch):
    bad = replace(BASE, section="A B", cite=("unknown",))
    monkeypatch.setattr(rules, "references", lambda: {})
    with pytest.raises(ValueError, match="section") as caught:
        validate({"some-key": bad}, {})
    assert len(str(caught.value).splitlines()) == 3
