"""A plate holds every state of its figure, and nothing twice."""

import copy
import json
from itertools import product
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livenotes.live.plates import Frame, StructureError, decode, encode

# Few words, so that states coincide now and then.
word = st.sampled_from(["", "a", "b", "M0 0l1 1", '1 <&> "2"', "−3"])


def frame(texts, attributes, readouts):
    """A picture of nested elements with these texts and attributes."""
    root = ET.Element("svg")
    parent = root
    for i, (text, values) in enumerate(zip(texts, attributes, strict=True)):
        element = ET.SubElement(parent, "path", {f"a{k}": value for k, value in enumerate(values)})
        element.text = text or None
        parent = root if i % 3 else element
    return Frame(root, dict(readouts))


@st.composite
def frames(draw):
    """An array of frames that share their structure."""
    shape = tuple(draw(st.integers(1, 4)) for _ in range(draw(st.integers(0, 3))))
    elements, attributes, labels = (draw(st.integers(low, 3)) for low in (1, 0, 0))
    array = np.empty(shape, dtype=object)
    for state in np.ndindex(shape):
        array[state] = frame(
            [draw(word) for _ in range(elements)],
            [[draw(word) for _ in range(attributes)] for _ in range(elements)],
            {f"label {i}": draw(word) for i in range(labels)},
        )
    return array


def content(shown):
    return [(e.tag, dict(e.attrib), e.text or "") for e in shown.elements()], shown.readouts


@settings(deadline=None)
@given(frames())
def test_decoding_what_was_encoded_is_the_identity(array):
    plate = json.loads(json.dumps(encode(array)))  # as the page gets it
    base = copy.deepcopy(array.flat[0].svg)
    for state, wanted in np.ndenumerate(array):
        assert content(decode(plate, base, state)) == content(wanted)  # from whatever came before


@settings(deadline=None)
@given(frames(), st.randoms())
def test_states_can_be_visited_in_any_order(array, random):
    plate = encode(array)
    base = copy.deepcopy(array.flat[0].svg)
    states = list(np.ndindex(array.shape)) * 2
    random.shuffle(states)
    for state in states:
        assert content(decode(plate, base, state)) == content(array[state])


@settings(deadline=None)
@given(frames())
def test_a_slot_answers_to_no_slider_it_does_not_need(array):
    plate = encode(array)
    for number, name, axes, values, *index in plate["slots"]:
        held = np.empty(array.shape, dtype=object)
        for state, shown in np.ndenumerate(array):
            element = shown.elements()[number]
            held[state] = (element.text or "") if name == "" else element.attrib[name]
        needed = [axis for axis in range(held.ndim) if (held != held.take([0], axis)).any()]
        assert axes == needed
        assert len(values) == len(set(values)) == len(set(held.flat)) > 1
        places = index[0] if index else range(len(values))
        assert len(places) == np.prod([array.shape[axis] for axis in axes])


@settings(deadline=None)
@given(frames())
def test_what_does_not_change_is_not_stored(array):
    plate = encode(array)
    stored = {(number, name) for number, name, *_ in plate["slots"]}
    columns = [shown.elements() for shown in array.flat]
    for number, element in enumerate(columns[0]):
        for name in element.attrib:
            same = len({column[number].attrib[name] for column in columns}) == 1
            assert ((number, name) in stored) is not same
        same = len({column[number].text for column in columns}) == 1
        assert ((number, "") in stored) is not same


def test_a_slider_that_changes_everything_needs_no_index():
    array = np.array([frame([str(i)], [["x"]], {"n": i}) for i in "123"], dtype=object)
    assert encode(array) == {
        "sizes": [3],
        "slots": [[0, "", [0], ["1", "2", "3"]]],
        "labels": ["n"],
        "readouts": [[0, [0], ["1", "2", "3"]]],
    }


def test_values_that_come_back_are_stored_once():
    array = np.array([frame([t], [[]], {}) for t in "abab"], dtype=object)
    assert encode(array)["slots"] == [[0, "", [0], ["a", "b"], [0, 1, 0, 1]]]


def test_a_part_that_answers_to_one_of_two_sliders_is_stored_along_that_one():
    array = np.empty((2, 3), dtype=object)
    for i, k in product(range(2), range(3)):
        array[i, k] = frame([f"row {i}", f"column {k}", f"both {i}{k}"], [[], [], []], {})
    slots = encode(array)["slots"]
    assert [(slot[2], len(slot[3])) for slot in slots] == [([0], 2), ([1], 3), ([0, 1], 6)]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (frame(["a", "b"], [["x"], ["y"]], {"n": "1"}), "2 elements instead of 1"),
        (frame(["a"], [["x", "y"]], {"n": "1"}), "element 0 is <path a0 a1> instead of <path a0>"),
        (frame(["a"], [["x"]], {"m": "1"}), r"readouts \['m'\] instead of \['n'\]"),
        (frame(["a"], [["x"]], {}), r"readouts \[\] instead of \['n'\]"),
    ],
)
def test_states_of_other_structure_are_refused_and_named(other, message):
    first = frame(["a"], [["x"]], {"n": "1"})
    array = np.array([[first, first, first], [first, first, other]], dtype=object)
    with pytest.raises(StructureError, match=message) as caught:
        encode(array)
    assert caught.value.state == (1, 2)


def test_another_kind_of_element_is_refused():
    first, other = frame(["a"], [["x"]], {}), frame(["a"], [["x"]], {})
    other.elements()[0].tag = "{http://www.w3.org/2000/svg}use"
    with pytest.raises(StructureError, match="element 0 is <use a0> instead of <path a0>"):
        encode(np.array([first, other], dtype=object))
