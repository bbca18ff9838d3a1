"""What a reader can move: a slider on a grid, a slider over listed values, a choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol


class Bounds(Protocol):
    """What a slider reads of a method's parameter."""

    symbol: str
    default: float
    low: float
    high: float
    step: float


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

    low: float
    high: float
    step: float
    start: float | None = None
    label: str | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if not self.step > 0 or not self.high > self.low:
            raise ValueError(f"{self}: expected step > 0 and high > low")
        count = (self.high - self.low) / self.step
        if abs(count - round(count)) > 1e-6:
            raise ValueError(f"{self}: high must lie a whole number of steps above low")
        _check_start(self, self.start, self.values)

    @classmethod
    def of(cls, param: Bounds) -> "Slider":
        """Make the slider that a method's own parameter describes."""
        return cls(param.low, param.high, param.step, start=param.default, label=param.symbol)

    @cached_property
    def values(self) -> tuple[float, ...]:
        """Every value of the grid, in order."""
        whole = all(float(v).is_integer() for v in (self.low, self.step))
        count = round((self.high - self.low) / self.step) + 1
        grid = (round(self.low + i * self.step, 10) for i in range(count))
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

    values: Sequence[float]
    start: float | None = None
    label: str | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if len(self.values) < 2:
            raise ValueError(f"{self}: expected at least two values")
        _check_start(self, self.start, self.values)


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


Control = Slider | Steps | Choice
Value = float | str


def _check_start(control: Control, start: Value | None, values: Sequence[Value]) -> None:
    if start is not None and start not in values:
        raise ValueError(f"start {start!r} is not one of the values {_range(values)} of {control}")


def _range(values: Sequence[Value]) -> str:
    return ", ".join(map(str, values)) if len(values) < 8 else f"{values[0]}, {values[1]} … {values[-1]}"


def values_of(control: Control) -> tuple[Value, ...]:
    """Every value that the control can take, in order."""
    return tuple(control.values)


def start_of(control: Control) -> Value:
    """Return the value that the control shows first."""
    return values_of(control)[0] if control.start is None else control.start


def text_of(value: Value) -> str:
    """Write a value as the page's address has it, and as the slider shows it."""
    return value if isinstance(value, str) else f"{value:.6g}"


def shown(control: Control, value: Value) -> str:
    """Write a value for the reader, with its unit or the choice's own words."""
    if isinstance(control, Choice) and isinstance(control.values, Mapping):
        return str(control.values[str(value)])
    return f"{text_of(value)}{control.unit}".replace("-", "−")
