"""The ledger file by file: every kind of mistake is an error that names the file and the key."""

import json

import pytest

from livenotes.claims.ledger import Measured, Verdict, read, read_measured, write_measured

ENTRY = {
    "note": "003 · ReLU",
    "says": "It is.",
    "verdict": "holds",
    "finding": "So it is.",
    "section": "slopes",
    "quantity": "A number",
    "measure": "math:sqrt",
    "claimed": [0, 1],
}


@pytest.fixture
def written(tmp_path):
    """Write entries to a TOML file and read them back."""

    def write(room="one", **entries):
        lines = []
        for key, entry in entries.items():
            lines += [f"[{key.replace('_', '-')}]"]
            lines += [f"{field} = {json.dumps(value, ensure_ascii=False)}" for field, value in entry.items()]
        (tmp_path / room).mkdir(exist_ok=True)
        (tmp_path / room / "claims.toml").write_text("\n".join(lines), encoding="utf-8")
        return read(tmp_path)

    return write


def test_an_entry_is_read_as_it_is_written(written):
    ledger = written(second_key=ENTRY, first_key=ENTRY | {"cite": ["a", "b"]})
    assert list(ledger) == ["second-key", "first-key"]
    claim = ledger["first-key"]
    assert claim.verdict is Verdict.HOLDS
    assert claim.claimed == (0.0, 1.0)
    assert claim.cite == ("a", "b")
    assert (claim.chapter, claim.note, claim.repeat) == ("one", "003 · ReLU", "number")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"verdikt": "holds"}, "unknown field 'verdikt'; remove it or use one of note, says"),
        ({"verdict": "true"}, "verdict is 'true'; use one of 'holds', 'holds when', 'wrong, corrected'"),
        ({"repeat": "never"}, "repeat is 'never'; use one of 'number', 'verdict'"),
        ({"claimed": [1, 0]}, "claimed must be .low, high. with low <= high"),
        ({"claimed": [0]}, "claimed must be"),
        ({"claimed": "all"}, "claimed must be"),
        ({"claimed": [True, False]}, "claimed must be"),
        ({"cite": "a"}, "cite must be a list of keys"),
        ({"cite": []}, "cite must be a list of keys"),
        ({"says": ""}, "says must be text, got ''"),
        ({"finding": 3}, "finding must be text, got 3"),
    ],
)
def test_a_bad_field_is_named(written, change, says):
    with pytest.raises(ValueError, match=rf"one/claims\.toml, \[key\]: {says}"):
        written(key=ENTRY | change)


@pytest.mark.parametrize("name", ["note", "says", "verdict", "finding", "section"])
def test_a_missing_field_is_named(written, name):
    entry = {field: value for field, value in ENTRY.items() if field != name}
    with pytest.raises(ValueError, match=rf"one/claims\.toml, \[key\]: field '{name}' is missing; add it"):
        written(key=entry)


def test_keys_are_unique_in_the_whole_ledger(written, tmp_path):
    written("one", key=ENTRY)
    with pytest.raises(
        ValueError, match=r"two/claims\.toml, \[key\]: one/claims\.toml, \[key\] has this key"
    ):
        written("two", key=ENTRY)
    (tmp_path / "two" / "claims.toml").write_text("key = 3")
    with pytest.raises(ValueError, match=r"two/claims\.toml, \[key\]: expected a table of fields, got 3"):
        read(tmp_path)
    (tmp_path / "two" / "claims.toml").write_text("[key]\na = 1\n[key]")
    with pytest.raises(ValueError, match=r"two/claims\.toml is not valid TOML"):
        read(tmp_path)


def test_numbers_go_to_their_rooms_sorted_and_rounded(written, tmp_path):
    assert read_measured(tmp_path) == {}
    ledger = written("one", b=ENTRY, a=ENTRY) | written("other_room", c=ENTRY)
    assert ledger["c"].chapter == "other-room"
    numbers = {"b": {"measure": Measured(1 / 3, 0.0123456, 5)}, "a": {"measure": Measured(2.0, 0.0, 1)}}
    write_measured(numbers | {"c": {"measure": Measured(4.0, 0.0, 1)}}, ledger, tmp_path)
    text = (tmp_path / "one" / "measured.json").read_text()
    assert text.index('"a"') < text.index('"b"')
    assert '"c"' not in text
    again = read_measured(tmp_path)
    assert again["b"]["measure"] == Measured(0.3333, 0.01235, 5)
    assert again["c"]["measure"].mean == 4
    write_measured(again, ledger, tmp_path)
    assert (tmp_path / "one" / "measured.json").read_text() == text


def test_the_prose_of_the_ledger_can_be_printed():
    for claim in read().values():
        for text in (claim.says, claim.finding, claim.quantity, claim.when):
            assert text == text.strip()
            assert "  " not in text
        assert claim.says.endswith(".")
        assert claim.finding.endswith(".")
        assert not claim.when.endswith(".")
