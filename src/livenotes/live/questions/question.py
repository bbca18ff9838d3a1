"""The question: what is asked, what may be answered, which answer is right and why."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import parse_qsl

from livenotes._folders import claim_keys
from livenotes.live import shown
from livenotes.live.display import Displayed

from . import inline, markup

Kind: TypeAlias = Literal["prediction", "claim", "recall"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_WORDS = 8  # of a question, in its name
_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class QuestionError(ValueError):
    """A question that cannot be asked; the message names it, and its notebook where that is known."""


def ask(
    question: str,
    answers: Sequence[str],
    *,
    right: str | int,
    because: str,
    shows: str | None = None,
    claim: str | None = None,
    kind: Kind = "prediction",
    name: str | None = None,
) -> "Question":
    r"""Ask the reader a question with several answers, of which one is right.

    ``question``, ``answers`` and ``because`` may hold ``$TeX$``, ``*emphasis*`` and code in backquotes.

    Parameters
    ----------
    question : str
        What is asked.
    answers : sequence of str
        At least two, all different.
    right : str or int
        The right answer: its text, or its place, counted from 0.
    because : str
        Why it is right; shown with the answer.
    shows : str, optional
        A state of a figure of the same page, ``"boundary?activation=identity&step=2000"``. The figure goes
        there when the question is answered.
    claim : str, optional
        The key of the claim in the ledger that the question is drawn from.
    kind : {"prediction", "claim", "recall"}
        Before a figure; on something that is often said; at the end of a chapter.
    name : str, optional
        Unique in the book, in kebab case; made from the first words of the question if not given.

    Returns
    -------
    Question
        Shown as ipywidgets under a kernel, as plain HTML where the variable ``LIVENOTES_STATIC`` is set.

    Raises
    ------
    QuestionError
        If the right answer is not among the answers, there are fewer than two or two are alike, ``shows`` is
        not a state, ``claim`` is not in the ledger, another question has the name, or a text cannot be set.
    """
    name = _slug(question) if name is None else name
    made = Question(name, question, answers, right, because, shows, claim, kind)
    _remember(made)
    return made


@dataclass(frozen=True, repr=False)
class Question(Displayed):
    """What :func:`ask` returns; see there. The arguments are checked when it is made."""

    name: str
    question: str
    answers: Sequence[str]
    right: str | int
    because: str
    shows: str | None = None
    claim: str | None = None
    kind: Kind = "prediction"

    def __post_init__(self) -> None:
        for wrong in chain(_answers(self), _texts(self), _names(self), _links(self)):
            raise self.error(wrong)

    @property
    def place(self) -> int:
        """The place of the right answer, counted from 0."""
        return self.right if isinstance(self.right, int) else list(self.answers).index(self.right)

    def error(self, wrong: str) -> QuestionError:
        """Say what is wrong with this question."""
        notebook = os.environ.get("JPY_SESSION_NAME")  # set by Jupyter's server, and by the book's build
        where = f"{Path(notebook).name}, " if notebook else ""
        return QuestionError(f"{where}question {self.name!r}: {wrong}")

    def html(self) -> str:
        """Return the question for a page without a kernel."""
        return markup.page(self)

    def widget(self) -> Any:
        """Return the question as ipywidgets for a page with a kernel."""
        from .kernel import widget  # ipywidgets is of no use in the rendered book

        return widget(self)

    def __repr__(self) -> str:
        """Write question and answers; which one is right, a stored notebook does not tell."""
        lines = [f"{markup.TITLES[self.kind]}: {inline.plain(self.question)}"]
        lines += [f"  {markup.letter(i)}. {inline.plain(each)}" for i, each in enumerate(self.answers)]
        return "\n".join(lines)


def _names(asked: Question) -> Iterator[str]:
    if not _KEBAB.fullmatch(asked.name):
        yield f"name {asked.name!r} is not in kebab case; give one such as 'no-hidden-layer'"
    if asked.kind not in KINDS:
        yield f"kind is {asked.kind!r}; use one of {', '.join(map(repr, KINDS))}"


def _answers(asked: Question) -> Iterator[str]:
    answers, right = asked.answers, asked.right
    several = isinstance(answers, Sequence) and not isinstance(answers, str)
    if not several or not all(isinstance(each, str) for each in answers):
        yield f"answers must be a sequence of texts, got {answers!r}"
    if len(answers) < 2:
        yield f"answers must be at least two, got {list(answers)}"
    if twice := [each for each, times in Counter(answers).items() if times > 1]:
        yield f"the answer {twice[0]!r} stands there twice"
    if isinstance(right, bool) or not isinstance(right, str | int):
        yield f"right must be an answer or its place, got {right!r}"
    if isinstance(right, int) and not 0 <= right < len(answers):
        yield f"right is {right}, but the answers have the places 0 to {len(answers) - 1}"
    if isinstance(right, str) and right not in answers:
        yield f"the right answer {right!r} is not among the answers {list(answers)}"


def _texts(asked: Question) -> Iterator[str]:
    answers = (("answers", each) for each in asked.answers)
    for name, text in (("question", asked.question), *answers, ("because", asked.because)):
        if not isinstance(text, str) or not text.strip():
            yield f"{name} must be text, got {text!r}"
        try:
            inline.html(text)
        except ValueError as error:  # a formula's error is one, too
            yield f"{name}: {error}"


def _links(asked: Question) -> Iterator[str]:
    """Look up the claim, and the state of a figure that a cell before has made; the build knows them all."""
    if asked.claim is not None and asked.claim not in claim_keys():
        alike = get_close_matches(asked.claim, claim_keys())
        yield f"no claim {asked.claim!r} is in the ledger; keys that look alike: {', '.join(alike) or 'none'}"
    if asked.shows is None:
        return
    figure, mark, query = asked.shows.partition("?")
    if not (figure and mark and parse_qsl(query)):
        yield f"shows is {asked.shows!r}; write a figure and a state such as 'boundary?step=2000'"
    if known := shown.find(figure):
        try:
            shown.state_of(known, query)
        except ValueError as error:
            yield f"shows: {error}"


_asked: dict[str, tuple[object, Question]] = {}


def _remember(made: Question) -> None:
    """Keep a name for the cell that uses it: run again, it asks again; another cell may not have the name."""
    cell = _cell()
    before, asked = _asked.get(made.name, (cell, made))
    if before != cell or (cell is None and asked.question != made.question):
        raise made.error(f"{asked.question!r} has this name, too; give one of them a name of its own")
    _asked[made.name] = cell, made


def _cell() -> object:
    """Return the id of the cell that runs, None where the front end does not tell it."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    parent: Mapping[str, Any] = getattr(shell, "get_parent", dict)()
    return parent.get("metadata", {}).get("cellId")


def _slug(question: str) -> str:
    words = re.findall(r"[a-z0-9]+", inline.plain(str(question)).lower().replace("'", ""))
    return "-".join(words[:_WORDS])
