"""A live figure under a kernel: real ipywidgets, redrawn while they move."""

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from . import markup
from .controls import Choice, Control, Slider, Value, on_grid, shown, values_of
from .theme import STYLE_SHEET

if TYPE_CHECKING:
    from .figure import LiveFigure

_WIDE = {"description_width": "initial"}


def widget(live: "LiveFigure") -> widgets.VBox:
    """Return sliders, drop-downs and a reset button above the picture that they redraw."""
    controls = {name: _control(name, c, live.start[name]) for name, c in live.controls.items()}
    reset = widgets.Button(description="Reset", layout=widgets.Layout(width="auto"))
    picture = widgets.HTML()

    def redraw(_change: object = None) -> None:
        picture.value = _picture(live, {name: control.value for name, control in controls.items()})

    def start_again(_button: object) -> None:
        for name, control in controls.items():
            control.value = live.start[name]

    for control in controls.values():
        control.observe(redraw, names="value")
    reset.on_click(start_again)
    redraw()
    row = widgets.Layout(flex_flow="row wrap", align_items="center")
    return widgets.VBox(
        [
            widgets.HTML(f"<style>{STYLE_SHEET}</style>"),
            widgets.Box([*controls.values(), reset], layout=row),
            picture,
        ]
    )


def _picture(live: "LiveFigure", values: dict[str, Value]) -> str:
    # A widget's callback has no cell to fail in: what goes wrong is shown where the picture would be.
    try:
        state = {name: on_grid(control, values[name]) for name, control in live.controls.items()}
        inside = markup.picture(live, live.frame(**state), state)
    except Exception as error:
        inside = f'<pre class="live-failed">{escape(f"{type(error).__name__}: {error}")}</pre>'
    return f'<figure class="live">{inside}</figure>'


def _control(name: str, control: Control, value: Value) -> Any:
    common = {"description": control.label or name, "style": _WIDE, "value": value}
    if isinstance(control, Choice):
        return widgets.Dropdown(options=[(shown(control, v), v) for v in values_of(control)], **common)
    if isinstance(control, Slider):
        whole = all(isinstance(v, int) for v in control.values)
        kind = widgets.IntSlider if whole else widgets.FloatSlider
        grid = {"min": control.low, "max": control.high, "step": control.step}
        # six digits, as text_of has it: ipywidgets would show 0.005 as 0.01
        return kind(**grid, readout_format="d" if whole else ".6", **common)
    return widgets.SelectionSlider(options=[(shown(control, v), v) for v in values_of(control)], **common)
