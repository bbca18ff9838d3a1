"""How the figures write their numbers."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from livenotes.lab.style import arrows, decimals, scientific


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.01, "0.01"), (12.3, "12"), (3.21e-7, "3.2 × 10⁻⁷"), (6.6e35, "6.6 × 10³⁵")],
)
def test_powers_of_ten_are_written_out(value, text):
    assert scientific(value) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(-0.004, 2, "0.00"), (-1.5, 2, "−1.50"), (2.0, 0, "2"), (0.125, 3, "0.125")]
)
def test_decimals_have_a_true_minus_and_no_minus_zero(value, digits, text):
    assert decimals(value, digits) == text


def test_the_head_of_an_arrow_keeps_its_shape_whatever_the_units():
    axes = Figure(figsize=(4, 2)).add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 10), ylim=(0, 500))
    arrows(axes, [(1, 100, 5, 300), (1, 100, 1, 300, 5, 300)], "k", head=(7, 3))
    (patch,) = axes.artists or axes.patches
    pixels = axes.transData.transform(patch.get_path().vertices)
    for line in (pixels[:5], pixels[5:]):
        start, tip, wings = line[-5], line[-2], line[[-3, -1]]
        along = (tip - start) / np.hypot(*(tip - start))
        assert (tip - wings) @ along == pytest.approx([7, 7])
        assert np.hypot(*(wings[0] - wings[1])) == pytest.approx(6)
    assert pixels[6][0] == pytest.approx(pixels[5][0])  # the bent one goes up first
