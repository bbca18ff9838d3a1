"""Figures of the chapter on normalization."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, decimals

from .one_layer import BETA, GAMMA, MINE, NEIGHBORS, SCALES, Cells, Column

COLORS = {"none": MUTED, "batch": BLUE, "layer": GREEN, "weight": ORANGE, "weight from data": PURPLE}
NAMES = {
    "none": "none",
    "batch": "batch norm",
    "layer": "layer norm",
    "weight": "weight norm",
    "weight from data": "its data start",
}
MARKED = 6  # examples of the cloud that keep a color


def cloud(fig: Figure, result: xr.Dataset) -> dict[str, str]:
    """Left, the examples as they are prepared; right, what gradient descent has left of the loss."""
    plane, loss = style.panels(fig, (1, 1.1), left=0.45, gap=0.75)
    x = result.x.values
    for way in ("axhline", "axvline"):
        getattr(plane, way)(0, color=MUTED, lw=0.7)
    plane.plot(*x[MARKED:].T, "o", color=MUTED, ms=3)
    for k, color in enumerate((BLUE, ORANGE, GREEN, PURPLE, RED, INK)):
        plane.plot(*x[k : k + 1].T, "o", color=color, ms=7)
    plane.set(xlim=(-4.6, 5.4), ylim=(-4, 4), xticks=[-4, -2, 0, 2, 4], yticks=[-4, -2, 0, 2, 4])
    plane.set(xlabel="first feature", title="Second feature")
    loss.plot(np.clip(result.excess, 1e-7, None), color=BLUE, lw=2)
    loss.axhline(1e-3, color=MUTED, lw=0.8, ls=(0, (3, 3)))
    loss.set(xlim=(0, 100), ylim=(1e-6, 2), yscale="log", yticks=[1e-6, 1e-4, 1e-2, 1], xlabel="step")
    loss.set(title="Loss above the least, share left")
    steps = float(result.steps)
    return {
        "correlation": decimals(float(result.correlation)),
        "steepest over gentlest": f"{float(result.condition):.1f}",
        "a thousandth is left after": f"{steps:.0f} steps" if np.isfinite(steps) else "more than 100 steps",
    }


def cells(fig: Figure, now: Cells, before: Cells, neighbor: str) -> dict[str, str]:
    """Two blocks of cells, before and after; those that share a mean with mine are tinted."""
    left, right = (fig.add_axes((at, 0.02, 0.4, 0.84)) for at in (0.1, 0.58))
    for axes, values, title, digits in ((left, now.x, "before, x", 0), (right, now.y, "after, y", 2)):
        style.no_frame(axes)
        axes.set(xlim=(-0.5, 3.5), ylim=(4.5, -0.5))
        axes.set_title(title)
        axes.add_artist(PathPatch(_boxes(np.argwhere(now.shared)), fc=BLUE, lw=0, alpha=0.28))
        for (row, col), value in np.ndenumerate(values):
            color = {MINE: ORANGE, NEIGHBORS[neighbor]: RED}.get((row, col), INK)
            axes.text(col, row, decimals(value, digits), ha="center", va="center", color=color)
        for (row, col), color in ((MINE, ORANGE), (NEIGHBORS[neighbor], RED)):
            box = Rectangle((col - 0.46, row - 0.44), 0.92, 0.88, fc="none", ec=color, lw=2)
            axes.add_patch(box)
    left.text(-0.6, 2, "examples", rotation=90, ha="right", va="center", color=MUTED)
    return {
        "my output (orange)": decimals(now.y[MINE]),
        "with 2 at the neighbor": decimals(before.y[MINE]),
        "mean and deviation I share": f"{decimals(now.mean)} and {decimals(now.deviation)}",
    }


def _boxes(places: ndarray) -> Path:
    """Boxes around cells as one path."""
    corners = np.array([(-0.46, -0.44), (0.46, -0.44), (0.46, 0.44), (-0.46, 0.44)])
    vertices = (places[:, None, ::-1] + corners).reshape(-1, 2)  # rows count downward, columns to the right
    return Path(vertices, np.tile([Path.MOVETO, *[Path.LINETO] * 3], len(places)))


def column(fig: Figure, result: Column, loss: int) -> dict[str, str]:
    """Draw one feature of four examples on its way through batch norm, and the gradient on its way back."""
    axes = fig.add_axes((0.005, 0.005, 0.99, 0.99))
    style.no_frame(axes)
    axes.set(xlim=(-0.95, 8.0), ylim=(-4.55, 1.15))
    columns = (
        (0.0, r"$x_i$", result.x, result.g_x),
        (4.35, r"$\hat x_i$", result.x_hat, result.g_hat),
        (7.0, r"$y_i$", result.y, result.g_y),
    )
    for x, title, values, back in columns:
        axes.text(x, 0.8, title, ha="center", va="center", color=INK, fontsize=12)
        for row, (value, g) in enumerate(zip(values, back, strict=True)):
            axes.add_patch(Rectangle((x - 0.6, -row - 0.42), 1.2, 0.84, fc="none", ec=MUTED, lw=1))
            axes.text(x, -row + 0.17, decimals(value), ha="center", va="center", color=BLUE)
            axes.text(x, -row - 0.21, decimals(g), ha="center", va="center", color=RED)
    for x, y, text in ((2.15, -0.5, r"$\mu$"), (2.15, -2.5, r"$\sigma$")):
        axes.add_patch(Rectangle((x - 0.55, y - 0.62), 1.1, 1.24, fc="none", ec=INK, lw=1.2))
        axes.text(x, y + 0.26, text, ha="center", va="center", color=INK, fontsize=12)
        value = result.mean if y > -1 else result.deviation
        axes.text(x, y - 0.27, decimals(value), ha="center", va="center", color=BLUE)
    rows = range(4)
    into = [(0.62, -r, 1.58, y) for r in rows for y in (-0.5, -2.5)]
    out = [(2.72, y, 3.73, -r) for r in rows for y in (-0.5, -2.5)]
    style.arrows(axes, into, MUTED, head=(6, 2.4), width=0.9)
    style.arrows(axes, out, MUTED, head=(6, 2.4), width=0.9)
    style.arrows(axes, [(4.97, -r, 6.38, -r) for r in rows], INK, head=(6, 2.4), width=0.9)
    axes.text(4.6, -4.15, rf"$y_i=\gamma\hat x_i+\beta$,  $\gamma={GAMMA:g}$,  $\beta={BETA:g}$", color=INK)
    axes.text(2.15, 0.8, "over the batch", ha="center", va="center", color=MUTED, fontsize=9.5)
    axes.text(-0.6, -4.15, "forward", color=BLUE)
    axes.text(0.75, -4.15, f"backward, for the loss y{'₁₂₃₄'[loss - 1]}", color=RED)
    return {
        "sum of ∂L/∂x": decimals(float(result.g_x.sum())),
        "sum of x̂ · ∂L/∂x": decimals(float(result.g_x @ result.x_hat)),
        "largest ∂L/∂x": decimals(float(np.abs(result.g_x).max())),
    }


def companies(fig: Figure, result: xr.Dataset, batch: int) -> dict[str, str]:
    """Plot outputs of one unit over its inputs: in training, each in its own batch, and in prediction."""
    (axes,) = style.panels(fig, right=0.3)
    axes.plot([-3, 3], [-3, 3], color=ORANGE, lw=2)
    axes.plot(result.mine, result.output, "o", color=BLUE, ms=3.5)
    axes.set(
        xlim=(-3.1, 3.1), ylim=(-3.4, 3.4), xticks=[-3, -2, -1, 0, 1, 2, 3], yticks=[-3, -2, -1, 0, 1, 2, 3]
    )
    axes.set(xlabel="x of one example", title=r"Output $\hat x$")
    style.names(axes, {"in prediction": ORANGE, "in training": BLUE}, x=0.04, y=0.92, step=0.09)
    return {
        "in prediction, x = 1 gives": "1.00",
        "in training, on average": decimals(float(result["mean"])),
        "spread over batches": decimals(float(result.spread)),
        "largest output possible": decimals(float(np.sqrt(batch - 1))),
    }


def scaled(
    fig: Figure, curve: Sequence[xr.Dataset], here: xr.Dataset, kind: str, scale: float
) -> dict[str, str]:
    """Left, the scores of one image; right, the length of the gradient, over the scale of the weights."""
    bars, lengths = style.panels(fig, (1, 1.1), left=0.5, gap=0.8)
    color = COLORS[kind]
    output = np.clip(here.output.values, -8, 8)
    bars.axhline(0, color=MUTED, lw=0.7)
    bars.bar(np.arange(10), output, color=color, width=0.7)
    bars.set(xlim=(-0.6, 9.6), ylim=(-8, 8), xticks=range(10), yticks=[-8, -4, 0, 4, 8], xlabel="digit")
    bars.set_title("Scores of one image")
    lengths.plot(SCALES, [float(c.gradient) for c in curve], color=color)
    lengths.plot([scale], [float(here.gradient)], "o", color=color, ms=7)
    lengths.set(xscale="log", yscale="log", xlim=(0.007, 140), ylim=(3e-3, 300))
    lengths.set(xticks=[0.01, 0.1, 1, 10, 100], yticks=[0.01, 0.1, 1, 10, 100])
    lengths.set(xlabel="weights multiplied by", title="Length of their gradient")
    lengths.minorticks_off()
    return {
        "highest score": f"{float(here.output.max()):.2f}",
        "gradient × scale": f"{float(here.gradient) * scale:.3g}",
        "a step at rate 0.1 turns the weights by": f"{float(here.turn):.2g}°",
    }


def flow(fig: Figure, result: xr.DataArray) -> dict[str, str]:
    """Plot the gradient at each hidden layer, relative to the last, with and without normalization."""
    (axes,) = style.panels(fig, right=0.2)
    first = {}
    axes.axhline(1, color=MUTED, lw=0.6)
    for kind in ("none", "layer", "batch"):
        sizes = np.clip(result.sel(kind=kind).median("seed"), 1e-12, 1e12)
        axes.plot(result.layer, sizes, color=COLORS[kind], lw=2.2)
        first[kind] = float(result.sel(kind=kind, layer=1).median("seed"))
    axes.set(xlim=(0.5, 30.5), ylim=(1e-10, 1e10), yscale="log", xlabel="hidden layer")
    axes.set(xticks=[1, 5, 10, 15, 20, 25, 30], yticks=[1e-10, 1e-5, 1, 1e5, 1e10])
    axes.set_title("Gradient, relative to the last hidden layer")
    axes.minorticks_off()
    shown = {NAMES[kind]: COLORS[kind] for kind in ("none", "batch", "layer")}
    style.names(axes, shown, x=0.76, y=0.93, step=0.09)
    return {f"at layer 1, {NAMES[kind]}": _size(first[kind]) for kind in ("none", "batch", "layer")}


def _size(value: float) -> str:
    return f"{value:.0f}" if 10 <= value < 1000 else style.scientific(value)


def race(fig: Figure, result: xr.Dataset) -> dict[str, str]:
    """Plot the accuracy on new digits over the learning rate; the band is from the worst net to the best."""
    (axes,) = style.panels(fig, right=1.45)
    best = {}
    for kind, color in COLORS.items():
        low, middle, high = np.quantile(result.accuracy.sel(kind=kind), [0, 0.5, 1], axis=-1)
        axes.fill_between(result.rate, low, high, color=color, alpha=0.2, lw=0)
        axes.plot(result.rate, middle, color=color, lw=2.2)
        best[kind] = int((middle >= 0.9).sum())
    axes.set(xscale="log", xlim=(0.009, 11), ylim=(0, 1.02), xlabel="learning rate")
    axes.set(xticks=[0.01, 0.1, 1, 10], yticks=[0, 0.2, 0.4, 0.6, 0.8, 1], title="Right on new digits")
    axes.minorticks_off()
    style.names(axes, {NAMES[kind]: color for kind, color in COLORS.items()}, x=1.03, y=0.9, step=0.12)
    return {f"rates above 90 %, {NAMES[kind]}": f"{best[kind]} of 7" for kind in ("none", "batch", "layer")}
