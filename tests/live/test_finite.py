"""What Matplotlib would leave out without a word is found and named."""

import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from livenotes.live.finite import not_finite

NAN = np.nan


def found(draw, readouts=()):
    fig = Figure()
    draw(fig.subplots())
    return not_finite(fig, dict(readouts))


HOLES = {
    "line": (lambda ax: ax.plot([0, 1, NAN], label="loss"), "line 'loss' in panel 1 has 1 values not finite"),
    "infinite line": (lambda ax: ax.plot([0, np.inf, -np.inf], label="loss"), "line 'loss'.*has 2 values"),
    "level": (lambda ax: ax.axhline(NAN, label="mean"), "line 'mean'"),
    "scatter": (lambda ax: ax.scatter([0, 1], [NAN, 1], label="runs"), "PathCollection 'runs'.*1 values"),
    "color": (lambda ax: ax.scatter([0, 1], [0, 1], c=[NAN, 1]), "color of PathCollection"),
    "error bar": (lambda ax: ax.errorbar([0, 1], [0, 0], yerr=[0.1, NAN]), "LineCollection"),
    "image": (lambda ax: ax.imshow([[NAN, 1]]), "image in panel 1 has 1 values"),
    "infinite image": (lambda ax: ax.imshow([[np.inf, 1]]), "image in panel 1 has 1 values"),
    "mesh": (lambda ax: ax.pcolormesh([[NAN, 1]]), "color of QuadMesh"),
    "bar": (lambda ax: ax.bar([0, 1], [NAN, 1]), "Rectangle"),
    "circle": (lambda ax: ax.add_patch(mpl.patches.Circle((NAN, 0), 1)), "Circle"),
    "span": (lambda ax: ax.axvspan(0, NAN), "Rectangle"),
    "stairs": (lambda ax: ax.stairs([NAN, 1]), "StepPatch"),
    "text": (lambda ax: ax.text(0, NAN, "here"), "text 'here'"),
    "annotation": (lambda ax: ax.annotate("here", (0, NAN), (1, 1)), "text 'here'"),
    "inset": (lambda ax: ax.inset_axes([0, 0, 1, 1]).plot([NAN]), "in panel 2 has 1 values"),
    "line on a log axis": (
        lambda ax: ax.semilogy([0, 1], label="loss"),
        "not positive on a log",
    ),
    "points on a log axis": (lambda ax: (ax.set_xscale("log"), ax.scatter([-1, 1], [0, 1])), "not positive"),
}


@pytest.mark.parametrize(("draw", "message"), HOLES.values(), ids=HOLES)
def test_a_hole_is_found(draw, message):
    problem = found(draw)
    assert re.search(message, problem), problem


def whole(ax):
    ax.plot([0, 1], [1, 0], "o-")
    ax.axhline(0.5)
    ax.bar([0, 1], [0, 1])
    ax.scatter([0, 1], [0, 1], c=[0, 1])
    ax.errorbar([0, 1], [0, 1], yerr=0.1)
    ax.fill_between([0, 1], [0, 1])
    ax.hist([0, 1, 1], histtype="stepfilled")
    ax.annotate("a", (0, 0), (1, 1), arrowprops={"arrowstyle": "->"})
    ax.text(0.5, -1, "loss nan")
    ax.add_patch(mpl.patches.FancyArrowPatch((0, 0), (1, 1)))
    ax.inset_axes([0.5, 0.5, 0.4, 0.4]).pcolormesh([[0, 1]])
    ax.legend(["a"])


def logarithmic(ax):
    ax.loglog([1e-9, 1e9], [1, 1e-30])
    ax.axvline(1)
    ax.bar([1, 2], [1, 2])
    ax.vlines([1, 2], [1, 1], 2)
    ax.text(0, -1, "in the corner", transform=ax.transAxes)


def masked(ax):
    ax.imshow(np.ma.masked_less([[0.0, 1.0]], 0.5))
    ax.imshow(np.zeros((2, 2, 3), dtype=np.uint8))


@pytest.mark.parametrize("draw", [whole, logarithmic, masked, lambda ax: None])
def test_nothing_is_found_where_nothing_is_missing(draw):
    assert found(draw) == ""


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-inf", "−inf", "loss nan", "1.0 ± nan", "nan %"])
def test_a_readout_that_is_no_number_is_found(text):
    assert found(lambda ax: None, {"loss": text}) == f"readout 'loss' is {text!r}"


@pytest.mark.parametrize("text", ["0.5", "information", "finance", "inflow 3", "Ferdinand", ""])
def test_a_readout_in_words_is_left_alone(text):
    assert found(lambda ax: None, {"loss": text}) == ""
