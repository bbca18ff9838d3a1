"""How the figures write their numbers."""

import pytest

from livenotes.lab.style import scientific


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.01, "0.01"), (12.3, "12"), (3.21e-7, "3.2 × 10⁻⁷"), (6.6e35, "6.6 × 10³⁵")],
)
def test_powers_of_ten_are_written_out(value, text):
    assert scientific(value) == text
