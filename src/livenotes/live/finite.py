"""Find what was drawn from numbers that are not finite."""

import re
from collections.abc import Iterator, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure

_NOT_A_NUMBER = re.compile(r"(?<![\w])[-+−]?(nan|inf)(?![\w])", re.IGNORECASE)


def not_finite(fig: Figure, readouts: Mapping[str, str]) -> str:
    """Name the first thing in the figure that has a value which is not finite; empty if none has.

    Matplotlib leaves such points out without a word: a curve with a hole looks like a result.
    """
    for label, text in readouts.items():
        if _NOT_A_NUMBER.search(text):
            return f"readout {label!r} is {text!r}"
    for number, axes in enumerate(fig.axes):
        for kind, data in _data(axes):
            if not np.isfinite(data).all():
                return f"{kind} in panel {number + 1} has {int((~np.isfinite(data)).sum())} values not finite"
    return ""


def _data(axes: Axes) -> Iterator[tuple[str, np.ndarray]]:
    for line in axes.lines:
        xy = np.asarray(line.get_xydata(), dtype=float)
        yield f"line {line.get_label()!r}", xy
        if line.get_transform() == axes.transData:
            yield f"line {line.get_label()!r} on its axes", axes.transData.transform(xy)
    for patch in axes.patches:
        yield f"patch {patch.get_label()!r}", np.asarray(patch.get_path().vertices, dtype=float)
    for collection in axes.collections:
        yield from _of_collection(collection)
    for image in axes.images:
        yield "image", np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), 0.0)


def _of_collection(collection: Collection) -> Iterator[tuple[str, np.ndarray]]:
    name = f"{type(collection).__name__} {collection.get_label()!r}"
    yield name, np.ma.getdata(collection.get_offsets()).astype(float)
    for path in collection.get_paths():
        yield name, np.asarray(path.vertices, dtype=float)
