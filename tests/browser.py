"""A real browser for the tests, and what they ask of it.

The browser is the system's Chromium, or the one that LIVENOTES_BROWSER names. Where there is none, a test
is skipped on a laptop and fails in continuous integration (where the variable CI is set).
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from urllib.parse import urlsplit

from missing import missing

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def executable() -> str:
    """Return the browser's path; skip the test, or fail it in continuous integration, if there is none."""
    asked = os.environ.get("LIVENOTES_BROWSER")
    found = asked or next(filter(None, map(shutil.which, NAMES)), None)
    if found and shutil.which(found):
        return found
    reason = f"no browser: {asked or ', '.join(NAMES)} not found; set LIVENOTES_BROWSER to Chromium's path"
    return missing(reason)


@contextmanager
def launched(**options):
    """Start the browser and close it again."""
    path = executable()
    from playwright.sync_api import sync_playwright  # slow to import, and of no use without a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, **options)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What must not happen on a page: errors, failed requests, requests to anywhere else."""

    home: str
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def attach(self, page) -> "Watch":
        """Listen to a page from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)
        return self

    def _console(self, message) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request) -> None:
        self.requests.append(request.url)
        if urlsplit(request.url).scheme not in ("data", "blob") and not request.url.startswith(self.home):
            self.problems.append(f"request to elsewhere: {request.url}")

    def _failed(self, request) -> None:
        # scripts are switched off; the page was left while it loaded
        if request.failure not in ("csp", "net::ERR_ABORTED"):
            self.problems.append(f"failed: {request.url} ({request.failure})")

    def _response(self, response) -> None:
        if response.status >= 400:
            self.problems.append(f"status {response.status}: {response.url}")


@contextmanager
def watched_page(browser, home: str, **options) -> Iterator:
    """Open a page of its own and, at the end, fail if anything happened that must not."""
    context = browser.new_context(**options)
    try:
        page = context.new_page()
        watch = Watch(home).attach(page)
        yield page
        assert not watch.problems, "\n".join(watch.problems)
    finally:
        context.close()


PICTURE = """figure => [...figure.querySelectorAll(".live-picture svg *")].map(element => [
  element.localName,
  Object.fromEntries([...element.attributes].map(a => [a.name, a.value])),
  [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join(""),
])"""

READOUTS = """figure => Object.fromEntries([...figure.querySelectorAll(".live-readouts > div")].map(
  row => [row.querySelector("dt").textContent, row.querySelector("dd").textContent]))"""


def picture_of(page, name: str):
    """Return the picture that the page shows, element by element, and its readouts."""
    figure = page.locator(f"figure.live#{name}")
    return [tuple(element) for element in figure.evaluate(PICTURE)], figure.evaluate(READOUTS)


def picture_in(frame):
    """Return a frame as Python draws it in the form of :func:`picture_of`."""
    elements = [(e.tag.rpartition("}")[2], dict(e.attrib), e.text or "") for e in frame.elements()]
    return elements, frame.readouts


@cache
def axe_script() -> str:
    """Return the accessibility checker's script."""
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def axe_violations(page, impacts=("serious", "critical"), rules=None) -> list[str]:
    """Check the page with axe-core, by all rules or by some; say what it finds by element."""
    page.evaluate(axe_script())
    # Without preload: it would fetch the style sheets again, which a page from a file may not do.
    options = {"resultTypes": ["violations"], "preload": False, **({"runOnly": rules} if rules else {})}
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['impact']} {rule['id']}: {rule['help']} — {node['html'][:160]}"
        for rule in result["violations"]
        if rule["impact"] in impacts
        for node in rule["nodes"]
    ]
