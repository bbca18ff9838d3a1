"""The figures of this kernel by name, so that an answer or a link can put one of them into a state."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable
from urllib.parse import parse_qsl

from .controls import Control, Value, text_of


@runtime_checkable
class Figure(Protocol):
    """What has to be known of a live figure to move it."""

    name: str
    controls: dict[str, Control]

    @property
    def start(self) -> dict[str, Value]: ...  # noqa: D102


_made: dict[str, Figure] = {}
_views: dict[str, Callable[[Mapping[str, Value]], None]] = {}


def made(figure: Figure) -> None:
    """Keep a figure; one that is made again under its name takes the place of the older one."""
    _made[figure.name] = figure
    _views.pop(figure.name, None)


def view(figure: Figure, move: Callable[[Mapping[str, Value]], None]) -> None:
    """Keep what moves the widgets of a figure into a state; the last view counts."""
    _made[figure.name] = figure
    _views[figure.name] = move


def find(name: str) -> Figure | None:
    """Return the figure of that name, None where no cell has made it yet."""
    return _made.get(name)


def state_of(figure: Figure, query: str) -> dict[str, Value]:
    """Read a state as an address names it, ``p=0.9&task=copy``; what it leaves out stays at its start.

    Raises
    ------
    ValueError
        If the figure has no such control, or the control cannot take the value.
    """
    state = dict(figure.start)
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in figure.controls:
            known = ", ".join(map(repr, figure.controls))
            raise ValueError(f"the figure {figure.name!r} has no control {name!r}; its controls are: {known}")
        grid = figure.controls[name].grid
        found = [value for value in grid if _is(value, text)]
        if not found:
            allowed = ", ".join(map(text_of, grid))
            raise ValueError(
                f"the control {name!r} of the figure {figure.name!r} cannot be {text!r}; "
                f"its values are: {allowed}"
            )
        state[name] = found[0]
    return state


def go(name: str, query: str) -> None:
    """Move the widgets of a figure into a state.

    Raises
    ------
    ValueError
        If the figure is not shown, or has no such state.
    """
    if name not in _views:
        raise ValueError(f"the figure {name!r} is not shown yet; run its cell")
    _views[name](state_of(_made[name], query))


def _is(value: Value, text: str) -> bool:
    if text_of(value) == text:
        return True
    try:
        return not isinstance(value, str) and float(text_of(value)) == float(text)
    except ValueError:
        return False
