"""The HTML of a live figure: valid as XHTML, readable without a script, small."""

import json
from html import escape
from typing import Any, Protocol, runtime_checkable

from .controls import Control, Value, text_of
from .plates import Frame
from .svg import svg_text


@runtime_checkable
class Figure(Protocol):
    """What is written of a live figure; see there."""

    name: str
    title: str
    controls: dict[str, Control]

    @property
    def start(self) -> dict[str, Value]: ...  # noqa: D102
    @property
    def start_plate(self) -> int: ...  # noqa: D102
    def frame(self, **values: Value) -> Frame: ...  # noqa: D102
    def plates(self) -> list[tuple[Frame, dict[str, Any]]]: ...  # noqa: D102


def figure(live: Figure) -> str:
    """Write the whole figure: controls, picture, readouts, caption, and the states as data."""
    frame = live.frame()
    names = {name: [text_of(v) for v in c.grid] for name, c in live.controls.items()}
    controls = "".join(_control(live.name, n, c, live.start[n]) for n, c in live.controls.items())
    plates = "".join(
        _plate(number, start=number == live.start_plate, svg=svg_text(first.svg), plate=plate)
        for number, (first, plate) in enumerate(live.plates())
    )
    return (
        f'<figure class="live" id="{live.name}" data-title="{escape(live.title)}" '
        f'data-controls="{escape(json.dumps(names, ensure_ascii=False, separators=(",", ":")))}">'
        '<div class="live-controls" role="group" aria-label="Controls of this figure" hidden="hidden">'
        f"{controls}</div>{picture(live, frame, live.start)}"
        '<div class="live-actions" hidden="hidden"><button type="button" class="live-reset">Reset</button>'
        f'<a class="live-share" href="#{live.name}" title="The address of this state">Link</a></div>'
        f"{plates}</figure>"
    )


def picture(live: Figure, frame: Frame, values: dict[str, Value]) -> str:
    """Write the picture of one state with its readouts and caption."""
    rows = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>"
        for label, text in frame.readouts.items()
    )
    width = frame.svg.attrib["viewBox"].split()[2]
    return (
        f'<div class="live-picture" style="--live-width:{width}" role="img" '
        f'aria-label="{escape(text_alternative(live, frame, values))}">'
        f'{svg_text(frame.svg)}</div><dl class="live-readouts" aria-live="polite">{rows}</dl>'
        f"<figcaption>{escape(live.title)}</figcaption>"
    )


def text_alternative(live: Figure, frame: Frame, values: dict[str, Value]) -> str:
    """Say what is to be seen, where the controls stand, and the numbers (as live.js does)."""
    state = ", ".join(f"{c.label or n} {c.shown(values[n])}" for n, c in live.controls.items())
    numbers = ", ".join(f"{label} {text}" for label, text in frame.readouts.items())
    return f"{live.title} With {state}{': ' if numbers else '.'}{numbers}"


def _control(figure_name: str, name: str, control: Control, value: Value) -> str:
    key = f"{figure_name}--{name}"
    label = f'<label for="{key}">{escape(control.label or name)}</label>'
    plates = ' data-plates="own"' if control.own_plates else ""
    return f'<div class="live-control"{plates}>{label}{control.html(key, name, value)}</div>'


def _plate(number: int, *, start: bool, svg: str, plate: dict[str, Any]) -> str:
    """Write a plate's data; the plate shown first needs no picture of its own: it is in the page."""
    data = plate if start else {"svg": svg, **plate}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&":  # neither HTML nor XML may take the data for markup
        text = text.replace(character, f"\\u{ord(character):04x}")
    mark = ' data-start="1"' if start else ""
    return f'<script type="application/json" class="live-plate" data-plate="{number}"{mark}>{text}</script>'
