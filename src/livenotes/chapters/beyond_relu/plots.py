"""Figures of the chapter on what came after ReLU."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy import ndarray

from livenotes.activations import REGISTRY, gelu, relu, swish
from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, SKY, decimals

from .dying import KINDS

LINES = {
    "relu": ("ReLU", BLUE),
    "elu": ("ELU", ORANGE),
    "gelu": ("GELU", GREEN),
    "tanh": ("tanh", SKY),
    "selu": ("SELU", PURPLE),
}
GRAVES = {"relu": BLUE, "leaky_relu": PURPLE, "elu": ORANGE, "gelu": GREEN}
SYMBOLS = {"alpha": "α", "beta": "β", "threshold": "t"}
NORMS = {"none": ("without", BLUE), "batch": ("with batch norm", ORANGE)}
COLUMNS, ROWS = 4, 7
_FLOOR = -1.75
_SCALE = np.array([0.105, 0.135])  # of a curve in the gallery, in cells


def explorer(fig: Figure, result: xr.Dataset) -> dict[str, str]:
    """Curve and slope over the bell of the inputs; on the right, mean and spread of what comes out."""
    axes, out = style.panels(fig, (1, 0.13), left=0.55, right=0.1, gap=0.25)
    seen = result.isel(x=slice(60, 261, 2))  # -5 to 5
    x, bell = seen.x.values, seen.density.values / seen.density.values.max()
    for height, color, alpha in ((bell, MUTED, 0.25), (bell * seen.flat.values, RED, 0.5)):
        axes.fill_between(x, _FLOOR, _FLOOR + 0.9 * height, color=color, alpha=alpha, lw=0)
    axes.plot(x, np.clip(seen.value, -9, 9), color=BLUE, lw=2)
    axes.plot(x, np.clip(seen.slope, -9, 9), color=ORANGE, lw=1.4)
    for panel in (axes, out):
        panel.axhline(0, color=MUTED, lw=0.6)
        panel.set(ylim=(_FLOOR, 3.4), yticks=[-1, 0, 1, 2, 3])
    mean, sd = float(result.output_mean), float(result.output_sd)
    out.plot([0, 0], [mean - sd, mean + sd], color=GREEN, lw=3)
    out.plot([0], [mean], "o", color=GREEN, ms=8)
    out.set(xlim=(-1, 1), xticks=[], yticklabels=[], title="output")
    axes.set(xlim=(-5, 5), xlabel="input x")
    style.names(axes, {"f(x)": BLUE, "slope f′(x)": ORANGE}, x=0.02, y=0.93, weight="bold")
    return {
        "mean output": decimals(mean),
        "variance": decimals(sd**2),
        "mean slope": decimals(float(result.mean_slope)),
        "inputs where f is flat": f"{float(result.saturated):.0%}",
    }


def gallery(fig: Figure, shown: str) -> dict[str, str]:
    """Every activation of the registry that has a curve, side by side: one panel, as 28 would be slow."""
    records = [record for record in REGISTRY.values() if record.elementwise]
    axes = fig.add_axes((0.005, 0.005, 0.99, 0.99))
    style.no_frame(axes)
    axes.set(xlim=(0, COLUMNS), ylim=(ROWS, 0))
    x = np.linspace(-4, 4, 65)
    drawn: dict[bool, list[ndarray]] = {True: [], False: []}
    crosses = []
    for k, record in enumerate(records):
        row, column = divmod(k, COLUMNS)
        y = record(x) if shown == "curve" else record.slope(x)
        inside = (y >= -2) & (y <= 3)
        corner = np.array([column + 0.5, row + 0.69])
        drawn[record.chapter == "beyond-relu"].append(corner + np.stack([x, -y], axis=1)[inside] * _SCALE)
        crosses += [corner + np.array(ends) * _SCALE for ends in ([(-4, 0), (4, 0)], [(0, 2), (0, -3)])]
        axes.text(column + 0.5, row + 0.16, record.name.replace("_", " "), ha="center", va="center")
    for lines, color, wide in ((crosses, MUTED, 0.6), (drawn[False], MUTED, 1.8), (drawn[True], BLUE, 1.8)):
        codes = np.concatenate([[Path.MOVETO] + [Path.LINETO] * (len(line) - 1) for line in lines])
        axes.add_artist(PathPatch(Path(np.concatenate(lines), codes), fc="none", ec=color, lw=wide))
    return {"curves": str(len(records)), "of this chapter": str(len(drawn[True]))}


def _tiles(places: ndarray) -> Path:
    """Squares at (column, row) as one path; one outside the panel, so that it is never empty."""
    corners = np.array([(0.06, 0.06), (0.06, 0.94), (0.94, 0.94), (0.94, 0.06)])
    vertices = (np.vstack([places, [(-3, -3)]])[:, None] + corners).reshape(-1, 2)
    return Path(vertices, np.tile([Path.MOVETO, *[Path.LINETO] * 3], len(places) + 1))


def graveyard(fig: Figure, result: xr.Dataset, kind: str, factor: float, step: int) -> dict[str, str]:
    """Left, a tile for each of 400 units, dark where it is silent; right, the share of silent ones."""
    tiles, share = style.panels(fig, (1, 1), left=0.1, right=0.25, gap=0.7)
    style.no_frame(tiles)
    tiles.set(xlim=(0, 20), ylim=(0, 20), title="400 units, dark: silent")
    silent = result.silent.sel(kind=kind, factor=factor, step=step).values.astype(bool)
    places = np.stack(divmod(np.arange(400), 20), axis=1)
    for chosen, color, alpha in ((silent, INK, 0.85), (~silent, GRAVES[kind], 0.3)):
        tiles.add_artist(PathPatch(_tiles(places[chosen]), fc=color, lw=0, alpha=alpha))
    for name, color in GRAVES.items():
        course = 100 * result.silent.sel(kind=name, factor=factor).mean("unit")
        share.plot(course.step, course, color=color, lw=2.4 if name == kind else 1.4)
    share.axvline(step, color=MUTED, lw=0.9)
    share.set(xscale="log", xlim=(1, 1100), ylim=(-2, 125), yticks=[0, 20, 40, 60, 80])
    share.set(xlabel="step", title="Silent, %")
    share.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    share.minorticks_off()
    style.names(share, {KINDS[n][0]: c for n, c in GRAVES.items()}, x=0.04, y=0.93, step=0.085)
    course = result.silent.sel(kind=kind, factor=factor)
    back = int(((course.sel(step=2) == 1) & (course.sel(step=step) == 0)).sum())
    loss = float(result.loss.sel(kind=kind, factor=factor, step=step))
    return {
        "silent": f"{int(silent.sum())} of 400",
        "silent after the long step, firing now": str(back) if step > 1 else "0",
        "median loss": f"{loss:.2g}",
    }


def through(fig: Figure, results: Mapping[str, xr.Dataset]) -> dict[str, str]:
    """Mean and variance of the outputs of thirty layers, for each activation."""
    mean, variance = style.panels(fig, (1, 1), left=0.55, right=0.75, gap=0.65)
    for name, result in results.items():
        color = LINES[name][1]
        wide = 2.4 if name in ("selu", "relu") else 1.4
        mean.plot(result.layer, np.clip(result["mean"], -3, 3), color=color, lw=wide)
        variance.plot(result.layer, np.clip(result.variance, 1e-5, 50), color=color, lw=wide)
    mean.axhline(0, color=MUTED, lw=0.7)
    variance.axhline(1, color=MUTED, lw=0.7)
    mean.set(xlim=(0, 30), ylim=(-2.2, 2.9), xlabel="layer", title="Mean of the outputs")
    variance.set(xlim=(0, 30), ylim=(1e-4, 30), yscale="log", xlabel="layer", title="Variance")
    variance.minorticks_off()
    style.names(variance, dict(LINES.values()), x=1.04, y=0.9, step=0.1)
    last = {name: result.isel(layer=-1) for name, result in results.items()}
    return {
        LINES[name][
            0
        ]: f"{decimals(float(last[name]['mean']))} and {style.scientific(float(last[name].variance))}"
        for name in ("relu", "elu", "selu")
    }


def thirty(fig: Figure, result: xr.Dataset) -> dict[str, str]:
    """Training loss of thirty ReLU layers, with and without batch norm, three nets each."""
    (axes,) = style.panels(fig, left=0.62, right=0.15)
    for kind, (_, color) in NORMS.items():
        for seed in result.seed.values:
            one = result.sel(kind=kind, seed=seed)
            loss = np.nan_to_num(one.loss.values, posinf=9, nan=9)
            axes.plot(one["update"], np.clip(loss, 1e-3, 9), color=color, lw=1.7)
    axes.axhline(np.log(10), color=MUTED, lw=0.8, ls=(0, (2, 2)))
    axes.set(xlim=(0, 400), ylim=(0, 3.6), xlabel="update", title="Loss while training, nats")
    style.names(axes, dict(NORMS.values()), x=0.03, y=0.2, step=0.09)
    right = (100 * result.accuracy).mean("seed")
    return {f"right, {name}": f"{float(right.sel(kind=kind)):.0f} %" for kind, (name, _) in NORMS.items()}


def _flow(axes: Axes, boxes: Sequence[tuple[float, float, str]], lines: Sequence[Sequence[float]]) -> None:
    """Boxes with their signs, and arrows between them."""
    half_x, half_y = 0.5, 0.36
    corner = np.array([(-half_x, -half_y), (-half_x, half_y), (half_x, half_y), (half_x, -half_y)])
    path = np.concatenate([corner[[0, 1, 2, 3, 0]] + np.array([x, y]) for x, y, _ in boxes])
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(boxes))
    axes.add_artist(PathPatch(Path(path, codes), fc="none", ec=INK, lw=1.2))
    style.arrows(axes, lines, MUTED, head=(7, 3))
    for x, y, sign in boxes:
        axes.text(x, y, sign, ha="center", va="center", color=INK)


def unit(fig: Figure, kind: str, x: float, numbers: Mapping[str, float]) -> dict[str, str]:
    """Draw a unit that makes one number of two linear maps of its input, with the numbers that flow."""
    axes = fig.add_axes((0.005, 0.005, 0.99, 0.99))
    style.no_frame(axes)
    axes.set(xlim=(-0.4, 9.4), ylim=(-0.2, 3.6))
    gated = kind in ("GLU", "Swish")
    second = {"GLU": "$w_2x+b_2$", "Swish": "$x$", "maxout": "$w_2x+b_2$", "ReLU": "0"}[kind]
    first = "$x$" if kind in ("Swish", "ReLU") else "$w_1x+b_1$"
    boxes = [(2.6, 2.7, first), (2.6, 0.7, second), (7.3, 1.7, r"$\times$" if gated else "max")]
    lines = [(0.3, 1.7, 2.08, 2.6), (0.3, 1.7, 2.08, 0.8), (7.82, 1.7, 8.6, 1.7)]
    lines += [(3.12, 2.7, 6.78, 1.9)]
    if gated:
        boxes.append((5.0, 0.7, r"$\sigma$"))
        lines += [(3.12, 0.7, 4.48, 0.7), (5.52, 0.7, 6.78, 1.5)]
    else:
        lines += [(3.12, 0.7, 6.78, 1.5)]
    _flow(axes, boxes, lines)
    axes.text(-0.25, 1.95, "x", color=INK)
    for place_x, place_y, key, color in (
        (-0.25, 1.35, "x", BLUE),
        (3.3, 3.0, "first", BLUE),
        (3.3, 0.15, "second", BLUE),
        (5.6, 0.15, "gate", ORANGE),
        (8.7, 1.62, "y", RED),
    ):
        alpha = 1.0 if key in numbers else 0.0
        axes.text(place_x, place_y, decimals(numbers.get(key, 0.0)), color=color, alpha=alpha)
    return {"x": decimals(x, 1), "y": decimals(numbers["y"])}


def envelope(fig: Figure, result: xr.Dataset, k: int, units: int) -> dict[str, str]:
    """A curve, the straight pieces of one or two maxout units, and what they make of it."""
    pieces, fitted = style.panels(fig, (1, 1), left=0.45, right=0.12, gap=0.5)
    x = result.x.values
    for unit, color in ((1, BLUE), (2, ORANGE)):
        for piece in range(result.sizes["piece"]):
            line = result.lines.sel(unit=unit).isel(piece=piece).values
            drawn = piece < k and unit <= units
            pieces.plot(x[[0, -1]], line[[0, -1]], color=color, lw=1.1, alpha=0.9 if drawn else 0.0)
    fitted.plot(x, result.target, color=MUTED, lw=5, alpha=0.5)
    fitted.plot(x, result.fit, color=BLUE, lw=2)
    pieces.set(xlim=(-2, 2), ylim=(-4, 9), xlabel="x", title="Straight pieces")
    fitted.set(xlim=(-2, 2), ylim=(-1.5, 2.4), xlabel="x", title="Target (wide) and fit")
    return {"largest difference": decimals(float(np.abs(result.fit - result.target).max()))} | {
        "root mean square": decimals(float(result.error), 3)
    }


def swishes(fig: Figure, beta: float, gaps: Mapping[float, float], accuracy: xr.DataArray) -> dict[str, str]:
    """Swish at one sharpness between x/2 and ReLU; its distance from GELU; nets that use it."""
    curves, gap, nets = style.panels(fig, (1, 1, 1.25), left=0.4, right=0.1, gap=0.6)
    x = np.linspace(-4, 4, 81)
    curves.plot(x, relu(x), color=MUTED, lw=1.2)
    curves.plot(x, gelu(x), color=GREEN, lw=4, alpha=0.5)
    curves.plot(x, swish(x, beta=beta), color=BLUE, lw=1.8)
    curves.set(xlim=(-4, 4), ylim=(-2.1, 4), xticks=[-4, 0, 4], title="Curve")
    style.names(curves, {"Swish": BLUE, "GELU": GREEN, "ReLU": MUTED}, x=0.06, y=0.9, step=0.1)
    at = np.arange(len(gaps))
    here = list(gaps).index(beta)
    ticks = [f"{b:g}" for b in gaps]
    gap.plot(at, list(gaps.values()), ".-", color=MUTED, lw=1.2)
    gap.plot([here], [gaps[beta]], "o", color=BLUE, ms=8)
    gap.set(
        xlim=(-0.5, len(gaps) - 0.5), yscale="log", ylim=(0.008, 3), title="Distance from GELU", xlabel="β"
    )
    right = 100 * accuracy.sel(beta=list(gaps)).transpose("beta", "seed").values
    places = at[:, None] + np.linspace(-0.25, 0.25, right.shape[1])
    nets.plot(places.ravel(), right.ravel(), "o", color=MUTED, ms=3.5)
    nets.plot(places[here], right[here], "o", color=BLUE, ms=5)
    nets.set(xlim=(-0.7, len(gaps) - 0.3), ylim=(90, 100), title="Right on new digits, %", xlabel="β")
    for axes in (gap, nets):
        axes.set_xticks(at[::2], ticks[::2])
    return {
        "largest distance from GELU": f"{gaps[beta]:.3f}",
        "right": f"{right[here].mean():.1f} %",
        "spread over seeds": f"{right[here].std(ddof=1):.1f} points",
    }


def contest(fig: Figure, result: xr.DataArray, task: str) -> dict[str, str]:
    """Every activation on one task: a dot for each net, a bar for the mean."""
    axes = fig.add_axes((0.2, 0.07, 0.76, 0.88))
    found = 100 * result.sel(task=task)
    order = found.mean("seed").argsort().values
    names = found.activation.values[order]
    marked = {"relu": BLUE, "identity": RED}
    for name, color in [(None, MUTED), *marked.items()]:  # one artist a color: a few are drawn quickly
        rows = np.flatnonzero(~np.isin(names, list(marked)) if name is None else names == name)
        values = found.sel(activation=names[rows]).transpose("activation", "seed").values
        axes.plot(values.ravel(), np.repeat(rows, values.shape[1]), "o", color=color, ms=4)
        axes.vlines(values.mean(axis=1), rows - 0.4, rows + 0.4, color=color, lw=2)
    axes.set_yticks(range(len(names)), [str(n).replace("_", " ") for n in names])
    axes.set(ylim=(-0.8, len(names) - 0.2), xlim=(55, 101) if task == "spirals" else (93, 99))
    axes.set_title("Right answers on new examples, %")
    within = found.std("seed", ddof=1).median()
    best = found.mean("seed").max()
    close = int((found.mean("seed") > best - 2 * within).sum())
    return {
        "best": f"{names[-1].replace('_', ' ')}, {float(best):.1f} %",
        "ReLU": f"{float(found.sel(activation='relu').mean()):.1f} %",
        "typical spread over seeds": f"{float(within):.1f} points",
        "within twice that of the best": f"{close} of {len(names)}",
    }
