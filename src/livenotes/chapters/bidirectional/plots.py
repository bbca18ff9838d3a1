"""Figures of the chapter on bidirectional and deep recurrent networks."""

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, decimals

from .blanks import CLUES, FARTHEST, NAMES, STEPS
from .orders import LENGTHS, Alignment

READERS = {"left to right": ORANGE, "right to left": BLUE, "both": PURPLE}
FEEDS = {"as it is": ORANGE, "reversed": BLUE, "twice": GREEN}


def _strip(fig: Figure, x: tuple[float, float], bottom: float, height: float) -> Axes:
    """Make a panel as wide as the figure, for a line of symbols: no frame, no ticks."""
    axes = fig.add_axes((0.01, bottom, 0.98, height))
    style.no_frame(axes)
    axes.set(xlim=x, ylim=(0, 1))
    return axes


def crossing(fig: Figure, result: xr.Dataset, symbols: Int[ndarray, " T"], position: int) -> dict[str, str]:
    """Above, the line; left, right answers by the clue's position; right, what each net believes."""
    line = _strip(fig, (-1.6, STEPS + 0.6), 0.79, 0.2)
    lines, bars = style.panels(fig, (1.1, 1), left=0.7, right=0.1, gap=0.45, bottom=0.52)
    for axes in (lines, bars):
        x, y, wide, high = axes.get_position().bounds
        axes.set_position((x, y, wide, high * 0.75))
    at = FARTHEST + position
    for t, symbol in enumerate(symbols):
        here = t in (at, FARTHEST)
        color = RED if t == at else INK if here else MUTED
        line.text(t, 0.5, NAMES[symbol], ha="center", va="center", color=color, fontsize=13)
    # How far each reading has come when it answers: up to the blank.
    style.arrows(line, [(-0.9, 0.12, FARTHEST - 0.15, 0.12)], ORANGE, head=(8, 4))
    style.arrows(line, [(STEPS - 0.1, 0.12, FARTHEST + 0.15, 0.12)], BLUE, head=(8, 4))
    where, names = result.position.values.tolist(), result.reader.values.tolist()
    now, middle = where.index(position), len(where) // 2
    means = 100 * result.right.mean("seed").transpose("reader", "position").values
    right = dict(zip(names, means, strict=True))
    for name, wide in {"both": 6.0, "left to right": 1.8, "right to left": 1.8}.items():
        color, alpha = READERS[name], 0.4 if name == "both" else 1
        for side in (slice(None, middle), slice(middle, None)):
            lines.plot(where[side], right[name][side], color=color, lw=wide, alpha=alpha)
        lines.plot([position], right[name][now], "o", color=color, ms=5 + wide)
    lines.axhline(100 / CLUES, color=MUTED, lw=0.8, ls=(0, (2, 2)))
    lines.axvline(position, color=MUTED, lw=0.8)
    lines.set(
        xlim=(-8.6, 8.6),
        ylim=(0, 106),
        xlabel="position of the clue",
        ylabel="right answers, %",
        title="Mean of five nets",
    )
    lines.set_xticks([-8, -4, 0, 4, 8], ["−8", "−4", "blank", "4", "8"])
    said = 100 * result.said.isel(seed=0).transpose("reader", "position", "answer").values[:, now]
    for k, (name, color) in enumerate(READERS.items()):
        place = np.arange(CLUES) + (k - 1) * 0.27
        bars.bar(place, said[names.index(name)], width=0.24, color=color)
    bars.set(xlim=(-0.6, CLUES - 0.4), ylim=(0, 106), title="One net of each, its belief, %", yticklabels=[])
    bars.set_xticks(range(CLUES), list(NAMES[:CLUES]))
    style.names(bars, READERS, x=0.03, y=0.88, step=0.14)
    return {name: f"{right[name][now]:.0f} % right" for name in READERS}


def looking_ahead(fig: Figure, result: xr.Dataset, line: str, ahead: int) -> dict[str, str]:
    """Above, what is seen of a line; left, the guesses of one net; right, the loss of all."""
    text = _strip(fig, (0, 24), 0.78, 0.2)
    bars, lines = style.panels(fig, (1, 1.25), left=0.5, right=0.1, gap=0.95, bottom=0.52)
    for axes in (lines, bars):
        x, y, wide, high = axes.get_position().bounds
        axes.set_position((x, y, wide, high * 0.76))
    gap = line.index("_")
    for k in range(24):
        symbol = line[k] if k < len(line) else " "
        seen = k <= gap + ahead
        color = RED if symbol == "_" else INK if seen else MUTED
        text.text(k + 2, 0.45, symbol, ha="center", va="center", color=color, fontsize=15)
    edge = gap + ahead + 2.5
    text.plot([edge, edge], [0.1, 0.85], color=RED, lw=1.2)
    one = result.sel(reader="both", line=line, ahead=ahead, seed=0)
    bars.barh([2, 1, 0], 100 * one.chance, height=0.6, color=PURPLE)
    for y, letter in zip((2, 1, 0), one.guess.values, strict=True):
        name = "␣" if letter == " " else str(letter)
        bars.text(-4, y, name, ha="right", va="center", fontsize=13)
    bars.set(xlim=(0, 100), ylim=(-0.6, 2.6), yticks=[], xlabel="belief, %", title="Both directions")
    loss = result.new_loss.mean("seed")
    for name, color in {"delayed": ORANGE, "both": PURPLE}.items():
        lines.plot(loss.ahead, loss.sel(reader=name), ".-", color=color, lw=1.8, ms=8)
        lines.plot([ahead], loss.sel(reader=name, ahead=ahead), "o", color=color, ms=9)
    lines.axvline(ahead, color=MUTED, lw=0.8)
    lines.set(xlim=(-0.4, 8.4), ylim=(1.6, 2.3), xlabel="letters seen after the gap", title="Loss, nats")
    lines.set_xticks(loss.ahead.values)
    style.names(lines, {"one reading, delayed": ORANGE, "both directions": PURPLE}, x=0.3, y=0.86, step=0.13)
    first, now, last = (loss.sel(reader="both", ahead=k).item() for k in (0, ahead, 8))
    return {
        "both directions": f"{now:.2f} nats",
        "of the whole gain": f"{100 * (first - now) / (first - last):.0f} %",
        "one reading, delayed": f"{loss.sel(reader='delayed', ahead=ahead).item():.2f} nats",
    }


_KNOWS = {"neither": MUTED, "the left mark": ORANGE, "the right mark": BLUE, "both marks": PURPLE}


def _knows(layers: int, steps: int, left: int, right: int) -> Int[ndarray, "L 2 T"]:
    """Which marks reach each box, 1 for the left one and 2 for the right one, 3 for both."""
    inputs = np.zeros(steps, int)
    inputs[[left, right]] = 1, 2
    found = np.zeros((layers, 2, steps), int)
    for layer in found:
        layer[0] = np.bitwise_or.accumulate(inputs)
        layer[1] = np.bitwise_or.accumulate(inputs[::-1])[::-1]
        inputs = layer[0] | layer[1]
    return found


def stack(fig: Figure, scores: Float[ndarray, "L 4"], layers: int, left: int, right: int) -> dict[str, str]:
    """Draw a stack of bidirectional layers over a line with two marks: which boxes have seen which mark."""
    steps, blank = 9, 4
    axes = fig.add_axes((0.005, 0.005, 0.99, 0.99))
    style.no_frame(axes)
    axes.set(xlim=(-1.9, 10.3), ylim=(-0.75, 7.1))
    line = ["·"] * steps
    line[blank], line[blank - 2], line[blank + 2] = "_", str(left), str(right)
    colors = [MUTED] * steps
    colors[blank - 2], colors[blank + 2], colors[blank] = ORANGE, BLUE, RED
    for t, (symbol, color) in enumerate(zip(line, colors, strict=True)):
        axes.text(t, -0.35, symbol, ha="center", va="center", color=color, fontsize=14)
    known = _knows(3, steps, blank - 2, blank + 2)
    for n in range(3):
        shown = float(n < layers)
        rows = (2 * n + 0.55, 2 * n + 1.25)
        for (row, ahead), what in zip(zip(rows, (True, False), strict=True), known[n], strict=True):
            for kind, color in enumerate(_KNOWS.values()):
                at = np.flatnonzero(what == kind)
                boxes = [_square(float(t), row) for t in at]
                path = Path.make_compound_path(*boxes) if boxes else _square(0, row)
                fill = color if kind else "none"
                alpha = shown if boxes else 0.0
                axes.add_artist(PathPatch(path, fc=fill, ec=color, lw=1.0, alpha=alpha))
            links = [
                (t + 0.28, row, t + 0.72, row) if ahead else (t + 0.72, row, t + 0.28, row) for t in range(8)
            ]
            style.arrows(axes, links, INK, head=(5, 2.4), width=0.9, alpha=shown)
            name = (r"$\overrightarrow{h}$" if ahead else r"$\overleftarrow{h}$") + f"$^{{({n + 1})}}$"
            axes.text(-0.55, row, name, ha="right", va="center", alpha=shown)
        up = [(t, 2 * n + 1.55, t, 2 * n + 2.25) for t in range(steps)]
        style.arrows(axes, up, MUTED, head=(5, 2.4), width=0.8, alpha=float(n + 1 < layers))
    top = 2 * layers - 2 + 1.55
    score = scores[layers - 1, 2 * left + right]
    axes.plot([blank, blank], [top, top + 0.35], color=RED, lw=1.4)
    said = "the same" if score > 0 else "not the same"
    verdict = said if abs(score) > 0.5 else "cannot say"
    axes.text(
        blank, top + 0.62, f"score {decimals(score, 1)}: {verdict}", ha="center", va="center", color=RED
    )
    for k, (name, color) in enumerate(list(_KNOWS.items())[1:]):
        axes.text(0.4 + 3.3 * k, 6.75, f"■ {name}", color=color, va="center")
    return {"truth": "the same" if left == right else "not the same", "the net's score": decimals(score, 1)}


def _square(x: float, y: float, half: tuple[float, float] = (0.24, 0.24)) -> Path:
    corners = np.multiply([(-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1)], half)
    return Path(corners + np.array([x, y]), [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY])


def distances(fig: Figure, found: Alignment, length: int, steps: int, longest: int) -> dict[str, str]:
    """Draw source and answer along the time of the pair of nets, and an arc for each aligned pair."""
    axes = fig.add_axes((0.005, 0.005, 0.99, 0.99))
    style.no_frame(axes)
    end = (3 if steps > length else 2) * longest
    axes.set(xlim=(0, end + 1), ylim=(-0.42, 1.06))
    distance = found.distance
    shortest = distance == distance.min()
    for which, color, wide in ((~shortest, MUTED, 1.1), (shortest, RED, 2.0)):
        arcs = [_arc(a, b, longest) for a, b in zip(found.read[which], found.written[which], strict=True)]
        path = Path.make_compound_path(*arcs) if arcs else _arc(0, 1, longest)
        axes.add_artist(PathPatch(path, fc="none", ec=color, lw=wide, alpha=float(bool(arcs))))
    size = 0.28 * end / 20, 0.025
    for color, first, last in ((ORANGE, 0, steps), (BLUE, steps, steps + length)):
        squares = [_square(k + 1.0, 0.0, size) for k in range(first, last)]
        axes.add_artist(PathPatch(Path.make_compound_path(*squares), fc=color, lw=0))
    order = {int(r): n + 1 for n, r in enumerate(found.read)}
    if steps > length:
        order |= {r - length: n for r, n in order.items()}
    for k in range(end):
        name = order.get(k + 1, k - steps + 1)
        axes.text(k + 1, -0.17, str(name), ha="center", va="center", alpha=float(k < steps + length))
    axes.text(1, -0.35, "source, numbered by where it goes", color=ORANGE, va="center", ha="left")
    axes.text(end, -0.35, "answer", color=BLUE, va="center", ha="right")
    return {
        "mean distance": decimals(distance.mean(), 1),
        "shortest": f"{distance.min()}",
        "longest": f"{distance.max()}",
    }


def _arc(a: float, b: float, longest: int) -> Path:
    """Half an ellipse from a to b, higher the wider it is."""
    half = Path.arc(0, 180)
    size = (b - a) / 2, (b - a) / (2 * longest)
    return Path(np.add(np.multiply(half.vertices, size), ((a + b) / 2, 0.06)), half.codes)


def places(fig: Figure, right: xr.DataArray, length: int) -> dict[str, str]:
    """Left, right symbols by their place in the answer; right, every pair of nets as one dot."""
    lines, dots = style.panels(fig, (1.4, 1), left=0.7, right=0.1, gap=0.3, bottom=0.55)
    readouts = {}
    for k, (feed, color) in enumerate(FEEDS.items()):
        share = 100 * right.sel(feed=feed)[..., :length].values
        there = float(np.isfinite(share).all())
        share = np.nan_to_num(share)
        at = np.minimum(np.arange(LENGTHS[-1]), length - 1)  # the last point again: as many in every state
        lines.plot(at + 1, share.mean(axis=0)[at], ".-", color=color, lw=1.8, alpha=there)
        each = share.mean(axis=1)
        dots.plot(k + np.array([-0.12, 0, 0.12]), each, "o", color=color, ms=6, alpha=0.8 * there)
        readouts[feed] = f"{each.mean():.0f} ± {each.std(ddof=1):.0f} %" if there else "not trained"
    for axes in (lines, dots):
        axes.axhline(100 / 8, color=MUTED, lw=0.8, ls=(0, (2, 2)))
        axes.set(ylim=(0, 104))
    lines.set(xlim=(0.5, 10.5), xlabel="place in the answer", ylabel="right symbols, %", title="By place")
    lines.set_xticks(range(1, 11))
    dots.set(xlim=(-0.5, 2.5), yticklabels=[], title="Whole answers, each net")
    dots.set_xticks(range(3), ["as it is", "reversed", "twice"])
    return readouts
