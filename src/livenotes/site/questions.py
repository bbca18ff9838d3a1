"""The questions of the book: checked against its figures and its ledger, and listed on a page of their own.

``{questions}`` lists every question of the book, chapter by chapter, with a link to where it is asked.
"""

import json
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from livenotes._folders import claim_keys

from .figures import find
from .states import problem

logger = logging.getLogger(__name__)
KEY = "questions"  # of what the environment keeps of a page


class _Reader(HTMLParser):
    """Collects the questions of an output: name, state and claim that it names, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if "ask" in classes:
            name = given["id"].removeprefix("ask-")
            shows, claim = given.get("data-shows", ""), given.get("data-claim", "")
            self.found.append({"name": name, "shows": shows, "claim": claim, "html": ""})
        elif "ask-question" in classes:
            self.title = True
        elif self.title:
            self.found[-1]["html"] += self.get_starttag_text() or ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.title:
            self.found[-1]["html"] += self.get_starttag_text() or ""

    def handle_data(self, data: str) -> None:
        if self.title:
            self.found[-1]["html"] += data.replace("&", "&amp;").replace("<", "&lt;")

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.title = False
        elif self.title:
            self.found[-1]["html"] += f"</{tag}>"


def questions_in(html: str) -> list[dict[str, str]]:
    """Return the questions of a piece of HTML, in order."""
    return _Reader(html).found if 'class="live ask"' in html else []


class CollectQuestions(SphinxTransform):
    """Keep what the outputs of a page ask."""

    default_priority = 880

    def apply(self, **kwargs: Any) -> None:
        """Keep the questions of one document."""
        found = [
            asked | {"page": self.env.docname}
            for output in self.document.findall(nodes.raw)
            if "html" in output.get("format", "").split()
            for asked in questions_in(output.astext())
        ]
        if found:
            self.env.metadata[self.env.docname][KEY] = json.dumps(found)


def asked_in(env: BuildEnvironment) -> list[dict[str, str]]:
    """Return every question of the book, in the order of its pages."""
    root = env.config.root_doc
    pages = dict.fromkeys([root, *env.toctree_includes.get(root, ()), *sorted(env.found_docs)])
    return [each for page in pages for each in json.loads(env.metadata[page].get(KEY, "[]"))]


def check_names(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of a name that two questions of the book have, and of a claim that the ledger does not have."""
    seen: dict[str, str] = {}
    for asked in asked_in(env):
        name, page = asked["name"], asked["page"]
        if name in seen:
            _warn(page, name, f"a question of {seen[name]} has this name, too; give one of them another")
        seen[name] = page
        if asked["claim"] and asked["claim"] not in claim_keys():
            _warn(page, name, f"no claim {asked['claim']!r} is in the ledger")


def check_states(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Warn of every question of a page that shows a state that no figure of the page can take."""
    body = context.get("body", "")
    shown = [asked for asked in questions_in(body) if asked["shows"]]
    try:
        figures = find(body) if shown else {}
    except ValueError:  # reported with the links to states
        return
    for asked in shown:
        figure, _, query = asked["shows"].partition("?")
        if wrong := problem(figures, figure, parse_qsl(query, keep_blank_values=True)):
            _warn(page, asked["name"], wrong)


def _warn(page: str, name: str, wrong: str) -> None:
    logger.warning(
        "%s: question %r: %s", page, name, wrong, location=page, type="livenotes", subtype="question"
    )


class question_list(nodes.General, nodes.Element):
    """The place where the list of all questions will stand."""


class QuestionsDirective(SphinxDirective):
    """List every question of the book."""

    def run(self) -> list[nodes.Node]:
        """Return the place; the list is made when all pages are read."""
        self.env.metadata[self.env.docname]["lists-questions"] = True
        return [question_list()]


def fill(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the list in its place."""
    places = list(doctree.findall(question_list))
    if not places:
        return
    by_page: dict[str, list[dict[str, str]]] = {}
    for asked in asked_in(app.env):
        by_page.setdefault(asked["page"], []).append(asked)
    for place in places:
        text = "".join(_of_page(app, page, name, group) for name, group in by_page.items())
        text = f'<div class="live ask-list"><p class="ask-summary"></p>{text}</div>'
        place.replace_self(nodes.raw("", text, format="html"))


def _of_page(app: Sphinx, page: str, name: str, group: Iterable[dict[str, str]]) -> str:
    address = app.builder.get_relative_uri(page, name)
    items = "".join(
        f'<li data-ask="{asked["name"]}"><a href="{address}#ask-{asked["name"]}">{asked["html"]}</a> '
        '<span class="ask-state">still open</span></li>'
        for asked in group
    )
    title = app.env.titles[name].astext()
    return f'<h2><a href="{address}">{title}</a></h2><ol>{items}</ol>'


def rewrite(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the page that lists the questions again when they have changed."""
    now = [(asked["page"], asked["name"], asked["html"]) for asked in asked_in(env)]
    before = getattr(env, "livenotes_questions", None)
    env.livenotes_questions = now  # type: ignore[attr-defined]
    if before == now:
        return []
    return [page for page in env.found_docs if env.metadata[page].get("lists-questions")]


def setup(app: Sphinx) -> None:
    """Register directive, transform and checks."""
    app.add_node(question_list)
    app.add_directive("questions", QuestionsDirective)
    app.add_transform(CollectQuestions)
    app.connect("env-check-consistency", check_names)
    app.connect("env-updated", rewrite)
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", check_states)
