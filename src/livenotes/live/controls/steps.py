"""A slider over listed values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ._range import Range
from .base import WIDE, Number, Value


@dataclass(frozen=True)
class Steps(Range):
    """A slider over values that are not equally spaced, such as 1, 2, 4, 8.

    Parameters
    ----------
    values : sequence of float
        In the order in which the slider passes them.
    start, label, unit
        As for :class:`Slider`.
    """

    values: Sequence[Number]
    start: Number | None = None
    label: str | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        self.require_listed()

    def widget(self, description: str, value: Value) -> Any:
        """Return a slider over the words that are shown."""
        import ipywidgets  # of no use in the rendered book

        options = [(self.shown(v), v) for v in self.grid]
        return ipywidgets.SelectionSlider(options=options, value=value, description=description, style=WIDE)
