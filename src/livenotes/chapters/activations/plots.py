"""Figures of the chapter on activation functions."""

import math

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from livenotes import activations
from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, SKY

from . import best_steps

COLORS = {
    "identity": MUTED,
    "step": RED,
    "sigmoid": ORANGE,
    "tanh": BLUE,
    "relu": GREEN,
    "softplus": PURPLE,
    "softsign": SKY,
}

FAMILY = {  # color, and where the name stands
    "erf": (PURPLE, (4.0, 2.5e-7), "right"),
    "tanh": (BLUE, (7.9, 2.5e-7), "right"),
    "gudermannian": (GREEN, (10.12, 2.2e-7), "left"),
    "algebraic": (SKY, (10.12, 5e-3), "left"),
    "arctan": (RED, (10.12, 3.0e-2), "left"),
    "softsign": (ORANGE, (10.12, 0.13), "left"),
}

DIVERGED = 9.0
"""Where the loss of a run that has diverged is drawn: above the panel."""

CORNERS = ("0-0", "0-1", "1-0", "1-1")


def flow(fig: Figure, result: xr.Dataset, point: str) -> dict[str, str]:
    """The network of the two switches, with the numbers that flow through it for one setting."""
    (axes,) = style.panels(fig, left=0.1, right=0.1, bottom=0.1)
    here = result.isel(point=CORNERS.index(point))
    (x1, x2), (a1, a2), (h1, h2) = here.switches.values, here.sums.values, here.hidden.values
    places = {"$x_1$": (0, 1), "$x_2$": (0, 0), "$h_1$": (1.6, 1), "$h_2$": (1.6, 0), "$y$": (3.2, 0.5)}
    nodes = np.array(list(places.values()))
    for start, end, weight in ((0, 2, 1), (0, 3, 1), (1, 2, 1), (1, 3, 1), (2, 4, 1), (3, 4, -2)):
        line = nodes[start] + np.array([[0.1], [0.9]]) * (nodes[end] - nodes[start])
        axes.plot(*line.T, color=MUTED, lw=1.2)
        x, y = nodes[start] + 0.3 * (nodes[end] - nodes[start])
        axes.text(x, y + 0.08, f"× {weight}".replace("-", "−"), color=MUTED, fontsize=9.5, ha="center")
    axes.scatter(nodes[:, 0], nodes[:, 1], s=700, color=SKY, alpha=0.3, lw=0)
    written = (
        f"{x1:.0f}",
        f"{x2:.0f}",
        f"f({a1:.0f}) = {h1:.0f}",
        f"f({a2:.0f}) = {h2:.0f}",
        f"{here.answer:.0f}",
    )
    for (name, (x, y)), number in zip(places.items(), written, strict=True):
        axes.text(x, y, name, color=INK, ha="center", va="center", fontsize=11)
        up = 0.36 if y else -0.36
        axes.text(x, y + up, number.replace("-", "−"), color=BLUE, ha="center", va="center", fontsize=11)
    axes.set(xlim=(-0.45, 3.75), ylim=(-0.6, 1.6))
    style.no_frame(axes)
    return {"answer y": f"{here.answer:.0f}".replace("-", "−"), "should be": f"{here.right:d}"}


def bend(fig: Figure, result: xr.Dataset, slope: float) -> dict[str, str]:
    """A line with a bend, the answer over the plane, and the points as the hidden units see them."""
    curve, plane, inside = style.panels(fig, (1, 1, 1), gap=0.6)
    x = np.array([-1.5, 0.0, 1.5])
    curve.plot(x, np.where(x < 0, slope * x, x), color=INK)
    curve.axhline(0, color=MUTED, lw=0.6)
    curve.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), xticks=[-1, 0, 1], yticks=[-1, 0, 1], title="The curve f")
    style.region(plane, result.x1.values, result.x2.values, result.plane.values, 0.5, fc=BLUE, alpha=0.25)
    for right, color in ((False, ORANGE), (True, BLUE)):
        at = result.right.values == right
        x, y = result.switches.values[at].T
        plane.scatter(x, y, s=34, color=color, lw=0, zorder=3)
        h1, h2 = result.hidden.values[at].T
        inside.scatter(h1, h2, s=34, color=color, lw=0, zorder=3)
    plane.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), xticks=[0, 1], yticks=[0, 1])
    plane.set(xlabel="$x_1$", ylabel="$x_2$", title="Answer above ½")
    inside.set(xlim=(-0.4, 2.4), ylim=(-1.4, 1.4), xlabel="$h_1$", ylabel="$h_2$", title="The hidden units")
    inside.set(xticks=[0, 1, 2], yticks=[-1, 0, 1])
    answers = (f"{value:g}" for value in np.round(result.answer.values, 1) + 0.0)
    return dict(zip(CORNERS, answers, strict=True))


def boundary(fig: Figure, result: xr.Dataset, step: int) -> dict[str, str]:
    """Left, what the network decides in the plane; right, the data as its last hidden layer sees them."""
    shot = result.sel(step=step)
    x, hidden, label, axis = (shot[key].values for key in ("inputs", "hidden", "label", "x1"))
    plane, inside = style.panels(fig, (1, 1))
    for level in (0.1, 0.3, 0.5, 0.7, 0.9):
        style.region(plane, axis, axis, shot.probability.values, level, fc=BLUE, alpha=0.11)
    for number, color in ((0, ORANGE), (1, BLUE)):
        at = label == number
        plane.scatter(x[at, 0], x[at, 1], s=9, color=color, lw=0)
        inside.scatter(hidden[at, 0], hidden[at, 1], s=9, color=color, lw=0)
    ends = axis[[0, -1]]
    plane.set(xlim=ends, ylim=ends, xlabel="input 1", ylabel="input 2", title="What it decides")
    low, high = _limits(hidden)
    inside.plot(*_line(shot.line.values, low, high), color=INK, lw=1.2)
    inside.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
    inside.set(xlabel="hidden unit 1", ylabel="hidden unit 2", title="What its last layer sees")
    return {"right": f"{shot.accuracy:.0%} of {len(label)} points", "loss": f"{shot.loss:.3f} nats"}


def _limits(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frame the points, with room around them; a cloud that has collapsed still gets a frame."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.12 * (high - low) + 1e-3
    return low - room, high + room


def _line(line: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two points of a h1 + b h2 + c = 0, far enough apart to cross the frame."""
    normal, offset = line[:2], line[2]
    length = np.linalg.norm(normal) + 1e-12
    middle = (low + high) / 2
    foot = middle - normal * (normal @ middle + offset) / length**2
    along = np.array([-normal[1], normal[0]]) / length * 2 * np.linalg.norm(high - low)
    return tuple(np.clip(np.stack([foot - along, foot + along]), -1e3, 1e3).T)


def curve(fig: Figure, result: xr.Dataset) -> dict[str, str]:
    """An activation, its slope, and the bell of its inputs, red where the slope is nearly gone."""
    (axes,) = style.panels(fig)
    x, density = result.x.values, result.density.values
    bell = density / density.max() * 0.8
    axes.fill_between(x, -1.25, bell - 1.25, color=MUTED, alpha=0.25, lw=0)
    axes.fill_between(x, -1.25, bell - 1.25, where=result.flat.values, color=RED, alpha=0.5, lw=0)
    axes.plot(x, result.value.values, color=BLUE)
    axes.plot(x, result.slope.values, color=ORANGE)
    axes.axhline(0, color=MUTED, lw=0.6)
    axes.set(xlim=(-6, 6), ylim=(-1.25, 2.25), xlabel="input x", ylabel="output, slope")
    style.names(axes, {"f(x)": BLUE, "slope f′(x)": ORANGE}, x=0.02, y=0.94, weight="bold")
    return {
        "inputs where f is flat": f"{result.saturated:.0%}",
        "mean slope": f"{result.mean_slope:.2f}",
        "mean output": _signed(float(result.output_mean)),
    }


def family(fig: Figure, result: xr.DataArray, x: float) -> dict[str, str]:
    """How much each S curve still lacks of its limit, on a logarithmic scale."""
    (axes,) = style.panels(fig, right=0.95)
    grid, here = result.x.values, result.sel(x=x, method="nearest")
    lacks = dict(zip(result.activation.values, here.values, strict=True))
    for gap, (name, lack) in zip(result.values, lacks.items(), strict=True):
        color, place, align = FAMILY[name]
        axes.plot(grid, gap, color=color, lw=1.5)
        axes.plot([x], [lack], "o", color=color, ms=5)
        axes.text(*place, name, color=color, ha=align, va="center", fontsize=9.5, clip_on=False)
    axes.axvline(x, color=MUTED, lw=0.7)
    axes.set(
        xlim=(0, 10), ylim=(1e-7, 1.3), yscale="log", xlabel="input x", ylabel="gap to the limit, 1 − f(x)"
    )
    return {f"{name} lacks": f"{lacks[name]:.2g}" for name in ("softsign", "tanh", "erf")}


def chain(fig: Figure, result: xr.Dataset, activation: str) -> dict[str, str]:
    """The gradient that reaches each layer, on a logarithmic scale; the input lies on the left."""
    (axes,) = style.panels(fig, left=0.75)
    color, layers = COLORS[activation], result.layer.values
    quantiles = np.quantile(result.gradient.values, [0, 0.5, 1], axis=0)
    low, middle, high = np.clip(quantiles, style.FLOOR, 1e9)  # what explodes leaves the picture at the top
    axes.fill_between(layers, low, high, color=color, alpha=0.22, lw=0)
    axes.plot(layers, middle, color=color, lw=2.2)
    slopes = np.maximum(np.median(result.slopes.values, axis=0), style.FLOOR)
    axes.plot(layers, slopes, color=INK, lw=1.4, ls=(0, (4, 3)))
    axes.axhline(1, color=MUTED, lw=0.6)
    axes.set(xlim=(0, 30), ylim=(1e-18, 1e6), yscale="log", yticks=[1e-18, 1e-12, 1e-6, 1, 1e6])
    axes.set(xlabel="layer (0 is the input)", ylabel="gradient, relative to the top")
    colors = {"whole gradient, 20 networks": color, "slopes alone (dashed)": INK}
    style.names(axes, colors, x=0.98, y=0.13, ha="right")
    arriving = np.quantile(result.gradient.sel(layer=0), [0.5, 0, 1])
    return {
        "arrives at the input": style.scientific(arriving[0]),
        "over 20 networks": f"{style.scientific(arriving[1])} to {style.scientific(arriving[2])}",
    }


def zigzag(fig: Figure, result: xr.Dataset) -> dict[str, str]:
    """The path of gradient descent across the loss of a neuron with two weights."""
    (axes,) = style.panels(fig)
    loss, path, axis = (result[key].values for key in ("loss", "path", "w1"))
    levels = 0.5 * loss.max() * np.linspace(0.08, 1, 7) ** 2
    for level in levels:
        style.region(axes, axis, axis, -loss, -level, fc=BLUE, alpha=0.09)
    axes.plot(*path.T, color=ORANGE, lw=1.3)
    axes.plot(*path[:1].T, "o", color=ORANGE, ms=6)
    axes.plot(*result.best.values, marker="*", ms=11, color=INK)
    axes.set(xlim=axis[[0, -1]], ylim=axis[[0, -1]], xlabel="weight 1", ylabel="weight 2")
    return {"steps": str(result.steps.item()), "condition number": f"{result.condition:.1f}"}


def softplus(fig: Figure, beta: float) -> dict[str, str]:
    """Softplus over ReLU, and what lies between them."""
    axes, near = style.panels(fig, (1, 1))
    for panel, window in ((axes, 4.0), (near, 0.5)):
        x = np.linspace(-window, window, 201)
        panel.plot(x, activations.relu(x), color=GREEN)
        panel.plot(x, activations.softplus(x, beta=beta), color=PURPLE)
        panel.set(xlim=(-window, window), xlabel="input x")
    axes.set(ylim=(-0.3, 4), ylabel="output", title="ReLU and softplus")
    near.set(ylim=(-0.05, 0.75), title="The same near the kink")
    return {
        "softplus(0)": f"{math.log(2) / beta:.3f}",
        "softplus(−2)": f"{float(activations.softplus(np.array(-2.0), beta=beta)):.2g}",
        "inputs with output exactly 0": "none",
    }


def contestants(result: xr.Dataset) -> xr.Dataset:
    """Medians over the seeds of what ``race`` draws, and each runner's best: computed once for all states."""
    last, loss = result["update"].values[-1], result.loss.values
    latest = np.maximum.accumulate(np.where(np.isnan(loss), 0, np.arange(loss.shape[-1])), axis=-1)
    held = result.loss.copy(data=np.take_along_axis(loss, latest, axis=-1))  # as it was on arrival
    held = held.where(result.loss.notnull() | np.isfinite(result.steps), DIVERGED)
    return xr.Dataset(
        {
            "steps": result.steps.clip(max=last).median("seed", skipna=False),
            "arrived": result.steps.median("seed", skipna=False),
            "loss": held.clip(max=DIVERGED).median("seed"),
            "best": best_steps(result).median("seed", skipna=False).drop_vars("rate"),
        }
    )


def race(fig: Figure, medians: xr.Dataset, task: str, depth: int, rate: float) -> dict[str, str]:
    """Left, updates to the goal against the learning rate; right, the loss at the learning rate chosen."""
    steps_panel, loss_panel = style.panels(fig, (1, 1), right=1.2, gap=0.75)
    here = medians.sel(task=task, depth=depth)
    at = int(np.flatnonzero(here["rate"].values == rate)[0])
    rates, updates, runners = here["rate"].values, here["update"].values, here.runner.values
    steps, loss = here.steps.values, here.loss.values[:, at]
    colors = {name: COLORS.get(name, RED) for name in runners}
    style.names(loss_panel, colors, x=1.06, y=0.94, step=0.13, fontsize=9.5)
    for k, color in enumerate(colors.values()):
        steps_panel.plot(rates, steps[k], color=color, lw=1.4)
        loss_panel.plot(updates, loss[k], color=color, lw=1.4)
    steps_panel.scatter(
        np.full(len(steps), rate), steps[:, at], s=20, c=list(colors.values()), lw=0, zorder=3
    )
    steps_panel.axvline(rate, color=MUTED, lw=0.7)
    steps_panel.set(
        xscale="log", yscale="log", ylim=(8, 1150), xlabel="learning rate", title="Updates to the goal"
    )
    steps_panel.set(xlim=(0.02, 12), yticks=[10, 100, 1000], yticklabels=["10", "100", "never"])
    loss_panel.set(
        xscale="log", xlim=(4, updates[-1]), ylim=(0, 2.4), xlabel="updates", title="Training loss, nats"
    )
    arrived, best = here.arrived.values[:, at], here.best.values
    first, champion = arrived.argmin(), best.argmin()
    return {
        "first at this rate": f"{runners[first]}, {arrived[first]:.0f} updates"
        if np.isfinite(arrived[first])
        else "none reaches the goal",
        "first, each at its own best rate": f"{runners[champion]}, {best[champion]:.0f} updates",
    }


def universal(fig: Figure, result: xr.Dataset, width: int) -> dict[str, str]:
    """Left, the fits of one hidden layer to a wave; right, their error by width."""
    fit_panel, error_panel = style.panels(fig, (1.2, 1), right=0.85, gap=0.8)
    x, widths, fit = result.x.values, result.width.values, result.fit.sel(width=width).values
    at = int(np.flatnonzero(widths == width)[0])
    fit_panel.plot(x, result.target.values, color=MUTED, lw=4, alpha=0.4)
    errors = {}
    colors = dict(zip(result.activation.values, (MUTED, RED, BLUE, GREEN), strict=True))
    style.names(error_panel, colors, x=1.06, y=0.94, step=0.13, fontsize=9.5)
    quantiles = np.moveaxis(np.quantile(result.error.values, [0, 0.5, 1], axis=-1), 0, 1)
    for k, (name, color) in enumerate(colors.items()):
        low, middle, high = quantiles[k]
        fit_panel.plot(x, fit[k], color=color, lw=1.4)
        error_panel.fill_between(widths, low, high, color=color, alpha=0.2, lw=0)
        error_panel.plot(widths, middle, color=color, lw=1.4)
        error_panel.plot(width, middle[at], "o", color=color, ms=4.5)
        errors[f"error with {name}"] = f"{middle[at]:.1%}"
    fit_panel.set(ylim=(-1.8, 1.8), xlim=x[[0, -1]], xlabel="input x", ylabel="output", title="Best fit")
    error_panel.set(xscale="log", yscale="log", xlabel="hidden units", title="Relative error", ylim=(1e-7, 3))
    error_panel.set(xticks=[2, 8, 32, 128], xticklabels=["2", "8", "32", "128"])
    error_panel.minorticks_off()
    return {key: errors[key] for key in ("error with square", "error with tanh", "error with relu")}


def _signed(value: float) -> str:
    """Write a number with its sign and two decimals, and zero without."""
    rounded = round(value, 2)
    return f"{rounded:+.2f}".replace("-", "−") if rounded else "0"
