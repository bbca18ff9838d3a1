"""Figures of the chapter on the LSTM and its variants."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as MplPath
from matplotlib.ticker import FixedFormatter
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.memory import SOLVED_SHARE, Task
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, SKY, decimals

from .counting import read

LOW = 1e-16  # lowest share that is drawn
CELLS = {
    "elman_tanh": ("Elman, tanh", BLUE),
    "elman_relu": ("IRNN", GREEN),
    "gru": ("GRU", SKY),
    "lstm": ("LSTM", PURPLE),
}
BIASES = {
    "lstm 0": ("LSTM, 0", RED),
    "lstm 1": ("LSTM, 1", PURPLE),
    "lstm 3": ("LSTM, 3", ORANGE),
    "gru 0": ("GRU, 0", SKY),
    "gru 1": ("GRU, 1", BLUE),
}
"""Cells by the bias of their forget or update gates, as ``trained_with`` names them."""
GATES = {"f": ("forget", ORANGE), "i": ("input", BLUE), "o": ("output", GREEN)}


def keeping(fig: Figure, result: xr.Dataset, steps: int) -> dict[str, str]:
    """Left, what is left of a value in two units; right, of the gradient on its way back."""
    memory, gradient = style.panels(fig, (1, 1), left=0.75, right=0.95, gap=0.8)
    at = result.step.values
    for axes, ours, theirs in ((memory, result.c, result.h), (gradient, result.g_c, result.g_h)):
        for values, color, wide in ((theirs, BLUE, 1.6), (ours, PURPLE, 2.2)):
            axes.plot(at, np.maximum(np.abs(values), LOW), color=color, lw=wide)
            axes.plot([steps], [max(abs(values.values[steps]), LOW)], "o", color=color, ms=6)
        axes.axvline(steps, color=MUTED, lw=0.8)
        axes.set(xlim=(0, at[-1]), ylim=(1e-15, 9), yscale="log", yticks=[1e-15, 1e-10, 1e-5, 1])
        axes.set_xticks([0, 30, 60, 90, 120])
    memory.set(title="Value that is left", xlabel="steps later")
    gradient.set(title="Gradient that arrives", xlabel="steps back")
    style.names(gradient, {"scaled": PURPLE, "tanh unit,": BLUE, "weight 2": BLUE}, x=1.06, y=0.6, step=0.12)
    return {
        "forget gate f": f"{result.f.item():.3f}",
        "of the value that many steps later": style.scientific(result.c.values[steps]),
        "gradient, scaled unit": style.scientific(result.g_c.values[steps]),
        "gradient, tanh unit": style.scientific(result.g_h.values[steps]),
    }


def _sheet(fig: Figure, x: tuple[float, float], y: tuple[float, float]) -> Axes:
    """Make a panel for a drawing: no frame, no ticks."""
    axes = fig.add_axes((0.005, 0.005, 0.99, 0.99))
    style.no_frame(axes)
    axes.set(xlim=x, ylim=y)
    return axes


def _box(x: float, y: float, half: float = 0.42) -> ndarray:
    return np.array([(x - half, y - half), (x - half, y + half), (x + half, y + half), (x + half, y - half)])


def _shapes(
    axes: Axes,
    color: str,
    alpha: float,
    boxes: Sequence[tuple[float, float]],
    rings: Sequence[tuple[float, float]],
    ways: Sequence[Sequence[tuple[float, float]]],
) -> None:
    """Draw boxes, circles and bent arrows as one element; the panel's units must be about equal."""
    vertices, codes = [], []
    for x, y in boxes:
        vertices += [*_box(x, y), (x, y)]
        codes += [MplPath.MOVETO, *[MplPath.LINETO] * 3, MplPath.CLOSEPOLY]
    circle = MplPath.unit_circle()
    for center in rings:
        vertices += [*(0.27 * np.asarray(circle.vertices) + center)]
        codes += [*np.asarray(circle.codes)]
    for way in ways:
        tip, along = np.array(way[-1]), np.subtract(way[-1], way[-2])
        along = along / np.hypot(*along)
        across = np.array([-along[1], along[0]])
        wings = [tip - 0.17 * along + side * 0.09 * across for side in (1, -1)]
        vertices += [*way, wings[0], tip, wings[1]]
        codes += [MplPath.MOVETO, *[MplPath.LINETO] * (len(way) - 1)]
        codes += [MplPath.MOVETO, MplPath.LINETO, MplPath.LINETO]
    path = MplPath(np.array(vertices, float), codes)
    axes.add_artist(PathPatch(path, fc="none", ec=color, lw=1.3, alpha=alpha))


_Points = Sequence[tuple[float, float]]
# What each of the four steps draws: color, boxes, circles, arrows.
_STEPS: Sequence[tuple[str, _Points, _Points, Sequence[_Points]]] = (
    (ORANGE, [(2.6, 2.3)], [(2.6, 4.2)], [[(0.5, 4.2), (2.33, 4.2)], [(2.6, 2.72), (2.6, 3.93)]]),
    (
        BLUE,
        [(4.4, 2.3), (6.0, 2.3)],
        [(5.2, 3.3)],
        [[(4.4, 2.72), (4.4, 3.3), (4.93, 3.3)], [(6.0, 2.72), (6.0, 3.3), (5.47, 3.3)]],
    ),
    (
        PURPLE,
        [],
        [(5.2, 4.2)],
        [[(2.87, 4.2), (4.93, 4.2)], [(5.2, 3.57), (5.2, 3.93)], [(5.47, 4.2), (10.2, 4.2)]],
    ),
    (
        GREEN,
        [(7.7, 2.3), (9.0, 3.3)],
        [(9.0, 2.3)],
        [
            [(9.0, 4.2), (9.0, 3.72)],
            [(9.0, 2.88), (9.0, 2.57)],
            [(8.12, 2.3), (8.73, 2.3)],
            [(9.27, 2.3), (10.2, 2.3)],
        ],
    ),
)


def four_steps(fig: Figure, result: xr.Dataset, text: str, step: int, time: int) -> dict[str, str]:
    """Draw the cell, as far as the step has come, with the numbers of one unit at one time."""
    axes = _sheet(fig, (-0.2, 11.2), (0.2, 6.0))
    now = {name: float(part) for name, part in result.isel(time=time - 1).data_vars.items()}
    h_before = float(result.h[time - 2]) if time > 1 else 0.0
    for k, symbol in enumerate(text):
        seen, here = k < time, k == time - 1
        axes.text(
            0.75 + 0.8 * k,
            5.5,
            symbol,
            ha="center",
            va="center",
            color=RED if here else INK if seen else MUTED,
            fontsize=13,
            alpha=1.0 if seen else 0.5,
        )
    shown = [1.0 if k < step else 0.22 for k in range(4)]
    inputs = [[(0.5, 1.1), (7.7, 1.1), (7.7, 1.86)], *([(x, 1.1), (x, 1.86)] for x in (2.6, 4.4, 6.0))]
    _shapes(axes, MUTED, 1.0, [], [], inputs)
    for (color, boxes, rings, ways), alpha in zip(_STEPS, shown, strict=True):
        _shapes(axes, color, alpha, boxes, rings, ways)
    signs = (
        [(2.6, 2.3, r"$\sigma$"), (2.6, 4.2, r"$\times$")],
        [(4.4, 2.3, r"$\sigma$"), (6.0, 2.3, "tanh"), (5.2, 3.3, r"$\times$")],
        [(5.2, 4.2, "+")],
        [(7.7, 2.3, r"$\sigma$"), (9.0, 3.3, "tanh"), (9.0, 2.3, r"$\times$")],
    )
    numbers = (
        [(1.3, 4.66, "$c_{t-1}$ =", now["before"]), (1.75, 3.25, "$f$ =", now["f"])],
        [(3.6, 3.05, "$i$ =", now["i"]), (6.45, 3.05, "$g$ =", now["g"])],
        [(10.05, 4.62, "$c_t$ =", now["c"]), (5.3, 3.7, "", now["i"] * now["g"])],
        [(8.35, 1.5, "$o$ =", now["o"]), (10.05, 1.85, "$h_t$ =", now["h"])],
    )
    for (color, *_), alpha, marks, values in zip(_STEPS, shown, signs, numbers, strict=True):
        for x, y, sign in marks:
            axes.text(x, y, sign, ha="center", va="center", color=color, alpha=alpha)
        # A formula with a minus sign would be another element: the number stands beside the formula.
        for x, y, name, value in values:
            there = 0.0 if alpha < 1 else 1.0
            axes.text(x, y, name, ha="right", va="center", color=color, alpha=there)
            axes.text(x + 0.1, y, decimals(value), va="center", color=color, alpha=there)
    kept = now["f"] * now["before"]
    axes.text(2.87, 4.55, decimals(kept), color=PURPLE, alpha=0.0 if step < 3 else 1.0)
    axes.text(0.1, 0.62, "$x_t$:", va="center", color=INK)
    axes.text(0.6, 0.62, text[time - 1], va="center", color=RED)
    axes.text(2.2, 0.62, "$h_{t-1}$ =", ha="right", va="center", color=INK)
    axes.text(2.3, 0.62, decimals(h_before), va="center", color=INK)
    return {
        "reads": text[:time],
        "c, the memory": decimals(now["before"] if step < 3 else now["c"]),
        "h, what is shown": decimals(h_before if step < 4 else now["h"]),
    }


def counter(fig: Figure, result: xr.Dataset, text: str) -> dict[str, str]:
    """Draw gates and cell state of one unit over a line, with the true count and its answer below."""
    width, height = fig.get_size_inches()
    gates = fig.add_axes((1.0 / width, 1.62 / height, 1 - 1.1 / width, 1 - 2.0 / height))
    state = fig.add_axes((1.0 / width, 0.62 / height, 1 - 1.1 / width, 0.85 / height))
    line = read(text)
    time = range(len(text))
    edges = np.arange(len(text) + 1) - 0.5
    for row, (name, (title, color)) in enumerate(GATES.items()):
        base = 2.4 - 1.2 * row
        gates.stairs(
            base + result[name].values, edges, baseline=base, color=color, fill=True, alpha=0.55, lw=0
        )
        gates.axhline(base, color=MUTED, lw=0.6)
        gates.text(-0.75, base + 0.5, title, ha="right", va="center", color=color)
    gates.set(xlim=(-0.5, len(text) - 0.5), ylim=(-0.05, 3.5), yticks=[], xticks=time)
    gates.xaxis.set_major_formatter(FixedFormatter(list(text)))
    gates.tick_params(top=False, bottom=False, labelbottom=False, labeltop=True, labelsize=13)
    state.plot(list(time), np.clip(result.c, -2.4, 2.4), ".-", color=PURPLE, lw=1.6)
    state.axhline(0, color=MUTED, lw=0.6)
    state.text(-0.75, 0, "state c", ha="right", va="center", color=PURPLE)
    state.set(xlim=(-0.5, len(text) - 0.5), ylim=(-2.6, 2.6), yticks=[], xticks=[])
    asked, answer, depth = line.asked[:, 0], result.answer.values, line.depth[:, 0]
    for y, label in ((-3.4, "open"), (-4.6, "answer")):
        state.text(-0.75, y, label, ha="right", va="center", color=INK)
    for t in time:
        alpha, right = float(asked[t]), answer[t] == depth[t]
        state.text(t, -3.4, str(depth[t]), ha="center", va="center", color=INK, alpha=alpha)
        color = INK if right or not alpha else RED
        state.text(t, -4.6, f"{answer[t]:.0f}", ha="center", va="center", color=color, alpha=alpha)
    return {"right": f"{(answer == depth)[asked].sum()} of {asked.sum()} letters"}


def ways_back(fig: Figure, result: xr.Dataset, length: int) -> dict[str, str]:
    """Draw how much of a gradient arrives: by all ways, along c alone, and in a tanh layer."""
    (axes,) = style.panels(fig, left=0.8, right=0.15)
    back = np.arange(length)
    low, middle, high = np.clip(np.quantile(result.both.values[:, :length], [0, 0.5, 1], axis=0), LOW, 1e3)
    along, tanh = (
        np.maximum(result[name].median("seed").values[:length], LOW) for name in ("along_c", "tanh")
    )
    axes.plot(back, tanh, color=BLUE, lw=1.4)
    axes.fill_between(back, low, high, color=PURPLE, alpha=0.22, lw=0)
    axes.plot(back, middle, color=PURPLE, lw=2.2)
    axes.plot(back, along, color=ORANGE, lw=1.8, ls=(0, (4, 3)))
    axes.axvline(back[-1], color=MUTED, lw=0.8)
    axes.axhline(1, color=MUTED, lw=0.6)
    axes.set(xlim=(120, 0), ylim=(1e-15, 1e9), yscale="log", yticks=[1e-15, 1e-10, 1e-5, 1])
    axes.set(xlabel="steps before the error", title="Gradient, relative to the last step")
    axes.set_xticks([120, 100, 80, 60, 40, 20, 0])
    names = {"LSTM, all ways": PURPLE, "LSTM, along c alone": ORANGE, "tanh layer": BLUE}
    style.names(axes, names, x=0.05, y=0.91, step=0.11)
    return {
        "mean forget gate": f"{result.f.median().item():.2f}",
        "arrives at step 1": style.scientific(middle[-1]),
        "along c alone": style.scientific(along[-1]),
        "tanh layer": style.scientific(tanh[-1]),
    }


def remembered(
    fig: Figure, result: xr.DataArray, cells: Mapping[str, tuple[str, str]], length: int, chance: float
) -> dict[str, str]:
    """Left, the score by length; right, every net's at one length."""
    lines, dots = style.panels(fig, (1, 1.15), left=0.7, right=0.1, gap=0.3, bottom=0.62)
    readouts = {}
    for k, (name, (title, color)) in enumerate(cells.items()):
        score = 100 * result.sel(cell=name)
        lines.plot(score.length, score.median("seed"), color=color, lw=1.8)
        here = score.sel(length=length).values
        dots.plot(k + np.array([-0.15, 0, 0.15]), here, "o", color=color, ms=6, alpha=0.75)
        readouts[title] = f"{(here >= 100 * SOLVED_SHARE).sum()} of {len(here)}"
    lines.axvline(length, color=MUTED, lw=0.8)
    for axes in (lines, dots):
        axes.axhline(100 * chance, color=MUTED, lw=0.8, ls=(0, (2, 2)))
        axes.set(ylim=(0, 104))
    lines.set(xlim=(0, 125), xlabel="length, steps", ylabel="right answers, %", title="Median of three nets")
    dots.set(xlim=(-0.6, len(cells) - 0.4), yticklabels=[], title=f"Each net at {length} steps")
    dots.set_xticks(range(len(cells)), [title.replace(", ", "\n") for title, _ in cells.values()])
    return readouts


def replaced(fig: Figure, result: xr.DataArray, part: str, tasks: Mapping[str, Task]) -> dict[str, str]:
    """Draw the scores of nets in which one part is played by other functions."""
    names = [name for name in result.roles.values if name == "standard" or name.startswith(part)]
    panels = style.panels(fig, (1, 1), right=0.1, gap=0.35, bottom=0.55)
    for axes, (task, color) in zip(panels, {"adding": ORANGE, "temporal-order": PURPLE}.items(), strict=True):
        for k, name in enumerate(names):
            score = 100 * result.sel(task=task, roles=name).values
            axes.plot(k + np.linspace(-0.2, 0.2, len(score)), score, "o", color=color, ms=6, alpha=0.75)
        axes.axhline(100 * tasks[task].chance, color=MUTED, lw=0.8, ls=(0, (2, 2)))
        axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(0, 104), title=task.replace("-", " ").capitalize())
        axes.set_xticks(range(len(names)), [name.split(": ")[-1].replace(" ", "\n") for name in names])
    panels[0].set_ylabel("right answers, %")
    panels[1].set_yticklabels([])
    mean = (100 * result.mean("seed")).sel(roles=names).transpose("roles", "task").values
    return {
        name.split(": ")[-1]: " / ".join(f"{value:.0f} %" for value in row)
        for name, row in zip(names, mean, strict=True)
    }
