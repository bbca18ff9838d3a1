"""Figures of the chapter on activation functions."""

import numpy as np
from matplotlib.figure import Figure

from livenotes.experiments.activations import boundary as boundaries
from livenotes.experiments.activations import curves

from . import style
from .style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, SKY

COLORS = {
    "identity": MUTED,
    "step": RED,
    "sigmoid": ORANGE,
    "tanh": BLUE,
    "relu": GREEN,
    "softplus": PURPLE,
    "softsign": SKY,
}


def boundary(fig: Figure, result: boundaries.Boundary, step: int) -> dict[str, str]:
    """Left, the plane with the network's opinion of it; right, the data as the last hidden layer sees them."""
    shot = list(result.steps).index(step)
    plane, inside = style.panels(fig, (1, 1))
    for level in (0.1, 0.3, 0.5, 0.7, 0.9):
        style.region(plane, result.axis, result.axis, result.probability[shot], level, fc=BLUE, alpha=0.11)
    for label, color in ((0, ORANGE), (1, BLUE)):
        at = result.labels == label
        plane.scatter(*result.x[at].T, s=9, color=color, lw=0)
        inside.scatter(*result.hidden[shot][at].T, s=9, color=color, lw=0)
    ends = result.axis[[0, -1]]
    plane.set(xlim=ends, ylim=ends, xlabel="input 1", ylabel="input 2", title="What it decides")
    low, high = _limits(result.hidden[shot])
    inside.plot(*_line(result.line[shot], low, high), color=INK, lw=1.2)
    inside.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
    inside.set(xlabel="hidden unit 1", ylabel="hidden unit 2", title="What its last layer sees")
    return {
        "right": f"{result.accuracy[shot]:.0%} of {len(result.labels)} points",
        "loss": f"{result.loss[shot]:.3f} nats",
    }


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


def curve(fig: Figure, result: curves.Curve) -> dict[str, str]:
    """An activation, its slope, and the bell of its inputs, red where the slope is nearly gone."""
    (axes,) = style.panels(fig)
    bell = result.density / result.density.max() * 0.8
    axes.fill_between(result.x, -1.25, bell - 1.25, color=MUTED, alpha=0.25, lw=0)
    axes.fill_between(result.x, -1.25, bell - 1.25, where=result.flat, color=RED, alpha=0.5, lw=0)
    axes.plot(result.x, result.value, color=BLUE)
    axes.plot(result.x, result.slope, color=ORANGE)
    axes.axhline(0, color=MUTED, lw=0.6)
    axes.set(xlim=(-6, 6), ylim=(-1.25, 2.25), xlabel="input x", ylabel="output, slope")
    axes.text(0.02, 0.94, "f(x)", color=BLUE, transform=axes.transAxes, weight="bold")
    axes.text(0.02, 0.86, "slope f′(x)", color=ORANGE, transform=axes.transAxes, weight="bold")
    return {
        "inputs where f is flat": f"{result.saturated:.0%}",
        "mean slope": f"{result.mean_slope:.2f}",
        "mean output": f"{result.output_mean:+.2f}".replace("-", "−"),
    }


def family(fig: Figure, result: curves.Family, x: float) -> dict[str, str]:
    """How much each S curve still lacks of its limit, on a logarithmic scale."""
    (axes,) = style.panels(fig)
    at = int(np.searchsorted(result.x, x))
    marked = dict.fromkeys(("softsign", "tanh"))
    for name, gap, color in zip(
        result.names, result.gap, (PURPLE, BLUE, GREEN, SKY, RED, ORANGE), strict=True
    ):
        axes.plot(result.x, gap, color=color, lw=1.5)
        axes.plot([x], [gap[at]], "o", color=color, ms=5)
        if name in marked:
            marked[name] = f"{gap[at]:.2g}"
        axes.text(10.15, max(gap[-1], 2e-7), name, color=color, va="center", fontsize=9)
    axes.axvline(x, color=MUTED, lw=0.7)
    axes.set(
        xlim=(0, 10), ylim=(1e-7, 1.3), yscale="log", xlabel="input x", ylabel="gap to the limit, 1 − f(x)"
    )
    return {f"{name} lacks": text for name, text in marked.items()}
