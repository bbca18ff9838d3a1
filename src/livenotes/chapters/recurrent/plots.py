"""Figures of the chapter on recurrent networks."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as MplPath
from matplotlib.ticker import FixedFormatter
from numpy import ndarray

from livenotes.lab import style
from livenotes.lab.memory import SOLVED_SHARE, Task
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


def reaching(fig: Figure, result: xr.Dataset, nonlinearity: str, length: int) -> dict[str, str]:
    """Draw the gradient at each step before the error, as far as the sequence reaches, beside the bound."""
    color = COLORS[nonlinearity]
    (axes,) = style.panels(fig)
    back = np.arange(length)
    gradient, bound = result.gradient.values[:, :length], result.bound.values[:, :length].mean(axis=0)
    # A band that reaches far beyond the panel would be drawn by other elements than one within it.
    low, middle, high = np.clip(np.quantile(gradient, [0, 0.5, 1], axis=0), 1e-17, 1e17)
    axes.fill_between(back, low, high, color=color, alpha=0.25, lw=0)
    axes.plot(back, middle, color=color, lw=2.2)
    axes.plot(back, np.minimum(bound, 1e17), color=INK, lw=1.4, ls=(0, (4, 3)))
    axes.axvline(back[-1], color=MUTED, lw=0.8)
    axes.axhline(1, color=MUTED, lw=0.6)
    axes.set(xlim=(120, 0), ylim=(1e-15, 1e15), yscale="log", yticks=[1e-15, 1e-10, 1e-5, 1, 1e5, 1e10])
    axes.set(xlabel="steps before the error", title="Gradient, relative to the last step")
    axes.set_xticks([120, 100, 80, 60, 40, 20, 0])
    style.names(axes, {"bound (dashed)": INK, "gradient, five networks": color}, x=0.03, y=0.93)
    gone = float(np.median(horizon(result.gradient)))
    return {
        "arrives at step 1": style.scientific(float(np.median(gradient[:, -1]))),
        "the bound allows": style.scientific(bound[-1]),
        "1 % is left after": f"{gone:.0f} steps" if np.isfinite(gone) else "more than 119 steps",
    }


def solvers(score: ndarray) -> str:
    """Count the nets that solve their task."""
    return f"{(score >= SOLVED_SHARE).sum()} of {len(score)}"


def unfolded(fig: Figure, result: xr.Dataset, *, back: bool = False) -> dict[str, str]:
    """Draw one unit with its loop, and the chain it becomes; with ``back``, the gradient on its way back."""
    axes = _sheet(fig, (-2.3, LONGEST + 0.5), (-1.3 if back else -0.78, 1.45))
    h, g_a, terms = result.h.values, result.g_a.values, result.terms.values
    steps = range(1, len(g_a) + 1)
    _circles(axes, [(-1.7, 0.0), *((t, 0.0) for t in steps)])
    _arrows(axes, INK, [(t - 0.65, 0.08, t - 0.35, 0.08) for t in steps])
    _arrows(axes, MUTED, [(-1.7, -0.72, -1.7, -0.31), *((t, 0.62, t, 0.3) for t in steps)])
    _loop(axes, -1.7, 0.26)
    axes.text(-1.7, 1.05, "$W_h$", ha="center", color=INK)
    axes.text(-1.52, -0.6, "$x$", color=MUTED)
    axes.text(-1.7, 0, "$h$", ha="center", va="center", color=INK)
    rows = [
        (0.0, "state $h_t$", INK, [f"{v:.3f}" for v in h[1:]]),
    ]
    if back:
        _arrows(axes, RED, [(t - 0.35, -0.1, t - 0.65, -0.1) for t in steps])
        rows.append((-0.62, r"gradient $\delta_t$", RED, [_short(v) for v in g_a]))
        rows.append((-1.0, r"$\delta_t h_{t-1}$", BLUE, [_short(v) for v in terms]))
    for y, label, color, texts in rows:
        axes.text(0.2, y, label, ha="right", va="center", color=color)
        for t in range(1, LONGEST + 1):
            alpha = 1.0 if t in steps else 0.0
            text = texts[min(t, len(g_a)) - 1]
            axes.text(t, y, text, ha="center", va="center", color=color, alpha=alpha, fontsize=8.8)
    # Labels of ticks stay from one state to the next, and cost nothing.
    inputs = ["1", *"00000"]
    axes.set_xticks(range(1, LONGEST + 1))
    axes.xaxis.set_major_formatter(FixedFormatter([f"step {t}\n\n{x}" for t, x in enumerate(inputs, 1)]))
    axes.tick_params(top=False, bottom=False, labelbottom=False, labeltop=True, pad=-38, labelcolor=MUTED)
    axes.text(0.2, 0.87, "input $x_t$", ha="right", va="center", color=MUTED)
    if not back:
        return {"state after the last step": _digits(h[-1])}
    return {
        "state after the last step": _digits(h[-1]),
        "gradient at the first step": _digits(g_a[0]),
        "∂L/∂W_h, the sum": _digits(result.g_w_h.item()),
    }


def _digits(value: float) -> str:
    """Four digits, or powers of ten where these would be zeros."""
    return f"{value:.4f}" if abs(value) >= 0.001 or value == 0 else style.scientific(value)


def _short(value: float) -> str:
    if abs(value) >= 0.01 or value == 0:
        return f"{value:.3f}"
    return style.scientific(float(f"{value:.0e}")).replace(" ", "").replace(".0", "")


def network(fig: Figure, name: str, guesses: Sequence[str], step: int) -> dict[str, str]:
    """Draw a layer unfolded over the letters of a name, as far as it has read."""
    axes = _sheet(fig, (-1.3, len(name) - 0.6), (-1.5, 1.5))
    seen, columns = range(step), range(len(name))
    for t in columns:
        ink, alpha = (INK, 1.0) if t in seen else (MUTED, 0.35)
        axes.add_artist(Rectangle((t - 0.2, -0.26), 0.4, 0.52, fc="none", ec=ink, lw=1.2, alpha=alpha))
        texts = {
            -1.3: (name[t], BLUE),
            0.0: (f"$h_{t + 1}$", INK),
            1.3: (guesses[t] if t in seen else "?", GREEN),
        }
        for y, (text, color) in texts.items():
            axes.text(t, y, text, ha="center", va="center", color=color, alpha=alpha, fontsize=11)
    _arrows(axes, BLUE, [(t, -1.08, t, -0.28) for t in seen], 0.08)
    _arrows(axes, INK, [(t - (0.78 if t else 0.55), 0, t - 0.21, 0) for t in seen], 0.08)
    _arrows(axes, GREEN, [(t, 0.28, t, 1.08) for t in seen], 0.08)
    now = step - 1
    for x, y, text, color in (
        (now + 0.06, -0.7, "$W_x$", BLUE),
        (now - 0.48, 0.15, "$W_h$", INK),
        (now + 0.06, 0.66, "$V$", GREEN),
        (-1.05, -1.3, "$x_t$", BLUE),
        (-1.2, 0.0, "$h_0=0$", INK),
        (-1.05, 1.3, "$y_t$", GREEN),
    ):
        axes.text(x, y, text, va="center", color=color)
    return {"has read": name[:step], "guesses next": guesses[now]}


def letters(fig: Figure, runs: xr.Dataset, name: str, updates: int, letter: int) -> dict[str, str]:
    """Draw over each letter that was read how much of a guess's gradient reaches it, and what was guessed."""
    at = runs.updates.values.tolist().index(updates), runs.name.values.tolist().index(name), letter - 2
    size, chance, guesses = (runs[v].values[at] for v in ("reach", "chance", "guess"))
    size, said = size[:letter], [{"": "end", " ": "␣"}.get(str(g), str(g)) for g in guesses]
    (axes,) = style.panels(fig, bottom=0.6)
    x = np.arange(letter)
    bars = _bars(x, np.full(letter, 1e-4), np.clip(size, 1.2e-4, 9))
    axes.add_artist(PathPatch(bars, fc=RED, lw=0, alpha=0.75))
    axes.axhline(1, xmax=0.8, color=MUTED, lw=0.6)
    axes.plot([letter], [1.5e-4], "v", color=ORANGE, ms=8)
    axes.set(xlim=(-0.6, 19), ylim=(1e-4, 10), yscale="log", yticks=[1e-4, 1e-3, 1e-2, 0.1, 1, 10])
    axes.set(xticks=[], title="Gradient, relative to the last letter read")
    axes.set_xlabel("letters read; the marked one is to be guessed", labelpad=19)
    for n, symbol in enumerate(["·", *name.replace(" ", "␣")]):
        axes.text(n, 7e-5, symbol, ha="center", va="top", color=ORANGE if n == letter else INK, fontsize=11)
    axes.text(15.9, 4, "Guesses", color=GREEN)
    for k, text in enumerate(said):
        axes.text(15.9, 4 / 8 ** (k + 1), f"{text}  {100 * chance[k]:.0f} %", color=INK)
    return {
        "has read": name[: letter - 1].replace(" ", "␣"),
        "first guess": f"{said[0]}, {100 * chance[0]:.0f} %",
        "gradient at the first letter": style.scientific(float(size[1])),
    }


def circle(fig: Figure, result: xr.Dataset, power: int) -> dict[str, str]:
    """Left, the unit circle and its image; right, the longest vector of the image after each application."""
    plane, lengths = style.panels(fig, (1, 1.25), left=0.45, right=0.95)
    plane.plot(*result.image.values[0], color=MUTED, lw=1)
    points = np.clip(result.image.values[power], -50, 50)
    plane.plot(*points, color=BLUE, lw=2)
    plane.plot(*points[:, 6:7], "o", color=ORANGE, ms=6)
    plane.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[-2, 0, 2], yticks=[-2, 0, 2], title="Circle and image")
    k = result.power.values
    radius, stretch, longest = float(result.radius), float(result.stretch), result.longest.values
    floor = 1e-4
    lengths.plot(k, np.maximum(stretch**k, floor), color=INK, lw=1.4, ls=(0, (4, 3)))
    lengths.plot(k, np.maximum(radius**k, floor), color=ORANGE, lw=1.4)
    lengths.plot(k, np.maximum(longest, floor), color=BLUE, lw=2)
    lengths.plot([power], [max(longest[power], floor)], "o", color=BLUE, ms=7)
    lengths.set(xlim=(0, k[-1]), ylim=(1e-3, 1e3), yscale="log", yticks=[1e-3, 1e-2, 0.1, 1, 10, 100, 1000])
    lengths.set(xlabel="times applied, $k$", title="Longest vector", xticks=[0, 4, 8, 12])
    colors = {r"$\sigma_{\max}^k$": INK, "image": BLUE, r"$\rho^k$": ORANGE}
    style.names(lengths, colors, x=1.07, y=0.85, step=0.15)
    return {
        "largest eigenvalue ρ": f"{radius:.3g}",
        "largest singular value": f"{stretch:.3g}",
        "longest vector of the image": style.scientific(float(longest[power])),
    }


def _sheet(fig: Figure, x: tuple[float, float], y: tuple[float, float]) -> Axes:
    """Make a panel for a drawing: no frame, no ticks."""
    axes = fig.add_axes((0.005, 0.005, 0.99, 0.99))
    style.no_frame(axes)
    axes.set(xlim=x, ylim=y)
    return axes


def _arrows(
    axes: Axes, color: str, ends: Sequence[tuple[float, float, float, float]], head: float = 0.13
) -> None:
    """Draw straight arrows as one element, however many there are; the panel's units are about equal."""
    vertices, codes = [np.array([[99.0, 99.0]])], [MplPath.MOVETO]
    for x0, y0, x1, y1 in ends:
        tip, way = np.array([x1, y1]), np.array([x1 - x0, y1 - y0])
        way = way / np.linalg.norm(way)
        side, foot = 0.42 * head * np.array([-way[1], way[0]]), tip - head * way
        vertices.append(np.array([[x0, y0], foot, foot + side, tip, foot - side, foot]))
        codes += [MplPath.MOVETO, *[MplPath.LINETO] * 5]
    axes.add_artist(PathPatch(MplPath(np.concatenate(vertices), codes), fc=color, ec=color, lw=1.2))


def _circles(axes: Axes, centers: Sequence[tuple[float, float]]) -> None:
    unit = MplPath.unit_circle()
    vertices, codes = np.asarray(unit.vertices, float), np.asarray(unit.codes)
    rings = [vertices * (0.34, 0.28) + center for center in centers]
    axes.add_artist(
        PathPatch(MplPath(np.concatenate(rings), np.tile(codes, len(rings))), fc="none", ec=INK, lw=1.2)
    )


def _loop(axes: Axes, x: float, y: float) -> None:
    """Draw an arrow from a circle to itself."""
    path = MplPath([(x + 0.12, y), (x + 0.75, 1.05), (x - 0.75, 1.05), (x - 0.14, y + 0.06)], [1, 4, 4, 4])
    axes.add_artist(PathPatch(path, fc="none", ec=INK, lw=1.2))
    _arrows(axes, INK, [(x - 0.22, y + 0.16, x - 0.13, y)])


def _bars(at: ndarray, start: ndarray, end: ndarray, *, flat: bool = False, half: float = 0.38) -> MplPath:
    """Bars as one path; ``flat`` ones lie."""
    corners = [[at - half, start], [at - half, end], [at + half, end], [at + half, start]]
    vertices = np.array(corners).transpose(2, 0, 1).reshape(-1, 2)  # from (4, 2, N)
    return MplPath(vertices, np.tile([1, 2, 2, 2], len(at)))


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
    for level in (0.02, 0.1, 0.2, 0.35):
        style.region(plane, w, b, error.values, level, fc=BLUE, alpha=0.18)
    fall = int(plain.norm.values.argmax())
    plane.plot(plain.w[: fall + 2], plain.b[: fall + 2], color=RED, lw=1.4, zorder=3)
    plane.plot(clipped.w, clipped.b, color=ORANGE, lw=1.4, zorder=4)
    plane.plot(clipped.w[-1:], clipped.b[-1:], "o", color=ORANGE, ms=6, zorder=5)
    plane.plot(plain.w[:1], plain.b[:1], "o", color=INK, ms=5, zorder=5)
    plane.set(xlim=w[[0, -1]], ylim=b[[0, -1]], title="Error surface")
    plane.set(xlabel="recurrent weight w", ylabel="bias b", yticks=[-3.5, -3, -2.5, -2, -1.5])
    for path, color in ((plain, RED), (clipped, ORANGE)):
        some = np.maximum(path.error.values[::3], 1e-8)  # an odd stride keeps both sides of a zigzag
        errors.plot(3 * np.arange(len(some)), some, color=color, lw=1.2)
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
