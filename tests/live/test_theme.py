"""Every color of the figures can be told from the page, in both themes."""

import re

import pytest

from livenotes.live.theme import CYCLE, PALETTE, STYLE_SHEET, with_variables

THEMES = ("light", "dark")


def palette(theme):
    """Read a theme's colors from the style sheet."""
    light, dark = STYLE_SHEET.split("/* dark */")
    block = {"light": light, "dark": dark}[theme].partition("}")[0]
    return dict(re.findall(r"--live-(\w+): (#[0-9a-f]{6});", block))


def luminance(color):
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_both_themes_define_the_same_colors():
    assert palette("light") == PALETTE
    assert palette("dark").keys() == PALETTE.keys()
    assert {"ink", "muted", "grid", "paper", *CYCLE} <= PALETTE.keys()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["ink", "muted"])
def test_words_can_be_read(theme, name):
    colors = palette(theme)
    assert contrast(colors[name], colors["paper"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", CYCLE)
def test_series_can_be_seen(theme, name):
    colors = palette(theme)
    assert contrast(colors[name], colors["paper"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_the_grid_stays_behind_the_series(theme):
    colors = palette(theme)
    grid = contrast(colors["grid"], colors["paper"])
    assert 1.1 < grid < min(contrast(colors[name], colors["paper"]) for name in CYCLE)


def test_every_color_has_one_name():
    assert len(set(PALETTE.values())) == len(PALETTE)


def test_only_the_palettes_colors_become_variables():
    blue = PALETTE["blue"]
    assert with_variables(f"stroke:{blue};fill:#010203") == f"stroke:var(--live-blue,{blue});fill:#010203"
