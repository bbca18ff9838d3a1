"""The built book in a real browser: quiet, accessible, self-contained, and every figure what Python draws.

The book is built into _build/html first, unless LIVENOTES_SITE names a finished build.
"""

import json
import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import nbformat
import pytest

from browser import axe_violations, launched, picture_in, picture_of, watched_page
from built_site import Page, broken_links, build, serving
from livenotes import claims
from livenotes._tex import to_mathml
from livenotes.live.controls import text_of
from notebooks import ROOT, chapters, figures_of, files_of_toc, pages_that_run

pytestmark = pytest.mark.unchecked_shapes
PAGES = [f"{name}.html" for name in files_of_toc()] if (ROOT / "_toc.yml").exists() else []
EXTRA = ["search.html", "genindex.html"]
THEMES = ("light", "dark")
WIDTHS = (1280, 390)
OF_COLORS = ["color-contrast", "link-in-text-block"]  # the rules that another theme can break

each_page = pytest.mark.parametrize("name", [*PAGES, *EXTRA] if PAGES else [])
RUNNING, CHAPTERS = (pages_that_run(), chapters()) if PAGES else ([], [])
each_page_that_runs = pytest.mark.parametrize("path", RUNNING, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
needs_book = pytest.mark.skipif(not PAGES, reason="there is no table of contents yet")


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the built book."""
    given = os.environ.get("LIVENOTES_SITE")
    folder = (ROOT / given).resolve() if given else build(ROOT)
    assert (folder / "index.html").exists(), f"{folder} holds no built book"
    return folder


@pytest.fixture(scope="session")
def served(site):
    """Return the address at which the book is served on this machine."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture(params=["http", "file"])
def home(request, site):
    """Return where the book is: at an address, and as files on a disk."""
    return request.getfixturevalue("served") if request.param == "http" else site.as_uri()


# --------------------------------------------------------------------------------- the pages, as files


@pytest.fixture(scope="session")
def parsed(site):
    """Return every page of the book by its path, read once."""
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


@needs_book
def test_every_page_of_the_contents_is_built(site):
    missing = [name for name in [*PAGES, *EXTRA, "index.html"] if not (site / name).exists()]
    assert missing == []


@needs_book
def test_no_page_loads_anything_from_elsewhere(site, parsed):
    assert [
        problem for path, page in parsed.items() for problem in page.loads_from_elsewhere(path, site)
    ] == []


@needs_book
def test_every_link_inside_the_book_leads_somewhere(site, parsed):
    assert [problem for path in parsed for problem in broken_links(path, parsed, site)] == []


@needs_book
def test_no_page_has_an_id_twice(parsed):
    assert {
        path.name: page.ids_given_twice() for path, page in parsed.items() if page.ids_given_twice()
    } == {}


@needs_book
def test_the_book_holds_no_state_of_widgets_and_no_traceback(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "application/vnd.jupyter.widget" not in text, path
        assert "Traceback (most recent call last)" not in text, path


# --------------------------------------------------------------------------------- the pages, in a browser


def open_page(page, address):
    page.goto(address)
    page.wait_for_load_state("networkidle")


@each_page
def test_a_page_opens_without_an_error_or_a_request_to_elsewhere(chromium, home, name):
    with watched_page(chromium, home) as page:
        open_page(page, f"{home}/{name}")
        assert page.title()
        assert page.get_by_role("heading", level=1).count() == 1


@each_page
def test_a_page_is_accessible_in_both_themes_and_no_wider_than_the_window(chromium, served, name):
    with watched_page(chromium, served, viewport={"width": WIDTHS[-1], "height": 900}) as page:
        open_page(page, f"{served}/{name}")
        for theme, rules in zip(THEMES, (None, OF_COLORS), strict=True):
            page.emulate_media(color_scheme=theme)
            page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")
            assert axe_violations(page, rules=rules) == []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1], width


PLACES = """formulas => {
    document.querySelector("article").innerHTML = formulas.map(each => `<p>${each}x</p>`).join("");
    return document.fonts.ready.then(() => [...document.querySelectorAll("article p")].map(line => {
        const text = document.createRange();
        text.selectNodeContents(line.lastChild);
        return line.querySelector("mn").getBoundingClientRect().bottom - text.getBoundingClientRect().bottom;
    }));
}"""


@needs_book
@pytest.mark.parametrize("script", ["_1", "^1"])
def test_the_scripts_of_all_letters_stand_at_one_height(chromium, served, script):
    letters = [*"xyfgpjbdQW", r"\sigma", r"\mu", r"\beta", r"\varphi", r"\hat{x}", r"\tilde{y}"]
    if script == "^1":  # over an accent an exponent rises, as in TeX
        letters = letters[:-2]
    with watched_page(chromium, served) as page:
        open_page(page, f"{served}/{PAGES[0]}")
        places = page.evaluate(PLACES, [to_mathml(letter + script) for letter in letters])
    assert max(places) - min(places) < 0.5, dict(zip(letters, places, strict=True))


@needs_book
def test_searching_finds_a_word(chromium, served):
    chapter = nbformat.read(chapters()[0], as_version=4)
    word = max(re.findall(r"[a-z]{5,}", chapter.cells[0].source.splitlines()[0].lower()), key=len)
    with watched_page(chromium, served) as page:
        open_page(page, f"{served}/search.html?q={word}")
        found = page.locator(f"ul.search a[href*='{chapters()[0].stem}.html']").first
        found.wait_for(timeout=10_000)
        found.click()
        page.wait_for_load_state("networkidle")
        assert word in page.get_by_role("heading", level=1).inner_text().lower()


@each_chapter
def test_the_download_button_serves_the_notebook(chromium, served, path):
    with watched_page(chromium, served) as page:
        open_page(page, f"{served}/book/{path.stem}.html")
        links = page.locator("a[href$='.ipynb']")
        assert links.count() >= 1, "there is no link to the notebook"
        answer = page.request.get(links.first.evaluate("a => a.href"))
        assert answer.ok
        sources = [cell["source"] for cell in nbformat.reads(answer.text(), as_version=4).cells]
        assert sources == [cell["source"] for cell in nbformat.read(path, as_version=4).cells]


# --------------------------------------------------------------------------------- ledger and questions


@needs_book
def test_the_ledger_narrows_down_by_chapter_verdict_and_words(chromium, served):
    wrong = [card.claim for card in claims.all() if card.claim.verdict == claims.Verdict.WRONG]
    chapter = wrong[-1].chapter
    wanted = [f"claim-{claim.key}" for claim in wrong if claim.chapter == chapter]
    with watched_page(chromium, served) as page:
        open_page(page, f"{served}/book/ledger.html")
        shown = page.locator(".claim:visible")
        everything = shown.count()
        assert everything == len(claims.all())
        page.get_by_label("Chapter").select_option(f"ledger-{chapter}")
        page.get_by_label("Verdict").select_option(label="wrong, corrected")
        assert shown.evaluate_all("all => all.map(claim => claim.id)") == wanted
        assert page.locator("section[id^=ledger-]:visible").count() == 1
        assert page.get_by_role("status").inner_text() == f"{len(wanted)} of {everything} entries"
        open_page(page, page.url)  # the choice stands in the address
        assert shown.count() == len(wanted)
        page.get_by_label("Words").fill(wrong[-1].says.upper())
        assert shown.evaluate_all("all => all.map(claim => claim.id)") == wanted[-1:]
        page.get_by_label("Words").fill("no such words")
        assert shown.count() == 0


@needs_book
@pytest.mark.parametrize("script", [True, False])
def test_a_term_is_explained_on_hover_and_on_focus_and_can_be_closed(chromium, served, script):
    with watched_page(
        chromium, served, viewport={"width": 390, "height": 800}, java_script_enabled=script
    ) as page:
        page.goto(f"{served}/book/lstm.html")
        term = page.locator(".term", has=page.get_by_text("input gate", exact=True)).first
        word, says = term.locator("[tabindex]"), term.get_by_role("tooltip", include_hidden=True)
        assert word.get_attribute("aria-describedby") == says.get_attribute("id")
        assert says.is_hidden()
        word.hover()
        assert says.is_visible()
        says.hover()  # the pointer may move on to it
        assert says.is_visible()
        page.mouse.move(0, 0)
        assert says.is_hidden()
        word.focus()
        box, line = says.bounding_box(), word.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["y"] >= line["y"] + line["height"] - 4  # under the word
        page.keyboard.press("Escape")
        assert says.is_hidden() == script
        page.evaluate("document.activeElement.blur()")
        assert says.is_hidden()


@needs_book
def test_without_javascript_the_ledger_shows_every_claim_and_no_controls(chromium, served):
    with watched_page(chromium, served, java_script_enabled=False) as page:
        page.goto(f"{served}/book/ledger.html")
        assert page.locator(".claim:visible").count() == len(claims.all())
        assert not page.locator(".ledger-filter").is_visible()


@needs_book
def test_every_question_is_listed_and_can_be_answered(chromium, served, site):
    asked = {
        path.stem: re.findall(r'class="live ask" id="([\w-]+)"', path.read_text(encoding="utf-8"))
        for path in site.glob("book/*.html")
    }
    with watched_page(chromium, served) as page:
        for name, questions in [(name, keys) for name, keys in asked.items() if keys]:
            open_page(page, f"{served}/book/{name}.html")
            for question in questions:
                page.locator(f"#{question} .ask-choice").first.click()
                assert page.locator(f"#{question} .ask-because").is_visible()
        open_page(page, f"{served}/book/all-questions.html")
        links = page.locator(".ask-list li a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert sorted(links) == sorted(f"{name}.html#{key}" for name, keys in asked.items() for key in keys)
        assert "still open" not in page.locator(".ask-list").inner_text()


# --------------------------------------------------------------------------------- the live figures


def control(page, figure, name):
    return page.locator(f"[id='{figure.name}--{name}']")


def loaded(page, figure):
    page.wait_for_function("id => !document.getElementById(id).hasAttribute('aria-busy')", arg=figure.name)


def choose(page, figure, name, value):
    control(page, figure, name).select_option(value)
    loaded(page, figure)


def assert_state(page, figure, values):
    """The picture on the page, element by element, is the one that Python draws."""
    elements, readouts = picture_of(page, figure.name)
    wanted, numbers = picture_in(figure.frame(**values))
    where = f"{figure.name} at {values}"
    assert readouts == numbers, where
    assert len(elements) == len(wanted), where
    for number, (ours, theirs) in enumerate(zip(elements, wanted, strict=True)):
        assert ours == theirs, f"{where}, element {number}"


def drag(page, figure, name, state):
    """Move one slider with the keyboard: to the left end, a step on, to the right end, a step back."""
    values = figure.controls[name].grid
    control(page, figure, name).focus()
    for key, place in [("Home", 0), ("ArrowRight", 1), ("End", -1), ("ArrowLeft", -2)]:
        page.keyboard.press(key)
        assert_state(page, figure, state | {name: values[place]})
    page.keyboard.press("Home")
    for _ in range(values.index(state[name])):
        page.keyboard.press("ArrowRight")
    assert_state(page, figure, state)


def walk(page, figure):
    """Drag every slider, at the start and at every other value of every choice."""
    sliders = [name for name, c in figure.controls.items() if not c.own_plates]
    assert_state(page, figure, figure.start)
    for name in sliders:
        drag(page, figure, name, figure.start)
    for name, choice in figure.controls.items():
        if choice.own_plates:
            for value in choice.grid:
                choose(page, figure, name, value)
                assert_state(page, figure, figure.start | {name: value})
            for slider in sliders:
                drag(page, figure, slider, figure.start | {name: value})
            choose(page, figure, name, choice.first)
    page.locator(f"#{figure.name} .live-reset").click()
    assert_state(page, figure, figure.start)


@each_page_that_runs
def test_every_live_figure_shows_what_python_draws(chromium, served, path):
    with watched_page(chromium, served) as page:
        open_page(page, f"{served}/book/{path.stem}.html")
        shown = [item.figure for item in figures_of(path)]
        on_page = page.locator("figure.live").evaluate_all("all => all.map(figure => figure.id)")
        assert on_page == [figure.name for figure in shown]
        for figure in shown:
            grids = json.loads(page.locator(f"#{figure.name}").get_attribute("data-controls"))
            assert grids == {name: [text_of(v) for v in c.grid] for name, c in figure.controls.items()}
            walk(page, figure)


@each_page_that_runs
def test_every_choice_can_be_made_on_a_page_from_a_disk(chromium, site, path):
    with watched_page(chromium, site.as_uri()) as page:
        open_page(page, f"{site.as_uri()}/book/{path.stem}.html")
        for item in figures_of(path):
            for name, choice in item.figure.controls.items():
                for value in choice.grid if choice.own_plates else ():
                    choose(page, item.figure, name, value)
                    assert_state(page, item.figure, item.figure.start | {name: value})
                page.locator(f"#{item.figure.name} .live-reset").click()


UNFOLD = "a => { for (let e = a; (e = e.parentElement); ) if (e.tagName === 'DETAILS') e.open = true; }"


def state_of(figure, query):
    """The state that an address names; controls that it leaves out are at their start."""
    given = dict(parse_qsl(query))
    state = dict(figure.start)
    for name, text in given.items():
        (state[name],) = [value for value in figure.controls[name].grid if _named(value, text)]
    return state


def _named(value, text):
    return value == text if isinstance(value, str) else abs(value - float(text)) < 1e-9


@each_page_that_runs
def test_links_in_the_text_put_their_figure_into_their_state(chromium, served, path):
    figures = {item.figure.name: item.figure for item in figures_of(path)}
    with watched_page(chromium, served, reduced_motion="reduce") as page:
        open_page(page, f"{served}/book/{path.stem}.html")
        links = page.locator("a.live-link")
        addresses = links.evaluate_all("all => all.map(link => link.getAttribute('href'))")
        for number, address in enumerate(addresses):
            figure = figures[urlsplit(address).fragment]
            state = state_of(figure, urlsplit(address).query)
            links.nth(number).evaluate(UNFOLD)
            links.nth(number).click()
            loaded(page, figure)
            assert_state(page, figure, state)
            assert page.locator(f"#{figure.name} .live-picture").is_visible()
        for address in addresses[:1]:  # the same address opens the page in that state
            figure = figures[urlsplit(address).fragment]
            open_page(page, f"{served}/book/{path.stem}.html{address}")
            assert_state(page, figure, state_of(figure, urlsplit(address).query))


@needs_book
def test_the_text_of_the_book_has_links_to_states(site):
    assert any("live-link" in path.read_text(encoding="utf-8") for path in site.glob("book/*.html"))


@each_page_that_runs
def test_without_javascript_every_figure_shows_its_start(chromium, served, path):
    with watched_page(chromium, served, java_script_enabled=False) as page:
        page.goto(f"{served}/book/{path.stem}.html")
        for item in figures_of(path):
            assert page.locator(f"#{item.figure.name} svg").is_visible()
            assert_state(page, item.figure, item.figure.start)


@each_page_that_runs
def test_the_figures_follow_the_theme(chromium, served, path):
    if not figures_of(path):
        pytest.skip("a page without a live figure")
    colors = []
    for theme in THEMES:
        with watched_page(chromium, served, color_scheme=theme) as page:
            open_page(page, f"{served}/book/{path.stem}.html")
            words = page.locator("figure.live svg text").first
            colors.append(words.evaluate("text => getComputedStyle(text).fill"))
    assert len(set(colors)) == 2


@each_page_that_runs
def test_a_finger_can_move_the_first_slider(chromium, served, path):
    if not figures_of(path):
        pytest.skip("a page without a live figure")
    options = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
    with watched_page(chromium, served, **options) as page:
        open_page(page, f"{served}/book/{path.stem}.html")
        slider = page.locator("figure.live input[type=range]").first
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        for x, value in [(3, "0"), (box["width"] - 3, slider.get_attribute("max"))]:
            page.touchscreen.tap(box["x"] + x, box["y"] + box["height"] / 2)
            assert slider.input_value() == value
