"""What a reader can move: a slider on a grid, a slider over listed values, a choice."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html.entities import html5
from typing import Protocol, TypeAlias, runtime_checkable

Number: TypeAlias = float | int  # said twice for checkers at run time, to which an int is no float


@runtime_checkable
class Bounds(Protocol):
    """What a slider reads of a method's parameter."""

    symbol: str
    default: Number
    low: Number
    high: Number
    step: Number


@dataclass(frozen=True)
class Slider:
    """Equally spaced values from ``low`` to ``high``, both included.

    Parameters
    ----------
    low, high, step : float
        The grid. Whole numbers make a slider of whole numbers.
    start : float, optional
        The value shown first; ``low`` if not given.
    label : str, optional
        What the reader sees; the name of the argument if not given.
    unit : str, optional
        Printed after the value.

    Raises
    ------
    ValueError
        If the grid is empty or ``start`` is not on it.
    """

    low: Number
    high: Number
    step: Number
    start: Number | None = None
    label: str | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if not (self.step > 0 and -math.inf < self.low < self.high < math.inf):
            raise ValueError(f"{self}: expected step > 0 and finite low < high")
        count = (self.high - self.low) / self.step
        if abs(count - round(count)) > 1e-6:
            raise ValueError(f"{self}: high must lie a whole number of steps above low")
        if self.start is not None and not abs(_nearest(self, self.start) - self.start) <= 1e-6 * self.step:
            raise _off_grid(self, self.start, self.values)
        _check_distinct(self, self.values)

    @classmethod
    def of(cls, param: Bounds) -> "Slider":
        """Make the slider that a method's own parameter describes."""
        return cls(param.low, param.high, param.step, start=param.default, label=_plain(param.symbol))

    @cached_property
    def values(self) -> tuple[Number, ...]:
        """Every value of the grid, in order."""
        whole = all(float(v).is_integer() for v in (self.low, self.step))
        count = round((self.high - self.low) / self.step) + 1
        grid = (round(self.low + i * self.step, 10) + 0.0 for i in range(count))  # no -0.0
        return tuple(int(v) if whole else v for v in grid)


@dataclass(frozen=True)
class Steps:
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
        if len(self.values) < 2:
            raise ValueError(f"{self}: expected at least two values")
        _check_start(self, self.start, self.values)
        _check_distinct(self, self.values)


@dataclass(frozen=True)
class Choice:
    """A drop-down list: which activation, which task.

    Parameters
    ----------
    values : sequence of str, or mapping from str to the text shown
        What ``draw`` receives.
    start, label
        As for :class:`Slider`.
    """

    values: Sequence[str] | Mapping[str, str]
    start: str | None = None
    label: str | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if len(self.values) < 2:
            raise ValueError(f"{self}: expected at least two values")
        _check_start(self, self.start, tuple(self.values))
        _check_distinct(self, tuple(self.values))


Control = Slider | Steps | Choice
Value = Number | str


def _check_start(control: Control, start: Value | None, values: Sequence[Value]) -> None:
    if start is not None and start not in values:
        raise _off_grid(control, start, values)


def _off_grid(control: Control, start: Value, values: Sequence[Value]) -> ValueError:
    return ValueError(f"start {start!r} is not one of the values {_range(values)} of {control}")


def _check_distinct(control: Control, values: Sequence[Value]) -> None:
    """Refuse two values that the page's address could not tell apart."""
    text, times = Counter(map(text_of, values)).most_common(1)[0]
    if times > 1:
        raise ValueError(f"{control}: {times} values are written {text}")


def _plain(symbol: str) -> str:
    r"""Write a symbol's Greek letters, such as ``\alpha``, as characters: a label is no formula."""
    return re.sub(r"\\([A-Za-z]+)", lambda m: html5.get(f"{m[1]};", m[0]), symbol)


def _range(values: Sequence[Value]) -> str:
    return ", ".join(map(str, values)) if len(values) < 8 else f"{values[0]}, {values[1]} … {values[-1]}"


def values_of(control: Control) -> tuple[Value, ...]:
    """Every value that the control can take, in order."""
    return tuple(control.values)


def start_of(control: Control) -> Value:
    """Return the value that the control shows first."""
    return values_of(control)[0] if control.start is None else on_grid(control, control.start)


def on_grid(control: Control, value: Value) -> Value:
    """Return the grid's own value for one that rounding has moved, e.g. 0.3 for 0.30000000000000004."""
    return value if isinstance(value, str) or not isinstance(control, Slider) else _nearest(control, value)


def _nearest(slider: Slider, value: Number) -> Number:
    return min(slider.values, key=lambda v: abs(v - value))


def text_of(value: Value) -> str:
    """Write a value as the page's address has it, and as the slider shows it."""
    return value if isinstance(value, str) else f"{value:.6g}"


def shown(control: Control, value: Value) -> str:
    """Write a value for the reader, with its unit or the choice's own words."""
    if isinstance(control, Choice):
        return control.values[str(value)] if isinstance(control.values, Mapping) else str(value)
    return text_of(value).replace("-", "−") + control.unit
