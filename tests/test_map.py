"""The map of the notes: every heading of the five files, in their order, and a chapter that is there."""

import hashlib
import os
import re
import tomllib
from pathlib import Path

import pytest

from livenotes import claims
from livenotes.site.chapters import CHAPTERS

BOOK = Path(__file__).parents[1] / "book"
HEADINGS = Path(__file__).with_name("headings.toml")
NOTES = tomllib.loads(HEADINGS.read_text(encoding="utf-8"))
FILES = os.environ.get("LIVENOTES_NOTES")  # a folder with the five files, which the book does not hold
ROW = re.compile(r"\| (.+?) \| (.+?) \| (.+) \|")


def rows(number):
    """The map's rows for one file: heading, chapters."""
    page = (BOOK / "map-of-the-notes.md").read_text(encoding="utf-8")
    section = re.search(rf"^## Notes {number}:.*?(?=^## |\Z)", page, re.M | re.S)[0]
    _, *found = ROW.findall(section)
    return [(heading, re.findall(r"\{chapter\}`(.+?)`", where)) for heading, where, _ in found]


@pytest.mark.parametrize("number", NOTES)
def test_the_map_has_every_heading_in_its_order(number):
    assert [heading for heading, _ in rows(number)] == NOTES[number]["headings"]


@pytest.mark.parametrize("number", NOTES)
def test_every_heading_leads_to_a_chapter(number):
    for heading, chapters in rows(number):
        assert chapters, heading
        for chapter in chapters:
            assert chapter in CHAPTERS, heading


def test_claims_stand_in_a_chapter_that_the_map_names():
    chapters_of = {}
    for number in NOTES:
        for heading, chapters in rows(number):
            name = heading.replace("2 › ", "2, ").split(" › ")[-1]
            chapters_of.setdefault(f"{number} · {name}", set()).update(chapters)
    for card in claims.all():
        assert card.claim.note in chapters_of, card.claim.key
        assert card.claim.chapter in chapters_of[card.claim.note], card.claim.key


def marked(text):
    """Headings of a file in Markdown, each behind those that it stands under."""
    path, found = [], []
    for signs, name in re.findall(r"^(#+) (.*)$", text, re.M):
        path = [*path[: len(signs) - 1], name.strip()]
        found.append(" › ".join(path))
    return [heading for heading in found if not heading.endswith("参考")]


@pytest.mark.skipif(not FILES, reason="LIVENOTES_NOTES names no folder with the notes themselves")
@pytest.mark.parametrize("number", NOTES)
def test_headings_are_those_of_the_file(number):
    (path,) = Path(FILES).glob(f"{number}_*.txt")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == NOTES[number]["sha256"]
    text, headings = path.read_text(encoding="utf-8"), NOTES[number]["headings"]
    if re.search(r"^# ", text, re.M):
        assert marked(text) == headings
        return
    lines = iter(text.splitlines())
    for name in (heading.split(" › ")[-1] for heading in headings):
        assert any(line.strip().startswith(name) for line in lines), name  # each after the one before


def test_headings_of_markdown_stand_behind_those_above():
    text = "# A\n\n## B\n# not\n\n### C\n\n## 参考\n\n# D\n"
    assert marked(text) == ["A", "A › B", "not", "not › C", "D"]
