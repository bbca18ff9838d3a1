"""All states of a figure, stored as one picture and what differs from it.

A *plate* is one picture whose elements stay while their attributes and texts change: the states of
every slider for one setting of the choices. A *slot* is one attribute, text or readout that is not
the same in all of the plate's states. It is stored once for every value it takes, along just those
sliders that it answers to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

TEXT = ""  # the attribute name under which an element's text is stored


@dataclass(frozen=True)
class Frame:
    """One state as drawn: the picture, and the numbers beside it."""

    svg: ET.Element
    readouts: dict[str, str]

    def elements(self) -> list[ET.Element]:
        """Every element below the root, in document order, as the browser counts them."""
        return list(self.svg.iter())[1:]


class StructureError(ValueError):
    """Two states of one plate do not consist of the same elements."""

    def __init__(self, state: tuple[int, ...], difference: str) -> None:
        super().__init__(difference)
        self.state = state


def encode(frames: NDArray[Any]) -> dict[str, Any]:
    """Store an array of frames, one axis a slider, as sizes and slots.

    Returns
    -------
    dict
        ``sizes``: states of each slider. ``slots``: ``[element, attribute, axes, values, index]``, where
        ``index`` (C order over ``axes``) points into ``values`` and is left out when it would just
        count. ``labels``: names of the readouts. ``readouts``: ``[label, axes, values, index]``.

    Raises
    ------
    StructureError
        If a state has other elements, attributes or readouts than the first.
    """
    first: Frame = frames.flat[0]
    for state, frame in np.ndenumerate(frames):
        difference = _difference(first, frame)
        if difference:
            raise StructureError(state, difference)
    columns = [frame.elements() for frame in frames.flat]
    slots = [
        [number, name, *_slot([_read(c[number], name) for c in columns], frames.shape)]
        for number, name in _addresses(first)
    ]
    labels = list(first.readouts)
    readouts = [
        [number, *_slot([frame.readouts[label] for frame in frames.flat], frames.shape)]
        for number, label in enumerate(labels)
    ]
    return {
        "sizes": list(frames.shape),
        "slots": [slot for slot in slots if len(slot[3]) > 1],
        "labels": labels,
        "readouts": readouts,
    }


def decode(plate: dict[str, Any], base: ET.Element, state: Sequence[int]) -> Frame:
    """Put the picture ``base`` into a state, in place: what the page's script does, for the tests."""
    elements = list(base.iter())[1:]
    sizes = plate["sizes"]
    for number, name, *slot in plate["slots"]:
        value = _look_up(slot, sizes, state)
        if name == TEXT:
            elements[number].text = value or None
        else:
            elements[number].set(name, value)
    readouts = {plate["labels"][number]: _look_up(slot, sizes, state) for number, *slot in plate["readouts"]}
    return Frame(base, readouts)


def _look_up(slot: Sequence[Any], sizes: Sequence[int], state: Sequence[int]) -> str:
    axes, values, *index = slot
    flat = 0
    for axis in axes:
        flat = flat * sizes[axis] + state[axis]
    return str(values[index[0][flat] if index else flat])


def _read(element: ET.Element, name: str) -> str:
    return (element.text or "") if name == TEXT else element.attrib[name]


def _addresses(frame: Frame) -> Iterator[tuple[int, str]]:
    for number, element in enumerate(frame.elements()):
        yield number, TEXT
        for name in element.attrib:
            yield number, name


def _slot(values: list[str], shape: tuple[int, ...]) -> list[Any]:
    """Return ``[axes, distinct values, index]``; ``index`` only if it does not just count."""
    distinct = list(dict.fromkeys(values))
    place = {value: i for i, value in enumerate(distinct)}
    index = np.array([place[value] for value in values]).reshape(shape)
    axes = [axis for axis in range(index.ndim) if (index != index.take([0], axis)).any()]
    unused = tuple(axis for axis in range(index.ndim) if axis not in axes)
    flat = index[tuple(0 if axis in unused else slice(None) for axis in range(index.ndim))].ravel().tolist()
    return [axes, distinct] if flat == list(range(len(flat))) else [axes, distinct, flat]


def _difference(first: Frame, other: Frame) -> str:
    """Say how two frames differ in structure; empty if they do not."""
    if list(first.readouts) != list(other.readouts):
        return f"readouts {list(other.readouts)} instead of {list(first.readouts)}"
    ours, theirs = first.elements(), other.elements()
    for number, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if a.tag != b.tag or a.attrib.keys() != b.attrib.keys():
            return f"element {number} is {_name(b)} instead of {_name(a)}"
    return "" if len(ours) == len(theirs) else f"{len(theirs)} elements instead of {len(ours)}"


def _name(element: ET.Element) -> str:
    return f"<{element.tag.rpartition('}')[2]} {' '.join(element.attrib)}>"
