"""The HTML of a live figure: valid as XHTML, readable without a script, small."""

import json
from html import escape
from typing import TYPE_CHECKING, Any

from .controls import Choice, Control, Value, shown, text_of, values_of
from .plates import Frame
from .svg import svg_text

if TYPE_CHECKING:
    from .figure import LiveFigure

_SELECTED = ' selected="selected"'


def figure(live: "LiveFigure") -> str:
    """Write the whole figure: controls, picture, readouts, caption, and the states as data."""
    frame = live.frame()
    names = {name: [text_of(v) for v in values_of(c)] for name, c in live.controls.items()}
    controls = "".join(_control(live.name, n, c, live.start[n]) for n, c in live.controls.items())
    plates = "".join(
        _plate(number, start=number == live.start_plate, svg=svg_text(first.svg), plate=plate)
        for number, (first, plate) in enumerate(live.plates())
    )
    return (
        f'<figure class="live" id="{live.name}" data-title="{escape(live.title)}" '
        f'data-controls="{escape(json.dumps(names, ensure_ascii=False, separators=(",", ":")))}">'
        '<div class="live-controls" role="group" aria-label="Controls of this figure" hidden="hidden">'
        f"{controls}"
        '<span class="live-actions"><button type="button" class="live-reset">Reset</button>'
        f'<a class="live-share" href="#{live.name}" title="The address of this state">Link</a></span></div>'
        f"{picture(live, frame, live.start)}{plates}</figure>"
    )


def picture(live: "LiveFigure", frame: Frame, values: dict[str, Value]) -> str:
    """Write the picture of one state with its readouts and caption."""
    rows = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>"
        for label, text in frame.readouts.items()
    )
    return (
        f'<div class="live-picture" role="img" aria-label="{escape(text_alternative(live, frame, values))}">'
        f'{svg_text(frame.svg)}</div><dl class="live-readouts" aria-live="polite">{rows}</dl>'
        f"<figcaption>{escape(live.title)}</figcaption>"
    )


def text_alternative(live: "LiveFigure", frame: Frame, values: dict[str, Value]) -> str:
    """Say what is to be seen, where the controls stand, and the numbers (as live.js does)."""
    state = ", ".join(f"{c.label or n} {shown(c, values[n])}" for n, c in live.controls.items())
    numbers = ", ".join(f"{label} {text}" for label, text in frame.readouts.items())
    return f"{live.title} With {state}{': ' if numbers else '.'}{numbers}"


def _control(figure_name: str, name: str, control: Control, value: Value) -> str:
    key = f"{figure_name}--{name}"
    label = f'<label for="{key}">{escape(control.label or name)}</label>'
    values = values_of(control)
    if isinstance(control, Choice):
        options = "".join(
            f'<option value="{escape(text_of(v))}"{_SELECTED if v == value else ""}>'
            f"{escape(shown(control, v))}</option>"
            for v in values
        )
        return (
            f'<div class="live-control">{label}'
            f'<select id="{key}" data-name="{name}" autocomplete="off">{options}</select></div>'
        )
    text = escape(shown(control, value))
    return (
        f'<div class="live-control">{label}<input type="range" id="{key}" data-name="{name}" min="0" '
        f'max="{len(values) - 1}" step="1" value="{values.index(value)}" aria-valuetext="{text}" '
        f'data-unit="{escape(control.unit)}" autocomplete="off"/><output for="{key}">{text}</output></div>'
    )


def _plate(number: int, *, start: bool, svg: str, plate: dict[str, Any]) -> str:
    """Write a plate's data; the plate shown first needs no picture of its own: it is in the page."""
    data = plate if start else {"svg": svg, **plate}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&":  # neither HTML nor XML may take the data for markup
        text = text.replace(character, f"\\u{ord(character):04x}")
    mark = ' data-start="1"' if start else ""
    return f'<script type="application/json" class="live-plate" data-plate="{number}"{mark}>{text}</script>'
