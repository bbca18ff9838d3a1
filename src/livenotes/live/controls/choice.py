"""A drop-down list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar

from .base import WIDE, Control, Value, text_of

_SELECTED = ' selected="selected"'


@dataclass(frozen=True)
class Choice(Control):
    """A drop-down list: which activation, which task.

    Parameters
    ----------
    values : sequence of str, or mapping from str to the text shown
        What ``draw`` receives.
    start, label
        As for :class:`Slider`.
    """

    kind: ClassVar[str] = "select"
    own_plates: ClassVar[bool] = True

    values: Sequence[str] | Mapping[str, str]
    start: str | None = None
    label: str | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        self.require_listed()

    def shown(self, value: Value) -> str:
        """Write a value in the choice's own words."""
        return self.values[str(value)] if isinstance(self.values, Mapping) else str(value)

    def widget(self, description: str, value: Value) -> Any:
        """Return a drop-down list."""
        import ipywidgets  # of no use in the rendered book

        options = [(self.shown(v), v) for v in self.grid]
        return ipywidgets.Dropdown(options=options, value=value, description=description, style=WIDE)

    def html(self, key: str, name: str, value: Value) -> str:
        """Write the list with the value selected."""
        options = "".join(
            f'<option value="{escape(text_of(v))}"{_SELECTED if v == value else ""}>'
            f"{escape(self.shown(v))}</option>"
            for v in self.grid
        )
        return (
            f'<select id="{key}" data-name="{name}" data-kind="{self.kind}" autocomplete="off">'
            f"{options}</select>"
        )
