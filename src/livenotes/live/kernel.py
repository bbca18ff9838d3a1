"""A live figure under a kernel: real ipywidgets, redrawn while they move."""

from html import escape

import ipywidgets as widgets

from . import markup, shown
from .controls import Value
from .theme import STYLE_SHEET


def widget(live: markup.Figure) -> widgets.VBox:
    """Return sliders, drop-downs and a reset button above the picture that they redraw."""
    controls = {name: c.widget(c.label or name, live.start[name]) for name, c in live.controls.items()}
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
    shown.view(live, controls)
    row = widgets.Layout(flex_flow="row wrap", align_items="center")
    return widgets.VBox(
        [
            widgets.HTML(f"<style>{STYLE_SHEET}</style>"),
            widgets.Box([*controls.values(), reset], layout=row),
            picture,
        ]
    )


def _picture(live: markup.Figure, values: dict[str, Value]) -> str:
    # A widget's callback has no cell to fail in: what goes wrong is shown where the picture would be.
    try:
        state = {name: control.on_grid(values[name]) for name, control in live.controls.items()}
        inside = markup.picture(live, live.frame(**state), state)
    except Exception as error:
        inside = f'<pre class="live-failed">{escape(f"{type(error).__name__}: {error}")}</pre>'
    return f'<figure class="live">{inside}</figure>'
