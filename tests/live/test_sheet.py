"""What is kept from one state to the next never shows: each picture is the one that Matplotlib draws."""

import functools
from itertools import count

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.ticker import FuncFormatter, Locator, MultipleLocator

from livenotes.live import Slider, live
from livenotes.live.sheet import Kept
from livenotes.live.svg import svg_text
from plain import plainly

X = np.linspace(0, 1, 21)


def nothing_changes(fig, p):
    ax = fig.subplots()
    ax.plot(X, X * p, "o")
    ax.set(xlim=(0, 1), ylim=(0, 4), xlabel="x", ylabel=r"$x_1^2$", title="Title")


def limits_change(fig, p):
    fig.subplots().set(xlim=(0, 1 + p), ylim=(-p - 1, 1), xlabel="x")


def limits_follow_the_data(fig, p):
    fig.subplots().plot(X, X * (p + 1))


def words_change(fig, p):
    fig.subplots().set(xlabel=f"x is {p}", ylabel="y" * p, title="above" * p)


def style_of_a_word_changes(fig, p):
    ax = fig.subplots()
    ax.set_xlabel(
        "x", color="bgry"[p], fontsize=8 + p, rotation=10 * p, bbox={"facecolor": "red"} if p else None
    )
    ax.xaxis.set_label_coords(0.5, -0.1 * p)
    ax.yaxis.set_label_position("left" if p % 2 else "right")
    ax.set_ylabel("y", labelpad=p)


def log_axes(fig, p):
    left, right = fig.subplots(1, 2)
    left.set(yscale="log", ylim=(10.0 ** -(p + 1), 1), title="a")
    right.set(xscale="log", yscale="log", xlim=(1e-3, 1), ylim=(1e-15, 10.0 ** (5 * p)))
    right.fill_between(X, X + 1, X + 2 + p)


def other_scales(fig, p):
    for ax, scale in zip(fig.subplots(1, 3), ("symlog", "logit", "asinh"), strict=True):
        ax.set_xscale(scale)
        ax.set_xlim(0.1, 0.5 + p / 10)
    fig.axes[0].set_yscale("function", functions=(lambda y: y * (p + 1), lambda y: y / (p + 1)))


def ticks_are_placed(fig, p):
    ax = fig.subplots()
    ax.set(xlim=(0, 5), ylim=(0, 5), xticks=[0, 1 + p, 5], yticks=range(3), yticklabels=list("abc"))
    ax.set_xticks([0.5 + p / 10], minor=True)


def tick_labels_are_words(fig, p):
    ax = fig.subplots()
    ax.set_xticks([0, 1, 2], ["none", "one" * p, "two"])
    ax.set_yticks([0, 1], ["low", "high"], color="bgry"[p])


def a_tick_label_is_touched(fig, p):
    ax = fig.subplots()
    labels = ax.set_xticks([0, 1, 2], ["none", "one", "two"]) and ax.get_xticklabels()
    labels[1].set_color("bgry"[p])
    ax.get_yticklabels()[p].set(rotation=30, fontweight="bold")


def returned_tick_labels_are_touched(fig, p):
    ax = fig.subplots()
    ax.set_xticks([0, 1, 2])
    ax.set_xticklabels(["none", "one", "two"])[p % 3].set_fontsize(4)


def a_tick_is_touched(fig, p):
    ax = fig.subplots()
    ax.xaxis.get_major_ticks()[p].set_visible(False)
    ax.yaxis.get_major_ticks()[0].label1.set_color("bgry"[p])
    ax.yaxis.get_major_ticks()[p].tick1line.set_markersize(10)
    ax.xaxis.get_ticklines()[0].set_color("red")


def tick_params_change(fig, p):
    ax = fig.subplots()
    ax.tick_params(length=2 * p, labelsize=6 + p, labelrotation=15 * p, color="red", pad=p)
    ax.tick_params(axis="y", which="both", right=bool(p % 2), labelright=True, direction="in")
    ax.set_title("above")


def ticks_on_top(fig, p):
    ax = fig.subplots()
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set(title="above", xlabel="x" * p)
    ax.set_xticks([0, 1], ["a", "b\n" * p + "c"])


def grid_and_minor_ticks(fig, p):
    ax = fig.subplots()
    ax.grid(color="0.9", lw=p + 1)
    ax.minorticks_on()
    ax.xaxis.set_major_locator(MultipleLocator(0.2 + p / 10))


def formatters(fig, p):
    left, right = fig.subplots(1, 2)
    left.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.{p}f}"))
    left.yaxis.set_major_formatter("{x:.1f} m" if p else "{x:.2f} s")
    right.xaxis.set_major_formatter(functools.partial(_with_unit, unit="kms!"[p]))


def _with_unit(value, _position, unit):
    return f"{value:g}{unit}"


class Moving(Locator):
    """A locator that answers differently each time, and does not look it."""

    calls = count()

    def __call__(self):
        return [next(self.calls) % 7 / 7]


def a_locator_of_ones_own(fig, p):
    Moving.calls = count(p)
    fig.subplots().xaxis.set_major_locator(Moving())


def an_offset(fig, p):
    ax = fig.subplots()
    ax.set(xlim=(1e9, 1e9 + 1 + p), ylim=(0, 10.0 ** (5 + 2 * p)), title="above")


def spines_move(fig, p):
    ax = fig.subplots()
    ax.spines["left"].set_position(("data", p / 10))
    ax.spines["bottom"].set_position("zero")
    ax.set(ylim=(-p - 0.5, 1), xlabel="x", ylabel="y")
    ax.spines["top"].set_visible(p == 2)


def panels_move(fig, p):
    fig.add_axes((0.1, 0.1 + 0.1 * p, 0.5, 0.4)).set_title("above")
    fig.subplots_adjust(left=0.2 + 0.05 * p)
    fig.add_subplot(133)


def shared_and_twin(fig, p):
    left, right = fig.subplots(1, 2, sharey=True)
    left.plot(X, p * X)
    right.set_ylim(0, 5 + p)
    twin = left.twinx()
    twin.plot(X, X**2, "o-")
    twin.set_ylabel(f"{p}")


def aligned_labels(fig, p):
    top, bottom = fig.subplots(2, 1)
    top.set(ylim=(0, 10**p), ylabel="y")
    bottom.set(ylabel="z")
    fig.align_ylabels()


def equal_aspect(fig, p):
    left, right = fig.subplots(1, 2)
    left.imshow(np.arange(12.0).reshape(3, 4)[:, : p + 1])
    right.set(aspect="equal", xlim=(0, 1 + p))
    fig.colorbar(left.images[0], ax=right)


def axes_within_axes(fig, p):
    ax = fig.subplots()
    inset = ax.inset_axes((0.5, 0.5, 0.4, 0.4))
    inset.set_xlim(0, p + 1)


def another_projection(fig, p):
    fig.add_subplot(121, projection="polar").plot(X, p * X)
    fig.add_subplot(122, polar=True)


def settings_within(fig, p):
    with mpl.rc_context({"xtick.labelsize": 6 + p, "ytick.color": "bgry"[p]}):
        left = fig.add_subplot(121)
    right = fig.add_subplot(122)
    with mpl.rc_context({"xtick.labelsize": 12}):
        right.get_xticklabels()
    mpl.rcParams["xtick.major.size"] = 3 + p
    left.set_xlim(0, 2)


def drawn_before_its_time(fig, p):
    ax = fig.subplots()
    ax.set(xlim=(0, 1 + p), ylabel="y", title="above")
    fig.draw_without_rendering()
    ax.text(0, 0, f"{ax.yaxis.label.get_window_extent().x0:.1f}")
    ax.set_xlabel("x")


def laid_out_by_matplotlib(fig, p):
    fig.set_layout_engine("constrained")
    fig.subplots().set(ylabel="y" * (p + 1), ylim=(0, 10**p))


def hidden(fig, p):
    left, right = fig.subplots(1, 2)
    left.xaxis.set_visible(p % 2 == 0)
    left.yaxis.label.set_visible(False)
    right.axis("off" if p % 2 else "on")
    right.set(ylabel="y")


def rasterized(fig, p):
    ax = fig.subplots()
    ax.xaxis.set_rasterized(p % 2 == 1)
    ax.plot(X, X, rasterized=True)


def categories_and_dates(fig, p):
    left, right = fig.subplots(1, 2)
    left.plot(["a", "b", "c" * (p + 1)], [1, 2, 3])
    right.plot(np.array(["2020-01-01", f"2020-01-1{p}"], dtype="datetime64"), [0, 1])


def markers_shared_and_clipped(fig, p):
    left, right = fig.subplots(1, 2)
    for ax in (left, right):
        ax.plot(X, X, "|", ms=3.5, mew=0.8, color=mpl.rcParams["xtick.color"], zorder=1)
        ax.plot(5 + X, X, "s")
        ax.grid(True)
        ax.set(xlim=(0, 1))
    right.legend(["a", "b" * p], title="legend")
    left.axhspan(0, p, hatch="//", alpha=0.5)


def axes_cleared(fig, p):
    ax = fig.subplots()
    ax.set(xlim=(0, 5), xscale="log")
    ax.clear()
    ax.set_ylim(0, p + 1)
    fig.add_axes((0, 0, 0.1, 0.1)).remove()


def tick_params_stay(fig, p):
    ax = fig.subplots()
    ax.tick_params(labelsize=6, length=0)
    ax.set(xlabel="x", title="above", xscale="log", xlim=(1, 1e3))


DRAWN = [draw for name, draw in list(globals().items()) if getattr(draw, "__code__", None) and name[0] != "_"]
DRAWN = [draw for draw in DRAWN if draw.__code__.co_varnames[:2] == ("fig", "p")]


@pytest.mark.parametrize("draw", DRAWN, ids=lambda draw: draw.__name__)
def test_a_picture_is_what_matplotlib_draws_whatever_was_drawn_before(draw):
    figure = live(draw, title="T.", p=Slider(0, 3, 1))
    plain = [plainly(figure, p=p) for p in range(4)]
    for p in (0, 1, 1, 2, 3, 0, 2, 1, 0):
        assert svg_text(figure.frame(p=p).svg) == plain[p], p


def words_for_ticks(fig, p):
    fig.subplots().set(xticks=[0, 1], xticklabels=["a", "b"], title="T.")


@pytest.mark.parametrize("draw", [nothing_changes, words_for_ticks, tick_params_stay])
def test_an_axis_that_stays_is_not_drawn_again(draw, monkeypatch):
    figure = live(draw, title="T.", p=Slider(0, 3, 1))
    figure.frame(p=0)
    figure.frame(p=1)  # the first time, a title looks for its place before the axis was ever drawn
    monkeypatch.setattr(mpl.axis.Axis, "_update_ticks", None)
    for p in (2, 3, 0):
        figure.frame(p=p)


def test_no_tick_is_made_that_nobody_asks_for(monkeypatch):
    figure = live(log_axes, title="T.", p=Slider(0, 3, 1))
    figure.frame(p=1)
    figure.frame(p=1)
    monkeypatch.setattr(mpl.axis.Tick, "__init__", None)
    figure.frame(p=1)


def test_other_settings_of_the_reader_show_at_once():
    figure = live(nothing_changes, title="T.", p=Slider(0, 3, 1))
    figure.frame(p=1)
    with mpl.rc_context({"xtick.major.size": 9}):
        assert svg_text(figure.frame(p=1).svg) == plainly(figure, p=1)
    assert svg_text(figure.frame(p=1).svg) == plainly(figure, p=1)


def test_what_is_kept_stays_small():
    kept = Kept()
    for k in range(3 * Kept.LIMIT):
        kept[k] = k
    assert list(kept) == list(range(2 * Kept.LIMIT, 3 * Kept.LIMIT))
