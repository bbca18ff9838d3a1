"""Figures of the chapter Five questions: data in, numbers for the readout out."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, SKY, decimals

from .sequences import error

ROWS = {
    "sigmoid": ("sigmoid", RED),
    "tanh": ("tanh", BLUE),
    "relu": ("ReLU", ORANGE),
    "gelu": ("GELU", GREEN),
}
NETS = {"dense": ("dense", BLUE), "windows": ("windows", ORANGE)}
METHODS = {
    "windows": ORANGE,
    "dense net": BLUE,
    "random forest": GREEN,
    "nearest neighbor": PURPLE,
    "logistic regression": SKY,
    "support vectors": RED,
}
LOW = 1e-12


def stacks(fig: Figure, straight: xr.Dataset, bent: xr.Dataset) -> dict[str, str]:
    """Draw what two stacks of layers decide; dashed, the one layer that the straight stack amounts to."""
    panels = style.panels(fig, (1, 1), left=0.3, right=0.1, gap=0.3, bottom=0.12)
    for axes, result, title in zip(
        panels, (straight, bent), ("Layers alone", "With ReLU between"), strict=True
    ):
        axis = result.x1.values
        style.region(axes, axis, axis, result.score.values, 0.0, fc=BLUE, alpha=0.25)
        for number, color in ((0, ORANGE), (1, BLUE)):
            x = result.inputs.values[result.label.values == number]
            axes.scatter(x[:, 0], x[:, 1], s=9, color=color, lw=0)
        axes.set(xlim=(axis[0], axis[-1]), ylim=(axis[0], axis[-1]), xticks=[], yticks=[], title=title)
    w1, w2, b = straight.line.values
    normal = np.array([w1, w2])
    foot = -b * normal / (normal @ normal)
    along = 6 * np.array([-w2, w1]) / np.linalg.norm(normal)
    panels[0].plot(
        *np.clip(np.stack([foot - along, foot + along]), -20, 20).T, color=INK, lw=1.4, ls=(0, (4, 3))
    )
    return {
        "right, layers alone": f"{straight.accuracy.item():.0%}",
        "right, with ReLU": f"{bent.accuracy.item():.0%}",
        "flat pieces, layers alone": f"{straight.pieces.item()}",
        "with ReLU": f"{bent.pieces.item()}",
    }


def _dots(axes: Axes, found: xr.DataArray, name: str, **marks: Any) -> None:
    """Draw one row of dots for each activation: a dot a seed."""
    for k, (key, (_, color)) in enumerate(ROWS.items()):
        values = found.sel(activation=key).values
        axes.plot(values, 3 - k + np.linspace(0.16, -0.16, len(values)), "o", color=color, ms=5.5, **marks)
    axes.set(ylim=(-0.5, 3.5), yticks=[], title=name)


def arguments(fig: Figure, found: xr.Dataset, depth: int, rate: float) -> dict[str, str]:
    """Draw what each argument for ReLU amounts to at one depth and learning rate."""
    at = found.sel(depth=depth, rate=rate)
    panels = style.panels(fig, (1.35, 1, 1, 1.2), left=0.75, right=0.15, gap=0.22, bottom=0.62)
    gradient, silent, dead, right = panels
    _dots(gradient, at.arriving.clip(LOW, 1e3), "Gradient")
    _dots(silent, 100 * at.silent, "Silent")
    _dots(dead, 100 * at.dead, "Dead")
    early, late = (at.accuracy.isel(update=k) for k in (0, 1))
    _dots(right, 100 * early, "Right answers", mfc="none")
    _dots(right, 100 * late, "Right answers")
    for k, (title, color) in enumerate(ROWS.values()):
        gradient.text(
            -0.06, (3.5 - k) / 4, title, color=color, ha="right", va="center", transform=gradient.transAxes
        )
    gradient.set(xscale="log", xlim=(1e-11, 30), xticks=[1e-10, 1e-5, 1], xlabel="share that\narrives")
    gradient.minorticks_off()
    silent.set(xlim=(-6, 106), xticks=[0, 50, 100], xlabel="% of outputs\nthat are 0")
    dead.set(xlim=(-6, 106), xticks=[0, 50, 100], xlabel="% of units\n0 everywhere")
    right.set(xlim=(-6, 106), xticks=[0, 50, 100], xlabel="% after 50 (ring)\nand 300 updates")
    best = late.mean("seed")
    return {title: f"{100 * best.sel(activation=key).item():.0f} % right" for key, (title, _) in ROWS.items()}


def swap(fig: Figure, result: xr.Dataset, text: str, time: int) -> dict[str, str]:
    """Left, one step of the unit as a sum; right, its state over the line, above the true count."""
    step, whole = style.panels(fig, (1, 1.7), left=0.85, right=0.12, gap=0.6, bottom=0.55)
    now = {name: float(part) for name, part in result.isel(time=time - 1).data_vars.items()}
    bars = (
        ("kept\n$f\\,c_{t-1}$", now["f"] * now["before"], ORANGE),
        ("written\n$i\\,g$", now["i"] * now["g"], BLUE),
        ("state\n$c_t$", now["c"], PURPLE),
    )
    for k, (_, value, color) in enumerate(bars):
        step.barh(2 - k, value, height=0.55, color=color, alpha=0.75, lw=0)
    step.axvline(0, color=INK, lw=0.8)
    step.set(xlim=(-3.3, 3.3), ylim=(-0.5, 2.5), xticks=[-3, 0, 3], title=f"Step {time}")
    step.set_yticks([2, 1, 0], [name for name, *_ in bars])
    at = result.time.values
    whole.step(at, result.depth.values / 2, where="mid", color=MUTED, lw=1.4)
    whole.plot(at, result.c.values, ".-", color=PURPLE, lw=1.8)
    whole.plot([time], [now["c"]], "o", color=PURPLE, ms=8)
    whole.axhline(0, color=INK, lw=0.6)
    whole.set(xlim=(0.5, len(text) + 0.5), ylim=(-3.3, 3.3), yticks=[-3, -2, -1, 0, 1, 2, 3])
    whole.set_xticks(at, list(text))
    whole.set(title="State, and half the brackets open (gray)")
    names = {"f": "forget f", "i": "input i", "g": "candidate g", "c": "state c"}
    return {title: decimals(now[key]) for key, title in names.items()}


def rolling(
    fig: Figure,
    weights: Float[ndarray, " N"],
    walk: xr.Dataset,
    left: xr.DataArray,
    steps: int,
) -> dict[str, str]:
    """Left, the error over one recurrent weight and a descent; right, what is left of a gradient."""
    hill, nets = style.panels(fig, (1.25, 1), left=0.6, right=0.15, gap=1.55)
    hill.plot(weights, np.minimum(error(weights, steps), 0.4), color=MUTED, lw=1.6)
    w = walk.w.values
    walked = error(np.clip(w, -3, 3), steps)
    gone = bool(np.abs(w[-1]) > 2)
    x, y = np.clip(w, 0.405, 1.295), np.clip(walked, 0, 0.285)  # a mark outside would be left out
    hill.plot(x, y, ".-", color=RED if gone else ORANGE, lw=1.2, ms=5)
    hill.plot(x[:1], y[:1], "o", color=INK, ms=7)
    hill.set(xlim=(0.4, 1.3), ylim=(-0.015, 0.3), xticks=[0.5, 0.75, 1, 1.25], yticks=[0, 0.1, 0.2, 0.3])
    hill.set(xlabel="recurrent weight $w$", title="Error over the weight")
    median, low, high = (f(left.sel(lag=steps), axis=1) for f in (np.median, np.min, np.max))
    rows = np.arange(len(left.net))[::-1]
    for k, name in enumerate(left.net.values):
        color = ORANGE if name.startswith("ReLU") else BLUE if name.startswith("tanh") else RED
        ends = np.clip([low[k], high[k]], 1e-33, 10)
        nets.plot(ends, [rows[k], rows[k]], color=color, lw=2)
        nets.plot(np.clip(median[k], 1e-33, 10), rows[k], "o", color=color, ms=7)
    nets.axvline(1, color=MUTED, lw=1, ls=(0, (2, 2)))
    nets.set(xscale="log", xlim=(1e-35, 1e3), ylim=(-0.5, len(rows) - 0.5), xticks=[1e-30, 1e-20, 1e-10, 1])
    nets.minorticks_off()
    nets.set_yticks(rows, [str(name) for name in left.net.values])
    nets.set(xlabel="share of a gradient", title=f"Left after {steps} steps")
    return {
        "first gradient": style.scientific(walk.first.item()),
        "weight after 40 updates": "out of the picture" if gone else decimals(w[-1], 3),
    }


def _image(axes: Axes, pixels: Float[ndarray, "Y X"]) -> None:
    side = len(pixels)
    axes.imshow(pixels, cmap="gray", interpolation="none", extent=(0, side, side, 0), vmin=-1.0, vmax=3.0)
    axes.set(xticks=[], yticks=[])


def permuted(
    fig: Figure, shown: Float[ndarray, "K Y X"], result: xr.DataArray, share: int, alike: float
) -> dict[str, str]:
    """Left, digits whose pixels have changed places; right, both nets by the share that has."""
    width, height = fig.get_size_inches()
    side = 1.22
    for k, pixels in enumerate(shown):
        x, y = 0.08 + (side + 0.08) * (k % 2), height - 0.12 - (side + 0.08) * (k // 2) - side
        _image(fig.add_axes((x / width, y / height, side / width, side / height)), pixels)
    axes = style.panels(fig, left=3.35, right=0.9)[0]
    at, readouts = result.share.values, {"side by side, correlation": decimals(alike)}
    for key, (name, color) in NETS.items():
        values = 100 * result.sel(kind=key)
        mean = values.mean("seed").values
        axes.fill_between(at, values.min("seed"), values.max("seed"), color=color, alpha=0.2, lw=0)
        axes.plot(at, mean, color=color, lw=1.8)
        here = values.sel(share=share).mean("seed").item()
        axes.plot([share], [here], "o", color=color, ms=8)
        axes.text(103, mean[-1], name, color=color, va="center")
        readouts[f"{name} net"] = f"{here:.1f} % right"
    axes.axvline(share, color=MUTED, lw=0.8)
    axes.set(xlim=(0, 100), ylim=(40, 101), xticks=[0, 25, 50, 75, 100], yticks=[40, 60, 80, 100])
    axes.set(xlabel="pixels permuted, %", title="Right answers, %")
    return readouts


def sizes(fig: Figure, result: xr.DataArray, size: int) -> dict[str, str]:
    """Left, six methods by the number of examples; right, their ranking at one of them."""
    lines, order = style.panels(fig, (1.2, 1), left=0.6, right=0.1, gap=0.35)
    mean = 100 * result.mean("seed")
    for name, color in METHODS.items():
        lines.plot(mean["size"], mean.sel(learner=name), color=color, lw=1.8)
    lines.axvline(size, color=MUTED, lw=0.8)
    lines.set(xscale="log", xlim=(18, 1600), ylim=(10, 102), xlabel="examples", title="Right answers, %")
    lines.set(xticks=[20, 100, 1000], xticklabels=["20", "100", "1000"], yticks=[20, 40, 60, 80, 100])
    lines.minorticks_off()
    here = mean.sel(size=size)
    spread = (100 * result.sel(size=size)).std("seed", ddof=1)
    rank = {
        str(name): k for k, name in enumerate(here.learner.values[np.argsort(-here.values, kind="stable")])
    }
    for name, color in METHODS.items():
        y = 5 - rank[name]
        order.text(0.02, y, f"{here.sel(learner=name):.1f}", color=color, va="center")
        order.text(0.2, y, f"± {spread.sel(learner=name):.1f}", color=MUTED, va="center")
        order.text(0.4, y, name, color=color, va="center", weight="bold")
    order.set(xlim=(0, 1), ylim=(-0.6, 5.6), title=f"Ranking with {size} examples")
    style.no_frame(order)
    first = min(rank, key=rank.__getitem__)
    return {
        "first": first,
        "windows": f"number {rank['windows'] + 1}",
        "dense net": f"number {rank['dense net'] + 1}",
    }


def assumptions(
    fig: Figure,
    pixels: Float[ndarray, "8 8"],
    order: Int[ndarray, " 64"],
    column: int,
    sums: tuple[float, float],
) -> dict[str, str]:
    """Draw what a unit of each net reads: a window of nine pixels, or all; and where the nine came from."""
    width, height = fig.get_size_inches()
    side = 1.75
    boxes = [(0.1 + k * (side + 0.55), 0.15) for k in range(3)]
    got, origin, dense = (
        fig.add_axes((x / width, y / height, side / width, side / height)) for x, y in boxes
    )
    mixed = pixels.ravel()[order].reshape(8, 8)
    _image(got, mixed)
    _image(origin, pixels)
    _image(dense, mixed)
    top, left = 4, column
    got.add_patch(Rectangle((left - 1, top - 1), 3, 3, fc="none", ec=ORANGE, lw=2.5))
    for dy, dx in np.ndindex(3, 3):
        y, x = divmod(int(order[8 * (top + dy - 1) + left + dx - 1]), 8)
        origin.add_patch(Rectangle((x, y), 1, 1, fc="none", ec=ORANGE, lw=1.8))
    dense.add_patch(Rectangle((0, 0), 8, 8, fc="none", ec=BLUE, lw=4))
    got.set_title("a window: $a_{y,x}$")
    origin.set_title("its nine pixels")
    dense.set_title("all 64: $a_k$")
    a, a_dense = sums
    return {"a, window": decimals(a), "a, dense unit": decimals(a_dense)}
