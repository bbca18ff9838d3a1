"""A live figure under a kernel: real ipywidgets, redrawn while they move."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from threading import RLock
from typing import Any

import ipywidgets as widgets
from comm import get_comm_manager

from . import markup, shown
from .controls import Value
from .theme import KERNEL_SHEET, STYLE_SHEET

# JupyterLab lets widgets and links answer in threads of their own while a cell runs; Matplotlib is not made
# for two threads that draw.
_DRAWS = RLock()

TARGET = "livenotes.live"
"""Under this name the interface tells the kernel of a click on a link into a figure."""


def widget(live: markup.Figure) -> widgets.VBox:
    """Return sliders, drop-downs and a reset button above the picture that they redraw."""
    controls = {name: c.widget(c.label or name, live.start[name]) for name, c in live.controls.items()}
    reset = widgets.Button(description="Reset")
    reset.add_class("live-reset")
    picture = widgets.HTML()
    moving = False

    def redraw(_change: object = None) -> None:
        if not moving:
            with _DRAWS, _young():
                picture.value = _picture(live, {name: control.value for name, control in controls.items()})

    def go(state: Mapping[str, Value]) -> None:
        """Move all controls, then draw once."""
        nonlocal moving
        moving = True
        try:
            for name, value in state.items():
                controls[name].value = value
        finally:
            moving = False
        redraw()

    for control in controls.values():
        control.observe(redraw, names="value")
    reset.on_click(lambda _button: go(live.start))
    redraw()
    shown.view(live, go)
    row = widgets.Box([*controls.values(), reset])
    row.add_class("live-controls")
    style = widgets.HTML(f"<style>{STYLE_SHEET}{KERNEL_SHEET}</style>")
    style.layout.display = "none"
    box = widgets.VBox([style, row, picture])
    for name in ("live", "live-widget", f"live-figure-{live.name}"):
        box.add_class(name)
    get_comm_manager().register_target(TARGET, _follow)
    return box


@contextmanager
def _young() -> Iterator[None]:
    """Put off the collection of garbage while a picture is drawn: what is made for it goes with it.

    Collected in the middle of it, Matplotlib's objects would count as old; after ten pictures there would be
    so many that everything in the process is searched, which halts a drag for a quarter of a second.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _follow(comm: Any, message: Mapping[str, Any]) -> None:
    """Move the figure that a link names; answer with what is wrong, the empty text if nothing is."""
    asked = message["content"]["data"]
    try:
        shown.go(asked["figure"], asked["state"])
    except ValueError as error:
        comm.send({"problem": str(error)})
    else:
        comm.send({"problem": ""})


def _picture(live: markup.Figure, values: dict[str, Value]) -> str:
    # A widget's callback has no cell to fail in: what goes wrong is shown where the picture would be.
    try:
        state = {name: control.on_grid(values[name]) for name, control in live.controls.items()}
        inside = markup.picture(live, live.frame(**state), state)
    except Exception as error:
        inside = f'<pre class="live-failed">{escape(f"{type(error).__name__}: {error}")}</pre>'
    return f'<figure class="live">{inside}</figure>'
