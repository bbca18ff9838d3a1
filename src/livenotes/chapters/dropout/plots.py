"""Figures of the chapter on dropout."""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy import ndarray

from livenotes.dropout import annealed_rate
from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED

from . import EPOCHS, Network

VARIANTS = {
    "none": MUTED,
    "inverted dropout": BLUE,
    "DropConnect": ORANGE,
    "annealed dropout": GREEN,
    "standout": PURPLE,
}

WAYS = {
    "as-trained": "all units, weights as trained",
    "scaled": "weights times 1 − p",
    "bias-too": "weights and bias times 1 − p",
    "inverted": "inverted dropout",
}
"""Ways to predict, as a choice shows them."""

CASES = {  # what the unit is fed in training, and in prediction
    "as-trained": ("training", "uncorrected"),
    "scaled": ("training", "corrected"),
    "bias-too": ("training", "bias too"),
    "inverted": ("inverted, training", "inverted, prediction"),
}


def network(fig: Figure, result: Network) -> dict[str, str]:
    """A net from left to right; what is dropped is hollow, and its connections are faint."""
    (axes,) = style.panels(fig, left=0.15, right=0.15, bottom=0.4)
    places = [np.column_stack([np.full(n, k), _heights(n)]) for k, n in enumerate(result.widths)]
    wires, there = [], []
    for left, right, kept, next_kept in zip(places, places[1:], result.kept, result.kept[1:], strict=False):
        wires += [(a, b) for a in left for b in right]
        there += [bool(a and b) for a in kept for b in next_kept]
    axes.add_collection(LineCollection(wires, colors=INK, lw=1.0, alpha=np.where(there, 0.75, 0.06)))
    x, y = np.concatenate(places).T
    kept = np.concatenate(result.kept)
    axes.scatter(x, y, s=210, color=MUTED, alpha=0.25, lw=0, zorder=2)
    axes.scatter(x, y, s=210, color=BLUE, lw=0, zorder=3).set_alpha(np.where(kept, 1.0, 0.0).tolist())
    crosses = axes.scatter(x, y, s=70, color=RED, marker="x", lw=1.8, zorder=4)
    crosses.set_alpha(np.where(kept, 0.0, 1.0).tolist())
    for k, name in enumerate(("4 inputs", "6 hidden units", "5 hidden units", "output")):
        axes.text(k, -1.14, name, ha="center", va="top", color=INK, fontsize=9.5)
    axes.set(xlim=(-0.4, 3.4), ylim=(-1.1, 1.1))
    style.no_frame(axes)
    return {
        "hidden units kept": f"{result.kept_hidden} of {result.hidden}",
        "connections kept": f"{result.kept_connections} of {result.connections}",
        "paths from input to output": f"{result.kept_paths} of {result.paths}",
        "networks in one": f"{result.ensemble:,}",
        "probability of this one": f"{100 * result.probability:.2g} %",
    }


def _heights(units: int) -> Float[ndarray, " U"]:
    return (np.arange(units) - (units - 1) / 2) * 0.36


def unit_input(fig: Figure, result: xr.Dataset, way: str) -> dict[str, str]:
    """Histograms of what one unit is fed, in training and in prediction, each scaled to a peak of 1."""
    (axes,) = style.panels(fig)
    found = []
    for case, color in zip(CASES[way], (ORANGE, BLUE), strict=True):
        fed = result.sel(case=case)
        mean, sd = fed.measured_mean.item(), fed.measured_sd.item()
        bars = fed.density.values / fed.density.values.max()
        axes.stairs(bars, fed.edge.values, fill=True, color=color, alpha=0.3)
        axes.stairs(bars, fed.edge.values, color=color, lw=1.2)
        axes.axvline(mean, color=color, lw=1.6, ls=(0, (4, 3)))
        found.append((mean, sd))
    axes.text(0.98, 0.92, "in training", color=ORANGE, ha="right", transform=axes.transAxes, weight="bold")
    axes.text(0.98, 0.84, "in prediction", color=BLUE, ha="right", transform=axes.transAxes, weight="bold")
    axes.text(0.98, 0.76, "dashed: means", color=INK, ha="right", transform=axes.transAxes)
    axes.set(
        xlim=(-6, 18), ylim=(0, 1.08), xlabel="Wx + b, what the unit is fed", ylabel="how often, peak = 1"
    )
    (mean, sd), (mean_after, sd_after) = found
    return {
        "mean in training": f"{mean:.2f}",
        "in prediction": f"{mean_after:.2f}",
        "spread in training": f"{sd:.2f}",
        "spread in prediction": f"{sd_after:.2f}",
    }


def curves(fig: Figure, result: xr.Dataset, rate: float) -> dict[str, str]:
    """Left, accuracy during training at one rate; right, at the end, for every rate."""
    during, final = style.panels(fig, (1.1, 1), right=1.05, gap=0.6)
    percent = {
        "training": (ORANGE, 100 * result.train_accuracy),
        "validation": (BLUE, 100 * result.validation_accuracy),
        "false labels": (RED, 100 * result.memorized),
    }
    rate = _nearest(result, rate)
    ends = {}
    for name, (color, values) in percent.items():
        at = values.sel(rate=rate)
        ends[name] = at.values[:, -1].mean()
        _band(during, at[:, 1:], color)
        _band(final, values[..., -1], color)
        final.plot(rate, ends[name], "o", color=color, ms=5)
    colors = {name: color for name, (color, _) in percent.items()}
    style.names(final, colors, x=1.05, y=0.92, step=0.11, fontsize=9.5)
    final.axvline(rate, color=MUTED, lw=0.7)
    during.set(xscale="log", xlim=(4, 4000), ylim=(0, 102), xlabel="updates", ylabel="right, %")
    during.set(title="While it learns")
    final.set(xlim=(0, 0.9), ylim=(0, 102), xlabel="dropout rate p", title="After 4000 updates")
    return {
        "right in training": f"{ends['training']:.1f} %",
        "in validation": f"{ends['validation']:.1f} %",
        "false labels given back": f"{ends['false labels']:.0f} %",
    }


def _nearest(result: xr.Dataset, rate: float) -> float:
    """The rate of the result that a slider means, whose grid may have rounded it."""
    return float(result.rate.sel(rate=rate, method="nearest"))


def _band(axes: Axes, values: xr.DataArray, color: str) -> None:
    """Draw mean and standard deviation over the seeds along the other dimension."""
    (along,) = (dim for dim in values.dims if dim != "seed")
    x, seeds = values[along].values, values.get_axis_num("seed")
    mean, sd = values.values.mean(axis=seeds), values.values.std(axis=seeds, ddof=1)
    axes.fill_between(x, mean - sd, mean + sd, color=color, alpha=0.2, lw=0)
    axes.plot(x, mean, color=color, lw=1.6)


def ensemble(fig: Figure, result: xr.Dataset, layers: int, rate: float) -> dict[str, str]:
    """Left, scaled weights against the exact mean, image by image; right, the loss of sampled means."""
    images, masks = style.panels(fig, (1, 1), right=0.25, gap=0.75)
    found = result.sel(layers=layers, rate=_nearest(result, rate))
    exact, scaled = found.sel(way="arithmetic mean"), found.sel(way="scaled weights")
    images.plot([0, 1], [0, 1], color=MUTED, lw=0.8)
    some = {"seed": 0, "image": slice(None, None, 3)}
    x, y = exact.right[some].values, scaled.right[some].values
    images.scatter(x, y, s=9, color=BLUE, alpha=0.6, lw=0)
    images.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="mean over all 4,096 masks", ylabel="scaled weights")
    images.set(title="Probability of the right digit")
    _band(masks, found.sampled_loss, ORANGE)
    for way, color, ls in ((exact, INK, (0, (4, 3))), (scaled, BLUE, "solid")):
        masks.axhline(way.loss.values.mean(), color=color, lw=1.5, ls=ls)
    colors = {"so many random masks": ORANGE, "all masks (dashed)": INK, "scaled weights": BLUE}
    style.names(masks, colors, x=0.97, y=0.92, step=0.085, ha="right")
    masks.set(xscale="log", xlim=(1, 1024), ylim=(0, 3), xlabel="masks averaged", title="Loss, nats")
    masks.set(xticks=[1, 10, 100, 1000], xticklabels=["1", "10", "100", "1000"])
    return {
        "right, mean over all masks": f"{100 * exact.accuracy.values.mean():.1f} %",
        "right, scaled weights": f"{100 * scaled.accuracy.values.mean():.1f} %",
        "right, a single mask": f"{100 * found.member_accuracy.values.mean():.1f} %",
    }


def variants(fig: Figure, result: xr.Dataset, rate: float, epoch: int) -> dict[str, str]:
    """Left, the rate of annealed dropout epoch by epoch; right, accuracy of every variant."""
    schedule, accuracy = style.panels(fig, (1, 1.35), right=1.45, gap=0.66)
    epochs = np.arange(EPOCHS + 1)
    falling = np.array([annealed_rate(t, start=rate, epochs=EPOCHS) for t in epochs.tolist()])
    schedule.plot(epochs[[0, -1]], [rate, rate], color=BLUE, lw=1.6)
    schedule.plot(epochs, falling, color=GREEN, lw=1.6)
    schedule.plot([epoch, epoch], [rate, falling[epoch]], "o", color=INK, ms=4.5)
    schedule.set(ylim=(0, 1), title="Dropout rate p")
    scores = 100 * result.validation_accuracy.sel(rate=_nearest(result, rate)).mean("seed")
    passed = scores["update"].values * EPOCHS / scores["update"].values[-1]
    ends = {}
    for name, color in VARIANTS.items():
        curve = scores.sel(variant=name).values
        ends[name] = curve[-1]
        accuracy.plot(passed, curve, color=color, lw=1.6)
        accuracy.plot(epoch, np.interp(epoch, passed, curve), "o", color=color, ms=4.5)
    style.names(accuracy, VARIANTS, x=1.04, y=0.92, step=0.11, fontsize=9.5)
    accuracy.set(ylim=(60, 95), title="Right in validation, %")
    for panel in (schedule, accuracy):
        panel.axvline(epoch, color=MUTED, lw=0.7)
        panel.set(xlim=(0, EPOCHS), xticks=[0, 100, 200], xlabel="epoch")
    best = max(ends, key=lambda name: ends[name])
    return {
        "annealed rate now": f"{falling[epoch]:.2f}",
        "best at the end": f"{best}, {ends[best]:.1f} %",
    }


PLACES = {"after every layer": RED, "after the last": GREEN}


def normalized(fig: Figure, result: xr.Dataset, rate: float, width: int) -> dict[str, str]:
    """Left, the shift at each of three batch norms; right, what it costs at every rate."""
    shift, cost = style.panels(fig, (1, 1.2), right=1.2, gap=0.66)
    rate, wide = _nearest(result, rate), result.sel(width=width)
    for place, color in PLACES.items():
        ratio = wide.ratio.sel(place=place, rate=rate)
        mean, sd = ratio.mean("seed").values, ratio.std("seed", ddof=1).values
        shift.errorbar(ratio.layer.values, mean, sd, color=color, fmt="o-", lw=1.5)
        for accuracy, ls in ((wide.accuracy, "solid"), (wide.accuracy_again, (0, (4, 3)))):
            scores = 100 * accuracy.sel(place=place).mean("seed")
            cost.plot(scores.rate.values, scores.values, color=color, lw=1.6, ls=ls)
            cost.plot(rate, scores.sel(rate=rate).item(), "o", color=color, ms=4.5)
    shift.axhline(1, color=MUTED, lw=0.8)
    shift.set(xlim=(0.7, 3.3), ylim=(0, 1.25), xticks=[1, 2, 3], xlabel="batch norm, from below")
    shift.set(title="Variance met / learned")
    cost.axvline(rate, color=MUTED, lw=0.7)
    cost.set(xlim=(0, 0.7), ylim=(80, 100), xlabel="dropout rate p", title="Right in validation, %")
    words = {
        "dropout after\nevery layer": RED,
        "after the last": GREEN,
        "dashed:\nstatistics\ntaken again": INK,
    }
    for (name, color), y in zip(words.items(), (1.0, 0.79, 0.68), strict=True):
        cost.text(1.06, y, name, color=color, transform=cost.transAxes, fontsize=9.5, va="top")
    found = wide.sel(place="after every layer", rate=rate)
    return {
        "third batch norm meets": f"{found.ratio.sel(layer=3).values.mean():.2f} of the variance it learned",
        "right, as learned": f"{100 * found.accuracy.values.mean():.1f} %",
        "statistics taken again": f"{100 * found.accuracy_again.values.mean():.1f} %",
    }
