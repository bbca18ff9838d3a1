import itertools
import re
from xml.etree import ElementTree as ET

from livenotes.site import way
from livenotes.site.chapters import CHAPTERS

INDEX = "# Top\n\n```{way}\n```\n\n```{toctree}\n:glob:\n*\n```\n"
LEARNING = (
    "# How a network learns\n\n" + "word " * 1990 + "$x + 1$ and more.\n\n```\n" + "code " * 999 + "\n```\n"
)
ACTIVATIONS = "# Activation functions\n\n## A section\n\nShort.\n"


def test_what_a_chapter_builds_on_stands_before_it():
    order = list(CHAPTERS)
    for name, chapter in CHAPTERS.items():
        assert all(order.index(needed) < order.index(name) for needed in chapter.needs), name


def test_every_chapter_is_drawn_with_an_arc_from_each_that_it_builds_on():
    tree = ET.fromstring(way.draw({"dropout": ("dropout.html", 25)}))
    heights, parts, height = way.heights()
    groups = tree.findall("g")
    assert [group.find(".//text").text for group in groups] == [each.title for each in CHAPTERS.values()]
    for group, (name, chapter) in zip(groups, CHAPTERS.items(), strict=True):
        arcs = [path.get("d") for path in group.findall("path")]
        assert arcs == [way.arc(heights[needed], heights[name]) for needed in chapter.needs]
        assert (group.find("a") is None) == (group.get("class") == "planned") == (name != "dropout")
    assert tree.find(".//a").get("aria-label") == "Dropout, 25 minutes, builds on How a network learns"
    assert max(heights.values()) < height
    places = sorted([*heights.values(), *parts.values()])
    assert min(b - a for a, b in itertools.pairwise(places)) >= 20  # no line on another


def test_chapters_tell_how_long_they_take_and_the_way_links_those_that_are_there(build):
    built = build({"index.md": INDEX, "learning.md": LEARNING, "activations.md": ACTIVATIONS})
    assert built.warnings == ""
    page = re.sub(r"\s+", " ", built.page())
    assert 'aria-label="How a network learns, 10 minutes"' in page
    assert '<a href="activations.html" aria-label="Activation functions, 5 minutes, builds on' in page
    assert page.count('<g class="written">') == 2
    assert '<p class="reading-time">About 10 minutes</p>' in built.page("learning.html")
    line = re.search('<p class="reading-time">(.*?)</p>', built.page("activations.html"))[1]
    assert re.sub("<.*?>", "", line) == "About 5 minutes · builds on How a network learns"
    assert 'href="learning.html"' in line
    longer = build({"learning.md": LEARNING.replace("word", "word or words")})
    assert 'aria-label="How a network learns, 30 minutes"' in longer.page()
