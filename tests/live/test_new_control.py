"""A new kind of control is one class and one entry of the page's script: a toggle, defined here alone."""

import shutil
from dataclasses import dataclass

import ipywidgets
import pytest

from browser import launched, picture_in, picture_of, watched_page
from livenotes.live import LiveFigureError, Slider, live
from livenotes.live.controls import Control
from livenotes.live.kernel import widget
from livenotes.live.theme import STATIC

SCRIPT = """window.liveNotes = { kinds: { toggle: {
  index: (control) => Number(control.checked),
  setIndex: (control, place) => { control.checked = place === 1; },
  show: (control) => (control.checked ? "on" : "off"),
} } };"""
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/><title>Toggle</title>
<script>{script}</script><script src="live.js" defer="defer"></script></head><body>{figure}</body></html>"""


@dataclass(frozen=True)
class Toggle(Control):
    """Off or on."""

    kind = "toggle"
    values: tuple[int, ...] = (0, 1)
    start: int | None = None
    label: str | None = None
    unit: str = ""

    def on_grid(self, value):
        return int(value)

    def shown(self, value):
        return "on" if value else "off"

    def widget(self, description, value):
        return ipywidgets.Checkbox(description=description, value=bool(value))

    def html(self, key, name, value):
        checked = ' checked="checked"' if value else ""
        return f'<input type="checkbox" id="{key}" data-name="{name}" data-kind="toggle"{checked}/>'


def lamp(fig, p, lit):
    """Draw a line that a lamp makes visible."""
    axes = fig.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.plot([0, 1], [0, p], alpha=1.0 if lit else 0.2)
    return {"light": p * lit}


@pytest.fixture
def figure():
    return live(lamp, title="A lamp.", size=(3, 2), p=Slider(0, 1, 0.5, start=1), lit=Toggle(start=1))


def test_it_has_states_and_words(figure):
    assert figure.start == {"p": 1.0, "lit": 1}
    assert "lit: on (of off … on)" in repr(figure)
    ((_, plate),) = figure.plates()
    assert plate["sizes"] == [3, 2]
    with pytest.raises(LiveFigureError, match="slider 'lit' at 2: not one of its values: 0, 1"):
        figure.frame(lit=2)


def test_its_widget_redraws(figure):
    _, row, picture = widget(figure).children
    box = next(child for child in row.children if isinstance(child, ipywidgets.Checkbox))
    assert "<dd>1.0</dd>" in picture.value
    box.value = False
    assert "<dd>0.0</dd>" in picture.value
    assert "lit off" in picture.value


def test_the_page_moves_it(figure, tmp_path):
    shutil.copy(STATIC / "live.js", tmp_path)
    (tmp_path / "page.html").write_text(PAGE.format(script=SCRIPT, figure=figure.html()), encoding="utf-8")
    address = (tmp_path / "page.html").as_uri()
    with launched() as browser, watched_page(browser, tmp_path.as_uri()) as page:
        page.goto(address)
        page.locator("#lamp--lit").uncheck()
        assert picture_of(page, "lamp") == picture_in(figure.frame(lit=0))
        assert page.locator("#lamp .live-share").get_attribute("href") == "?p=1&lit=0#lamp"
        page.goto(f"{address}?p=0.5&lit=1#lamp")
        assert picture_of(page, "lamp") == picture_in(figure.frame(p=0.5))
        page.locator("#lamp .live-reset").click()
        assert page.locator("#lamp--lit").is_checked()
