"""The live figures of a page, as its HTML declares them.

A figure is ``<figure class="live" id="dropout-curves" data-controls='{"p": ["0", "0.1", "0.2"], "task":
["adding", "copy"]}'>``: of every control, slider or choice, all the values that it can take, as texts.
"""

import json
import re
from dataclasses import dataclass
from html import unescape

_ATTRIBUTES = r"""((?:[^>"']|"[^"]*"|'[^']*')*)"""
_FIGURE = re.compile(rf"<figure\b{_ATTRIBUTES}>(.*?)</figure>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_PLATE = re.compile(rf"<script\b{_ATTRIBUTES}>(.*?)</script>", re.DOTALL)


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
    plates: tuple[Plate, ...]


def attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag."""
    return {name: unescape(a or b) for name, a, b in _ATTRIBUTE.findall(text)}


def find(html: str) -> dict[str, Figure]:
    """Return the live figures of a page by name, in order.

    Raises
    ------
    ValueError
        A figure has no name, a name that another one has, or controls that are not JSON.
    """
    figures: dict[str, Figure] = {}
    for match in _FIGURE.finditer(html):
        given = attributes(match[1])
        if "live" not in given.get("class", "").split():
            continue
        name = given.get("id", "")
        if not name:
            raise ValueError("a live figure has no id")
        if name in figures:
            raise ValueError(f"two live figures are called {name!r}")
        try:
            controls = json.loads(given.get("data-controls", "{}"))
        except json.JSONDecodeError as error:
            raise ValueError(f"the controls of the live figure {name!r} are not JSON: {error}") from error
        figures[name] = Figure(name, controls, tuple(_plates(match)))
    return figures


def _plates(figure: re.Match[str]) -> list[Plate]:
    start = figure.start(2)
    found = []
    for script in _PLATE.finditer(figure[2]):
        given = attributes(script[1])
        if "live-plate" in given.get("class", "").split() and "data-src" not in given:
            span = (start + script.start(), start + script.end())
            found.append(Plate(int(given["data-plate"]), script[2], span, "data-start" in given))
    return found
