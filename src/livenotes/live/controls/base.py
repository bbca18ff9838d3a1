"""What every control knows of itself: its values, its widget, its HTML."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

Number: TypeAlias = float | int  # both names, for checkers at run time, to which an int is not a float
Value: TypeAlias = Number | str

WIDE = {"description_width": "initial"}  # the style of a widget, whose description may be of any length


class Control(ABC):
    """A control of a live figure; a new kind is one subclass here and one entry of ``kinds`` in live.js.

    Attributes
    ----------
    kind : str
        Its entry of ``kinds`` in live.js, which says how the page reads and moves the element.
    own_plates : bool
        Whether its settings may differ in structure: then each is a plate of its own, see :mod:`..plates`.
    values : sequence, or mapping from values to what is shown
    start : value, optional
        The value shown first; the first one if not given.
    label : str, optional
        What the reader sees; the name of the argument if not given.
    unit : str
        Printed after the value.
    """

    kind: ClassVar[str]
    own_plates: ClassVar[bool] = False
    values: Any
    start: Any
    label: str | None
    unit: str

    @property
    def grid(self) -> tuple[Value, ...]:
        """Every value that the control can take, in order."""
        return tuple(self.values)

    @property
    def first(self) -> Value:
        """The value that the control shows first."""
        return self.grid[0] if self.start is None else self.on_grid(self.start)

    def on_grid(self, value: Any) -> Value:
        """Return the grid's own value for one that a widget has reported."""
        return value

    def shown(self, value: Value) -> str:
        """Write a value for the reader, with its unit."""
        return text_of(value).replace("-", "−") + self.unit

    @abstractmethod
    def widget(self, description: str, value: Value) -> Any:
        """Return the ipywidget that stands for it under a kernel."""

    @abstractmethod
    def html(self, key: str, name: str, value: Value) -> str:
        """Write the element with id ``key`` that stands for the control in the page."""

    def require_distinct(self) -> None:
        """Refuse two values that the page's address could not tell apart."""
        text, times = Counter(map(text_of, self.grid)).most_common(1)[0]
        if times > 1:
            raise ValueError(f"{self}: {times} values are written {text}")

    def require_listed(self) -> None:
        """Refuse fewer than two values, and a start that is not one of them."""
        if len(self.values) < 2:
            raise ValueError(f"{self}: expected at least two values")
        if self.start is not None and self.start not in self.grid:
            raise off_grid(self, self.start)
        self.require_distinct()


def off_grid(control: Control, start: Value) -> ValueError:
    """Say that the start is not one of the values."""
    return ValueError(f"start {start!r} is not one of the values {_range(control.grid)} of {control}")


def _range(values: Sequence[Value]) -> str:
    return ", ".join(map(str, values)) if len(values) < 8 else f"{values[0]}, {values[1]} … {values[-1]}"


def text_of(value: Value) -> str:
    """Write a value as the page's address has it, and as the slider shows it."""
    return value if isinstance(value, str) else f"{value:.6g}"
