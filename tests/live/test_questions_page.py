"""The questions of a page in a real browser: by mouse, by keyboard alone, without a script, and forgotten."""

import shutil

import pytest
from samples import sample

from browser import axe_violations, launched, picture_in, picture_of, watched_page
from livenotes.live import ask
from livenotes.live.questions import question
from livenotes.live.theme import STATIC

pytestmark = pytest.mark.unchecked_shapes
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"/><title>Two questions</title>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<link rel="stylesheet" href="live.css"/><link rel="stylesheet" href="ask.css"/>
<style>body {{ background: {paper}; color: {ink}; }} a {{ color: {link}; }}</style>
<script src="live.js" defer="defer"></script><script src="ask.js" defer="defer"></script></head>
<body><main><h1>Two questions</h1><article>{questions}{figure}</article></main></body></html>"""
LIST = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/><title>All</title>
<script src="ask.js" defer="defer"></script></head><body><main><h1>All</h1><p class="ask-summary"></p><ol>
<li data-ask="first">1 <span class="ask-state"></span></li>
<li data-ask="second">2 <span class="ask-state"></span></li></ol></main></body></html>"""
COLORS = {"light": ("#fff", "#1f2328", "#0b62b8"), "dark": ("#14181c", "#e6e9ed", "#62aef5")}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("questions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(question, "_asked", {})
        first = ask(
            "What does the curve do at $p=-1$?",
            ["it rises", "it falls as $-x^2$", "neither"],
            right=1,
            because="The sign of $p$ turns it *over*.",
            shows="tiny-curve?p=-1&n=4",
            name="first",
        )
        second = ask("Is it `so`?", ["true", "false"], right=0, because="It is.", kind="claim", name="second")
    for name in ("live.css", "live.js", "ask.css", "ask.js"):
        shutil.copy(STATIC / name, folder)
    for theme, (paper, ink, link) in COLORS.items():
        text = PAGE.format(
            theme=theme,
            paper=paper,
            ink=ink,
            link=link,
            questions=first.html() + second.html(),
            figure=sample().html(),
        )
        (folder / f"{theme}.html").write_text(text, encoding="utf-8")
    (folder / "list.html").write_text(LIST, encoding="utf-8")
    return folder.as_uri()


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture
def page(chromium, home):
    with watched_page(chromium, home) as page:
        page.goto(f"{home}/light.html")
        yield page


def marks(page, name):
    return page.locator(f"#ask-{name} li").evaluate_all("all => all.map(item => item.className)")


def verdict(page, name):
    return page.locator(f"#ask-{name} [role=status]").inner_text()


def count_of(page):
    return page.locator(".ask-open").inner_text()


def test_a_click_answers_says_why_and_moves_the_figure(page):
    why = page.locator("#ask-first .ask-because")
    assert (marks(page, "first"), why.is_visible()) == (["", "", ""], False)
    page.get_by_role("button", name="it rises").click()
    assert marks(page, "first") == ["ask-wrong", "ask-right", ""]
    assert verdict(page, "first").startswith("Not quite.")
    assert why.is_visible()
    assert picture_of(page, "tiny-curve") == picture_in(sample().frame(p=-1.0, n=4))
    page.get_by_role("button", name="neither").dispatch_event("click")  # what is answered stays answered
    assert marks(page, "first") == ["ask-wrong", "ask-right", ""]
    assert marks(page, "second") == ["", ""]


def test_the_keyboard_alone_answers_and_asks_again(page):
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("it falls"):
            break
    page.keyboard.press("Enter")
    assert (verdict(page, "first"), marks(page, "first")) == ("Right.", ["", "ask-right", ""])
    assert page.evaluate("document.activeElement.textContent").endswith("(your answer, right)")  # focus stays
    page.locator("#ask-first").get_by_role("button", name="Ask again").press("Enter")
    assert (verdict(page, "first"), marks(page, "first")) == ("", ["", "", ""])
    assert page.evaluate("document.activeElement.textContent") == "it rises"
    page.keyboard.press("Space")
    assert marks(page, "first") == ["ask-wrong", "ask-right", ""]


def test_the_reader_may_look_without_an_answer(page):
    page.locator("#ask-first summary").click()
    assert page.locator("#ask-first .ask-because").is_visible()
    assert marks(page, "first") == ["", "", ""]
    assert "0 of 2 answered" in count_of(page)


def test_answers_stay_in_the_browser_until_they_are_forgotten(page, home):
    assert count_of(page) == "Questions on this page: 0 of 2 answered. Still open: 1 2."
    page.get_by_role("button", name="false").click()
    assert count_of(page) == "Questions on this page: 1 of 2 answered. Still open: 1. Forget my answers"
    page.goto(f"{home}/light.html")
    assert marks(page, "second") == ["ask-right", "ask-wrong"]
    assert not page.locator("#ask-second .ask-because").is_visible()  # nothing on the page has moved
    assert page.locator(".ask-open a").get_attribute("href") == "#ask-first"
    page.get_by_role("button", name="Forget my answers").click()
    page.goto(f"{home}/light.html")
    assert marks(page, "second") == ["", ""]


def test_the_page_of_all_questions_shows_and_forgets_every_answer(page, home):
    page.get_by_role("button", name="false").click()
    page.goto(f"{home}/list.html")
    states = page.locator(".ask-state")
    assert states.all_inner_texts() == ["still open", "not right"]
    assert "You have answered 1 of 2." in page.locator(".ask-summary").inner_text()
    page.get_by_role("button", name="Forget all my answers").click()
    assert states.all_inner_texts() == ["still open", "still open"]
    page.goto(f"{home}/light.html")
    assert marks(page, "second") == ["", ""]


def test_a_browser_that_keeps_nothing_still_answers(chromium, home):
    with watched_page(chromium, home) as page:
        page.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new Error('none'); }})"
        )
        page.goto(f"{home}/light.html")
        page.get_by_role("button", name="false").click()
        assert marks(page, "second") == ["ask-right", "ask-wrong"]
        assert "1 of 2 answered" in count_of(page)


def test_without_a_script_the_answer_unfolds(chromium, home):
    with watched_page(chromium, home, java_script_enabled=False) as page:
        page.goto(f"{home}/light.html")
        assert page.locator("#ask-first li").all_inner_texts()[0] == "it rises"
        assert page.locator("#ask-first button").count() == 0
        page.locator("#ask-first summary").click()
        assert page.locator("#ask-first .ask-because").is_visible()


def test_print_shows_every_answer(page):
    page.emulate_media(media="print")
    assert page.locator("#ask-second .ask-because").is_visible()
    assert not page.locator(".ask-open").is_visible()


@pytest.mark.parametrize("theme", COLORS)
def test_axe_finds_nothing_before_and_after_an_answer(chromium, home, theme):
    with watched_page(chromium, home) as page:
        page.goto(f"{home}/{theme}.html")
        assert axe_violations(page) == []
        page.get_by_role("button", name="it rises").click()
        assert axe_violations(page, impacts=("minor", "moderate", "serious", "critical")) == []


def test_the_script_moves_nothing_when_it_arrives(chromium, home):
    places = []
    for script in (False, True):
        with watched_page(
            chromium, home, java_script_enabled=script, viewport={"width": 390, "height": 800}
        ) as page:
            page.goto(f"{home}/light.html")
            places.append([box.bounding_box() for box in page.locator(".ask, .ask li").all()])
    assert places[0] == places[1]
