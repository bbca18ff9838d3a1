"""A live figure draws every state of its grid, or says which one it cannot and what to do."""

import copy
import re
from functools import partial

import numpy as np
import pytest
from samples import sample, states

from livenotes.live import Choice, LiveFigureError, Slider, Steps, live
from livenotes.live.figure import LIMIT
from livenotes.live.plates import decode


def content(frame):
    return [(e.tag, dict(e.attrib), e.text or "") for e in frame.elements()], frame.readouts


def empty(fig, p):
    """Draw nothing."""


def figure_of(draw, **controls):
    return live(draw, title="A title.", **(controls or {"p": Slider(0, 1, 0.5)}))


def test_every_state_in_a_plate_is_the_frame_that_python_draws():
    figure = sample()
    plates = figure.plates()
    assert len(plates) == 2
    seen = 0
    for (first, plate), kind in zip(plates, figure.controls["kind"].values, strict=True):
        base = copy.deepcopy(first.svg)
        for i, p in enumerate(figure.controls["p"].values):
            for k, n in enumerate(figure.controls["n"].values):
                assert content(decode(plate, base, (i, k))) == content(figure.frame(p=p, n=n, kind=kind))
                seen += 1
    assert seen == 2 * 5 * 3


def test_the_frame_shown_first_is_that_of_the_starts():
    figure = sample()
    assert figure.start == {"p": 0.5, "n": 2, "kind": "power"}
    assert content(figure.frame()) == content(figure.frame(p=0.5, n=2, kind="power"))
    assert content(figure.frame()) != content(figure.frame(p=0))
    assert figure.frame().readouts == {"slope & <more>": "1.00", "words": "fine"}


@pytest.mark.parametrize(("a", "b", "number"), [("x", "l", 0), ("x", "m", 1), ("z", "l", 4), ("y", "m", 3)])
def test_the_plate_shown_first_is_that_of_the_choices_starts(a, b, number):
    def draw(fig, p, a, b):
        return {"state": f"{a}{b}{p}"}

    choices = {"a": Choice(["x", "y", "z"], start=a), "b": Choice(["l", "m"], start=b)}
    figure = figure_of(draw, p=Steps([0, 1]), **choices)
    assert figure.start_plate == number
    assert figure.plates()[number][0].readouts == {"state": f"{a}{b}0"}


def test_a_figure_may_have_choices_alone():
    figure = figure_of(lambda_free, kind=Choice(["a", "b"]))
    assert [plate["sizes"] for _, plate in figure.plates()] == [[], []]
    assert [first.readouts["kind"] for first, _ in figure.plates()] == ["a", "b"]


def lambda_free(fig, kind):
    """Say which kind it is."""
    return {"kind": kind}


def raises(*words):
    return pytest.raises(LiveFigureError, match=".*".join(map(re.escape, words)))


@pytest.mark.usefixtures("own_errors")
def test_a_control_of_no_kind_is_named():
    with raises("live figure 'empty'", "slider 'p'", "expected a Slider, Steps or Choice", "0.5"):
        figure_of(empty, p=0.5)


@pytest.mark.parametrize("controls", [{"q": Slider(0, 1, 0.5)}, {"p": Slider(0, 1, 1), "q": Slider(0, 1, 1)}])
def test_controls_that_do_not_fit_the_function_are_named(controls):
    with raises("live figure 'empty'", "draw takes ['p'] after the figure", f"controls are {list(controls)}"):
        figure_of(empty, **controls)


def test_a_figure_without_controls_is_refused():
    def still(fig):
        """Draw nothing."""

    with raises("live figure 'still'", "has no control; draw a plain figure instead"):
        live(still, title="A title.")


@pytest.mark.parametrize("draw", [lambda fig, p: None, partial(empty)])
def test_a_function_without_a_name_has_no_address(draw):
    with raises("draw must be a function with a name of its own"):
        figure_of(draw)


def test_too_many_states_are_counted_by_control():
    def wide(fig, p, q):
        """Draw nothing."""

    allowed = {"p": Steps(range(LIMIT // 2)), "q": Choice(["a", "b"])}
    figure_of(wide, **allowed)
    with raises(
        "live figure 'wide'",
        f"{LIMIT + 2} states",
        f"p: {LIMIT // 2 + 1}, q: 2",
        f"{LIMIT}; take larger steps",
    ):
        figure_of(wide, **allowed | {"p": Steps(range(LIMIT // 2 + 1))})


def test_a_value_off_the_grid_is_named_with_the_grid():
    with raises("live figure 'tiny-curve', slider 'n' at 3", "not one of its values: 1, 2, 4"):
        sample().frame(n=3)
    with raises("slider 'kind' at 'none'", "power, line"):
        sample().frame(kind="none")


def test_a_control_that_does_not_exist_is_named_with_those_that_do():
    with raises("live figure 'tiny-curve', slider 'q'", "there are ['p', 'n', 'kind']"):
        sample().frame(q=1)


def test_states_of_other_structure_name_figure_choice_slider_and_value():
    def growing_plot(fig, p, n, kind):
        ax = fig.subplots()
        for i in range(2 if kind == "b" and p == 1 and n == 4 else 1):
            ax.plot([0, i + 1])

    figure = figure_of(growing_plot, p=Slider(0, 1, 0.5), n=Steps([1, 2, 4]), kind=Choice(["a", "b"]))
    with raises(
        "live figure 'growing-plot', kind = b, slider 'p' at 1; slider 'n' at 4",
        "as in the first state; fix the axes' limits and ticks",
        "alpha=0",
    ):
        figure.plates()


def test_a_curve_may_leave_its_axes():
    def leaving_curve(fig, p):
        fig.subplots().set(xlim=(0, 1), ylim=(0, 1))
        fig.axes[0].plot([0, 1], [p, p])

    figure = figure_of(leaving_curve, p=Slider(0, 50, 10))
    ((first, plate),) = figure.plates()
    for place, p in enumerate(figure.controls["p"].grid):
        frame = decode(plate, copy.deepcopy(first.svg), (place,))
        assert content(frame) == content(figure.frame(p=p))
    assert "" in next(values for _, name, _, values, *_ in plate["slots"] if name == "d")


def hole(where):
    def draw(fig, p):
        ax = fig.subplots()
        bad = np.nan if p == 1 else 1.0
        if where == "line":
            ax.plot([0, bad], label="loss")
        elif where == "scatter":
            ax.scatter([0, 1], [0, bad])
        elif where == "image":
            ax.imshow([[0, bad]])
        elif where == "patch":
            ax.bar([0, 1], [0, bad])
        elif where == "log axis":
            ax.semilogy([1, -bad if p == 0.5 else bad], label="loss")
        return {"loss": f"{bad if where == 'readout' else 0.0:.2f}"}

    draw.__name__ = "leaky"
    return draw


@pytest.mark.parametrize("where", ["line", "scatter", "image", "patch", "readout", "log axis"])
def test_what_is_not_finite_names_figure_and_state(where):
    figure = figure_of(hole(where), p=Slider(0, 1, 0.5))
    figure.frame(p=0)
    with raises(
        "live figure 'leaky' at p = 1: ", "not finite" if where != "readout" else "'nan'", "must be finite"
    ):
        figure.frame(p=1)
    with pytest.raises(LiveFigureError):
        figure.html()


def test_what_is_not_positive_on_a_log_axis_names_figure_and_state():
    with raises("live figure 'leaky' at p = 0.5: line 'loss'", "not positive on a logarithmic axis"):
        figure_of(hole("log axis"), p=Slider(0, 1, 0.5)).frame(p=0.5)


def test_an_error_of_the_function_itself_says_at_which_state():
    def broken_plot(fig, p):
        return {"inverse": 1 / (1 - p)}

    figure = figure_of(broken_plot, p=Slider(0, 1, 0.5))
    with pytest.raises(ZeroDivisionError) as caught:
        figure.html()
    assert caught.value.__notes__ == ["while drawing live figure 'broken-plot' at p = 1"]


def test_a_missing_argument_is_python_s_own_error():
    with pytest.raises(TypeError, match="title"):
        live(empty, p=Slider(0, 1, 0.5))


def test_the_text_form_is_stable_and_says_what_is_to_be_seen():
    assert (
        repr(sample())
        == repr(sample())
        == (
            'Live figure tiny-curve: A "curve" <of> sorts & more.\n'
            '  p & <q>: 0.5 "m" (of −1 "m" … 1 "m")\n'
            "  n: 2 (of 1 … 4)\n"
            "  Kind: Power & <more> (of Power & <more> … A line)\n"
            "  slope & <more>: 1.00\n"
            "  words: fine"
        )
    )
    assert " at 0x" not in repr(sample())


def test_on_a_static_page_the_figure_is_html(monkeypatch):
    monkeypatch.setenv("LIVENOTES_STATIC", "1")
    figure = sample()
    assert figure._repr_mimebundle_() == {"text/plain": repr(figure), "text/html": figure.html()}


def test_under_a_kernel_the_figure_is_a_widget(monkeypatch):
    monkeypatch.delenv("LIVENOTES_STATIC", raising=False)
    bundle = sample()._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == repr(sample())
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "text/html" not in bundle


def test_a_static_page_creates_no_widget(monkeypatch):
    monkeypatch.setenv("LIVENOTES_STATIC", "1")
    import ipywidgets

    def forbidden(*args, **kwargs):
        raise AssertionError("a widget was made")

    monkeypatch.setattr(ipywidgets.Widget, "__init__", forbidden)
    sample()._repr_mimebundle_()


def test_drawing_changes_neither_the_figure_nor_pyplot():
    import matplotlib.pyplot as plt

    figure, open_before = sample(), plt.get_fignums()
    before = figure.html()
    for state in states(figure):
        figure.frame(**state)
    assert figure.html() == before
    assert plt.get_fignums() == open_before
