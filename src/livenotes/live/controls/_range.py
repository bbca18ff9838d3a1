"""The page's element of every slider: a range over the places of its values, with the value beside it."""

from html import escape
from typing import ClassVar

from .base import Control, Value


class Range(Control):
    """A slider, whatever its values."""

    kind: ClassVar[str] = "range"

    @property
    def _width(self) -> int:
        """How many characters the longest value has: no value moves the slider that it stands beside."""
        return max(len(self.shown(value)) for value in self.grid)

    def html(self, key: str, name: str, value: Value) -> str:
        """Write the slider and the value beside it."""
        text = escape(self.shown(value))
        return (
            f'<input type="range" id="{key}" data-name="{name}" data-kind="{self.kind}" min="0" '
            f'max="{len(self.grid) - 1}" step="1" value="{self.grid.index(value)}" aria-valuetext="{text}" '
            f'data-unit="{escape(self.unit)}" autocomplete="off"/>'
            f'<output for="{key}" style="min-width:{self._width}ch">{text}</output>'
        )
