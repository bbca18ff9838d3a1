"""Figures of the chapter on dropout."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from numpy import ndarray

from livenotes.dropout import annealed_rate
from livenotes.lab import style
from livenotes.lab.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED

from . import EPOCHS, Network
from .nets import EXAMPLES, FALSE_SHARE

VARIANTS = {
    "none": MUTED,
    "inverted dropout": BLUE,
    "DropConnect": ORANGE,
    "annealed dropout": GREEN,
    "standout": PURPLE,
}

WAYS = {
    "inverted": "inverted dropout",
    "as-trained": "without division, weights as trained",
    "scaled": "without division, weights times 1 − p",
    "bias-too": "without division, weights and bias times 1 − p",
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
    for k, name in enumerate(("inputs x", "m ⊙ h, 6 units", "m ⊙ h, 5 units", "output")):
        axes.text(k, -1.14, name, ha="center", va="top", color=INK)
    axes.set(xlim=(-0.4, 3.4), ylim=(-1.1, 1.1))
    style.no_frame(axes)
    return {
        "hidden units kept": f"{result.kept_hidden} of {result.hidden}",
        "connections kept": f"{result.kept_connections} of {result.connections}",
        "ways from an input to the output": f"{result.kept_paths} of {result.paths}",
    }


def _heights(units: int) -> Float[ndarray, " U"]:
    return (np.arange(units) - (units - 1) / 2) * 0.36


FALSE = int(FALSE_SHARE * EXAMPLES)


def _mosaic(found: xr.Dataset) -> Float[ndarray, "36 40 4"]:
    """Images in three rows of four, gray on white: 8 x 8 pixels on a clear tile of 12 x 10."""
    ink = found.pixels.values.reshape(3, 4, 8, 8, 1) / found.pixels.values.max()
    tiles = np.zeros((3, 4, 12, 10, 4))
    tiles[:, :, :8, 1:9] = np.concatenate([1 - ink, 1 - ink, 1 - ink, np.ones_like(ink)], axis=-1)
    return tiles.transpose(0, 2, 1, 3, 4).reshape(36, 40, 4)


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
    colors = {"in training": ORANGE, "in prediction": BLUE, "dashed: means": INK}
    style.names(axes, colors, x=0.98, y=0.9, step=0.1, ha="right")
    axes.set(
        xlim=(-6, 18), ylim=(0, 1.08), xlabel="what the unit is fed, w · y + b", ylabel="how often, peak = 1"
    )
    (mean, sd), (mean_after, sd_after) = found
    return {
        "mean in training": f"{mean:.2f}",
        "in prediction": f"{mean_after:.2f}",
        "spread in training": f"{sd:.2f}",
        "spread in prediction": f"{sd_after:.2f}",
    }


def by_heart(fig: Figure, found: xr.Dataset, update: int) -> dict[str, str]:
    """Left, mislabeled images with the label given and the net's answer; right, how it got there."""
    images, during = style.panels(fig, (1.25, 1), left=0.05, right=0.12, gap=0.75)
    k = int(np.searchsorted(found["update"].values, update))
    images.imshow(_mosaic(found), interpolation="none", extent=(0, 4, 0, 3))
    labels = zip(found.given.values.tolist(), found.true.values.tolist(), found.says.values[k], strict=True)
    for number, (given, true, says) in enumerate(labels):
        x, y = number % 4 + 0.5, 2 - number // 4
        color = {given: RED, true: BLUE}.get(int(says), MUTED)
        images.text(x, y, f"{given} → {says}", color=color, ha="center", va="bottom", weight="bold")
    images.set(title="Label given → what the network says")
    style.no_frame(images)
    updates = found["update"].values[1:]
    for values, color in ((found.right.values, BLUE), (found.known.values / FALSE, RED)):
        during.plot(updates, 100 * values[1:], color=color, lw=1.6)
        during.plot(max(update, updates[0]), 100 * values[k], "o", color=color, ms=5)
    style.names(during, {"new images": BLUE, "false labels": RED}, x=0.98, y=0.16, step=0.1, ha="right")
    _while_it_learns(during)
    return {
        "right on new images": f"{100 * found.right.values[k]:.1f} %",
        "false labels given back": f"{found.known.values[k]} of {FALSE}",
    }


def _while_it_learns(axes: Axes) -> None:
    axes.set(xscale="log", xlim=(4, 4000), ylim=(0, 102), xlabel="updates", ylabel="%", yticks=[0, 50, 100])
    axes.set(xticks=[10, 100, 1000], xticklabels=["10", "100", "1000"], title="While it learns")
    axes.minorticks_off()


def curves(fig: Figure, result: xr.Dataset, rate: float) -> dict[str, str]:
    """Left, accuracy during training at one rate; right, at the end, for every rate."""
    during, final = style.panels(fig, (1.1, 1), right=1.2, gap=0.6)
    columns = {
        "on its 400": (ORANGE, result.train_accuracy),
        "new images": (BLUE, result.validation_accuracy),
        "false labels": (RED, result.memorized),
    }
    rates, updates = result.rate.values, result["update"].values
    at = int(np.abs(rates - rate).argmin())
    colors = [color for color, _ in columns.values()]
    scores = 100 * np.stack([values.values for _, values in columns.values()])  # (line, rate, seed, update)
    means, sds = scores.mean(axis=2), scores.std(axis=2, ddof=1)
    _bands(during, updates[1::2], means[:, at, 1::2], sds[:, at, 1::2], colors)
    _bands(final, rates, means[..., -1], sds[..., -1], colors)
    ends = dict(zip(columns, means[:, at, -1], strict=True))
    final.scatter(3 * [rates[at]], list(ends.values()), s=25, c=colors, zorder=3)
    style.names(final, {name: color for name, (color, _) in columns.items()}, x=1.05, y=0.92, step=0.13)
    final.axvline(rates[at], color=MUTED, lw=0.7)
    _while_it_learns(during)
    final.set(xlim=(0, 0.9), ylim=(0, 102), xlabel="dropout rate p", title="After 4000 updates")
    final.set(xticks=[0, 0.3, 0.6, 0.9], yticks=[0, 50, 100])
    return {
        "right on new images": f"{ends['new images']:.1f} %",
        "on its own 400, labels as given": f"{ends['on its 400']:.1f} %",
        "false labels given back": f"{ends['false labels']:.0f} %",
    }


def _nearest(result: xr.Dataset, rate: float) -> float:
    """The rate of the result that a slider means, whose grid may have rounded it."""
    return float(result.rate.sel(rate=rate, method="nearest"))


def _bands(
    axes: Axes,
    x: Float[ndarray, " X"],
    means: Float[ndarray, "L X"],
    sds: Float[ndarray, "L X"],
    colors: Sequence[str],
) -> None:
    """Draw means and one standard deviation to either side; all in two artists, which is quicker."""
    around = [np.concatenate([mean - sd, (mean + sd)[::-1]]) for mean, sd in zip(means, sds, strict=True)]
    there_and_back = np.concatenate([x, x[::-1]])
    areas = [np.column_stack([there_and_back, y]) for y in around]
    lines = [np.column_stack([x, mean]) for mean in means]
    axes.add_collection(PolyCollection(areas, facecolors=colors, alpha=0.2, lw=0), autolim=False)
    axes.add_collection(LineCollection(lines, colors=colors, lw=1.6), autolim=False)


def ensemble(fig: Figure, result: xr.Dataset, layers: int, rate: float) -> dict[str, str]:
    """Left, one pass against the vote of all masks, image by image; right, the loss of sampled votes."""
    images, masks = style.panels(fig, (1, 1), right=0.25, gap=0.75)
    found = result.sel(layers=layers, rate=_nearest(result, rate))
    exact, scaled = found.sel(way="arithmetic mean"), found.sel(way="scaled weights")
    images.plot([0, 1], [0, 1], color=MUTED, lw=0.8)
    some = {"seed": 0, "image": slice(None, None, 3)}
    x, y = exact.right[some].values, scaled.right[some].values
    images.scatter(x, y, s=9, color=BLUE, alpha=0.6, lw=0)
    images.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="vote of all 4,096 masks", ylabel="one pass, all units")
    images.set(title="Probability of the true digit", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    sampled = found.sampled_loss.values
    mean, sd = sampled.mean(axis=0, keepdims=True), sampled.std(axis=0, ddof=1, keepdims=True)
    _bands(masks, found["count"].values, mean, sd, [ORANGE])
    for way, color, ls in ((exact, INK, (0, (4, 3))), (scaled, BLUE, "solid")):
        masks.axhline(way.loss.values.mean(), color=color, lw=1.5, ls=ls)
    colors = {"random masks": ORANGE, "all masks (dashed)": INK, "one pass": BLUE}
    style.names(masks, colors, x=0.97, y=0.92, step=0.085, ha="right")
    masks.set(xscale="log", xlim=(1, 1024), ylim=(0, 3), xlabel="masks averaged", title="Loss, nats")
    masks.set(yticks=[0, 1, 2, 3], xticks=[1, 10, 100, 1000], xticklabels=["1", "10", "100", "1000"])
    masks.minorticks_off()
    return {
        "right, vote of all masks": f"{100 * exact.accuracy.values.mean():.1f} %",
        "right, one pass": f"{100 * scaled.accuracy.values.mean():.1f} %",
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
    style.names(accuracy, VARIANTS, x=1.04, y=0.92, step=0.13)
    accuracy.set(ylim=(60, 95), title="Right on new images, %")
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
    rates = result.rate.values
    at, wide = int(np.abs(rates - rate).argmin()), result.sel(width=width)
    for place, color in PLACES.items():
        here = wide.sel(place=place)
        shift.plot(here.layer.values, here.ratio.values[at].mean(axis=0), "o-", color=color, lw=1.5)
        for scores, ls in ((here.accuracy, "solid"), (here.accuracy_again, (0, (4, 3)))):
            means = 100 * scores.values.mean(axis=1)
            cost.plot(rates, means, color=color, lw=1.6, ls=ls)
            cost.plot(rates[at], means[at], "o", color=color, ms=4.5)
    shift.axhline(1, color=MUTED, lw=0.8)
    shift.set(xlim=(0.7, 3.3), ylim=(0, 1.25), xticks=[1, 2, 3], xlabel="batch norm, from below")
    shift.set(title="Variance met / learned")
    cost.axvline(rates[at], color=MUTED, lw=0.7)
    cost.set(xlim=(0, 0.7), ylim=(80, 100), xlabel="dropout rate p", title="Right on new images, %")
    words = {"every layer": RED, "the last": GREEN, "dashed:": INK, "taken again": INK}
    style.names(cost, words, x=1.06, y=0.9, step=0.13)
    found = wide.sel(place="after every layer").isel(rate=at)
    return {
        "third batch norm meets": f"{found.ratio.sel(layer=3).values.mean():.2f} of the variance it learned",
        "right, as learned": f"{100 * found.accuracy.values.mean():.1f} %",
        "statistics taken again": f"{100 * found.accuracy_again.values.mean():.1f} %",
    }
