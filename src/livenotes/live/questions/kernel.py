"""A question under a kernel: a button for each answer, and the reason once one is chosen."""

from html import escape

import ipywidgets as widgets

from livenotes.live import shown
from livenotes.live.theme import STATIC, STYLE_SHEET

from . import inline, markup

_AGAIN = {"width": "auto", "align_self": "flex-start", "display": "none"}
_STYLE = STYLE_SHEET + (STATIC / "ask.css").read_text(encoding="utf-8")


def widget(asked: markup.Asked) -> widgets.VBox:
    """Return the question above its answers; a button lies over each and takes the click."""
    texts = [widgets.HTML() for _ in asked.answers]
    buttons = [_button(f"{markup.letter(i)}: {inline.plain(each)}") for i, each in enumerate(asked.answers)]
    reason = widgets.HTML()
    again = widgets.Button(description="Ask again", layout=_AGAIN)

    def show(chosen: int | None) -> None:
        for place, (text, button) in enumerate(zip(texts, buttons, strict=True)):
            text.value = _answer(asked, place, chosen)
            button.disabled = chosen is not None
        (box.remove_class if chosen is None else box.add_class)("ask-chosen")
        again.layout.display = "none" if chosen is None else ""
        reason.value = "" if chosen is None else _reason(asked, chosen, _move(asked))

    rows = [_classed(widgets.Box([b, t]), "ask-row") for b, t in zip(buttons, texts, strict=True)]
    head = widgets.HTML(f"<style>{_STYLE}</style>{markup.question(asked)}")
    box = _classed(widgets.VBox([head, *rows, reason, again]), "live", "ask")
    for place, button in enumerate(buttons):
        button.on_click(lambda _button, place=place: show(place))
    again.on_click(lambda _button: show(None))
    show(None)
    return box


def _button(words: str) -> widgets.Button:
    return _classed(widgets.Button(description=words, tooltip=words), "ask-choice")


def _answer(asked: markup.Asked, place: int, chosen: int | None) -> str:
    state = ""
    if chosen is not None:
        state = " ask-right" if place == asked.place else " ask-wrong" if place == chosen else ""
    return (
        f'<div class="ask-text{state}" data-letter="{markup.letter(place)}" aria-hidden="true">'
        f"<span>{inline.html(asked.answers[place])}</span></div>"
    )


def _reason(asked: markup.Asked, chosen: int, problem: str) -> str:
    right = chosen == asked.place
    verdict = "Right." if right else "Not quite."
    note = f'<p class="ask-more">{escape(problem)}</p>' if problem else ""
    return (
        f'<div class="ask-why" role="status"><p class="ask-verdict">{verdict}</p>'
        f"{markup.why(asked, links=False)}{note}</div>"
    )


def _move(asked: markup.Asked) -> str:
    """Put the figure into the state that shows the answer; say what hinders it."""
    if not asked.shows:
        return ""
    figure, _, query = asked.shows.partition("?")
    try:
        shown.go(figure, query)
    except ValueError as error:
        return f"{error}".capitalize() + "."
    return ""


def _classed(box: widgets.DOMWidget, *names: str) -> widgets.DOMWidget:
    for name in names:
        box.add_class(name)
    return box
