"""Figures of the chapter on recurrent networks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.memory import SOLVED_SHARE, TASKS, Task, trained
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, SKY

from .gradients import horizon

COLORS = {"tanh": BLUE, "relu": GREEN, "sigmoid": ORANGE, "identity": MUTED}
CELLS = {
    "elman_tanh": ("Elman, tanh", BLUE),
    "elman_relu": ("IRNN", GREEN),
    "lstm": ("LSTM", PURPLE),
    "gru": ("GRU", SKY),
}
LONGEST = 6  # steps for which the unfolded graph has room


def reaching(
    fig: Figure, result: xr.Dataset, nonlinearity: str, length: int, scores: Mapping[str, ndarray]
) -> dict[str, str]:
    """Draw the gradient at each step of a sequence, counted from its beginning, beside the bound.

    ``scores`` holds those of the nets trained at this length, for each task; empty where none were trained.
    """
    color = COLORS[nonlinearity]
    (axes,) = style.panels(fig, left=0.75)
    lags = {"lag": slice(0, length)}
    gradient, bound = result.gradient.isel(lags).values, result.bound.isel(lags).mean("seed").values
    step = length - np.arange(length)
    # A band that reaches far beyond the panel would be drawn by other elements than one within it.
    low, middle, high = np.clip(np.quantile(gradient, [0, 0.5, 1], axis=0), 1e-17, 1e17)
    axes.fill_between(step, low, high, color=color, alpha=0.25, lw=0)
    axes.plot(step, middle, color=color, lw=2.2)
    axes.plot(step, bound, color=INK, lw=1.4, ls=(0, (4, 3)))
    axes.axhline(1, color=MUTED, lw=0.6)
    axes.set(xlim=(1, length), ylim=(1e-15, 1e15), yscale="log", yticks=[1e-15, 1e-10, 1e-5, 1, 1e5, 1e10])
    axes.set(xlabel="step of the sequence; the error is at the last", ylabel="gradient, relative to the last")
    axes.set_xticks([1, *(quarter * length // 4 for quarter in (1, 2, 3, 4))])  # as many at every length
    style.names(axes, {"bound (dashed)": INK, "gradient, five networks": color}, x=0.03, y=0.93)
    solved = ", ".join(f"{task} {solvers(score)}" for task, score in scores.items())
    gone = float(np.median(horizon(result.gradient)))
    return {
        "arrives at step 1": style.scientific(float(np.median(gradient[:, -1]))),
        "the bound allows": style.scientific(bound[-1]),
        "1 % is left after": f"{gone:.0f} steps" if np.isfinite(gone) else "more than 119 steps",
        "trained nets that solve": solved or "not trained",
    }


def scores(cell: str, length: int) -> dict[str, ndarray]:
    """Scores of the nets trained at this length, for each task; empty for a cell that was not trained."""
    if cell not in CELLS:
        return {}
    return {task: trained(task).score.sel(cell=cell, length=length).values for task in TASKS}


def solvers(score: ndarray) -> str:
    """Count the nets that solve their task."""
    return f"{(score >= SOLVED_SHARE).sum()} of {len(score)}"


def unfolded(fig: Figure, result: xr.Dataset) -> dict[str, str]:
    """Draw the loop, and the chain it becomes: states above, the gradient on its way back below."""
    (axes,) = style.panels(fig, left=0.05, right=0.05, bottom=0.05)
    style.no_frame(axes)
    axes.set(xlim=(-2.3, LONGEST + 0.5), ylim=(-1.3, 1.3))
    _node(axes, -1.7, "$h$")
    loop = _arrow(INK, connectionstyle="arc3,rad=-2.2")
    axes.annotate("", (-1.55, 0.28), (-1.85, 0.28), arrowprops=loop)
    axes.annotate("", (-1.7, -0.28), (-1.7, -0.75), arrowprops=_arrow(MUTED))
    axes.text(-1.7, 1.02, "$W_h$", ha="center", color=INK)
    axes.text(-1.7, -1.0, "$x$", ha="center", color=MUTED)
    for y, label, color in (
        (0.75, "input $x_t$", MUTED),
        (0, "state $h_t$", INK),
        (-0.62, r"$\partial L/\partial a_t$", RED),
        (-1.0, r"adds to $\partial L/\partial W_h$", BLUE),
    ):
        axes.text(0.25, y, label, ha="right", va="center", color=color)
    for t in range(1, LONGEST + 1):
        _column(axes, t, result.h.values, result.g_a.values, result.terms.values)
    h, g_a = result.h.values, result.g_a.values
    return {
        "state after the last step": f"{h[-1]:.4f}",
        "∂L/∂W_h, the sum": f"{result.g_w_h.item():.4f}",
        "left of the gradient at step 1": style.scientific(g_a[0] / g_a[-1]),
    }


def _column(axes: Axes, t: int, h: ndarray, g_a: ndarray, terms: ndarray) -> None:
    """Draw one step; beyond the last it is hidden, but there."""
    alpha = 1.0 if t <= len(g_a) else 0.0
    k = min(t, len(g_a))
    _node(axes, t, f"{h[k]:.2f}", alpha)
    axes.annotate("", (t - 0.24, 0.07), (t - 0.76, 0.07), arrowprops=_arrow(INK, alpha=alpha))
    axes.annotate("", (t - 0.76, -0.09), (t - 0.24, -0.09), arrowprops=_arrow(RED, alpha=alpha))
    axes.annotate("", (t, 0.27), (t, 0.6), arrowprops=_arrow(MUTED, alpha=alpha))
    for y, text, color in (
        (1.08, f"step {t}", MUTED),
        (0.75, "1" if t == 1 else "0", MUTED),
        (-0.62, f"{g_a[k - 1]:.3f}", RED),
        (-1.0, f"{terms[k - 1]:.3f}", BLUE),
    ):
        axes.text(t, y, text, ha="center", va="center", color=color, alpha=alpha)


def _node(axes: Axes, x: float, label: str, alpha: float = 1.0) -> None:
    """Draw a circle as a patch: a marker's definition is shared, and would differ with what is hidden."""
    axes.add_patch(Ellipse((x, 0), 0.5, 0.46, fc="none", ec=INK, lw=1.2, alpha=alpha))
    axes.text(x, 0, label, ha="center", va="center", color=INK, alpha=alpha, fontsize=9.5)


def _arrow(color: str, **more: Any) -> dict[str, Any]:
    return {"arrowstyle": "-|>", "color": color, "lw": 1.2, "mutation_scale": 9} | more


def growth(fig: Figure, results: Mapping[str, xr.Dataset]) -> dict[str, str]:
    """Draw the factor by which one step multiplies a gradient against the spectral radius."""
    (axes,) = style.panels(fig, right=1.0)
    first: dict[str, str] = {}
    for name, result in results.items():
        radius = result.radius.values
        low, middle, high = np.quantile(result.factor.values, [0, 0.5, 1], axis=0)
        axes.fill_between(radius, low, high, color=COLORS[name], alpha=0.25, lw=0)
        axes.plot(radius, middle, color=COLORS[name])
        above = radius[middle > 1.005]  # one step that multiplies by 1.005 is no explosion yet
        first[f"{name} grows from radius"] = f"{above[0]:g}" if len(above) else "none of these"
    eta = next(iter(results.values())).eta.mean("seed")
    axes.plot(radius, eta, color=INK, lw=1.4, ls=(0, (4, 3)))
    axes.axhline(1, color=MUTED, lw=0.6)
    axes.set(xlim=(0, 3), ylim=(0, 3), xlabel="spectral radius ρ", ylabel="factor per step")
    colors = {"bound": INK} | {name: COLORS[name] for name in results}
    style.names(axes, colors, x=1.03, y=0.9, step=0.11)
    return first


def memory(fig: Figure, result: xr.Dataset, length: int, chance: float) -> dict[str, str]:
    """Left, the score of trained nets by length; right, the loss on the way there at one length."""
    score_panel, loss_panel = style.panels(fig, (1, 1), right=1.0, gap=0.75)
    solved = {}
    for name, (title, color) in CELLS.items():
        of_cell = result.sel(cell=name)
        at_length = of_cell.sel(length=length)
        score, loss = at_length.score.values, at_length.loss.median("seed")
        score_panel.plot(result.length, 100 * of_cell.score.median("seed"), color=color, lw=1.6)
        score_panel.plot([length] * len(score), 100 * score, "o", color=color, ms=4.5)
        loss_panel.plot(loss.iteration, np.maximum(loss, 1e-6), color=color, lw=1.6)
        solved[f"{title} solves"] = solvers(score)
    style.names(loss_panel, dict(CELLS.values()), x=1.05, y=0.9, step=0.13)
    score_panel.axhline(100 * chance, color=MUTED, lw=0.8, ls=(0, (2, 2)))
    score_panel.axvline(length, color=MUTED, lw=0.7)
    score_panel.set(xlim=(0, 125), ylim=(0, 104), xlabel="length, steps", ylabel="right answers, %")
    score_panel.set_title("After training")
    loss_panel.set(xlim=(0, 1000), yscale="log", xlabel="updates", title="Loss while training")
    loss_panel.set(ylim=(1e-4, 5), yticks=[1e-4, 1e-3, 1e-2, 1e-1, 1])
    return solved


def cliff(
    fig: Figure, error: xr.DataArray, plain: xr.Dataset, clipped: xr.Dataset, limit: float
) -> dict[str, str]:
    """Left, the error surface with the path of clipped descent; right, the error along both paths."""
    w, b = error.w.values, error.b.values
    plane, errors = style.panels(fig, (1.15, 1), gap=0.8)
    for level in (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4):
        style.region(plane, w, b, error.values, level, fc=BLUE, alpha=0.13)
    fall = int(plain.norm.values.argmax())
    plane.plot(plain.w[: fall + 2], plain.b[: fall + 2], color=RED, lw=1.4, zorder=3)
    plane.plot(clipped.w, clipped.b, color=ORANGE, lw=1.4, zorder=4)
    plane.plot(clipped.w[-1:], clipped.b[-1:], "o", color=ORANGE, ms=6, zorder=5)
    plane.plot(plain.w[:1], plain.b[:1], "o", color=INK, ms=5, zorder=5)
    plane.set(xlim=w[[0, -1]], ylim=b[[0, -1]], title="Error surface")
    plane.set(xlabel="recurrent weight w", ylabel="bias b")
    for path, color in ((plain, RED), (clipped, ORANGE)):
        errors.plot(np.maximum(path.error.values, 1e-8), color=color, lw=1.4)
    errors.set(xlim=(0, len(plain.error) - 1), ylim=(1e-6, 2), yscale="log", title="Error on the way")
    errors.set(xlabel="update")
    style.names(errors, {"not clipped": RED, f"clipped at {limit:g}": ORANGE}, x=0.05, y=0.11)
    return {
        "longest gradient, clipped path": f"{clipped.norm.max().item():,.0f}",
        "longest step": f"{np.hypot(np.diff(clipped.w), np.diff(clipped.b)).max():.2g}",
        "error after 300 updates": f"{clipped.error.values[-1]:.2g}",
    }


def starts(
    fig: Figure, before: xr.Dataset, score: xr.DataArray, nonlinearity: str, tasks: Mapping[str, Task]
) -> dict[str, str]:
    """Left, the gradient before training by steps back; right, the scores of nets trained from this start."""
    color = COLORS[nonlinearity]
    left, right = style.panels(fig, (1, 1), left=0.75, bottom=0.65, gap=0.75)
    low, middle, high = np.maximum(np.quantile(before.gradient.values, [0, 0.5, 1], axis=0), style.FLOOR)
    lag = before.lag.values
    left.fill_between(lag, low, high, color=color, alpha=0.25, lw=0)
    left.plot(lag, middle, color=color)
    left.axhline(1, color=MUTED, lw=0.6)
    left.set(xlim=(0, lag[-1]), ylim=(1e-16, 1e2), yscale="log", title="Before training")
    left.set(xlabel="steps back", ylabel="gradient that is left", yticks=[1e-15, 1e-10, 1e-5, 1])
    readouts = {"left after 50 steps": style.scientific(middle[-1])}
    for k, (name, task) in enumerate(tasks.items()):
        each = score.sel(task=name).values
        right.plot([k] * len(each), 100 * each, "o", color=color, ms=7, alpha=0.6)
        right.plot([k - 0.3, k + 0.3], [100 * task.chance] * 2, color=MUTED, lw=1)
        readouts[f"{name} solved"] = solvers(each)
    right.set(xlim=(-0.5, len(tasks) - 0.5), ylim=(0, 104), ylabel="right answers, %")
    right.set(xticks=range(len(tasks)), xticklabels=[name.replace("-", "\n") for name in tasks])
    right.set_title("After training, length 40")
    return readouts
