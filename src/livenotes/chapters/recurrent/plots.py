"""Figures of the chapter on recurrent networks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, SKY

from . import (
    SOLVED_SHARE,
    Descent,
    Growth,
    Reach,
    Surface,
    Task,
    Unfolded,
    horizon,
)

COLORS = {"tanh": BLUE, "relu": GREEN, "sigmoid": ORANGE, "identity": MUTED}
CELLS = {
    "elman_tanh": ("Elman, tanh", BLUE),
    "elman_relu": ("IRNN", GREEN),
    "lstm": ("LSTM", PURPLE),
    "gru": ("GRU", SKY),
}
LONGEST = 6  # steps for which the unfolded graph has room


def reaching(
    fig: Figure, result: Reach, nonlinearity: str, length: int, trained: Mapping[str, tuple[int, int]]
) -> dict[str, str]:
    """Draw the gradient at each step of a sequence, counted from its beginning, beside the bound."""
    color = COLORS[nonlinearity]
    (axes,) = style.panels(fig, left=0.75)
    step = length - result.lag[:length]
    # A band that reaches far beyond the panel would be drawn by other elements than one within it.
    low, middle, high = np.clip(np.quantile(result.gradient[:, :length], [0, 0.5, 1], axis=0), 1e-17, 1e17)
    axes.fill_between(step, low, high, color=color, alpha=0.25, lw=0)
    axes.plot(step, middle, color=color, lw=2.2)
    axes.plot(step, result.bound[:, :length].mean(axis=0), color=INK, lw=1.4, ls=(0, (4, 3)))
    axes.axhline(1, color=MUTED, lw=0.6)
    axes.set(xlim=(1, length), ylim=(1e-15, 1e15), yscale="log", yticks=[1e-15, 1e-10, 1e-5, 1, 1e5, 1e10])
    axes.set(xlabel="step of the sequence; the error is at the last", ylabel="gradient, relative to the last")
    axes.set_xticks([1, *(quarter * length // 4 for quarter in (1, 2, 3, 4))])  # as many at every length
    style.names(axes, {"bound (dashed)": INK, "gradient, five networks": color}, x=0.03, y=0.93)
    solved = ", ".join(f"{task} {n} of {runs}" for task, (n, runs) in trained.items())
    gone = float(np.median(horizon(result.gradient)))
    return {
        "arrives at step 1": style.scientific(float(np.median(result.gradient[:, length - 1]))),
        "the bound allows": style.scientific(result.bound[:, length - 1].mean()),
        "1 % is left after": f"{gone:.0f} steps" if np.isfinite(gone) else "more than 119 steps",
        "trained nets that solve": solved or "not trained",
    }


def unfolded(fig: Figure, result: Unfolded) -> dict[str, str]:
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
        _column(axes, t, result, len(result.g_a))
    return {
        "state after the last step": f"{result.h[-1]:.4f}",
        "∂L/∂W_h, the sum": f"{result.g_w_h:.4f}",
        "left of the gradient at step 1": style.scientific(result.g_a[0] / result.g_a[-1]),
    }


def _column(axes: Axes, t: int, result: Unfolded, steps: int) -> None:
    """Draw one step; beyond the last it is hidden, but there."""
    alpha = 1.0 if t <= steps else 0.0
    k = min(t, steps)
    _node(axes, t, f"{result.h[k]:.2f}", alpha)
    axes.annotate("", (t - 0.24, 0.07), (t - 0.76, 0.07), arrowprops=_arrow(INK, alpha=alpha))
    axes.annotate("", (t - 0.76, -0.09), (t - 0.24, -0.09), arrowprops=_arrow(RED, alpha=alpha))
    axes.annotate("", (t, 0.27), (t, 0.6), arrowprops=_arrow(MUTED, alpha=alpha))
    for y, text, color in (
        (1.08, f"step {t}", MUTED),
        (0.75, "1" if t == 1 else "0", MUTED),
        (-0.62, f"{result.g_a[k - 1]:.3f}", RED),
        (-1.0, f"{result.terms[k - 1]:.3f}", BLUE),
    ):
        axes.text(t, y, text, ha="center", va="center", color=color, alpha=alpha)


def _node(axes: Axes, x: float, label: str, alpha: float = 1.0) -> None:
    """Draw a circle as a patch: a marker's definition is shared, and would differ with what is hidden."""
    axes.add_patch(Ellipse((x, 0), 0.5, 0.46, fc="none", ec=INK, lw=1.2, alpha=alpha))
    axes.text(x, 0, label, ha="center", va="center", color=INK, alpha=alpha, fontsize=9.5)


def _arrow(color: str, **more: Any) -> dict[str, Any]:
    return {"arrowstyle": "-|>", "color": color, "lw": 1.2, "mutation_scale": 9} | more


def growth(fig: Figure, results: Mapping[str, Growth]) -> dict[str, str]:
    """Draw the factor by which one step multiplies a gradient against the spectral radius."""
    (axes,) = style.panels(fig, right=1.0)
    first: dict[str, str] = {}
    for name, result in results.items():
        low, middle, high = np.quantile(result.factor, [0, 0.5, 1], axis=0)
        axes.fill_between(result.radius, low, high, color=COLORS[name], alpha=0.25, lw=0)
        axes.plot(result.radius, middle, color=COLORS[name])
        above = result.radius[middle > 1.005]  # one step that multiplies by 1.005 is no explosion yet
        first[f"{name} grows from radius"] = f"{above[0]:g}" if len(above) else "none of these"
    eta = next(iter(results.values())).eta.mean(axis=0)
    axes.plot(result.radius, eta, color=INK, lw=1.4, ls=(0, (4, 3)))
    axes.axhline(1, color=MUTED, lw=0.6)
    axes.set(xlim=(0, 3), ylim=(0, 3), xlabel="spectral radius ρ", ylabel="factor per step")
    colors = {"bound": INK} | {name: COLORS[name] for name in results}
    style.names(axes, colors, x=1.03, y=0.9, step=0.11)
    return first


def memory(fig: Figure, result: Mapping[str, ndarray], length: int, chance: float) -> dict[str, str]:
    """Left, the score of trained nets by length; right, the loss on the way there at one length."""
    score_panel, loss_panel = style.panels(fig, (1, 1), right=1.0, gap=0.75)
    at = list(result["length"]).index(length)
    solved = {}
    for name, (title, color) in CELLS.items():
        score = result["score"][list(result["cell"]).index(name)]
        loss = result["loss"][list(result["cell"]).index(name), at]
        score_panel.plot(result["length"], 100 * np.median(score, axis=1), color=color, lw=1.6)
        score_panel.plot([length] * score.shape[1], 100 * score[at], "o", color=color, ms=4.5)
        updates = 50 * np.arange(1, loss.shape[1] + 1)
        loss_panel.plot(updates, np.maximum(np.median(loss, axis=0), 1e-6), color=color, lw=1.6)
        solved[f"{title} solves"] = f"{(score[at] >= SOLVED_SHARE).sum()} of {score.shape[1]}"
    style.names(loss_panel, dict(CELLS.values()), x=1.05, y=0.9, step=0.13)
    score_panel.axhline(100 * chance, color=MUTED, lw=0.8, ls=(0, (2, 2)))
    score_panel.axvline(length, color=MUTED, lw=0.7)
    score_panel.set(xlim=(0, 125), ylim=(0, 104), xlabel="length, steps", ylabel="right answers, %")
    score_panel.set_title("After training")
    loss_panel.set(xlim=(0, 1000), yscale="log", xlabel="updates", title="Loss while training")
    loss_panel.set(ylim=(1e-4, 5), yticks=[1e-4, 1e-3, 1e-2, 1e-1, 1])
    return solved


def cliff(fig: Figure, shape: Surface, plain: Descent, clipped: Descent, limit: float) -> dict[str, str]:
    """Left, the error surface with the path of clipped descent; right, the error along both paths."""
    plane, errors = style.panels(fig, (1.15, 1), gap=0.8)
    for level in (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4):
        style.region(plane, shape.w, shape.b, shape.error, level, fc=BLUE, alpha=0.13)
    fall = int(plain.norm.argmax())
    plane.plot(plain.w[: fall + 2], plain.b[: fall + 2], color=RED, lw=1.4, zorder=3)
    plane.plot(clipped.w, clipped.b, color=ORANGE, lw=1.4, zorder=4)
    plane.plot(clipped.w[-1:], clipped.b[-1:], "o", color=ORANGE, ms=6, zorder=5)
    plane.plot(plain.w[:1], plain.b[:1], "o", color=INK, ms=5, zorder=5)
    plane.set(xlim=shape.w[[0, -1]], ylim=shape.b[[0, -1]], title="Error surface")
    plane.set(xlabel="recurrent weight w", ylabel="bias b")
    for path, color in ((plain, RED), (clipped, ORANGE)):
        errors.plot(np.arange(len(path.error)), np.maximum(path.error, 1e-8), color=color, lw=1.4)
    errors.set(xlim=(0, len(plain.error) - 1), ylim=(1e-6, 2), yscale="log", title="Error on the way")
    errors.set(xlabel="update")
    style.names(errors, {"not clipped": RED, f"clipped at {limit:g}": ORANGE}, x=0.05, y=0.11)
    return {
        "longest gradient, clipped path": f"{clipped.norm.max():,.0f}",
        "longest step": f"{np.hypot(np.diff(clipped.w), np.diff(clipped.b)).max():.2g}",
        "error after 300 updates": f"{clipped.error[-1]:.2g}",
    }


def starts(
    fig: Figure, before: Reach, score: ndarray, nonlinearity: str, tasks: Mapping[str, Task]
) -> dict[str, str]:
    """Left, the gradient before training by steps back; right, the scores of nets trained from this start."""
    color = COLORS[nonlinearity]
    left, right = style.panels(fig, (1, 1), left=0.75, bottom=0.65, gap=0.75)
    low, middle, high = np.maximum(np.quantile(before.gradient, [0, 0.5, 1], axis=0), style.FLOOR)
    left.fill_between(before.lag, low, high, color=color, alpha=0.25, lw=0)
    left.plot(before.lag, middle, color=color)
    left.axhline(1, color=MUTED, lw=0.6)
    left.set(xlim=(0, before.lag[-1]), ylim=(1e-16, 1e2), yscale="log", title="Before training")
    left.set(xlabel="steps back", ylabel="gradient that is left", yticks=[1e-15, 1e-10, 1e-5, 1])
    for k, task in enumerate(tasks.values()):
        right.plot([k] * score.shape[1], 100 * score[k], "o", color=color, ms=7, alpha=0.6)
        right.plot([k - 0.3, k + 0.3], [100 * task.chance] * 2, color=MUTED, lw=1)
    right.set(xlim=(-0.5, len(tasks) - 0.5), ylim=(0, 104), ylabel="right answers, %")
    right.set(xticks=range(len(tasks)), xticklabels=[name.replace("-", "\n") for name in tasks])
    right.set_title("After training, length 40")
    readouts = {"left after 50 steps": style.scientific(middle[-1])}
    for name, each in zip(tasks, score, strict=True):
        readouts[f"{name} solved"] = f"{(each >= SOLVED_SHARE).sum()} of {len(each)}"
    return readouts
