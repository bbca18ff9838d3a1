"""The plain way to a picture: a new figure of Matplotlib's, saved as text, read again, and tidied."""

import io
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from livenotes.live.svg import SVG, number_ids, svg_text, tidy
from livenotes.live.theme import RC


def plainly(figure, **values):
    """Return the picture of a live figure's state, drawn without anything that could be kept."""
    with mpl.rc_context(RC):
        fig = Figure(figsize=figure.size)
        FigureCanvasSVG(fig)
        figure.draw(fig, **figure.start | values)
        return plain_text(fig, figure.name)


def plain_text(fig, prefix):
    """Save a figure as Matplotlib does, and tidy the elements one by one."""
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    root = ET.fromstring(buffer.getvalue())
    root.attrib = {"viewBox": root.attrib["viewBox"]}
    for defs in root.findall(f"{SVG}defs"):
        for style in defs.findall(f"{SVG}style"):
            defs.remove(style)
    for element in root.iter():
        name = {"{http://www.w3.org/1999/xlink}href": "xlink:href"}
        given = {name.get(key, key): value for key, value in element.attrib.items()}
        element.tag, element.attrib = tidy(element.tag.removeprefix(SVG), given)
        element.text, element.tail = (element.text or "").strip() or None, None
    number_ids(root, prefix)
    return svg_text(root)
