"""Sliders walk their grid and nothing else; what cannot be a grid is refused."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livenotes.live import Choice, Slider, Steps
from livenotes.live.controls import text_of


@settings(deadline=None)
@given(
    low=st.integers(-1000, 1000), step=st.integers(1, 100), count=st.integers(1, 60), digits=st.integers(0, 3)
)
def test_a_slider_holds_both_ends_and_equal_steps(low, step, count, digits):
    scale = 10**digits
    high = low + step * count
    slider = Slider(low / scale, high / scale, step / scale)
    assert len(slider.values) == count + 1
    assert slider.values[0] == low / scale
    assert slider.values[-1] == high / scale
    np.testing.assert_allclose(np.diff(slider.values), step / scale, rtol=1e-6)
    assert all(f"{value:.10g}" != "-0" for value in slider.values)
    assert len({text_of(value) for value in slider.values}) == count + 1


def test_every_value_is_the_float_that_a_reader_would_write():
    assert Slider(0, 1, 0.1).values == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    assert Slider(-2.1, 0.7, 0.7).values == (-2.1, -1.4, -0.7, 0.0, 0.7)
    assert "-0" not in map(text_of, Slider(-2.1, 0.7, 0.7).values)


def test_whole_numbers_make_a_slider_of_whole_numbers():
    assert all(type(value) is int for value in Slider(0.0, 10.0, 2.0).values)
    assert all(type(value) is float for value in Slider(0, 1, 0.5).values)


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [
        *[(0, 1, 0), (0, 1, -0.1), (1, 1, 0.1), (2, 1, 0.1), (0, math.inf, 1), (-math.inf, 0, 1)],
        *[(0, 1, math.nan), (math.nan, 1, 0.1), (0, math.nan, 0.1)],
    ],
)
def test_an_empty_or_endless_grid_is_refused(low, high, step):
    with pytest.raises(ValueError, match=r"Slider\(low=.*expected step > 0 and finite low < high"):
        Slider(low, high, step)


def test_an_end_off_the_grid_is_refused():
    with pytest.raises(ValueError, match="high must lie a whole number of steps above low"):
        Slider(0, 1, 0.3)


@pytest.mark.parametrize("start", [-1, 0.15, 1.1, math.nan])
def test_a_start_off_the_grid_is_refused_and_the_grid_named(start):
    with pytest.raises(
        ValueError, match=rf"start {start!r} is not one of the values 0\.0, 0\.1 … 1\.0 of Slider"
    ):
        Slider(0, 1, 0.1, start=start)


def test_start_is_the_grids_own_value():
    assert Slider(0, 1, 0.1).first == 0
    assert Slider(0, 1, 0.1, start=3 * 0.1).first == 0.3
    assert Slider(0, 1, 1 / 24, start=8 / 24).first in Slider(0, 1, 1 / 24).values
    assert Steps([1, 2, 4], start=4).first == 4
    assert Choice(["a", "b"]).first == "a"


def test_on_grid_undoes_rounding_and_leaves_the_rest():
    assert Slider(0, 1, 0.1).on_grid(0.30000000000000004) == 0.3
    assert Steps([1, 2, 4]).on_grid(4) == 4
    assert Choice(["a", "b"]).on_grid("b") == "b"


@pytest.mark.parametrize("kind", [Steps, Choice])
@pytest.mark.parametrize("values", [[], ["1"]])
def test_a_control_that_cannot_be_moved_is_refused(kind, values):
    values = list(map(int, values)) if kind is Steps else values
    with pytest.raises(ValueError, match="expected at least two values"):
        kind(values)


@pytest.mark.parametrize(
    ("make", "start", "grid"),
    [
        (lambda s: Steps([1, 2, 4], start=s), 3, "1, 2, 4"),
        (lambda s: Choice(["a", "b"], start=s), "c", "a, b"),
    ],
)
def test_a_start_that_is_not_listed_is_refused(make, start, grid):
    with pytest.raises(ValueError, match=rf"start {start!r} is not one of the values {grid} of"):
        make(start)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Steps([1, 2, 1]),
        lambda: Steps([1.0000001, 1.0000002]),
        lambda: Choice(["a", "a"]),
        lambda: Slider(1e6, 1e6 + 2, 1),
    ],
)
def test_values_that_an_address_cannot_tell_apart_are_refused(make):
    with pytest.raises(ValueError, match="values are written"):
        make()


def test_a_choice_is_shown_in_its_own_words():
    control = Choice({"relu": "ReLU", "leaky-relu": "Leaky ReLU (0.01)"}, start="leaky-relu")
    assert control.grid == ("relu", "leaky-relu")
    assert control.shown("leaky-relu") == "Leaky ReLU (0.01)"
    assert Choice(["leaky-relu", "b"]).shown("leaky-relu") == "leaky-relu"


def test_numbers_are_shown_with_a_minus_sign_and_their_unit():
    slider = Slider(-1, 1, 0.25, unit=" mm-1")
    assert slider.shown(-0.25) == "−0.25 mm-1"
    assert text_of(-0.25) == "-0.25"
    assert Steps([-1e-7, 1.0]).shown(-1e-7) == "−1e−07"


def param(**changed):
    return SimpleNamespace(**{"symbol": "k", "default": 0.5, "low": 0.0, "high": 1.0, "step": 0.25} | changed)


def test_a_methods_parameter_describes_its_slider():
    slider = Slider.of(param(symbol=r"\lambda_{max}"))
    assert slider == Slider(0.0, 1.0, 0.25, start=0.5, label="λ_{max}")
    assert Slider.of(param(default=1 / 3, step=1 / 24)).start == 1 / 3
    assert Slider.of(param(symbol=r"\unknowncommand")).label == r"\unknowncommand"


def test_a_methods_parameter_with_a_default_off_its_grid_is_refused():
    with pytest.raises(ValueError, match=r"start 0\.3 is not one of the values"):
        Slider.of(param(default=0.3))
