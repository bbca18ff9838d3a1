"""What the figures of all chapters share: where the panels lie, and marks that keep their number."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from contourpy import contour_generator
from jaxtyping import Float, UInt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy import ndarray

from livenotes.live.theme import PALETTE

INK, MUTED, GRID = PALETTE["ink"], PALETTE["muted"], PALETTE["grid"]
BLUE, ORANGE, GREEN = PALETTE["blue"], PALETTE["orange"], PALETTE["green"]
PURPLE, RED, SKY = PALETTE["purple"], PALETTE["red"], PALETTE["sky"]

FLOOR = 1e-300
"""Least value drawn on a logarithmic axis: a gradient that is exactly 0 leaves the picture at the bottom."""

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def panels(
    fig: Figure,
    widths: Sequence[float] = (1,),
    *,
    left: float = 0.62,
    right: float = 0.12,
    bottom: float = 0.5,
    gap: float = 0.68,
) -> list[Axes]:
    """Place axes side by side, at the same place in every state of a figure.

    Matplotlib's own layout engines move the axes with the width of the tick labels and cost most of the
    time of a redraw; here the margins are fixed.

    Parameters
    ----------
    widths : sequence of float
        Relative widths of the panels.
    left, right, bottom, gap : float
        Room for labels, in inches: left of the first panel, right of the last, under all, and between two.
    """
    width, height = fig.get_size_inches()
    room = width - left - right - gap * (len(widths) - 1)
    axes, at = [], left
    for share in widths:
        wide = room * share / sum(widths)
        axes.append(fig.add_axes((at / width, bottom / height, wide / width, 1 - (bottom + 0.28) / height)))
        at += wide + gap
    return axes


def no_frame(axes: Axes) -> None:
    """Take away ticks and spines where only positions matter."""
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)


def names(
    axes: Axes, colors: Mapping[str, str], *, x: float, y: float, step: float = 0.08, **text: Any
) -> None:
    """Write what is drawn in which color, one name below the other; x and y are shares of the panel."""
    for k, (name, color) in enumerate(colors.items()):
        axes.text(x, y - step * k, name, color=color, transform=axes.transAxes, **text)


def region(
    axes: Axes,
    x: Float[ndarray, " X"],
    y: Float[ndarray, " Y"],
    z: Float[ndarray, "Y X"],
    level: float,
    **style: Any,
) -> None:
    """Fill where ``z`` is above ``level``: always one element, also where that is nowhere."""
    generator = contour_generator(x, y, z, fill_type="OuterOffset")
    polygons, offsets = cast("tuple[list[ndarray], list[ndarray]]", generator.filled(level, np.inf))
    codes = [_ring_codes(offset) for offset in offsets]
    nowhere = np.array([[x[0], y[0]]])
    vertices = np.concatenate([*polygons, nowhere])
    axes.add_artist(PathPatch(Path(vertices, np.concatenate([*codes, [Path.MOVETO]])), lw=0, **style))


def _ring_codes(offset: UInt[ndarray, " R"]) -> UInt[ndarray, " V"]:
    codes = np.full(offset[-1], Path.LINETO)
    codes[offset[:-1].astype(int)] = Path.MOVETO
    return codes


def scientific(value: float) -> str:
    """Write 3.2e-07 as 3.2 × 10⁻⁷; 0 and numbers from 0.01 to 1000 plainly."""
    if value == 0 or 0.01 <= value < 1000:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def decimals(value: float, digits: int = 2) -> str:
    """Write a number with so many digits after the point, a true minus sign and no minus zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def arrows(
    axes: Axes,
    lines: Iterable[Sequence[float]],
    color: str,
    *,
    head: tuple[float, float] = (7, 2.6),
    width: float = 1.1,
    alpha: float = 1.0,
) -> None:
    """Draw lines that end in a head as one path, which is far quicker than one annotation for each.

    Parameters
    ----------
    axes : Axes
        With its limits, which give the heads their shape.
    lines : iterable of sequences of float
        Each ``(x0, y0, x1, y1, ...)``: two points or more.
    color : str
    head : (float, float)
        Length and half the width of a head, in pixels.
    width, alpha : float
        Of the lines.
    """
    scale = np.array([axes.bbox.width / np.ptp(axes.get_xlim()), axes.bbox.height / np.ptp(axes.get_ylim())])
    vertices, codes = [], []
    for line in lines:
        points = np.reshape(line, (-1, 2))
        tip, along = points[-1], (points[-1] - points[-2]) * scale
        along = along / np.hypot(*along)
        across = np.array([-along[1], along[0]])
        wings = [tip - (head[0] * along + side * head[1] * across) / scale for side in (1, -1)]
        vertices += [*points, wings[0], tip, wings[1]]
        codes += [Path.MOVETO, *[Path.LINETO] * (len(points) - 1), Path.MOVETO, Path.LINETO, Path.LINETO]
    axes.add_artist(PathPatch(Path(np.array(vertices), codes), fc="none", ec=color, lw=width, alpha=alpha))
