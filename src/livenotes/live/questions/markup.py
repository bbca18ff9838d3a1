"""The HTML of a question: valid as XHTML, and whole without a script."""

from collections.abc import Sequence
from html import escape
from typing import Protocol, runtime_checkable

from . import inline

TITLES = {"prediction": "Predict", "claim": "Is it true?", "recall": "Recall"}
"""What stands above a question of each kind."""


@runtime_checkable
class Asked(Protocol):
    """What is written of a question."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def question(self) -> str: ...  # noqa: D102
    @property
    def answers(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def because(self) -> str: ...  # noqa: D102
    @property
    def shows(self) -> str | None: ...  # noqa: D102
    @property
    def claim(self) -> str | None: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def place(self) -> int: ...  # noqa: D102


def letter(place: int) -> str:
    """Name an answer by its place: A, B, C …"""
    return chr(ord("A") + place)


def page(asked: Asked) -> str:
    """Write a question, its answers, and behind a fold the right one."""
    key = f"ask-{asked.name}"
    answers = "".join(f"<li><span>{inline.html(each)}</span></li>" for each in asked.answers)
    shows = f' data-shows="{escape(asked.shows)}"' if asked.shows else ""
    claim = f' data-claim="{escape(asked.claim)}"' if asked.claim else ""
    return (
        f'<div class="live ask" id="{key}" role="group" aria-labelledby="{key}-question" '
        f'data-right="{asked.place}"{shows}{claim}>{question(asked, f"{key}-question")}'
        f'<ol class="ask-answers" role="list">{answers}</ol>'
        f'<details class="ask-why"><summary>Answer</summary>{why(asked)}</details></div>'
    )


def question(asked: Asked, key: str = "") -> str:
    """Write what is asked, under the title of its kind."""
    given = f' id="{key}"' if key else ""
    return (
        f'<p class="ask-kind">{escape(TITLES[asked.kind])}</p>'
        f'<p class="ask-question"{given}>{inline.html(asked.question)}</p>'
    )


def why(asked: Asked, links: bool = True) -> str:
    """Write the right answer's letter, the reason, and where to see more of it."""
    return (
        f'<p class="ask-because"><strong>{letter(asked.place)}</strong> {inline.html(asked.because)}</p>'
        f"{_more(asked) if links else ''}"
    )


def _more(asked: Asked) -> str:
    more = []
    if asked.shows:
        figure, _, query = asked.shows.partition("?")
        more.append(f'<a class="live-link" href="?{escape(query)}#{escape(figure)}">See it in the figure</a>')
    if asked.claim:
        more.append(f'<a href="ledger.html#claim-{escape(asked.claim)}">What was measured</a>')
    return f'<p class="ask-more">{" · ".join(more)}</p>' if more else ""
