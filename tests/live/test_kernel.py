"""Under a kernel, moving a widget draws the state it stands for."""

import gc
import re

import ipywidgets as widgets
import pytest
from samples import sample

from livenotes.live import Choice, Slider, Steps, live
from livenotes.live.kernel import _follow
from livenotes.live.markup import picture


class Shown:
    """The widgets of a live figure, as the reader has them."""

    def __init__(self, figure):
        self.figure = figure
        self.style, row, self.output = figure.widget().children
        *controls, self.reset = row.children
        self.controls = dict(zip(figure.controls, controls, strict=True))

    @property
    def html(self):
        return self.output.value

    def expected(self, **values):
        state = self.figure.start | values
        return f'<figure class="live">{picture(self.figure, self.figure.frame(**state), state)}</figure>'


@pytest.fixture
def shown():
    return Shown(sample())


def test_each_control_gets_the_widget_that_fits(shown):
    kinds = {name: type(control) for name, control in shown.controls.items()}
    assert kinds == {"p": widgets.FloatSlider, "n": widgets.SelectionSlider, "kind": widgets.Dropdown}
    assert [c.description for c in shown.controls.values()] == ["p & <q>", "n", "Kind"]
    assert [c.value for c in shown.controls.values()] == [0.5, 2, "power"]
    assert shown.controls["kind"].options == (("Power & <more>", "power"), ("A line", "line"))


def test_the_start_is_shown_at_once(shown):
    assert shown.html == shown.expected()


@pytest.mark.parametrize("name", ["p", "n", "kind"])
def test_moving_a_widget_to_both_ends_and_back_draws_each_state(shown, name):
    control = shown.controls[name]
    start, seen = control.value, [shown.html]
    values = list(shown.figure.controls[name].values)
    for value in (values[0], values[-1], start):
        control.value = value
        assert shown.html == shown.expected(**{name: value})
        seen.append(shown.html)
    assert seen[0] == seen[-1]
    assert len(set(seen)) == len({values[0], values[-1], start})


def test_widgets_move_together(shown):
    shown.controls["p"].value = -1.0
    shown.controls["n"].value = 4
    shown.controls["kind"].value = "line"
    assert shown.html == shown.expected(p=-1.0, n=4, kind="line")


def test_reset_goes_back_to_the_start(shown):
    before = shown.html
    shown.controls["p"].value = -1.0
    shown.controls["kind"].value = "line"
    assert shown.html != before
    shown.reset.click()
    assert [c.value for c in shown.controls.values()] == [0.5, 2, "power"]
    assert shown.html == before


def whole_and_fine(fig, whole, fine):
    """Tell what arrives."""
    return {"whole": repr(whole), "fine": repr(fine)}


def test_whole_numbers_arrive_whole_and_fine_grids_arrive_and_read_exactly():
    figure = live(whole_and_fine, title="T.", whole=Slider(0, 10, 2), fine=Slider(0, 0.1, 0.005))
    shown = Shown(figure)
    assert isinstance(shown.controls["whole"], widgets.IntSlider)
    shown.controls["whole"].value = 4
    shown.controls["fine"].value = 0.015000000000000001 + 1e-12  # what a browser sends
    assert "<dd>4</dd>" in shown.html
    assert "<dd>0.015</dd>" in shown.html
    assert shown.controls["fine"].readout_format == ".6"  # digits enough for 0.005


def fails_at_one(fig, p):
    """Fail in one state of three."""
    if p == 1:
        raise RuntimeError("no <picture> & no number")
    return {"p": p}


def test_an_error_is_shown_in_place_and_goes_away_again():
    shown = Shown(live(fails_at_one, title="T.", p=Slider(0, 1, 0.5)))
    shown.controls["p"].value = 1.0
    assert '<pre class="live-failed">RuntimeError: no &lt;picture&gt; &amp; no number</pre>' in shown.html
    shown.controls["p"].value = 0.5
    assert "live-failed" not in shown.html
    assert shown.html == shown.expected(p=0.5)


def test_a_state_that_is_not_finite_is_an_error_in_place():
    def draws_a_hole(fig, p):
        fig.subplots().plot([0, float("nan") if p else 1])

    shown = Shown(live(draws_a_hole, title="T.", p=Slider(0, 1, 1)))
    shown.controls["p"].value = 1
    assert re.search(r"live-failed.*draws-a-hole.*at p = 1.*not finite", shown.html)


def test_an_error_in_the_first_state_is_shown_too():
    shown = Shown(live(fails_at_one, title="T.", p=Slider(0, 1, 0.5, start=1)))
    assert "live-failed" in shown.html


@pytest.mark.parametrize("on", [True, False])
def test_garbage_is_left_alone_while_a_picture_is_drawn_and_no_longer(on):
    collecting = []

    def draw(fig, p):
        collecting.append(gc.isenabled())
        if p == 2:
            raise ValueError("no such picture")
        fig.add_axes((0, 0, 1, 1)).plot([0, p])

    if not on:
        gc.disable()
    try:
        (slider,) = Shown(live(draw, title="One line.", p=Slider(0, 2, 1))).controls.values()
        for p in (1, 2, 0):
            slider.value = p
            assert gc.isenabled() == on
    finally:
        gc.enable()
    assert collecting == [False] * 4


def test_the_style_sheet_travels_with_the_widget(shown):
    assert shown.style.value.startswith("<style>")
    assert "--live-ink" in shown.style.value


def test_two_views_of_one_figure_do_not_move_each_other():
    figure = live(fails_at_one, title="T.", p=Slider(0, 1, 0.5))
    one, two = Shown(figure), Shown(figure)
    one.controls["p"].value = 0.5
    assert two.html == two.expected()


def test_steps_and_choices_show_their_words():
    figure = live(
        whole_and_fine,
        title="T.",
        whole=Steps([-1, 2], unit=" m"),
        fine=Choice({"a": "A", "b": "B"}, start="b"),
    )
    shown = Shown(figure)
    assert shown.controls["whole"].options == (("−1 m", -1), ("2 m", 2))
    assert shown.controls["fine"].label == "B"


class Comm:
    """The kernel's end of a message from the interface, which keeps the answer."""

    def send(self, answer):
        self.answer = answer


def clicked(figure, state):
    """Follow a link and return what hindered it."""
    comm = Comm()
    _follow(comm, {"content": {"data": {"figure": figure, "state": state}}})
    return comm.answer["problem"]


@pytest.mark.parametrize(
    ("state", "moved"),
    [("p=-1&n=4&kind=line", {"p": -1, "n": 4, "kind": "line"}), ("n=4", {"n": 4})],
)
def test_a_link_moves_all_controls_and_draws_once(shown, state, moved):
    shown.controls["kind"].value = "line"  # what a link leaves out goes back to its start
    drawn = []
    shown.output.observe(drawn.append, names="value")
    assert clicked(shown.figure.name, state) == ""
    assert {name: c.value for name, c in shown.controls.items()} == shown.figure.start | moved
    assert shown.html == shown.expected(**moved)
    assert len(drawn) == 1


def test_a_link_that_leads_nowhere_says_why_and_moves_nothing(shown):
    before = shown.html
    assert "has no control 'q'" in clicked(shown.figure.name, "q=3")
    assert "cannot be '3.5'; its values are" in clicked(shown.figure.name, "n=3.5")
    assert clicked("not-there", "p=1") == "the figure 'not-there' is not shown yet; run its cell"
    assert shown.html == before
