"""A slider over equally spaced values."""

import math
import re
from dataclasses import dataclass
from functools import cached_property
from html.entities import html5
from typing import Any, Protocol, runtime_checkable

from ._range import Range
from .base import WIDE, Number, Value, off_grid


@runtime_checkable
class Bounds(Protocol):
    """What a slider reads of a method's parameter."""

    symbol: str
    default: Number
    low: Number
    high: Number
    step: Number


@dataclass(frozen=True)
class Slider(Range):
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
        if self.start is not None and not abs(self.on_grid(self.start) - self.start) <= 1e-6 * self.step:
            raise off_grid(self, self.start)
        self.require_distinct()

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

    def on_grid(self, value: Number) -> Number:
        """Return the grid's own value for one that rounding has moved, e.g. 0.3 for 0.30000000000000004."""
        return min(self.values, key=lambda v: abs(v - value))

    def widget(self, description: str, value: Value) -> Any:
        """Return a slider of whole numbers or of floats."""
        import ipywidgets  # of no use in the rendered book

        whole = all(isinstance(v, int) for v in self.values)
        kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
        grid = {"min": self.low, "max": self.high, "step": self.step, "value": value}
        # six digits, as text_of has it: ipywidgets would show 0.005 as 0.01
        return kind(**grid, readout_format="d" if whole else ".6", description=description, style=WIDE)


def _plain(symbol: str) -> str:
    r"""Write a symbol's Greek letters, such as ``\alpha``, as characters: a label is no formula."""
    return re.sub(r"\\([A-Za-z]+)", lambda m: html5.get(f"{m[1]};", m[0]), symbol)
