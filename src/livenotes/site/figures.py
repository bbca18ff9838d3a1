"""The live figures of a page, as its HTML declares them.

A figure is ``<figure class="live" id="dropout-curves" data-controls='{"p": ["0", "0.1", "0.2"], "task":
["adding", "copy"]}'>``: of every control, slider or choice, all the values that it can take, as texts.
In it stand its plates, each in a ``<script class="live-plate" data-plate="0">``.
"""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import accumulate


@dataclass(frozen=True)
class Plate:
    """States of a figure for one setting of its choices; ``span`` is where it stands in the page.

    The figure shows ``start`` first; the page may load the others later.
    """

    number: int
    json: str
    span: tuple[int, int]
    start: bool


@dataclass(frozen=True)
class Figure:
    """A live figure: its name, its controls and its plates."""

    name: str
    controls: dict[str, list[str]]
    plates: list[Plate] = field(default_factory=list)


def find(html: str) -> dict[str, Figure]:
    """Return the live figures of a page by name, in order.

    Raises
    ------
    ValueError
        A figure has no name, a name that another one has, or controls that are not JSON.
    """
    if "<figure" not in html:
        return {}
    reader = _Reader(html)
    reader.feed(html)
    reader.close()
    return reader.figures


class _Reader(HTMLParser):
    """Collects the figures of a page while it is fed to the parser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.figures: dict[str, Figure] = {}
        self.inside: Figure | None = None
        self.plate: tuple[dict[str, str], int] | None = None
        self.text = ""
        self.lines = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]

    def place(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("figure", "script"):
            return
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "figure" and "live" in classes:
            self.inside = self._figure(given)
        elif tag == "script" and self.inside and "live-plate" in classes and "data-src" not in given:
            self.plate, self.text = (given, self.place()), ""

    def handle_data(self, data: str) -> None:
        if self.plate:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure":
            self.inside = None
        elif tag == "script" and self.inside and self.plate:
            given, start = self.plate
            span = (start, self.html.index(">", self.place()) + 1)
            number = int(given["data-plate"])
            self.inside.plates.append(Plate(number, self.text, span, "data-start" in given))
            self.plate = None

    def _figure(self, given: dict[str, str]) -> Figure:
        name = given.get("id", "")
        if not name:
            raise ValueError("a live figure has no id")
        if name in self.figures:
            raise ValueError(f"two live figures are called {name!r}")
        try:
            controls = json.loads(given.get("data-controls", "{}"))
        except json.JSONDecodeError as error:
            raise ValueError(f"the controls of the live figure {name!r} are not JSON: {error}") from error
        self.figures[name] = Figure(name, controls)
        return self.figures[name]
