"""Find what was drawn from numbers that are not finite."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.text import Annotation
from numpy.typing import NDArray

_NOT_A_NUMBER = re.compile(r"(?<![\w])[-+−]?(nan|inf)(?![\w])", re.IGNORECASE)


def not_finite(fig: Figure, readouts: Mapping[str, str]) -> str:
    """Name the first thing in the figure that has a value which is not finite; empty if none has.

    Matplotlib leaves such points out without a word: a curve with a hole looks like a result. On a
    logarithmic axis the same goes for what is not positive. Bands, contours and fields of arrows drop
    such points before they can be found here.
    """
    for label, text in readouts.items():
        if _NOT_A_NUMBER.search(text):
            return f"readout {label!r} is {text!r}"
    for number, axes in enumerate(_panels(fig.axes)):
        for kind, data in _data(axes):
            bad = int((~np.isfinite(data)).sum())
            if bad:
                return f"{kind} in panel {number + 1} has {bad} values not finite"
        for kind, points in _points(axes):
            if any(_logarithmic(axes) & (points <= 0).any(axis=0)):
                return f"{kind} in panel {number + 1} has values not positive on a logarithmic axis"
    return ""


def _panels(axes: Iterable[Any]) -> Iterator[Axes]:
    for each in axes:
        yield each
        yield from _panels(each.child_axes)


def _logarithmic(axes: Axes) -> NDArray[np.bool_]:
    return np.array([axes.get_xscale() == "log", axes.get_yscale() == "log"])


def _points(axes: Axes) -> Iterator[tuple[str, NDArray[Any]]]:
    """Lines and markers in the coordinates of the data, one row a point."""
    for line in axes.lines:
        if line.get_transform() == axes.transData:
            yield f"line {line.get_label()!r}", _floats(line.get_xydata())
    for collection in axes.collections:
        if collection.get_offset_transform() == axes.transData:
            yield _name(collection), _floats(collection.get_offsets())


def _data(axes: Axes) -> Iterator[tuple[str, NDArray[Any]]]:
    for line in axes.lines:
        yield f"line {line.get_label()!r}", _floats(line.get_xydata())
    for patch in axes.patches:
        if isinstance(patch, StepPatch):
            yield _name(patch), _floats(patch.get_data()[0])
        path = patch.get_patch_transform().transform_path(patch.get_path())
        yield _name(patch), _floats(path.vertices)
    for collection in axes.collections:
        yield _name(collection), _floats(collection.get_offsets())
        if collection.get_array() is not None:
            yield f"color of {_name(collection)}", _floats(collection.get_array())
        for path in collection.get_paths():
            yield _name(collection), _floats(path.vertices)
    for image in axes.images:
        yield "image", _floats(image.get_array())
    for text in axes.texts:
        place = [*text.get_unitless_position(), *(text.xy if isinstance(text, Annotation) else ())]
        yield f"text {text.get_text()!r}", _floats(place)


def _floats(values: Any) -> NDArray[Any]:
    # Matplotlib masks what is not finite; what is masked on purpose is finite under its mask.
    return np.ma.getdata(values).astype(float)


def _name(artist: Artist) -> str:
    return f"{type(artist).__name__} {artist.get_label()!r}"
