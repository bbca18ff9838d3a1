"""Figures of the chapter on word vectors and other embeddings: data in, numbers for the readout out."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy import ndarray

from livenotes.datasets.graphs import Graph
from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED, SKY, decimals

from .meanings import OWN, SHARED, STREETS
from .steps import COFFEE, CUP, STREET, TEA, WAR, Updated

GROUP_COLORS = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, MUTED, INK)
MAIN_CHARACTERS = ("Valjean", "Javert", "Enjolras", "Myriel", "Fantine")


def _dots(axes: Axes, at: ndarray, color: str, size: float = 3.0) -> None:
    """Draw small round dots as one path; the limits of the axes must be set before."""
    angle = np.linspace(0, 2 * np.pi, 9)
    scale = [np.ptp(axes.get_xlim()) / axes.bbox.width, np.ptp(axes.get_ylim()) / axes.bbox.height]
    circle = size * np.array(scale) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 7, Path.CLOSEPOLY], len(at))
    axes.add_artist(PathPatch(Path((at[:, None] + circle).reshape(-1, 2), codes), fc=color, lw=0, zorder=3))


def _lines(axes: Axes, start: ndarray, end: ndarray, color: str, **text: float) -> None:
    """Draw straight lines as one path."""
    vertices = np.stack([start, end], axis=1).reshape(-1, 2)
    codes = np.tile([Path.MOVETO, Path.LINETO], len(start))
    axes.add_artist(PathPatch(Path(vertices, codes), fc="none", ec=color, **text))


def _list(axes: Axes, found: xr.Dataset) -> None:
    """Draw a bar for each neighbor, as long as its cosine, with its name and how often it stood near."""
    for rank, (name, cosine, often) in enumerate(
        zip(found.neighbor.values, found.cosine.values, found.together.values, strict=True)
    ):
        color = ORANGE if often else BLUE
        axes.add_artist(_bar(rank, float(cosine), color))
        axes.text(-0.03, rank, str(name), ha="right", va="center", color=INK)
        axes.text(float(cosine) + 0.02, rank, f"{often} ×", va="center", color=color)
    axes.set(xlim=(0, 1.12), ylim=(len(found.neighbor) - 0.5, -0.5), yticks=[], xticks=[0, 0.5, 1])
    axes.set(xlabel="cosine")


def _bar(rank: int, length: float, color: str) -> PathPatch:
    corners = [(0, rank - 0.35), (length, rank - 0.35), (length, rank + 0.35), (0, rank + 0.35)]
    return PathPatch(Path(corners, [1, 2, 2, 2]), fc=color, lw=0, alpha=0.75)


def neighbor_list(fig: Figure, found: xr.Dataset) -> dict[str, str]:
    """Draw the nearest words of a word, and how often each stood within five words of it."""
    (axes,) = style.panels(fig, left=1.75, right=2.05)
    _list(axes, found)
    axes.set_title("Nearest words")
    colors = {"stood near it,": ORANGE, "n times": ORANGE, "never stood near it": BLUE}
    style.names(axes, colors, x=1.06, y=0.9, step=0.1)
    never = int((found.together == 0).sum())
    return {
        "never stood near it": f"{never} of {len(found.neighbor)}",
        "cosine of the nearest": decimals(float(found.cosine[0])),
    }


def vector_length(
    fig: Figure, found: xr.Dataset, runs: xr.Dataset, dim: int, pairs: Mapping[str, str]
) -> dict[str, str]:
    """Left, nearest words at one length of the vectors; right, agreement with people at every length."""
    left, right = style.panels(fig, (1, 1.15), left=1.55, gap=0.75)
    _list(left, found)
    left.set_title("Nearest words")
    colors = dict(zip(pairs, (BLUE, ORANGE), strict=True))
    for name, color in colors.items():
        of_name = runs[name]
        right.plot(runs.dim, of_name.mean("seed"), color=color)
        right.plot([dim], [of_name.mean("seed").sel(dim=dim).item()], "o", color=color, ms=7)
    right.set(xscale="log", xlim=(1.8, 115), ylim=(-0.05, 0.5), title="Agreement with people")
    right.set_xticks([2, 5, 10, 20, 50, 100], ["2", "5", "10", "20", "50", "100"])
    right.minorticks_off()
    right.set(xlabel="numbers in a vector", yticks=[0, 0.1, 0.2, 0.3, 0.4, 0.5])
    style.names(right, {pairs[name]: color for name, color in colors.items()}, x=0.04, y=0.9, step=0.1)
    return {pairs[name]: decimals(runs[name].mean("seed").sel(dim=dim).item()) for name in pairs}


def update(fig: Figure, found: Updated) -> dict[str, str]:
    """Left, the numbers of the next update on the pair tea, cup; right, all vectors before and now."""
    drawing, plane = style.panels(fig, (1.6, 1), left=0.1, gap=0.4)
    style.no_frame(drawing)
    drawing.set(xlim=(-0.6, 10), ylim=(0, 7))
    v = found.now.center[TEA]
    names = {CUP: ("cup", GREEN), STREET: ("street", RED), WAR: ("war", RED)}
    drawing.text(1.35, 4.3, "tea", ha="center", color=BLUE)
    drawing.text(1.35, 3.4, f"({decimals(v[0])}, {decimals(v[1])})", ha="center", color=BLUE)
    drawing.text(1.35, 2.5, "$v_c$", ha="center", color=BLUE)
    for x, title in ((5.05, "$u$"), (7.7, "score $s$"), (9.3, "error")):
        drawing.text(x, 6.5, title, ha="center", color=MUTED)
    for k, (word, (name, color)) in enumerate(names.items()):
        y, u = 5.3 - 2.1 * k, found.now.context[word]
        _lines(drawing, np.array([[2.75, 3.5]]), np.array([[3.6, y + 0.1]]), color, lw=1.1)
        _lines(drawing, np.array([[6.5, y]]), np.array([[6.95, y]]), color, lw=1.1)
        drawing.text(5.05, y + 0.35, name, ha="center", va="center", color=color)
        drawing.text(
            5.05, y - 0.45, f"({decimals(u[0])}, {decimals(u[1])})", ha="center", va="center", color=color
        )
        drawing.text(7.7, y, decimals(found.scores[k]), ha="center", va="center", color=color)
        drawing.text(9.3, y, decimals(found.errors[k]), ha="center", va="center", color=color)
    plane.set(xlim=(-2.9, 2.9), ylim=(-2.9, 2.9), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    shown = [("tea", "center", TEA, BLUE), ("coffee", "center", COFFEE, PURPLE)]
    shown += [(name, "context", word, color) for word, (name, color) in names.items()]
    for name, table, word, color in shown:
        old, new = (getattr(params, table)[word] for params in (found.before, found.now))
        plane.plot([0, old[0]], [0, old[1]], color=color, lw=1, alpha=0.35)
        plane.plot([0, new[0]], [0, new[1]], color=color, lw=2, ls="-" if table == "center" else (0, (3, 2)))
        way = new / np.linalg.norm(new)
        side = np.array([-way[1], way[0]]) * (0.45 if table == "context" else 0)
        x, y = new + 0.38 * way + side
        plane.text(x, y, name, ha="center", va="center", color=color)
    return {
        "loss of the pair tea, cup": decimals(found.loss),
        "cosine of tea and coffee": decimals(found.cosine),
        "cosine of tea and cup": decimals(_cosine(v, found.now.center[CUP])),
    }


def _cosine(a: ndarray, b: ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def customers(fig: Figure, runs: xr.Dataset, share: float) -> dict[str, str]:
    """Left, the words of the invented messages in a plane; right, two mean cosines by what is shared."""
    left, right = style.panels(fig, (1.25, 1), left=0.35, gap=0.65)
    style.no_frame(left)
    left.set(xlim=(-1.15, 1.15), ylim=(-1.25, 1.05), title="Words in a plane")
    place = runs.place.sel(share=share, seed=0).values
    row = {str(word): n for n, word in enumerate(runs.word.values)}
    _dots(left, place[[row[word] for word in SHARED]], MUTED, 1.8)
    for n, (street, color) in enumerate(zip(STREETS, GROUP_COLORS, strict=False)):
        _dots(left, place[[row[word] for word in OWN[street]]], color, 2.2)
        _dots(left, place[[row[street]]], color, 5.5)
        left.text(-1.1 + 0.77 * (n % 3), -1.03 - 0.19 * (n // 3), street, color=color)
    two, own = runs.streets.mean("seed"), runs.owns.mean("seed")
    for curve, color in ((two, BLUE), (own, ORANGE)):
        right.plot(runs.share, curve, color=color)
        right.plot([share], [curve.sel(share=share).item()], "o", color=color, ms=7)
    right.set(xlim=(-0.03, 0.93), ylim=(0, 1.05), yticks=[0, 0.5, 1], title="Mean cosine")
    right.set_xticks([0, 0.3, 0.6, 0.9], ["0 %", "30 %", "60 %", "90 %"])
    right.set(xlabel="messages alike for all")
    style.names(right, {"two streets": BLUE, "street, own word": ORANGE}, x=0.05, y=0.17, step=0.1)
    return {
        "cosine of two streets": decimals(two.sel(share=share).item()),
        "of a street and its customer's words": decimals(own.sel(share=share).item()),
        "two streets in one message": "never",
    }


def two_in_one(fig: Figure, runs: xr.Dataset, blend: str, share: float) -> dict[str, str]:
    """Left, the mixed word's cosines to both of its parts at every share; right, its nearest words."""
    left, right = style.panels(fig, (1.1, 1), gap=0.3)
    of = runs.sel(blend=blend)
    first, second = blend.split()
    a, b = of.to_first.mean("seed"), of.to_second.mean("seed")
    for curve, color in ((a, BLUE), (b, ORANGE)):
        left.plot(runs.share, curve, color=color)
        left.plot([share], [curve.sel(share=share).item()], "o", color=color, ms=7)
    left.axhline(of.apart.mean().item(), color=MUTED, lw=0.9, ls=(0, (3, 2)))
    left.set(xlim=(-0.03, 1.03), ylim=(-0.05, 1.3), yticks=[0, 0.5, 1], title="Cosine to both parts")
    style.names(left, {first: BLUE, second: ORANGE}, x=0.42, y=0.92, step=0.09)
    left.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    left.set(xlabel=f"share of {first}")
    style.no_frame(right)
    right.set(xlim=(0, 1), ylim=(0, 1), title="Nearest words")
    for rank, name in enumerate(of.neighbor.sel(share=share).isel(seed=0).values):
        color = BLUE if name == first else ORANGE if name == second else INK
        right.text(0.5, 0.88 - 0.15 * rank, str(name), ha="center", va="center", color=color)
    return {
        f"cosine to {first}": decimals(a.sel(share=share).item()),
        f"cosine to {second}": decimals(b.sel(share=share).item()),
        f"{first} to {second}": decimals(of.apart.mean().item()),
    }


def walk_length(
    fig: Figure, graph: Graph, groups: Int[ndarray, " V"], runs: xr.Dataset, length: int
) -> dict[str, str]:
    """Left, the nodes in a plane, colored by group; right, how much nearer one's own group is, by length."""
    left, right = style.panels(fig, (1.25, 1), left=0.35, gap=0.7)
    at = runs.place.sel(length=length, seed=0).values
    style.no_frame(left)
    left.set(xlim=(-1, 1), ylim=(-1, 1), title="Nodes in a plane")
    _lines(left, at[graph.edges[:, 0]], at[graph.edges[:, 1]], MUTED, lw=0.5, alpha=0.35)
    for group in range(groups.max() + 1):
        _dots(left, at[groups == group], GROUP_COLORS[group % len(GROUP_COLORS)], 3.4)
    for name in marked(graph):
        x, y = at[graph.names.index(name)]
        left.text(x, y + 0.09, name, ha="center", color=INK, fontsize=11)
    gap = (runs.within - runs.between).mean("seed")
    right.plot(runs.length, runs.within.mean("seed"), color=BLUE)
    right.plot(runs.length, runs.between.mean("seed"), color=ORANGE)
    for curve, color in ((runs.within, BLUE), (runs.between, ORANGE)):
        right.plot([length], [curve.mean("seed").sel(length=length).item()], "o", color=color, ms=7)
    right.set(xscale="log", xlim=(1.8, 180), ylim=(0, 1), yticks=[0, 0.5, 1], title="Mean cosine")
    right.set_xticks([2, 5, 20, 80], ["2", "5", "20", "80"])
    right.minorticks_off()
    right.set(xlabel="nodes in a walk")
    style.names(right, {"in one group": BLUE, "of two groups": ORANGE}, x=0.05, y=0.9, step=0.1)
    return {
        "in one group": decimals(runs.within.mean("seed").sel(length=length).item()),
        "of two groups": decimals(runs.between.mean("seed").sel(length=length).item()),
        "difference": decimals(gap.sel(length=length).item()),
    }


def marked(graph: Graph) -> Sequence[str]:
    """Return the names that are written beside their dots."""
    return MAIN_CHARACTERS if "Valjean" in graph.names else ("1", "34")
