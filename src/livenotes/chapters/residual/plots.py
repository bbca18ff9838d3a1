"""Figures of the chapter on residual networks."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, SKY, decimals
from livenotes.residual import BLOCKS, Kind, Part

from .block import Flow, X

COLORS: Mapping[Kind, str] = {
    "plain": RED,
    "original": BLUE,
    "pre_activation": GREEN,
    "pre_norm": PURPLE,
    "post_norm": ORANGE,
}
TITLES: Mapping[Kind, str] = {
    "plain": "plain",
    "original": "original",
    "pre_activation": "pre-activation",
    "pre_norm": "pre-norm",
    "post_norm": "post-norm",
}
ERRORS = {"training digits": "error", "new digits": "error_new"}


def percent(value: float) -> str:
    """Write a share as a percentage with one digit after the point."""
    return f"{100 * value:.1f} %"


def _depth_axis(axes: Axes, layers: Sequence[int]) -> None:
    """Label an axis of layers on which each step is a doubling."""
    axes.set_xticks(np.log2(layers), [str(n) for n in layers])
    axes.set(xlabel="layers in the blocks")


def _band(axes: Axes, x: ndarray, values: ndarray, color: str) -> None:
    """Draw the mean over the first axis as a line, and one standard deviation around it as a band."""
    mean, sd = values.mean(axis=0), values.std(axis=0, ddof=1)
    axes.fill_between(x, mean - sd, mean + sd, color=color, alpha=0.18, lw=0)
    axes.plot(x, mean, color=color, lw=1.8)


def depth_race(fig: Figure, found: xr.Dataset, digits: str, layers: int) -> dict[str, str]:
    """Left, the error of nets of every depth; right, the training loss of those of one depth."""
    left, right = style.panels(fig, (1, 1), left=0.7, right=1.1, gap=0.75)
    error, all_layers = 100 * found[ERRORS[digits]], found.layers.values
    numbers = {}
    for kind in found.kind.values.tolist():
        ours = error.sel(kind=kind).transpose("seed", "blocks").values
        _band(left, np.log2(all_layers), ours, COLORS[kind])
        at = ours.mean(axis=0)[all_layers == layers].item()
        left.plot([np.log2(layers)], [at], "o", color=COLORS[kind], ms=5)
        numbers[TITLES[kind]] = percent(at / 100)
        loss = found.loss.sel(kind=kind, blocks=layers // 2).mean("seed")
        right.plot(found["update"], np.clip(loss, 1e-4, 9), color=COLORS[kind], lw=1.8)
    left.axvline(np.log2(layers), color=MUTED, lw=0.8)
    _depth_axis(left, all_layers)
    left.set(title=f"Error on {digits}, %", ylim=(-3, 100))
    right.set(title="Training loss", xlabel="updates", yscale="log", ylim=(1e-3, 5), xlim=(0, 300))
    style.names(right, {TITLES[k]: COLORS[k] for k in found.kind.values.tolist()}, x=1.04, y=0.9, step=0.11)
    return numbers


_NAMES: Mapping[Part, str] = {"relu": "ReLU", "batch_norm": "BN", "layer_norm": "LN"}


def _rounded(x: float, y: float, wide: float, high: float) -> ndarray:
    return np.array([(x - wide, y - high), (x - wide, y + high), (x + wide, y + high), (x + wide, y - high)])


def _drawing(
    axes: Axes, color: str, boxes: Sequence[tuple[float, float]], lines: Sequence[Sequence[float]]
) -> None:
    """Draw boxes as one path and arrows as another."""
    vertices, codes = [(0.0, 0.0)], [Path.MOVETO]
    for x, y in boxes:
        corners = _rounded(x, y, 0.42, 0.3)
        vertices += [*map(tuple, corners), tuple(corners[0])]
        codes += [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
    axes.add_artist(PathPatch(Path(np.array(vertices), codes), fc="none", ec=color, lw=1.3))
    if lines:
        style.arrows(axes, lines, color, width=1.3)


def one_block(fig: Figure, kind: Kind, found: Flow) -> dict[str, str]:
    """Draw a block from left to right, with two numbers of one example under each of its parts."""
    axes = fig.add_axes((0.005, 0.005, 0.99, 0.99))
    style.no_frame(axes)
    axes.set(xlim=(-0.55, 9.3), ylim=(-1.35, 2.1))
    block, at_sum, matrices = BLOCKS[kind], 7.0, 0
    step = 6.0 / len(block.branch)
    places = [0.5 + step * (k + 0.5) for k in range(len(block.branch))]
    after = [at_sum + k + 1.0 for k in range(len(block.after))]
    end = at_sum + len(block.after) + 1.0
    middle = [at_sum] if block.shortcut else []
    stops = [0.0, *places, *middle, *after, end]
    ways = [(a + _half(a, at_sum), 0.0, b - _half(b, at_sum), 0.0) for a, b in pairwise(stops)]
    _drawing(axes, INK, [(x, 0.0) for x in [*places, *after]], ways)
    if block.shortcut:
        _drawing(axes, COLORS[kind], [], [(0.0, 0.3, 0.0, 1.35, at_sum, 1.35, at_sum, 0.25)])
        axes.text(at_sum / 2, 1.55, "shortcut", ha="center", color=COLORS[kind])
        ring = Path.unit_circle()
        vertices = 0.22 * np.asarray(ring.vertices) + (at_sum, 0)
        axes.add_artist(PathPatch(Path(vertices, ring.codes), fc="none", ec=INK))
        axes.text(at_sum, 0, "+", ha="center", va="center", color=INK)
    for x, part in zip([*places, *after], [*block.branch, *block.after], strict=True):
        matrices += part == "linear"
        name = f"$W_{matrices}$" if part == "linear" else _NAMES[part]
        axes.text(x, 0, name, ha="center", va="center", color=INK)
    axes.text(0, 0, "$x$", ha="center", va="center", color=INK)
    axes.text(end, 0, "$y$", ha="center", va="center", color=INK)
    y = found.after[-1] if found.after else found.total
    values = [X[0], *found.branch, *[found.total] * len(middle), *found.after, y]
    colors = [BLUE, *[MUTED] * len(places), *[INK] * len(middle), *[MUTED] * len(after), RED]
    for x, pair, color in zip(stops, values, colors, strict=True):
        for row, value in enumerate(pair):
            axes.text(x, -0.7 - 0.4 * row, decimals(value), ha="center", va="center", color=color)
    return {
        "branch F(x)": ", ".join(map(decimals, found.branch[-1])),
        "sum": ", ".join(map(decimals, found.total)),
        "y": ", ".join(map(decimals, y)),
    }


def _half(x: float, at_sum: float) -> float:
    """Half of the room that a part takes: letters, boxes and the ring of the sum."""
    return 0.24 if x == at_sum else 0.43


def way_back(fig: Figure, found: xr.Dataset, kind: Kind) -> dict[str, str]:
    """Left, the size of what is handed on; right, the gradient on its way back: both before training."""
    left, right = style.panels(fig, (1, 1), left=0.75, right=0.3, gap=0.85)
    layers = 2 * found.block.values
    for axes, name in ((left, "size"), (right, "gradient")):
        for one in found[name].transpose("seed", "block").values:
            axes.plot(layers, one, color=COLORS[kind], lw=0.9, alpha=0.45)
        middle = found[name].median("seed").values
        axes.plot(layers, middle, color=COLORS[kind], lw=2.2)
        axes.set(xlim=(0, 64), yscale="log", xlabel="layers passed", xticks=[0, 16, 32, 48, 64])
    left.set(title="Size of what is handed on", ylim=(0.1, 100), yticks=[0.1, 1, 10, 100])
    right.set(title="Gradient, relative to the end", ylim=(1e-3, 1e7), yticks=[1e-3, 1, 1e3, 1e6])
    right.axhline(1, color=MUTED, lw=0.8)
    return {
        "size at the end": style.scientific(found["size"].median("seed").values[-1]),
        "gradient at the first block": style.scientific(found.gradient.median("seed").values[0]),
    }


def left_out(fig: Figure, found: xr.Dataset, block: int, count: int) -> dict[str, str]:
    """Left, the error of a trained net without one of its blocks; right, without several."""
    left, right = style.panels(fig, (1, 1), left=0.7, right=1.1, gap=0.75)
    numbers = {}
    for kind in found.kind.values.tolist():
        one, many = (100 * found[name].sel(kind=kind).values for name in ("one", "many"))
        _band(left, found.block.values, one, COLORS[kind])
        _band(right, found["count"].values, many, COLORS[kind])
        left.plot([block], [one.mean(axis=0)[block]], "o", color=COLORS[kind], ms=5)
        right.plot([count], [many.mean(axis=0)[count]], "o", color=COLORS[kind], ms=5)
        numbers[TITLES[kind]] = percent(one.mean(axis=0)[block] / 100)
    for axes, at in ((left, block), (right, count)):
        axes.axvline(at, color=MUTED, lw=0.8)
        axes.set(ylim=(-3, 103))
    left.set(title="Error on new digits, %", xlabel="block left out (0: none)", xticks=range(0, 9, 2))
    right.set(title="Several left out", xlabel="blocks left out", xticks=range(0, 9, 2))
    style.names(right, {TITLES[k]: COLORS[k] for k in found.kind.values.tolist()}, x=1.04, y=0.9, step=0.11)
    return numbers


def path_lengths(fig: Figure, found: xr.Dataset, longest: int) -> dict[str, str]:
    """Left, how many paths there are of each length; right, the gradient that they carry together."""
    left, right = style.panels(fig, (1, 1), left=0.85, right=0.2, gap=0.85)
    length = found.length.values
    for axes, values, color in ((left, found.paths, SKY), (right, found.gradient, PURPLE)):
        bars = axes.bar(length, values.values, width=0.8, color=MUTED, lw=0)
        for k, bar in enumerate(bars):
            bar.set(color=color if k <= longest else MUTED, alpha=1.0 if k <= longest else 0.35)
        axes.set(xlim=(-0.6, length[-1] + 0.6), xlabel="branches on the path", xticks=length[::4])
    left.set(title="Number of paths", ylim=(0, 13500), yticks=[0, 4000, 8000, 12000])
    right.set(title="Gradient they carry", ylim=(0, 0.7), yticks=[0, 0.2, 0.4, 0.6])
    counted = int(found.paths[: longest + 1].sum())
    return {
        "paths counted": f"{counted:,} of {int(found.paths.sum()):,}",
        "share of all paths": percent(counted / int(found.paths.sum())),
        "gradient missing without the others": percent(found.missing[longest].item()),
    }


def likeness(fig: Figure, found: xr.Dataset, layers: int) -> dict[str, str]:
    """Left, two effective ranks by depth; right, how alike images of one digit and of two still are."""
    left, right = style.panels(fig, (1, 1), left=0.6, right=1.1, gap=1.3)
    x, mean = np.arange(len(found.block)), found.mean("seed")
    ticks = [str(2 * n) for n in found.block.values]
    for axes, names in (
        (left, {"product": RED, "states": SKY}),
        (right, {"same": BLUE, "other": ORANGE}),
    ):
        for name, color in names.items():
            axes.plot(x, mean[name], color=color, lw=2)
            axes.plot(
                [x[2 * found.block == layers].item()],
                [mean[name].sel(block=layers // 2)],
                "o",
                color=color,
                ms=5,
            )
        axes.axvline(x[2 * found.block == layers].item(), color=MUTED, lw=0.8)
        axes.set(xlabel="layers passed")
        axes.xaxis.set_major_locator(FixedLocator(x.tolist()))
        axes.xaxis.set_major_formatter(FixedFormatter(ticks))
    left.set(title="Effective rank, of 32", ylim=(0, 34), yticks=[0, 8, 16, 24, 32])
    right.set(title="Cosine of two images", ylim=(-0.08, 0.45), yticks=[0, 0.2, 0.4])
    style.names(left, {"product": RED, "states": SKY}, x=1.03, y=0.55, step=0.11)
    style.names(right, {"same digit": BLUE, "another": ORANGE}, x=1.04, y=0.9, step=0.11)
    at = mean.sel(block=layers // 2)
    return {
        "rank of the product": f"{at['product'].item():.1f}",
        "cosine, same digit": decimals(at.same.item()),
        "cosine, another": decimals(at.other.item()),
        "error of a readout": percent(at.readout.item()),
    }
