"""The HTML of a figure: well-formed, complete without a script, safe with any character."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from samples import sample, states

from livenotes.live import Choice, Slider, Steps, live
from livenotes.live.markup import text_alternative
from livenotes.live.svg import svg_text


@pytest.fixture(scope="module")
def figure():
    return sample()


@pytest.fixture(scope="module")
def tree(figure):
    return ET.fromstring(figure.html())  # well-formed, or this raises


def by_class(tree, name):
    return [e for e in tree.iter() if name in e.attrib.get("class", "").split()]


def one(tree, name):
    (element,) = by_class(tree, name)
    return element


def test_the_figure_is_well_formed_and_has_its_name(tree):
    assert tree.tag == "figure"
    assert tree.attrib["id"] == "tiny-curve"
    assert tree.attrib["data-title"] == 'A "curve" <of> sorts & more.'


def test_the_grid_is_in_the_page_as_the_address_writes_it(tree):
    assert json.loads(tree.attrib["data-controls"]) == {
        "p": ["-1", "-0.5", "0", "0.5", "1"],
        "n": ["1", "2", "4"],
        "kind": ["power", "line"],
    }


def test_every_control_has_its_label_value_and_unit(tree):
    labels = {label.attrib["for"]: label.text for label in tree.iter("label")}
    assert labels == {"tiny-curve--p": "p & <q>", "tiny-curve--n": "n", "tiny-curve--kind": "Kind"}
    p, n = tree.iter("input")
    assert (p.attrib["value"], p.attrib["max"], p.attrib["aria-valuetext"]) == ("3", "4", '0.5 "m"')
    assert (n.attrib["value"], n.attrib["max"], n.attrib["aria-valuetext"]) == ("1", "2", "2")
    assert [output.text for output in tree.iter("output")] == ['0.5 "m"', "2"]
    (select,) = tree.iter("select")
    assert [(o.attrib["value"], o.text) for o in select] == [("power", "Power & <more>"), ("line", "A line")]
    assert ["selected" in option.attrib for option in select] == [True, False]


def test_without_a_script_the_controls_are_hidden_and_the_start_is_shown(figure, tree):
    assert one(tree, "live-controls").attrib["hidden"] == "hidden"
    (svg,) = one(tree, "live-picture")
    assert ET.tostring(svg) == ET.tostring(ET.fromstring(svg_text(figure.frame().svg)))
    rows = {row[0].text: row[1].text for row in one(tree, "live-readouts")}
    assert rows == figure.frame().readouts
    (caption,) = tree.iter("figcaption")
    assert caption.text == figure.title


def test_the_text_alternative_names_values_and_numbers(figure, tree):
    expected = (
        'A "curve" <of> sorts & more. With p & <q> 0.5 "m", n 2, Kind Power & <more>: '
        "slope & <more> 1.00, words fine"
    )
    assert one(tree, "live-picture").attrib["aria-label"] == expected
    assert one(tree, "live-picture").attrib["role"] == "img"
    for values in states(figure):
        frame = figure.frame(**values)
        text = text_alternative(figure, frame, values)
        assert all(f"{label} {number}" in text for label, number in frame.readouts.items())
        assert text.endswith(".") is not bool(frame.readouts)


def test_every_plate_is_in_the_page_and_only_the_others_bring_a_picture(figure, tree):
    scripts = by_class(tree, "live-plate")
    assert [s.attrib["data-plate"] for s in scripts] == ["0", "1"]
    assert ["data-start" in s.attrib for s in scripts] == [True, False]
    first, second = (json.loads(s.text) for s in scripts)
    (_, plate), (other, other_plate) = figure.plates()
    assert first == plate
    assert second == {"svg": svg_text(other.svg), **other_plate}


def test_data_cannot_end_their_script(figure):
    html = figure.html()
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", html, flags=re.DOTALL)
    assert len(scripts) == len(figure.plates()) == html.count("</script>")
    assert not any(set("<>&") & set(script) for script in scripts)
    assert any("a </script> b" in json.dumps(json.loads(script)) for script in scripts)


def test_ids_are_unique_and_every_reference_is_answered(tree):
    ids = [e.attrib["id"] for e in tree.iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    used = [e.attrib["for"] for e in tree.iter() if "for" in e.attrib]
    assert set(used) <= set(ids)


def odd_words(fig, p, kind):
    """Return what markup may trip over."""
    return {kind: f"{kind} {p}"}


@pytest.mark.parametrize(
    "word", ["</script>", "<!--", "]]>", "&amp;", "'\"", "\u2028", "日本", "😀", "\\u003c"]
)
def test_any_word_survives(word):
    figure = live(
        odd_words,
        title=word,
        p=Slider(0, 1, 1, label=word, unit=word),
        kind=Choice({word: word, "b": "b"}),
    )
    tree = ET.fromstring(figure.html())
    assert tree.attrib["data-title"] == word
    assert json.loads(tree.attrib["data-controls"])["kind"] == [word, "b"]
    assert [option.text for option in tree.iter("option")] == [word, "b"]
    plate = json.loads(by_class(tree, "live-plate")[0].text)
    assert plate["labels"] == [word]
    assert plate["readouts"] == [[0, [0], [f"{word} 0", f"{word} 1"]]]


def test_equal_figures_have_equal_bytes():
    assert sample().html() == sample().html()


def test_a_figure_without_numbers_ends_its_alternative_with_a_full_stop():
    def silent(fig, n):
        """Draw nothing."""

    tree = ET.fromstring(live(silent, title="Nothing.", n=Steps([1, 2])).html())
    assert one(tree, "live-picture").attrib["aria-label"] == "Nothing. With n 1."
