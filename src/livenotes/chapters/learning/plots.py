"""Figures of the chapter on how a network learns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, PathPatch
from matplotlib.path import Path
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED

from .cafe import DRINKS, Days
from .fitting import SHOWN
from .units import SECOND_INPUT, Flow, V, W

HINGES = (ORANGE, GREEN, PURPLE)
PATHS = {"plain": MUTED, "momentum": ORANGE, "Adam": BLUE}
HALFWAY = 100  # updates, after which the race of the optimizers is read


def number(value: float, digits: int = 2) -> str:
    """Write a number with a true minus sign, and without zeros at its end."""
    return f"{round(value, digits) + 0.0:g}".replace("-", "−")


def _node(axes: Axes, x: float, y: float, radius: float) -> None:
    """Draw a circle as a patch: a marker's definition is shared, and would differ with what is hidden.

    The radius is in units of the x axis.
    """
    wide, high = axes.bbox.width / np.ptp(axes.get_xlim()), axes.bbox.height / np.ptp(axes.get_ylim())
    axes.add_patch(Ellipse((x, y), 2 * radius, 2 * radius * wide / high, fc="none", ec=INK, lw=1.1))


def _sticks(axes: Axes, x: ndarray, low: ndarray, high: ndarray, color: str) -> None:
    """Draw upright lines as one path: always one element, however many they are."""
    vertices = np.stack([np.repeat(x, 2), np.stack([low, high], axis=1).ravel()], axis=1)
    codes = np.tile([Path.MOVETO, Path.LINETO], len(x))
    axes.add_artist(PathPatch(Path(vertices, codes), fc="none", ec=color, lw=1.3))


def _days(axes: Axes, days: Days) -> None:
    """Draw a dot for each day, all as one path, so that there may be more or fewer in another state.

    The limits of the axes must be set before: they say what is round.
    """
    angle = np.linspace(0, 2 * np.pi, 7)
    size = np.array([np.ptp(axes.get_xlim()) / axes.bbox.width, np.ptp(axes.get_ylim()) / axes.bbox.height])
    round_ = 2.8 * size * np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (7, 2)
    vertices = np.concatenate([days.x, days.cups], axis=1)[:, None] + round_
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 5, Path.CLOSEPOLY], len(days.x))
    axes.add_artist(PathPatch(Path(vertices.reshape(-1, 2), codes), fc=MUTED, lw=0, alpha=0.75))


def unit(fig: Figure, result: xr.Dataset, w: float, b: float) -> dict[str, str]:
    """Left, one unit as a drawing with its numbers at x = 1; right, its weighted sum and its output."""
    drawing, axes = style.panels(fig, (1, 1.25), left=0.05, gap=0.55)
    style.no_frame(drawing)
    drawing.set(xlim=(0, 6), ylim=(0, 4))
    at_one = w + b
    out = max(at_one, 0.0)
    for x, label, color in ((0.55, "1", BLUE), (2.9, number(at_one), BLUE), (5.1, number(out), BLUE)):
        _node(drawing, x, 2, 0.52)
        drawing.text(x, 2, label, ha="center", va="center", color=color)
    for x, label in ((0.55, "x"), (2.9, "sum"), (5.1, "output")):
        drawing.text(x, 3.05, label, ha="center", va="center", color=MUTED)
    style.arrows(drawing, [(1.1, 2, 2.35, 2), (3.45, 2, 4.55, 2), (2.9, 0.72, 2.9, 1.3)], INK)
    drawing.text(1.65, 2.3, f"× {number(w)}", ha="center", color=INK)
    drawing.text(2.9, 0.25, f"+ ({number(b)})" if b < 0 else f"+ {number(b)}", ha="center", color=INK)
    drawing.text(4.0, 2.3, "relu", ha="center", color=INK, fontsize=9)
    axes.axhline(0, color=MUTED, lw=0.6)
    axes.plot(result.x, result["sum"], color=MUTED, lw=1.3, ls=(0, (4, 3)))
    axes.plot(result.x, result.output, color=BLUE, lw=2.6)
    axes.plot([1, 1], [-4, out], color=BLUE, lw=0.8, ls=(0, (1, 2)))
    axes.set(xlim=(-2, 2), ylim=(-4, 4), xticks=[-2, -1, 0, 1, 2], yticks=[-4, -2, 0, 2, 4], xlabel="input x")
    style.names(axes, {"weighted sum": MUTED, "output": BLUE}, x=0.04, y=0.92, step=0.11)
    bend = f"x = {number(-b / w)}" if w else "nowhere"
    return {"bends at": bend, "slope where it is on": number(w), "at x = 1 it puts out": number(out)}


def hinges(fig: Figure, result: xr.Dataset) -> dict[str, str]:
    """Left, three hinges times their weights; right, their sum."""
    left, right = style.panels(fig, (1, 1), left=0.45, gap=0.5)
    for part, color in zip(result.part, HINGES, strict=True):
        left.plot(result.x, part, color=color)
    right.plot(result.x, result["sum"], color=BLUE, lw=2.6)
    for axes, title in ((left, "Hinges times weights"), (right, "Their sum")):
        axes.axhline(0, color=MUTED, lw=0.6)
        axes.set(xlim=(-2, 2), ylim=(-4, 4), xticks=[-2, -1, 0, 1, 2], yticks=[-4, -2, 0, 2, 4])
        axes.set(title=title, xlabel="input x")
    style.names(left, {"v₁": ORANGE, "v₂": GREEN, "v₃": PURPLE}, x=0.05, y=0.9, step=0.11)
    slopes = (result["sum"].diff("x") / result.x.diff("x")).sel(x=[-1.5, -0.5, 0.5, 1.5], method="nearest")
    return {"slopes of the four pieces": ", ".join(number(s) for s in slopes.values)}


def line(fig: Figure, days: Days, curve: xr.Dataset, w: float, rate: float) -> dict[str, str]:
    """Left, a line through the origin and how far each day is from it; right, the loss for every weight."""
    left, right = style.panels(fig, (1, 1), left=0.5, gap=0.62)
    x, cups = days.x[:, 0], days.cups[:, 0]
    _sticks(left, x, w * x, cups, RED)
    left.plot([0, 2], [0, 2 * w], color=BLUE)
    left.set(xlim=(0, 2), ylim=(-1, 5), xticks=[0, 1, 2], yticks=[0, 2, 4])
    _days(left, days)
    left.set(xlabel="x, tens of degrees above 15 °C", title="Glasses, in hundreds")
    here = curve.sel(w=w, method="nearest")
    loss, slope = here.loss.item(), here.slope.item()
    right.plot(curve.w, curve.loss, color=INK, lw=1.4)
    right.plot([w - 0.5, w + 0.5], [loss - 0.5 * slope, loss + 0.5 * slope], color=ORANGE, lw=2.4)
    right.plot([w], [loss], "o", color=BLUE, ms=7)
    right.set(xlim=(-0.5, 3.5), ylim=(-0.4, 6), xticks=[0, 1, 2, 3], yticks=[0, 2, 4, 6])
    right.set(xlabel="weight w", title="Loss")
    return {
        "loss": f"{loss:.2f}",
        "slope of the loss": number(slope),
        f"a step at rate {rate:g} leads to": f"w = {number(w - rate * slope)}",
    }


def _contours(
    axes: Axes, hessian: ndarray, levels: Sequence[float], center: tuple[float, float] = (0, 0)
) -> None:
    """Draw level lines of a quadratic: ellipses, one path each."""
    angle = np.linspace(0, 2 * np.pi, 121)
    circle = np.linalg.inv(np.linalg.cholesky(hessian)).T @ [np.cos(angle), np.sin(angle)]
    for level in levels:
        axes.plot(*(np.sqrt(2 * level) * circle + np.reshape(center, (2, 1))), color=MUTED, lw=0.7)
    axes.plot(center[:1], center[1:], "+", color=INK, ms=8)


def _plane(axes: Axes, hessian: ndarray, right: float, top: float) -> None:
    _contours(axes, hessian, (0.02, 0.1, 0.4, 1, 2, 4, 8))
    axes.set(xlim=(-right, right), ylim=(-top, top), xticks=[], yticks=[])


def _losses(axes: Axes, steps: int, low: float, high: float) -> None:
    axes.set(xlim=(0, steps), ylim=(low, high), yscale="log", xlabel="update", title="Loss")
    exponents = range(round(np.log10(low)), round(np.log10(high)) + 1, 2)
    axes.set_yticks([10.0**k for k in exponents])
    axes.minorticks_off()


def walk(fig: Figure, result: xr.Dataset, steepness: tuple[float, float], rate: float) -> dict[str, str]:
    """Left, the path of gradient descent over level lines; right, the loss after each update."""
    plane, losses = style.panels(fig, (1.25, 1), left=0.15, gap=0.75)
    _plane(plane, np.diag(steepness), 5, 3)
    at = np.clip(result["at"].values, -50, 50)
    plane.plot(*at.T, color=BLUE, lw=1.4)
    plane.plot(*at[:1].T, "o", color=INK, ms=5)
    plane.set_title("The path, from the dot")
    losses.plot(np.clip(result.loss.values, 1e-7, 1e7), color=BLUE)
    _losses(losses, len(result.loss) - 1, 1e-6, 1e4)
    first, second = (1 - rate * s for s in steepness)
    return {
        "distance along, each step": f"× {number(first, 3)}",
        "distance across": f"× {number(second, 3)}",
        "loss after 40 updates": style.scientific(result.loss.values[-1]),
    }


def momentum(
    fig: Figure, result: xr.Dataset, plain: xr.Dataset, steepness: tuple[float, float]
) -> dict[str, str]:
    """As ``walk``, beside the path without momentum."""
    plane, losses = style.panels(fig, (1.25, 1), left=0.15, gap=0.75)
    _plane(plane, np.diag(steepness), 5, 3)
    for path, color, wide in ((plain, MUTED, 1.6), (result, ORANGE, 1.4)):
        plane.plot(*path["at"].values.T, color=color, lw=wide)
        losses.plot(np.clip(path.loss.values, 1e-9, 1e7), color=color)
    plane.plot(*result["at"].values[:1].T, "o", color=INK, ms=5)
    plane.set_title("The path, from the dot")
    _losses(losses, len(result.loss) - 1, 1e-6, 1e2)
    style.names(losses, {"plain": MUTED, "momentum": ORANGE}, x=0.45, y=0.92, step=0.11)
    return {"loss after 40 updates": style.scientific(result.loss.values[-1])}


def race(fig: Figure, paths: Mapping[str, xr.Dataset], hessian: ndarray) -> dict[str, str]:
    """Left, three paths down a ravine; right, their losses."""
    plane, losses = style.panels(fig, (1.1, 1), left=0.15, gap=0.75)
    _plane(plane, hessian, 4.9, 4.4)
    readouts = {}
    for name, path in paths.items():
        plane.plot(*path["at"].values.T, color=PATHS[name], lw=1.5)
        losses.plot(np.clip(path.loss.values, 1e-9, 1e7), color=PATHS[name])
        distance = np.hypot(*path["at"].values[[0, HALFWAY]].T)
        readouts[f"distance left, {name}"] = _percent(distance[1] / distance[0])
    plane.plot(*paths["plain"]["at"].values[:1].T, "o", color=INK, ms=5)
    plane.set_title("Three paths, from the dot")
    _losses(losses, len(paths["plain"].loss) - 1, 1e-6, 1e2)
    losses.axvline(HALFWAY, color=MUTED, lw=0.7, ls=(0, (2, 2)))
    style.names(losses, PATHS, x=0.62, y=0.92, step=0.1)
    return readouts


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def stochastic(fig: Figure, result: xr.Dataset, whole: xr.Dataset, days: Days, batch: int) -> dict[str, str]:
    """Left, the path over the loss of all days; right, that loss against the number of days looked at."""
    plane, losses = style.panels(fig, (1, 1.1), left=0.5, gap=0.75)
    both = np.concatenate([days.x, np.ones_like(days.x)], axis=1)
    best = np.linalg.lstsq(both, days.cups[:, 0])[0]
    _contours(plane, 2 * both.T @ both / len(both), (0.02, 0.1, 0.3, 0.7, 1.5, 3, 6), tuple(best))
    seen = batch * np.arange(len(result.loss))
    for path, color, examples in ((whole, MUTED, 40 * np.arange(len(whole.loss))), (result, BLUE, seen)):
        plane.plot(path.w, path.b, color=color, lw=1.3)
        losses.plot(np.maximum(examples, 0.5), path.loss, color=color)
    plane.plot(result.w[:1], result.b[:1], "o", color=INK, ms=5)
    plane.set(xlim=(-0.5, 3), ylim=(-1.5, 3), xticks=[0, 1, 2, 3], yticks=[-1, 0, 1, 2, 3])
    plane.set(xlabel="weight w", ylabel="bias b", title="The path, from the dot")
    losses.set(xlim=(1, 4000), ylim=(0.02, 6), xscale="log", yscale="log", xticks=[1, 10, 100, 1000])
    losses.set(yticks=[0.1, 1], xlabel="days looked at", title="Loss on all 40 days")
    losses.minorticks_off()
    style.names(losses, {"all 40 days a step": MUTED, "a batch a step": BLUE}, x=0.36, y=0.95, step=0.11)
    return {
        "loss after 100 steps": f"{result.loss.values[-1]:.3f}",
        "all days at once": f"{whole.loss.values[-1]:.3f}",
        "days looked at": f"{seen[-1]:,}",
    }


def scores(fig: Figure, curve: Mapping[str, ndarray], here: Mapping[str, Any], z: float) -> dict[str, str]:
    """Left, the probabilities of three classes; right, two losses over the score of the right one."""
    bars, losses = style.panels(fig, (1, 1.15), left=0.45, gap=0.6)
    for k, (p, color) in enumerate(zip(here["p"], (BLUE, MUTED, MUTED), strict=True)):
        bars.bar([k], [p], color=color, width=0.6)
    bars.set(xlim=(-0.5, 2.5), ylim=(0, 1), xticks=[0, 1, 2], xticklabels=DRINKS, yticks=[0, 0.5, 1])
    bars.set_title("Probabilities")
    for name, color in (("entropy", RED), ("square", ORANGE)):
        value, slope = here[name], here[f"g_{name}"]
        losses.plot(curve["z"], curve[name], color=color)
        ends = np.array([-1.2, 1.2])
        losses.plot(z + ends, value + slope * ends, color=INK, lw=1)
        losses.plot([z], [value], "o", color=color, ms=6)
    losses.set(xlim=(-8, 8), ylim=(-0.4, 9), xticks=[-8, -4, 0, 4, 8], yticks=[0, 2, 4, 6, 8], title="Loss")
    losses.set_xlabel("score of tea, the right answer")
    style.names(losses, {"cross-entropy": RED, "squared error": ORANGE}, x=0.5, y=0.9, step=0.11)
    return {
        "probability of tea": f"{here['p'][0]:.4f}",
        "slope of cross-entropy": f"{here['g_entropy']:.4f}".replace("-", "−"),
        "slope of squared error": f"{here['g_square']:.4f}".replace("-", "−"),
    }


def fit(fig: Figure, days: Days, result: xr.Dataset, update: int) -> dict[str, str]:
    """Left, the network's curve at one update, and where its hinges bend; right, the loss until then."""
    left, right = style.panels(fig, (1.35, 1), left=0.45, gap=0.7)
    shown = result.isel(update=SHOWN.index(update))
    left.plot(result.x, shown.curve, color=BLUE, lw=2.4)
    bends = np.clip(shown.bend.values, -2.2, 2.2)
    _sticks(left, bends, np.full_like(bends, -0.9), np.full_like(bends, -0.5), ORANGE)
    left.set(xlim=(-2.05, 2.05), ylim=(-0.9, 4.5), xticks=[-2, -1, 0, 1, 2], yticks=[0, 1, 2, 3, 4])
    _days(left, days)
    left.set(xlabel="x, tens of degrees above 15 °C", title="Hundreds of cups")
    style.names(left, {"network": BLUE, "where its hinges bend": ORANGE}, x=0.1, y=0.92, step=0.1)
    loss = result.loss.values
    right.plot(np.arange(len(loss)) + 1, loss, color=MUTED, lw=1.4)
    right.plot([update + 1], [loss[update]], "o", color=BLUE, ms=7)
    right.set(xlim=(0.9, len(loss)), ylim=(0.02, 10), xscale="log", yscale="log")
    right.set(xticks=[1, 11, 101, 1001], xticklabels=["0", "10", "100", "1000"], yticks=[0.1, 1, 10])
    right.set(xlabel="update", title="Loss")
    right.minorticks_off()
    return {"loss": f"{loss[update]:.3f}"}


def polynomial(fig: Figure, days: Days, results: xr.Dataset, demand: ndarray, degree: int) -> dict[str, str]:
    """Left, a polynomial and the days it was fitted to; right, both errors for every degree."""
    left, right = style.panels(fig, (1.2, 1), left=0.45, gap=0.75)
    left.plot(results.x, demand, color=GREEN, lw=1.3)
    left.plot(results.x, np.clip(results.curve.sel(degree=degree), -9, 19), color=BLUE)
    left.set(xlim=(-2, 2), ylim=(-1, 5), xticks=[-2, -1, 0, 1, 2], yticks=[0, 2, 4])
    _days(left, days)
    left.set(xlabel="x, tens of degrees above 15 °C", title="Hundreds of cups")
    style.names(left, {"true demand": GREEN, "polynomial": BLUE}, x=0.36, y=0.92, step=0.1)
    here = results.sel(degree=degree)
    for name, color in (("new", RED), ("seen", INK)):
        right.plot(results.degree, np.clip(results[name], 1e-4, 1e3), color=color)
        right.plot([degree], np.clip([here[name].item()], 1e-4, 1e3), "o", color=color, ms=6)
    right.set(xlim=(0.7, 9.3), ylim=(1e-3, 100), yscale="log", xticks=[1, 3, 5, 7, 9], xlabel="degree")
    right.set(yticks=[0.001, 0.01, 0.1, 1, 10, 100], title="Error")
    right.minorticks_off()
    style.names(right, {"new days": RED, "days it was fitted to": INK}, x=0.03, y=0.94, step=0.1)
    return {
        "error on the days fitted": style.scientific(here.seen.item()),
        "on 1,000 new days": style.scientific(here.new.item()),
    }


# The small network, node by node. Where the nodes are, in a drawing 10 wide and 6 high.
PLACES = {
    "x1": (0.7, 4.55),
    "x2": (0.7, 1.45),
    "a1": (3.3, 4.55),
    "a2": (3.3, 1.45),
    "h1": (5.1, 4.55),
    "h2": (5.1, 1.45),
    "y": (7.2, 3.0),
    "L": (9.2, 3.0),
}
EDGES = (
    *(("x1", "a1"), ("x2", "a1"), ("x1", "a2"), ("x2", "a2")),
    *(("a1", "h1"), ("a2", "h2"), ("h1", "y"), ("h2", "y"), ("y", "L")),
)
LABELS = {"x1": "x₁", "x2": "x₂", "a1": "a₁", "a2": "a₂", "h1": "h₁", "h2": "h₂", "y": "y", "L": "loss"}
RADIUS = 0.47


def flow(fig: Figure, result: Flow, target: float, step: int) -> dict[str, str]:
    """Draw the small network with the numbers that are known after a step: forward blue, back red."""
    (axes,) = style.panels(fig, left=0.05, right=0.05, bottom=0.05)
    style.no_frame(axes)
    axes.set(xlim=(0, 10), ylim=(0.2, 5.7))
    _edges(axes)
    (x1, x2), (a1, a2), (h1, h2) = result.x, result.a, result.h
    forward = {"x1": (x1, 0), "x2": (x2, 0), "a1": (a1, 1), "a2": (a2, 1), "h1": (h1, 2), "h2": (h2, 2)}
    forward |= {"y": (result.y, 3), "L": (result.loss, 4)}
    back = {"y": (result.g_y, 5), "h1": (result.g_h[0], 6), "h2": (result.g_h[1], 6)}
    back |= {"a1": (result.g_a[0], 7), "a2": (result.g_a[1], 7)}
    for name, (x, y) in PLACES.items():
        value, since = forward[name]
        _node(axes, x, y, RADIUS)
        axes.text(x, y + 0.88, LABELS[name], ha="center", va="center", color=MUTED)
        axes.text(x, y, number(value), ha="center", va="center", color=BLUE, alpha=float(step >= since))
        if name in back:
            value, since = back[name]
            axes.text(
                x, y - 0.86, number(value), ha="center", va="center", color=RED, alpha=float(step >= since)
            )
    _weights(axes, result, step)
    axes.text(9.2, 1.3, f"target {number(target)}", ha="center", va="center", color=INK)
    return {"this step": _arithmetic(result, target)[step]}


def _edges(axes: Axes) -> None:
    ends = []
    for start, end in EDGES:
        (x0, y0), (x1, y1) = PLACES[start], PLACES[end]
        away = 0.56 / np.hypot(x1 - x0, y1 - y0)
        dx, dy = away * (x1 - x0), away * (y1 - y0)
        ends.append((x0 + dx, y0 + dy, x1 - dx, y1 - dy))
    style.arrows(axes, [*ends, (9.2, 1.65, 9.2, 2.4)], MUTED)
    for y in (4.55, 1.45):
        axes.text(4.2, y + 0.2, "relu", ha="center", color=MUTED, fontsize=9)


def _weights(axes: Axes, result: Flow, step: int) -> None:
    """Write each weight at its edge, and the slope of the loss with respect to it beside it."""
    places = {(0, 0): (2.0, 4.72), (0, 1): (1.1, 2.72), (1, 0): (1.1, 3.3), (1, 1): (2.0, 0.78)}
    for at, (x, y) in places.items():
        _pair(axes, x, y, W[at], result.g_w[at], step >= 8)
    for k, (x, y) in enumerate(((6.35, 4.1), (6.8, 1.5))):
        _pair(axes, x, y, V[0, k], result.g_v[k], step >= 6)


def _pair(axes: Axes, x: float, y: float, weight: float, slope: float, known: bool) -> None:
    axes.text(x - 0.04, y, f"× {number(weight)}", ha="right", va="bottom", color=INK, fontsize=9)
    axes.text(x + 0.06, y, number(slope), ha="left", va="bottom", color=RED, alpha=float(known), fontsize=9.5)


def _factor(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def _arithmetic(result: Flow, target: float) -> list[str]:
    """Write out one computation of every step."""
    n, f = number, _factor
    (x1, x2), a, h, g_h, g_a = result.x, result.a, result.h, result.g_h, result.g_a
    y, g_y, is_on = result.y, result.g_y, a[0] > 0
    return [
        f"the inputs are {n(x1)} and {n(x2)}, the target is {n(target)}",
        f"a₁ = {n(W[0, 0])} · {n(x1)} + {f(W[0, 1])} · {n(x2)} = {n(a[0])}",
        f"h₁ = max(0, {n(a[0])}) = {n(h[0])}",
        f"y = {n(V[0, 0])} · {n(h[0])} + {f(V[0, 1])} · {n(h[1])} = {n(y)}",
        f"loss = ({n(y)} − {f(target)})² = {n(result.loss)}",
        f"∂L/∂y = 2 · ({n(y)} − {f(target)}) = {n(g_y)}",
        f"∂L/∂h₁ = {n(V[0, 0])} · {f(g_y)} = {n(g_h[0])}; ∂L/∂v₁ = {n(h[0])} · {f(g_y)} = {n(result.g_v[0])}",
        f"∂L/∂a₁ = {1 if is_on else 0} · {f(g_h[0])} = {n(g_a[0])}, "
        f"since a₁ is {'above' if is_on else 'below'} 0",
        f"∂L/∂w₁₂ = x₂ · ∂L/∂a₁ = {n(SECOND_INPUT)} · {f(g_a[0])} = {n(result.g_w[0, 1])}",
    ]
