"""Figures of the chapter on the vocabulary of training."""

from collections.abc import Mapping
from functools import cache
from typing import cast

import numpy as np
import xarray as xr
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.style import BLUE, GRID, INK, MUTED, ORANGE, RED

from .batches import BATCHES, CLOUD_RATES, START, excess, task
from .rates import RATES

COLUMNS = 10
LEVELS = (0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.4, 3.2)


def number(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits and a true minus sign."""
    return f"{value:.{digits}g}".replace("-", "−")


def _boxes(axes: Axes, corners: ndarray, sizes: ndarray, color: str) -> None:
    """Fill upright boxes, all as one path; one without size at the corner where there is none."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    vertices = corners[:, None] + unit * sizes[:, None]
    vertices = np.concatenate([vertices.reshape(-1, 2), [[0, 0]]])
    codes = np.append(np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(corners)), Path.MOVETO)
    axes.add_artist(PathPatch(Path(vertices, codes), fc=color, lw=0))


def counter(fig: Figure, result: xr.Dataset, batch: int, iterations: int) -> dict[str, str]:
    """Left, a tile for each example; right, a bar for each batch of the epoch, as high as it has examples."""
    tiles, bars = style.panels(fig, (1, 1.15), left=0.1, gap=0.6, right=0.15)
    style.no_frame(tiles)
    state, now = result.state.values, result.iteration.item()
    examples, size = len(state), result["size"].item()
    rows, columns = np.divmod(np.arange(examples), COLUMNS)
    corners = np.stack([columns, rows], axis=1) + 0.07
    tiles.set(xlim=(0, COLUMNS), ylim=(examples // COLUMNS, 0), title="The examples")
    starts = batch * np.arange(iterations)
    sizes = np.minimum(batch, examples - starts)
    left, of_batch = np.stack([starts, 0 * starts], axis=1), np.sign(now - 1 - np.arange(iterations))
    bars.set(xlim=(0, examples), ylim=(0, 52), xticks=[0, 10, 20, 30, 40, 50], yticks=[0, 10, 20, 30, 40, 50])
    bars.set(xlabel="examples of this epoch", title="Examples in each batch")
    for tile, bar, color in ((0, -1, GRID), (1, 1, BLUE), (2, 0, ORANGE)):
        chosen, those = state == tile, of_batch == bar
        _boxes(tiles, corners[chosen], np.full((chosen.sum(), 2), 0.86), color)
        _boxes(bars, left[those], np.stack([sizes - 0.25, sizes], axis=1)[those], color)
    return {
        "epoch": str(result.epoch.item()),
        "iteration": f"{now} of {iterations}",
        "examples in this batch": str(size),
        "looked at so far": f"{result.seen.item():,}",
    }


@cache
def _levels() -> tuple[Path, ...]:
    """Level lines of the loss of the fives and nines, a path each."""
    x, y = np.linspace(-4, 9, 66), np.linspace(-4, 6, 51)
    z = excess(np.stack(np.meshgrid(x, y), axis=-1))
    generator = contour_generator(x, y, z, line_type="Separate")
    found = [cast("list[ndarray]", generator.lines(level)) for level in LEVELS]
    return tuple(Path(lines[0]) for lines in found)


def _surface(axes: Axes) -> None:
    for line in _levels():
        axes.add_artist(PathPatch(line, fc="none", ec=MUTED, lw=0.6))
    axes.plot(*task().best[:, None], "+", color=INK, ms=9)
    axes.text(0.03, 0.91, "w₂", color=INK, transform=axes.transAxes)
    axes.set_xlabel("w₁")


def _few(count: int, most: int, *, log: bool = False) -> ndarray:
    """Indices of at most so many of ``count`` points, evenly or on a logarithmic scale, ends included."""
    if log:
        return np.unique(np.round(np.geomspace(1, count, most)).astype(int) - 1)
    return np.unique(np.round(np.linspace(0, count - 1, most)).astype(int))


def same_budget(fig: Figure, runs: Mapping[int, xr.Dataset], batch: int, rule: str) -> dict[str, str]:
    """Left, the path of one batch size over level lines; right, the loss of all batch sizes."""
    plane, losses = style.panels(fig, (1.15, 1), left=0.45, gap=0.75)
    _surface(plane)
    chosen = runs[batch]
    at = np.clip(chosen["at"].values, -20, 30)
    plane.plot(*at[_few(len(at), 180)].T, color=BLUE, lw=1.2)
    plane.plot(*START[:, None], "o", color=INK, ms=5)
    plane.plot(*at[-1:].T, "o", color=BLUE, ms=6)
    plane.set(xlim=(-3.5, 8.5), ylim=(-3.5, 5.5), xticks=[-2, 0, 2, 4, 6, 8], yticks=[-2, 0, 2, 4])
    plane.set(title="The path, from the dot")
    for size in (*BATCHES, batch):
        run = runs[size]
        some = _few(len(run.excess), 70, log=True)
        count = np.arange(len(run.excess)) if rule == "updates" else run.seen.values
        y = np.maximum(run.excess.values[some], 1e-5)
        losses.plot(
            np.maximum(count[some], 0.7),
            y,
            color=BLUE if size == batch else MUTED,
            lw=2 if size == batch else 1,
        )
    losses.set(xlim=(0.7, 2000), ylim=(1e-4, 20), xscale="log", yscale="log", title="Loss above the minimum")
    losses.set(xticks=[1, 10, 100, 1000], yticks=[1e-4, 1e-3, 1e-2, 1e-1, 1, 10])
    losses.set(xlabel="updates" if rule == "updates" else "examples looked at")
    losses.minorticks_off()
    return {
        "updates": f"{len(at) - 1:,}",
        "examples looked at": f"{chosen.seen.values[-1]:,}",
        "loss above the minimum": number(chosen.excess.values[-1], 2),
    }


def _dots(axes: Axes, at: ndarray, color: str, size: float, *, alpha: float = 1.0) -> None:
    """Draw dots as one path of strokes without length, whose round ends are what is seen."""
    vertices = np.repeat(at, 2, axis=0)
    vertices[1::2, 0] += 1e-3 * np.ptp(axes.get_xlim())
    path = Path(vertices, np.tile([Path.MOVETO, Path.LINETO], len(at)))
    patch = PathPatch(path, fc="none", ec=color, lw=size, capstyle="round", alpha=alpha)
    patch.set_snap(False)
    axes.add_artist(patch)


def cloud(
    fig: Figure, clouds: Mapping[tuple[int, float], xr.Dataset], batch: int, rate: float
) -> dict[str, str]:
    """Left, where many runs are after a while, or the edge where they left; right, all distances."""
    plane, spread = style.panels(fig, (1.1, 1), left=0.45, gap=0.75)
    _surface(plane)
    plane.set(xlim=(-2, 8), ylim=(-3.5, 5.5), xticks=[-2, 0, 2, 4, 6, 8], yticks=[-2, 0, 2, 4])
    plane.set(title="A hundred runs")
    here = clouds[batch, rate]
    _dots(plane, np.clip(here["at"].values, (-1.97, -3.47), (7.97, 5.47)), BLUE, 3.6, alpha=0.8)
    spread.set(
        xlim=(0.003, 90), ylim=(0.04, 130), xscale="log", yscale="log", title="Distance from the minimum"
    )
    spread.set(xticks=[0.01, 0.1, 1, 10], yticks=[0.1, 1, 10, 100], xlabel="learning rate / batch size")
    spread.minorticks_off()
    points = np.array([(eta / size, found.distance.item(), eta) for (size, eta), found in clouds.items()])
    for large, color in ((False, MUTED), (True, RED)):
        x, y, _ = points[(points[:, 2] > CLOUD_RATES[4]) == large].T
        spread.plot(x, y, ".", color=color, ms=5)
    spread.plot([rate / batch], [here.distance.item()], "o", color=BLUE, ms=8)
    style.names(spread, {"rate up to 8": MUTED, "16, 32, 64": RED}, x=0.06, y=0.9, step=0.1)
    return {
        "rate / batch size": number(rate / batch, 2),
        "distance from the minimum": number(here.distance.item()),
        "loss above the minimum": number(here.excess.mean().item(), 2),
    }


def cliff(
    fig: Figure, curve: xr.DataArray, run: xr.DataArray, limits: tuple[float, float], rate: float
) -> dict[str, str]:
    """Left, the loss after 50 steps for every rate, and where it explodes; right, the steps at one rate."""
    left, right = style.panels(fig, (1.2, 1), left=0.55, gap=0.7)
    left.axvline(limits[0], color=INK, lw=0.9, ls=(0, (4, 3)))
    left.axvline(limits[1], color=RED, lw=1.2, ls=(0, (1, 2)))
    left.plot(RATES, np.minimum(curve.values, 1e6), color=MUTED)
    end = float(min(curve.sel(rate=rate).item(), 1e6))
    left.plot([rate], [min(end, 0.4)], "o", color=BLUE, ms=7)
    left.set(xlim=(0.009, 1.4), xscale="log", xlabel="learning rate", title="Loss after 50 steps")
    left.set(xticks=[0.01, 0.1, 1], xticklabels=["0.01", "0.1", "1"])
    right.plot(np.minimum(run.values, 1e6), color=BLUE)
    right.set(xlim=(0, 50), xticks=[0, 25, 50], xlabel="step", title="Loss at this rate")
    for axes in (left, right):
        axes.set(ylim=(0.038, 0.42), yscale="log", yticks=[0.04, 0.06, 0.1, 0.2, 0.4])
        axes.set_yticklabels(["0.04", "0.06", "0.1", "0.2", "0.4"])
        axes.minorticks_off()
    return {
        "loss after 50 steps": number(end) if end < 1e6 else "beyond a million",
        "limit for all digits": number(limits[0]),
        "in such batches, about": number(limits[1]),
    }


def _box(axes: Axes, x: float, y: float, wide: float, word: str, alpha: float = 1.0) -> None:
    axes.add_patch(Rectangle((x - wide / 2, y - 0.42), wide, 0.84, fc="none", ec=INK, lw=1.1, alpha=alpha))
    axes.text(x, y, word, ha="center", va="center", color=INK, alpha=alpha)


def where_decay_enters(
    fig: Figure, run: xr.Dataset, beside: xr.Dataset, how: str, size: float, decay: float
) -> dict[str, str]:
    """Left, the way of the decay into the step, with its numbers; right, the weight over 200 updates."""
    drawing, axes = style.panels(fig, (1.5, 1), left=0.05, gap=0.6)
    style.no_frame(drawing)
    drawing.set(xlim=(0, 9), ylim=(0, 6))
    adam, joins = float(how != "sgd"), float(how != "adamw")
    for x, y, wide, word, alpha in (
        (0.85, 4.6, 1.2, "g", 1),
        (3.9, 4.6, 1.4, "÷ √ŝ", adam),
        (6.2, 4.6, 1.2, "× η", 1),
        (8.3, 4.6, 1.0, "θ", 1),
        (4.9, 1.2, 1.2, "× λ", 1),
    ):
        _box(drawing, x, y, wide, word, alpha)
    for line, color, alpha in (
        ((1.5, 4.6, 3.15, 4.6), MUTED, adam),
        ((4.65, 4.6, 5.55, 4.6), MUTED, adam),
        ((1.5, 4.6, 5.55, 4.6), MUTED, 1 - adam),
        ((6.85, 4.6, 7.75, 4.6), MUTED, 1.0),
        ((8.3, 4.1, 8.3, 1.2, 5.55, 1.2), ORANGE, 1.0),
        ((4.25, 1.2, 2.35, 1.2, 2.35, 4.5), ORANGE, joins),
        ((4.9, 1.7, 4.9, 2.9, 6.2, 2.9, 6.2, 4.1), ORANGE, 1 - joins),
    ):
        style.arrows(drawing, [line], color, head=(6, 2.6), width=1.3, alpha=alpha)
    for x, y, word, color, alpha in (
        (0.85, 5.45, f"± {number(size)}", MUTED, 1.0),
        (3.9, 5.45, number(run.divisor.item(), 2), MUTED, adam),
        (6.2, 5.45, "0.01", MUTED, 1.0),
        (7.3, 4.85, "−", INK, 1.0),
        (2.1, 4.85, "+", INK, joins),
        (4.9, 0.35, number(decay), ORANGE, 1.0),
        (5.95, 3.1, "+", INK, 1 - joins),
    ):
        drawing.text(x, y, word, ha="center", va="center", color=color, alpha=alpha)
    for other, color, wide in ((beside, MUTED, 1.2), (run, ORANGE, 2.2)):
        axes.plot(np.arange(0, len(other.weight), 2), other.weight[::2], color=color, lw=wide)
    axes.set(xlim=(0, 200), ylim=(0, 1.05), xticks=[0, 100, 200], yticks=[0, 0.5, 1], xlabel="update")
    axes.set_title("The weight θ")
    share = run.pull.values[FIRM] / run.weight.values[FIRM]
    return {
        "the decay takes, an update": f"{100 * share:.2g} % of θ",
        "ηλ": f"{decay:.2g} %",
        "θ after 200 updates": number(run.weight.values[-1], 2),
    }


FIRM = 20
"""Update at which Adam's share is read: by then its running means have settled, and θ is still large."""
PLACE_OF_ZERO = 3e-5


def decays(fig: Figure, means: xr.Dataset, optimizer: str, decay: float) -> dict[str, str]:
    """Left, the length of the trained weights over λ; right, how often the net is right on new digits."""
    left, right = style.panels(fig, (1, 1), left=0.5, gap=0.65)
    lambdas = np.maximum(means.decay.values, PLACE_OF_ZERO)
    here = int(np.abs(means.decay.values - decay).argmin())
    rules, readouts = [str(rule) for rule in means.rule.values], {}
    for name, axes in (("norm", left), ("new", right)):
        curves = dict(zip(rules, means[name].transpose("rule", "decay").values, strict=True))
        for curve in curves.values():
            axes.plot(lambdas, curve, color=GRID, lw=1.2)
        for where, color, wide, dot in (("decay", ORANGE, 4.0, 8), ("L2", BLUE, 1.6, 5)):
            curve = curves[f"{optimizer}, {where}"]
            axes.plot(lambdas, curve, color=color, lw=wide)
            axes.plot(lambdas[[here]], curve[[here]], "o", color=color, ms=dot)
            readouts[name, where] = curve[here]
        axes.set(xlim=(2e-5, 15), xscale="log", xticks=[PLACE_OF_ZERO, 1e-3, 1e-1, 10], xlabel="λ")
        axes.set_xticklabels(["0", "0.001", "0.1", "10"])
        axes.minorticks_off()
    left.set(ylim=(0, 22), yticks=[0, 10, 20], title="Length of the weights")
    right.set(
        ylim=(0, 1), yticks=[0, 0.5, 1], yticklabels=["0", "50 %", "100 %"], title="Right on new digits"
    )
    style.names(left, {"λ in the loss": BLUE, "λ beside the step": ORANGE}, x=0.05, y=0.16, step=0.1)
    return {
        "length, λ in the loss": f"{readouts['norm', 'L2']:.1f}",
        "λ beside the step": f"{readouts['norm', 'decay']:.1f}",
        "right on new digits": " and ".join(f"{100 * readouts['new', at]:.1f} %" for at in ("L2", "decay")),
    }
