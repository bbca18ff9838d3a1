"""The script that puts a figure into a state, in a real browser, on a page opened from a file."""

import re
import shutil
from html import escape, unescape

import numpy as np
import pytest
from samples import sample, states

from browser import axe_violations, launched, picture_in, picture_of, watched_page
from livenotes.live import Slider, live
from livenotes.live.controls import text_of
from livenotes.live.markup import text_alternative
from livenotes.live.theme import STATIC

PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"/><title>Tiny</title>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<link rel="stylesheet" href="live.css"/><script src="live.js" defer="defer"></script></head>
<body><main><h1>Tiny</h1>
<p><a class="live-link" id="telling" href="?p=-1&amp;kind=line#tiny-curve">at p = −1, as a line</a>
<a class="live-link" id="second" href="?p=1#other-figure">the second figure</a></p>
{figures}</main></body></html>"""


def other_figure(fig, p):
    """Draw a figure with one control and a picture that fades in."""
    ax = fig.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.plot([0, 1], [0, p], alpha=p)
    ax.imshow(np.full((2, 2), p), vmin=0, vmax=1, extent=(0, 1, 0, 1), aspect="auto", alpha=0.5)


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def figure():
    return sample()


@pytest.fixture(scope="module")
def folder(figure, tmp_path_factory):
    """A page with two figures; the second plate of the first lies in a file of its own, as on the site."""
    folder = tmp_path_factory.mktemp("page")
    for name in ("live.js", "live.css"):
        shutil.copy(STATIC / name, folder)
    (plate,) = re.findall(r'data-plate="1">(.*?)</script>', figure.html())
    (folder / "plate.js").write_text(f'liveNotes.plate("tiny-curve", 1, {plate});', encoding="utf-8")
    away = figure.html().replace(f'data-plate="1">{plate}', 'data-plate="1" data-src="plate.js">')
    second = live(other_figure, title="Another.", size=(3, 2), p=Slider(0, 1, 0.5))
    page = PAGE.format(figures=away + second.html())
    (folder / "page.html").write_text(page, encoding="utf-8")
    (folder / "lost.html").write_text(page.replace("plate.js", "lost.js"), encoding="utf-8")
    return folder


@pytest.fixture
def opened(chromium, folder):
    """Open the page, perhaps with a state in its address; nothing may go wrong on it."""
    open_pages = []

    def open_page(address="", name="page.html", **options):
        manager = watched_page(chromium, folder.as_uri(), **options)
        page = manager.__enter__()
        open_pages.append(manager)
        page.goto((folder / name).as_uri() + address)
        return page

    yield open_page
    for manager in reversed(open_pages):
        manager.__exit__(None, None, None)


def control(page, name, figure="tiny-curve"):
    return page.locator(f"[id='{figure}--{name}']")


def put(page, figure, values):
    """Move every control with the keyboard, from the left end."""
    for name, value in values.items():
        element = control(page, name)
        element.focus()
        if isinstance(value, str):
            element.select_option(value)
            page.wait_for_function("() => !document.querySelector('.live[aria-busy]')")
            continue
        page.keyboard.press("Home")
        for _ in range(list(figure.controls[name].grid).index(value)):
            page.keyboard.press("ArrowRight")


def assert_state(page, figure, values):
    """Compare the whole figure on the page with what Python draws for these values."""
    frame = figure.frame(**values)
    elements, readouts = picture_of(page, figure.name)
    wanted, numbers = picture_in(frame)
    assert len(elements) == len(wanted)
    for number, (ours, theirs) in enumerate(zip(elements, wanted, strict=True)):
        assert ours == theirs, f"element {number}"
    assert readouts == numbers
    root = page.locator(f"#{figure.name}")
    label = root.locator(".live-picture").get_attribute("aria-label")
    assert label == text_alternative(figure, frame, values)
    for name, value in values.items():
        element, text = control(page, name), figure.controls[name].shown(value)
        if isinstance(value, str):
            assert element.input_value() == value
        else:
            assert element.get_attribute("aria-valuetext") == text
            assert element.locator("xpath=following-sibling::output").inner_text() == text
    link = root.locator(".live-share").get_attribute("href")
    assert all(f"{name}={text_of(value)}" in link for name, value in values.items())
    assert link.endswith(f"#{figure.name}")


def test_the_page_opens_in_the_start_state(opened, figure):
    page = opened()
    assert page.locator("#tiny-curve .live-controls").is_visible()
    assert_state(page, figure, figure.start)


def test_every_corner_of_the_grid_is_what_python_draws(opened, figure):
    page = opened()
    for values in states(figure):
        put(page, figure, values)
        assert_state(page, figure, values)


def test_every_key_of_a_slider_moves_it(opened, figure):
    page = opened()
    control(page, "p").focus()
    grid = figure.controls["p"].grid
    for key, place in [
        *[("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2), ("ArrowLeft", 1), ("End", 4), ("ArrowRight", 4)],
        *[("PageDown", 3), ("PageUp", 4), ("ArrowDown", 3), ("Home", 0), ("ArrowLeft", 0)],
    ]:
        page.keyboard.press(key)
        assert_state(page, figure, figure.start | {"p": grid[place]})


def test_a_choice_can_be_made_with_the_keyboard_alone(opened, figure):
    page = opened()
    control(page, "kind").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('#tiny-curve--kind').value === 'line'")
    page.wait_for_function("() => !document.querySelector('.live[aria-busy]')")
    assert_state(page, figure, figure.start | {"kind": "line"})
    page.keyboard.press("ArrowUp")
    assert_state(page, figure, figure.start)


def test_every_control_is_reached_with_the_tab_key_in_order(opened):
    page = opened()
    page.locator("#second").focus()
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert reached == ["tiny-curve--p", "tiny-curve--n", "tiny-curve--kind", "Reset", "Link"]


def test_a_drag_shows_every_state_it_passes(opened, figure):
    page = opened()
    box = control(page, "p").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.75, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 2, y, steps=20)
    assert_state(page, figure, figure.start | {"p": -1.0})  # before the button is let go
    page.mouse.move(box["x"] + box["width"] - 2, y, steps=20)
    page.mouse.up()
    assert_state(page, figure, figure.start | {"p": 1.0})


def test_reset_goes_back_to_the_start(opened, figure):
    page = opened()
    put(page, figure, {"p": -1.0, "n": 4, "kind": "line"})
    page.locator("#tiny-curve .live-reset").click()
    assert_state(page, figure, figure.start)


def test_an_address_opens_the_page_in_its_state(opened, figure):
    page = opened("?p=-0.5&n=4#tiny-curve")
    assert_state(page, figure, {"p": -0.5, "n": 4, "kind": "power"})


def test_an_address_may_name_a_choice_in_a_file_of_its_own(opened, figure):
    page = opened("?p=1&kind=line#tiny-curve")
    page.wait_for_function("() => !document.querySelector('.live[aria-busy]')")
    assert_state(page, figure, figure.start | {"p": 1.0, "kind": "line"})
    page.locator("#tiny-curve .live-reset").click()
    assert_state(page, figure, figure.start)


@pytest.mark.parametrize(
    "address",
    [
        "?p=7&n=three&kind=none&q=1#tiny-curve",
        "?#tiny-curve",
        "#%",
        "?p=-1#nowhere",
        "?p=-1",
        "?p=#tiny-curve",
    ],
)
def test_an_address_that_names_no_state_leaves_the_start(opened, figure, address):
    assert_state(opened(address), figure, figure.start)


def test_the_link_of_a_state_opens_that_state(opened, figure):
    page = opened()
    values = {"p": -0.5, "n": 4, "kind": "power"}
    put(page, figure, values)
    page.locator("#tiny-curve .live-share").click()
    page.wait_for_url(re.compile(r"\?p=-0\.5&n=4&kind=power#tiny-curve$"))
    assert_state(page, figure, values)
    assert_state(opened(page.url.partition("page.html")[2]), figure, values)


def test_a_link_in_the_text_puts_the_figure_into_its_state(opened, figure):
    page = opened()
    put(page, figure, {"n": 4})
    page.locator("#telling").click()
    page.wait_for_url(re.compile(r"\?p=-1&n=2&kind=line#tiny-curve$"))  # even while the choice is on its way
    page.wait_for_function("() => !document.querySelector('.live[aria-busy]')")
    assert_state(page, figure, {"p": -1.0, "n": 2, "kind": "line"})  # n, not named, is at its start
    assert page.evaluate("document.activeElement.id") == "tiny-curve--p"


def test_a_link_moves_its_own_figure_alone_and_brings_it_into_view(opened, figure):
    page = opened(viewport={"width": 800, "height": 300}, reduced_motion="reduce")
    page.locator("#second").click()
    assert control(page, "p", "other-figure").input_value() == "2"
    assert_state(page, figure, figure.start)
    box = page.locator("#other-figure .live-picture").bounding_box()
    assert box["y"] < 300
    assert page.evaluate("document.activeElement.id") == "other-figure--p"


def test_a_figure_without_choices_and_numbers_is_what_python_draws(opened):
    second = live(other_figure, title="Another.", size=(3, 2), p=Slider(0, 1, 0.5))
    page = opened()
    control(page, "p", "other-figure").focus()
    for value, key in [(0.5, "ArrowRight"), (1.0, "ArrowRight"), (0.0, "Home")]:
        page.keyboard.press(key)
        assert picture_of(page, "other-figure") == picture_in(second.frame(p=value))


def test_without_javascript_the_start_state_is_complete_and_nothing_pretends_to_move(opened, figure):
    page = opened(java_script_enabled=False)
    assert page.locator("#tiny-curve svg").is_visible()
    assert picture_of(page, "tiny-curve") == picture_in(figure.frame())
    assert not any(item.is_visible() for item in page.locator("input, select, button, .live-share").all())
    assert page.locator("#tiny-curve figcaption").inner_text() == figure.title


def test_print_shows_the_state_in_words_and_no_controls(opened, figure):
    page = opened()
    put(page, figure, {"p": -0.5})
    page.emulate_media(media="print")
    assert not any(item.is_visible() for item in page.locator("input, button, .live-share").all())
    assert page.locator("#tiny-curve svg").is_visible()
    assert page.locator("#tiny-curve output").first.inner_text() == '−0.5 "m"'
    look = control(page, "kind").evaluate("e => getComputedStyle(e).appearance + getComputedStyle(e).border")
    assert look.startswith("none0px")  # its words are read, its arrow and frame are gone


def first_stroke(page):
    return page.locator("#tiny-curve svg path[clip-path]").first.evaluate("e => getComputedStyle(e).stroke")


def test_the_dark_theme_changes_the_colors_of_the_picture(opened):
    page = opened()
    assert first_stroke(page) == "rgb(11, 98, 184)"
    words = page.locator("#tiny-curve svg text").first
    light = words.evaluate("e => getComputedStyle(e).fill")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert first_stroke(page) == "rgb(98, 174, 245)"
    assert words.evaluate("e => getComputedStyle(e).fill") != light


def test_a_choice_that_cannot_be_loaded_says_so_and_the_rest_still_works(chromium, folder, figure):
    page = chromium.new_page()  # the failed request is the point here
    page.goto((folder / "lost.html").as_uri())
    picture = page.locator("#tiny-curve .live-picture")
    control(page, "kind").select_option("line")
    page.wait_for_function("() => document.querySelector('[data-error]')")
    said = picture.evaluate("e => getComputedStyle(e, '::after').content")
    assert said == '"This choice could not be loaded."'
    control(page, "kind").select_option("power")
    assert picture.get_attribute("data-error") is None
    assert page.locator("#tiny-curve").get_attribute("aria-busy") is None
    put(page, figure, {"p": 1.0})
    assert_state(page, figure, figure.start | {"p": 1.0})
    page.close()


def test_moving_on_before_a_choice_has_come_leaves_no_trace(opened, figure):
    page = opened()
    page.evaluate(
        """() => { const kind = document.querySelector("#tiny-curve--kind");
        for (const value of ["line", "power"]) {
          kind.value = value; kind.dispatchEvent(new Event("input", { bubbles: true })); } }"""
    )
    assert page.locator("#tiny-curve").get_attribute("aria-busy") is None
    page.wait_for_function("() => window.liveNotes.figures.get('tiny-curve').plates.get(1).data")
    assert_state(page, figure, figure.start)


def test_a_tap_on_the_slider_moves_it(opened, figure):
    page = opened(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800})
    slider = control(page, "p")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box["height"] >= 44  # a thumb's width
    page.touchscreen.tap(box["x"] + 3, box["y"] + box["height"] / 2)
    assert_state(page, figure, figure.start | {"p": -1.0})


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_page(opened, width):
    page = opened(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, theme):
    page = opened()
    paper = {"light": "#ffffff", "dark": "#14181c"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.evaluate(f"document.body.style.background = '{paper}'")
    page.add_style_tag(content="h1, p, a { color: var(--text) } :root { --text: #1f2328 }")
    if theme == "dark":
        page.add_style_tag(content=":root { --text: #e6e9ed }")
    assert axe_violations(page) == []


def test_the_page_of_this_test_is_what_the_figure_wrote(folder, figure):
    text = (folder / "page.html").read_text(encoding="utf-8")
    assert 'data-src="plate.js"' in text
    assert escape(figure.title) in text
    assert "liveNotes.plate" not in unescape(text)
