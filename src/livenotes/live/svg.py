"""From a Matplotlib figure to a small SVG tree that keeps its shape from one state to the next."""

import copy
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from xml.etree import ElementTree as ET

from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure
from matplotlib.textpath import text_to_path

from .theme import with_variables

SVG = "{http://www.w3.org/2000/svg}"
_STRAIGHT = re.compile(r"rotate\(-?0 .*\)")
_FONT_FAMILY = re.compile(r"\s*font-family:[^;]*;?")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_POINTS_AT = re.compile(r"(?:url\(#|^#)([^)]+)")


def svg_tree(fig: Figure, prefix: str) -> ET.Element:
    """Draw ``fig`` as SVG with short paths, themable colors, and ids that start with ``prefix``.

    Path data are rounded to a tenth of a point and written relative to the point before. Ids are
    numbered in the order of appearance, so that equal pictures have equal text.
    """
    theirs, ours = fig.canvas, Canvas(fig)
    fig.savefig(io.BytesIO(), format="svg")
    fig.set_canvas(theirs)
    number_ids(ours.tree, prefix)
    return ours.tree


def svg_text(root: ET.Element) -> str:
    """Write the tree as well-formed XML, which is valid inside HTML too."""
    bare = copy.deepcopy(root)  # ElementTree would write a prefix before every name
    for element in bare.iter():
        element.tag = element.tag.removeprefix(SVG)
    bare.attrib = {"xmlns": SVG[1:-1], **bare.attrib}
    return ET.tostring(bare, encoding="unicode")


class Canvas(FigureCanvasSVG):
    """Matplotlib's canvas, except that a picture becomes a tree."""

    tree: ET.Element

    def print_svg(self, filename: Any, *, bbox_inches_restore: Any = None, **settings: Any) -> None:
        """Draw as Matplotlib does, and keep the tree; nothing is written to the file."""
        dpi, self.figure.dpi = self.figure.dpi, 72
        width, height = self.figure.get_size_inches()
        vector = Renderer(72 * width, 72 * height, dpi)
        mixed: Any = MixedModeRenderer(  # type: ignore[no-untyped-call]
            self.figure, width, height, dpi, vector, bbox_inches_restore=bbox_inches_restore
        )
        self.figure.draw(mixed)
        mixed.finalize()
        self.tree = vector.writer.tree


class Writer:
    """Takes what Matplotlib's renderer would write into a file, and tidies it on the way into a tree."""

    def __init__(self, **attributes: str) -> None:
        self.tree = ET.Element(f"{SVG}svg", attributes)
        self.open = [self.tree]

    def start(self, tag: str, attrib: dict[str, str] | None = None, **extra: str) -> int:
        """Open an element; return what closes it."""
        self.open.append(ET.SubElement(self.open[-1], *tidy(tag, {**(attrib or {}), **extra})))
        return len(self.open) - 1

    def data(self, text: str) -> None:
        """Add text to the open element."""
        self.open[-1].text = ((self.open[-1].text or "") + text).strip() or None

    def end(self, tag: str | None = None, indent: bool = True) -> None:
        """Close the open element."""
        self.open.pop()

    def close(self, number: int) -> None:
        """Close all elements from the one that ``start`` returned this number for."""
        del self.open[number:]

    def element(
        self, tag: str, text: str | None = None, attrib: dict[str, str] | None = None, **extra: str
    ) -> None:
        """Write an element that holds text or nothing."""
        self.start(tag, attrib, **extra)
        if text:
            self.data(text)
        self.end()

    def comment(self, comment: str) -> None:
        """Leave a comment out."""

    def flush(self) -> None:
        """Do nothing: there is no file."""


@dataclass(frozen=True)
class Group:
    """What was drawn at one time: its elements, and what they need to have defined in their picture."""

    elements: list[ET.Element]
    markers: dict[Any, Any]
    clips: dict[Any, Any]
    hatches: dict[Any, Any]


_RendererSVG: Any = RendererSVG  # whose types leave out most of what is needed here


class Renderer(_RendererSVG):  # type: ignore[misc]
    """Matplotlib's renderer, except that it writes a tree, and can write again what it once wrote."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, io.StringIO(), image_dpi=dpi)
        self._text2path = text_to_path  # whose parser remembers the formulas of the pictures before
        sides = (f"{side:f}".rstrip("0").rstrip(".") for side in (width, height))
        self.writer = Writer(viewBox=" ".join(["0", "0", *sides]))
        self.writer.element("defs")
        self._start_id = 1
        self._markers: dict[Any, str]
        self._clipd: dict[Any, Any]
        self._hatchd: dict[Any, Any]

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        """Measure a text; the answer does not depend on the picture, so it is kept for the next."""
        return _measured(s, prop.copy(), ismath)

    @property
    def mute(self) -> bool:
        """Whether Matplotlib draws only to see what takes how much room."""
        return "draw_path" in vars(self)

    def record(self, draw: Callable[[], None]) -> Group:
        """Return what ``draw`` draws, and leave it out of the picture."""
        parent, before = self.writer.open[-1], len(self.writer.open[-1])
        outside = self._markers, self._clipd, self._hatchd
        inside: tuple[dict[Any, Any], ...] = {}, {}, {}
        self._markers, self._clipd, self._hatchd = inside
        draw()
        group = Group(parent[before:], *inside)
        del parent[before:]
        self._markers, self._clipd, self._hatchd = outside
        return group

    def replay(self, group: Group) -> None:
        """Write what was recorded into the picture; a marker that it has already is not defined again."""
        elements = copy.deepcopy(group.elements)
        known = {oid for key, oid in group.markers.items() if key in self._markers}
        if known:
            for parent in [each for element in elements for each in element.iter()]:
                for defs in parent.findall(f"{SVG}defs"):
                    if defs[0].get("id") in known:
                        parent.remove(defs)
        self.writer.open[-1].extend(elements)
        self._markers |= group.markers
        self._clipd |= group.clips
        self._hatchd |= group.hatches


@lru_cache(4096)
def _measured(s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
    return text_to_path.get_text_width_height_descent(s, prop, ismath)


def tidy(tag: str, given: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Shorten an element's attributes and let its colors follow the theme."""
    attributes = {name: value for name, value in given.items() if value}
    if tag == "path":  # a curve that lies outside its axes has no path data at all
        attributes["d"] = relative_path(attributes.get("d", ""))
    for name in ("x", "y"):
        if name in attributes:
            attributes[name] = " ".join(map(_hundredths, attributes[name].split()))
    if _STRAIGHT.fullmatch(attributes.get("transform", "")):
        del attributes["transform"]
    if "xlink:href" in attributes:
        attributes["href"] = attributes.pop("xlink:href").replace("\n", " ")
    if "style" in attributes:
        attributes["style"] = _short(attributes["style"])
    for name in ("fill", "stroke"):
        if name in attributes:
            attributes[name] = with_variables(attributes[name])
    return f"{SVG}{tag}", attributes


@lru_cache(4096)
def _short(style: str) -> str:
    return with_variables(_FONT_FAMILY.sub("", style)).replace(": ", ":").replace("; ", ";")


def _hundredths(number: str) -> str:
    return f"{float(number):.2f}".rstrip("0").rstrip(".")


def number_ids(root: ET.Element, prefix: str) -> None:
    """Keep the ids that something refers to, numbered; drop the others."""
    elements = [element.attrib for element in root.iter()]
    values = (value for attributes in elements for value in attributes.values() if "#" in value)
    used = {old for value in values for old in _POINTS_AT.findall(value)}
    number: dict[str, str] = {}

    def renamed(old: str) -> str:
        return number.setdefault(old, f"{prefix}-{len(number) + 1}")

    for attributes in elements:
        if attributes.get("id") in used:
            attributes["id"] = renamed(attributes["id"])
        else:
            attributes.pop("id", None)
        if attributes.get("href", "").startswith("#"):
            attributes["href"] = "#" + renamed(attributes["href"][1:])
        for name in ("clip-path", "style"):  # a hatch is referred to in the style
            if "url(" in attributes.get(name, ""):
                attributes[name] = _REFERENCE.sub(lambda m: f"url(#{renamed(m[1])})", attributes[name])


def relative_path(data: str) -> str:
    """Rewrite Matplotlib's absolute path data as relative commands in tenths of a unit."""
    out: list[str] = []
    previous = ""
    at_x = at_y = start_x = start_y = 0
    for command, arguments in re.findall(r"([MLQCz])([^MLQCz]*)", data):
        tenths = [round(10 * float(token)) for token in arguments.split()]
        if command == "z":
            out.append("z")
            at_x, at_y = start_x, start_y
        elif command == "M":
            out.append("M" + _join(tenths))
            start_x, start_y = tenths
        else:
            steps = _join([v - (at_y if i % 2 else at_x) for i, v in enumerate(tenths)])
            if command == "L" == previous:  # one letter serves the whole line
                out.append(steps if steps[0] == "-" else " " + steps)
            else:
                out.append(command.lower() + steps)
        if tenths:
            at_x, at_y = tenths[-2:]
        previous = command
    return "".join(out)


def _join(tenths: list[int]) -> str:
    text = "".join(t if t[0] == "-" else " " + t for t in map(_number, tenths))
    return text.removeprefix(" ")


@cache
def _number(tenths: int) -> str:
    text = f"{tenths / 10:g}"
    return text.replace("0.", ".") if text.lstrip("-").startswith("0.") else text
