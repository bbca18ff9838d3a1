"""From a Matplotlib figure to a small SVG tree that keeps its shape from one state to the next."""

import copy
import io
import re
from functools import cache
from xml.etree import ElementTree as ET

from matplotlib.figure import Figure

from .theme import with_variables

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_SILENT = dict.fromkeys(("Date", "Creator", "Format", "Type"))  # the same bytes on every run
_STRAIGHT = re.compile(r"rotate\(-?0 .*\)")
_FONT_FAMILY = re.compile(r"\s*font-family:[^;]*;?")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def svg_tree(fig: Figure, prefix: str) -> ET.Element:
    """Draw ``fig`` as SVG with short paths, themable colors, and ids that start with ``prefix``.

    Path data are rounded to a tenth of a point and written relative to the point before. Ids are
    numbered in the order of appearance, so that equal pictures have equal text.
    """
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata=_SILENT)
    root = ET.fromstring(buffer.getvalue())
    _drop_style_sheet(root)
    for element in root.iter():
        _tidy(element)
    _number_ids(root, prefix)
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)  # the page's width decides
    return root


def svg_text(root: ET.Element) -> str:
    """Write the tree as well-formed XML, which is valid inside HTML too."""
    bare = copy.deepcopy(root)  # ElementTree would write a prefix before every name
    for element in bare.iter():
        element.tag = element.tag.removeprefix(_SVG)
    bare.attrib = {"xmlns": _SVG[1:-1], **bare.attrib}
    return ET.tostring(bare, encoding="unicode")


def _drop_style_sheet(root: ET.Element) -> None:
    # Matplotlib's <style> would apply to the whole page; live.css holds the same rule, scoped.
    for defs in root.findall(f"{_SVG}defs"):
        for style in defs.findall(f"{_SVG}style"):
            defs.remove(style)


def _tidy(element: ET.Element) -> None:
    attributes = element.attrib
    element.text = (element.text or "").strip() or None
    element.tail = None
    if element.tag == f"{_SVG}path":  # a curve that lies outside its axes has no path data at all
        attributes["d"] = relative_path(attributes.get("d", ""))
    for name in ("x", "y"):
        if name in attributes:
            attributes[name] = " ".join(map(_hundredths, attributes[name].split()))
    if _STRAIGHT.fullmatch(attributes.get("transform", "")):
        del attributes["transform"]
    if _HREF in attributes:
        attributes["href"] = attributes.pop(_HREF).replace("\n", "")
    if "style" in attributes:
        style = _FONT_FAMILY.sub("", attributes["style"])
        attributes["style"] = with_variables(style).replace(": ", ":").replace("; ", ";")
    for name in ("fill", "stroke"):
        if name in attributes:
            attributes[name] = with_variables(attributes[name])


def _hundredths(number: str) -> str:
    return f"{float(number):.2f}".rstrip("0").rstrip(".")


def _number_ids(root: ET.Element, prefix: str) -> None:
    """Keep the ids that something refers to, numbered; drop the others."""
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', ET.tostring(root, encoding="unicode")))
    number: dict[str, str] = {}

    def renamed(old: str) -> str:
        return number.setdefault(old, f"{prefix}-{len(number) + 1}")

    for element in root.iter():
        attributes = element.attrib
        if attributes.get("id") in used:
            attributes["id"] = renamed(attributes["id"])
        else:
            attributes.pop("id", None)
        if attributes.get("href", "").startswith("#"):
            attributes["href"] = "#" + renamed(attributes["href"][1:])
        for name in ("clip-path", "style"):  # a hatch is referred to in the style
            if name in attributes:
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
