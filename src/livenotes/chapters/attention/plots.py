"""Figures of the chapter on attention: data in, numbers for the readout out."""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, decimals

from .cost import KINDS, share
from .lookup import ANGLES, COLORS, unit

KIND_COLORS = dict(zip(KINDS, (ORANGE, BLUE, INK), strict=True))


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def mixing(fig: Figure, result: xr.Dataset, angle: int) -> dict[str, str]:
    """Left, the query among five keys; middle, the weights; right, the color that is looked up."""
    width, height = fig.get_size_inches()
    ring = fig.add_axes((0.1 / width, 0.1 / height, 2.5 / width, 2.5 / height))
    bars = fig.add_axes((3.15 / width, 0.5 / height, 1.75 / width, (height - 0.8) / height))
    patch = fig.add_axes((5.15 / width, 0.5 / height, 1.3 / width, (height - 0.8) / height))
    style.no_frame(ring)
    ring.set(xlim=(-1.45, 1.45), ylim=(-1.45, 1.45))
    for place, color in zip(ANGLES, COLORS, strict=True):
        x, y = unit(float(place))
        ring.add_artist(Circle((1.15 * x, 1.15 * y), 0.2, fc=to_hex(color), ec="none"))
        ring.plot([0, 0.9 * x], [0, 0.9 * y], color=MUTED, lw=0.8)
    style.arrows(ring, [(0, 0, *(0.85 * unit(angle)))], INK, head=(9, 4), width=2.0)
    ring.text(0, -1.42, "query and keys", ha="center", va="bottom")
    weights = result.weight.values
    for k, color in enumerate(COLORS):
        bars.bar(k, weights[k], width=0.72, color=to_hex(color), lw=0)
    bars.set(xlim=(-0.6, 4.6), ylim=(0, 1.02), xticks=[], title="Weights")
    bars.set_yticks([0, 0.5, 1])
    style.no_frame(patch)
    mixture = result.color.values
    patch.set(xlim=(0, 1), ylim=(0, 1), title="Answer")
    patch.fill([0.05, 0.95, 0.95, 0.05], [0.02, 0.02, 0.95, 0.95], color=to_hex(np.clip(mixture, 0, 1)), lw=0)
    away = np.linalg.norm(COLORS - mixture, axis=1).min()
    return {
        "largest weight": f"{weights.max():.2f}",
        "weights sum to": f"{weights.sum():.2f}",
        "distance to the nearest stored color": f"{away:.2f}",
    }


def _squares(axes: Axes, row: int, weights: Float[ndarray, " S"], color: str, alpha: float) -> None:
    """Draw a row of the matrix as one path: a square for each weight, whose area is the weight."""
    vertices, codes = [], []
    for x, weight in enumerate(weights):
        half = 0.48 * np.sqrt(weight)
        corners = [
            (x - half, row - half),
            (x - half, row + half),
            (x + half, row + half),
            (x + half, row - half),
        ]
        vertices += [*corners, (x, row)]
        codes += [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
    axes.add_artist(PathPatch(Path(np.round(vertices, 3), codes), fc=color, lw=0, alpha=alpha))


def beam(fig: Figure, result: xr.DataArray, letter: int) -> dict[str, str]:
    """Draw where the decoder looked for each letter written so far, and over the source for the last one."""
    width, height = fig.get_size_inches()
    left, top = 0.55, 1.0
    axes = fig.add_axes((left / width, 0.1 / height, 1 - (left + 0.1) / width, 1 - (top + 0.1) / height))
    above = fig.add_axes(
        (left / width, 1 - (top - 0.3) / height, 1 - (left + 0.1) / width, (top - 0.35) / height)
    )
    rows, columns = result.shape
    weights, now = result.values, letter - 1
    for row in range(rows):
        _squares(axes, row, weights[row], ORANGE if row == now else BLUE, 1.0 if row <= now else 0.0)
        color = ORANGE if row == now else INK
        shown = 1.0 if row <= now else 0.15
        axes.text(
            -1.0, row, str(result.wrote.values[row]), ha="center", va="center", color=color, alpha=shown
        )
    axes.set(xlim=(-0.6, columns - 0.4), ylim=(rows - 0.4, -0.6))
    style.no_frame(axes)
    style.no_frame(above)
    above.set(xlim=(-0.6, columns - 0.4), ylim=(0, 1.02))
    above.bar(range(columns), weights[now], width=0.8, color=ORANGE, lw=0)
    for column, symbol in enumerate(result.reads.values):
        axes.text(column, -1.05, str(symbol), ha="center", va="center", color=INK)
    best = int(weights[now].argmax())
    return {
        "written": "".join(result.wrote.values[:letter]),
        "looks most at": f"“{result.reads.values[best]}”, letter {best}",
        "with weight": f"{weights[now, best]:.2f}",
    }


def flow(fig: Figure, result: xr.DataArray, letter: int) -> dict[str, str]:
    """Draw encoder, attention and decoder at one step, each line as wide as its weight."""
    axes = fig.add_axes((0.005, 0.005, 0.99, 0.99))
    style.no_frame(axes)
    columns, weights = result.shape[1], result.values[letter - 1]
    axes.set(xlim=(-1.6, columns - 0.2), ylim=(-0.25, 7.3))
    middle, now = (columns - 1) / 2, letter - 1
    for column, symbol in enumerate(result.reads.values):
        axes.text(column, 0.1, str(symbol), ha="center", va="center", color=INK)
        axes.add_artist(PathPatch(_box(column, 1.35), fc="none", ec=BLUE, lw=1.2))
        axes.text(column, 1.35, str(column), ha="center", va="center", color=BLUE)
        axes.plot([column, middle], [2.65, 4.05], color=ORANGE, lw=0.3 + 6 * weights[column], zorder=0)
        axes.text(column, 2.2, decimals(weights[column]), ha="center", va="center", color=ORANGE, fontsize=11)
    ways = [(column, 0.4, column, 0.93) for column in range(columns)]
    style.arrows(axes, ways, MUTED, width=0.9)
    gaps = range(columns - 1)
    style.arrows(axes, [(c + 0.37, 1.5, c + 0.63, 1.5) for c in gaps], BLUE, width=0.9)
    style.arrows(axes, [(c + 0.63, 1.2, c + 0.37, 1.2) for c in gaps], BLUE, width=0.9)
    boxes = (
        (middle, 4.4, "$c_t$", ORANGE),
        (middle, 5.9, r"$\tilde s_t$", GREEN),
        (middle - 3, 5.9, "$s_t$", PURPLE),
        (middle - 5.2, 5.9, "$s_{t-1}$", PURPLE),
    )
    for x, y, name, color in boxes:
        axes.add_artist(PathPatch(_box(x, y, 0.6 if "1" in name else 0.42), fc="none", ec=color, lw=1.4))
        axes.text(x, y, name, ha="center", va="center", color=color)
    arrows = [
        (middle - 4.55, 5.9, middle - 3.47, 5.9),
        (middle - 2.5, 5.9, middle - 0.47, 5.9),
        (middle, 4.85, middle, 5.43),
        (middle + 0.5, 5.9, middle + 2.4, 5.9),
        (middle - 3, 6.85, middle - 3, 6.37),
        (middle - 3, 5.43, middle - 3, 4.4, middle - 0.5, 4.4),
    ]
    style.arrows(axes, arrows, MUTED, width=1.1)
    before = "‹" if now == 0 else str(result.wrote.values[now - 1])
    axes.text(middle - 3.2, 7.05, "$y_{t-1}$ =", ha="right", va="center", color=INK)
    axes.text(middle - 3, 7.05, before, ha="center", va="center", color=INK)
    axes.text(middle + 2.6, 5.9, "$y_t$ =", va="center", color=INK)
    axes.text(middle + 3.6, 5.9, str(result.wrote.values[now]), va="center", color=GREEN, fontsize=13)
    axes.text(-0.7, 2.2, "$a_{t,j}$", ha="right", va="center", color=ORANGE)
    axes.text(-0.7, 0.1, "$x_j$", ha="right", va="center", color=INK)
    axes.text(middle - 2.9, 4.75, "query", color=PURPLE)
    axes.text(columns - 0.6, 6.9, "decoder", ha="right", va="center", color=MUTED)
    axes.text(-0.7, 1.35, "$h_j$", ha="right", va="center", color=BLUE)
    axes.text(columns - 0.6, 3.1, "encoder", ha="right", va="center", color=MUTED)
    return {
        "t": str(letter),
        "sum of the weights": f"{weights.sum():.2f}",
        "not on the last state": f"{1 - weights[-1]:.2f}",
    }


def _box(x: float, y: float, wide: float = 0.37) -> Path:
    corners = [(x - wide, y - 0.42), (x - wide, y + 0.42), (x + wide, y + 0.42), (x + wide, y - 0.42), (x, y)]
    return Path(corners, [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY])


def freezing(fig: Figure, result: xr.Dataset, d: int, scaled: int) -> dict[str, str]:
    """Left, eight weights of one draw; right, how much weights move with their scores, over d."""
    bars, lines = style.panels(fig, (1, 1.1), left=0.55, right=0.15, gap=0.8)
    now = result.sel(d=d, scaled=scaled)
    bars.bar(range(8), now.weights, width=0.78, color=ORANGE if scaled else BLUE, lw=0)
    bars.set(xlim=(-0.6, 7.6), ylim=(0, 1.02), xticks=[], title="Weights of one draw", xlabel="eight keys")
    for flag, color in ((0, BLUE), (1, ORANGE)):
        slope = result.slope.sel(scaled=flag)
        lines.plot(slope.d, slope, ".-", color=color)
    lines.plot([d], [now.slope], "o", color=ORANGE if scaled else BLUE, ms=8)
    lines.set(xscale="log", ylim=(0, 0.11), xlim=(0.8, 1300), xlabel="features d", title="Mean of a (1 − a)")
    lines.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    lines.minorticks_off()
    style.names(lines, {"divided by √d": ORANGE, "not divided": BLUE}, x=0.04, y=0.3, step=0.12)
    return {
        "spread of the scores": f"{now.spread.item():.1f}",
        "largest weight, mean": f"{now.largest.item():.2f}",
        "slope a (1 − a), mean": f"{now.slope.item():.3f}",
    }


def lists(fig: Figure, result: xr.Dataset, count: int) -> dict[str, str]:
    """Draw exact translations over training, with attention and without, at one number of dates."""
    (axes,) = style.panels(fig, left=0.7, right=1.55)
    readouts = {"letters to read, mean": f"{result.letters.sel(count=count).mean().item():.0f}"}
    for attends, (name, color) in enumerate((("without", BLUE), ("with attention", ORANGE))):
        score = 100 * result.score.sel(attends=attends, count=count)
        for seed in score.seed:
            axes.plot(score.update, score.sel(seed=seed), color=color, lw=1.6, alpha=0.85)
        last = score.isel(update=-1)
        readouts[f"{name}, at the end"] = f"{last.min().item():.0f} to {last.max().item():.0f} %"
    axes.set(xlim=(50, 400), ylim=(-2, 104), xlabel="updates", ylabel="exact, %")
    axes.set_title("New lists without a mistake, three seeds each")
    style.names(axes, {"with attention": ORANGE, "without": BLUE}, x=1.03, y=0.9, step=0.1)
    return readouts


def named(fig: Figure, result: xr.DataArray, french: str, wrote: str) -> dict[str, str]:
    """Draw the whole matrix of a translated name."""
    width, height = fig.get_size_inches()
    cell = min((width - 0.9) / (len(french) + 1), (height - 0.6) / len(wrote), 0.34)
    across, down = cell * (len(french) + 1), cell * len(wrote)
    axes = fig.add_axes((0.7 / width, 1 - (0.45 + down) / height, across / width, down / height))
    for row, letter in enumerate(wrote):
        _squares(axes, row, result.values[row, 1 : len(french) + 2], BLUE, 1.0)
        axes.text(-1.0, row, letter, ha="center", va="center")
    for column, letter in enumerate([*french, "›"]):
        axes.text(column, -1.0, letter, ha="center", va="center")
    axes.set(xlim=(-0.5, len(french) + 0.5), ylim=(len(wrote) - 0.5, -0.5))
    style.no_frame(axes)
    return {"reads": french, "writes": wrote}


def cost(fig: Figure, result: xr.Dataset, length: int) -> dict[str, str]:
    """Left, milliseconds of a pass; right, megabytes; by length, for one pair of sequences."""
    panels = style.panels(fig, (1, 1), left=0.75, right=0.12, gap=0.85)
    for axes, (name, factor) in zip(panels, (("seconds", 1e3), ("bytes", 1e-6)), strict=True):
        for kind, color in KIND_COLORS.items():
            values = factor * result[name].sel(kind=kind)
            axes.plot(values.length, values, ".-", color=color)
            axes.plot([length], [values.sel(length=length)], "o", color=color, ms=7)
        axes.set(xscale="log", yscale="log", xlim=(8, 500), xlabel="letters in source and in target")
        axes.set_xticks([10, 50, 100, 400], ["10", "50", "100", "400"])
        axes.set_yticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
        axes.minorticks_off()
    panels[0].set(title="Time, ms", ylim=(4e-3, 5e2))
    panels[1].set(title="Memory, MB", ylim=(4e-3, 5e2))
    style.names(
        panels[1], {"additive": ORANGE, "two GRUs": INK, "dot product": BLUE}, x=0.05, y=0.9, step=0.1
    )
    seconds = result.seconds
    return {
        "weights": f"{length * length:,}",
        "additive, share of the time": _percent(share(seconds, "additive").sel(length=length).item()),
        "dot product, share": _percent(share(seconds, "dot product").sel(length=length).item()),
    }


def spreads(shares: xr.DataArray) -> list[str]:
    """Mean and spread over the seeds in percent, one text for each point of the other dimension."""
    mean, sd = 100 * shares.mean("seed"), 100 * shares.std("seed", ddof=1)
    return [f"{m:.0f} ± {s:.0f} %" for m, s in zip(mean.values, sd.values, strict=True)]


def changed(result: xr.Dataset) -> list[list[str]]:
    """Rows of a table: the share of answers that a change of weights or text alters, by part of the date."""
    return [[str(way), *spreads(result.changed.sel(way=way))] for way in result.way.values]


def compared(result: xr.Dataset) -> list[list[str]]:
    """Rows of a table: names that are known and new, with attention and without."""
    scores = result[["known", "new", "like"]].to_dataarray("score")
    names = {"with attention": 1, "without": 0}
    return [[name, *spreads(scores.sel(attends=attends))] for name, attends in names.items()]
