"""The live figure: one function that draws, and the controls that it answers to."""

import inspect
import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import matplotlib as mpl
import numpy as np

from . import markup, shown
from .controls import Control, Number, Value, text_of
from .display import Displayed
from .finite import not_finite
from .plates import Frame, StructureError, encode
from .sheet import Kept, Sheet
from .svg import svg_tree
from .theme import RC

Draw = Callable[..., Mapping[str, object] | None]

#: More states than this make a page heavy and a build slow: take larger steps or fewer controls.
LIMIT = 1500


class LiveFigureError(ValueError):
    """A live figure that cannot be drawn; the message names the figure and the slider."""


def live(
    draw: Draw, *, title: str, size: tuple[Number, Number] = (6.0, 3.0), **controls: Control
) -> "LiveFigure":
    """Make a figure that a reader can drag.

    Parameters
    ----------
    draw : callable ``draw(fig, **values)``
        Draws on an empty Matplotlib figure. What it returns, a mapping from a label to a number or a
        text, is printed under the figure. Its name, with hyphens, is the figure's name in the page's
        address.
    title : str
        One line that says what is to be seen: the caption and the start of the text alternative.
    size : (float, float)
        Width and height in inches.
    **controls : Control
        :class:`Slider`, :class:`Steps`, :class:`Choice` or another kind.
        One for every argument of ``draw`` after the figure.

    Returns
    -------
    LiveFigure
        Shown as ipywidgets under a kernel, as plain HTML where the variable ``LIVENOTES_STATIC`` is set.

    Raises
    ------
    LiveFigureError
        If the controls do not fit ``draw`` or make more than :data:`LIMIT` states.
    """
    figure = LiveFigure(draw, title, size, controls)
    shown.made(figure)
    return figure


class LiveFigure(Displayed):
    """What :func:`live` returns; see there."""

    def __init__(
        self, draw: Draw, title: str, size: tuple[Number, Number], controls: Mapping[str, Control]
    ) -> None:
        self.draw = draw
        self.name = getattr(draw, "__name__", "").strip("_").replace("_", "-")
        self.title = title
        self.size = size
        self.controls = dict(controls)
        self._kept = Kept()
        self._check_controls()

    def _check_controls(self) -> None:
        if not self.name.replace("-", "_").isidentifier():
            raise LiveFigureError(
                f"live figure {self.name!r}: draw must be a function with a name of its own"
            )
        for name, control in self.controls.items():
            if not isinstance(control, Control):
                raise LiveFigureError(
                    f"{self._where(name)}: expected a Slider, Steps or Choice, got {control!r}"
                )
        wanted = list(inspect.signature(self.draw).parameters)[1:]
        if sorted(wanted) != sorted(self.controls):
            raise LiveFigureError(
                f"{self._where()}: draw takes {wanted} after the figure, "
                f"but the controls are {list(self.controls)}"
            )
        if not self.controls:
            raise LiveFigureError(f"{self._where()}: has no control; draw a plain figure instead")
        states = math.prod(len(c.grid) for c in self.controls.values())
        if states > LIMIT:
            sizes = ", ".join(f"{name}: {len(c.grid)}" for name, c in self.controls.items())
            raise LiveFigureError(
                f"{self._where()}: {states} states ({sizes}) are more than {LIMIT}; take larger steps"
            )

    def _where(self, control: str | None = None, value: object = None) -> str:
        state = "" if control is None else f", slider {control!r}"
        return f"live figure {self.name!r}{state}" + ("" if value is None else f" at {value!r}")

    @cached_property
    def start(self) -> dict[str, Value]:
        """The values shown first."""
        return {name: control.first for name, control in self.controls.items()}

    def frame(self, **values: Value) -> Frame:
        """Draw one state; controls that are not given stay at their start.

        Raises
        ------
        LiveFigureError
            If a value is not on its control's grid, or something drawn is not finite.
        """
        values = self.start | values
        for name, value in values.items():
            if name not in self.controls:
                raise LiveFigureError(f"{self._where(name)}: there is none; there are {list(self.controls)}")
            if value not in self.controls[name].grid:
                allowed = ", ".join(map(text_of, self.controls[name].grid))
                raise LiveFigureError(f"{self._where(name, value)}: not one of its values: {allowed}")
        state = ", ".join(f"{name} = {text_of(value)}" for name, value in values.items())
        with mpl.rc_context(RC):
            fig = Sheet(self._kept, figsize=self.size)
            try:
                readouts = {label: str(text) for label, text in (self.draw(fig, **values) or {}).items()}
                bad = not_finite(fig, readouts)
            except Exception as error:
                error.add_note(f"while drawing {self._where()} at {state}")
                raise
            if bad:
                raise LiveFigureError(f"{self._where()} at {state}: {bad}; every value drawn must be finite")
            return Frame(svg_tree(fig, self.name), readouts)

    @property
    def start_plate(self) -> int:
        """The number of the plate shown first."""
        number = 0
        for name, control in self.controls.items():
            if control.own_plates:
                number = number * len(control.grid) + control.grid.index(self.start[name])
        return number

    def plates(self) -> list[tuple[Frame, dict[str, Any]]]:
        """Draw every state: one plate, its first state and its slots, for each setting of the choices.

        Choices are the controls with ``own_plates``. Settings are in the order of their values, the last
        choice changing fastest.
        """
        choices = {n: c.grid for n, c in self.controls.items() if c.own_plates}
        sliders = {n: c.grid for n, c in self.controls.items() if not c.own_plates}
        plates = []
        for setting in _settings(choices):
            frames = np.empty([len(v) for v in sliders.values()], dtype=object)
            for state in np.ndindex(frames.shape):
                at = {n: v[i] for (n, v), i in zip(sliders.items(), state, strict=True)}
                frames[state] = self.frame(**setting, **at)
            try:
                plates.append((frames.flat[0], encode(frames)))
            except StructureError as error:
                raise LiveFigureError(self._unlike(error, setting, sliders)) from error
        return plates

    def _unlike(
        self, error: StructureError, setting: dict[str, Value], sliders: dict[str, tuple[Value, ...]]
    ) -> str:
        moved = [(n, v[i]) for (n, v), i in zip(sliders.items(), error.state, strict=True) if i]
        where = "; ".join(f"slider {n!r} at {text_of(value)}" for n, value in moved)
        given = "".join(f", {n} = {text_of(v)}" for n, v in setting.items())
        return (
            f"live figure {self.name!r}{given}, {where}: {error} as in the first state; fix the axes' limits "
            "and ticks, and hide what is not to be seen with alpha=0 instead of leaving it out"
        )

    def html(self) -> str:
        """Return the figure with all its states for a page without a kernel."""
        return markup.figure(self)

    def widget(self) -> Any:
        """Return the figure as ipywidgets for a page with a kernel."""
        from .kernel import widget  # ipywidgets is of no use in the rendered book

        return widget(self)

    def __repr__(self) -> str:
        lines = [f"Live figure {self.name}: {self.title}"]
        for name, control in self.controls.items():
            ends = f"{control.shown(control.grid[0])} … {control.shown(control.grid[-1])}"
            lines.append(f"  {control.label or name}: {control.shown(control.first)} (of {ends})")
        lines += [f"  {label}: {text}" for label, text in self.frame().readouts.items()]
        return "\n".join(lines)


def _settings(choices: dict[str, tuple[Value, ...]]) -> list[dict[str, Value]]:
    index = np.ndindex(*(len(values) for values in choices.values()))
    return [{n: v[i] for (n, v), i in zip(choices.items(), at, strict=True)} for at in index]
