"""A student's text in nbgrader's pages: it is read as it was written, and nothing in it runs."""

import time
from html.parser import HTMLParser

import pytest
from nbconvert.filters import markdown2html

from livenotes.coursework.nbgrader.markup import inert, only_pasted

HARMLESS = (
    "Because $a < b$ and $$x \\le y$$, see `x < y`.",
    "A [link](https://example.org/a?b=c), [here](#top), ![plot](attachment:plot.png)",
    "[by name][1]\n\n[1]: https://example.org",
    "1 < 2 & 3 > 2; x[1] (that is, y) and f(x): z",
)
HARMFUL = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "text <b onmouseover='alert(1)'>x</b>",
    "<div\nonclick=alert(1)>\n",
    "<!-- --><svg/onload=alert(1)>",
    "<?x?><style>@import 'x'</style>",
    "[a](javascript:alert(1))",
    "[a](\njavascript:alert(1))",
    "[a](<javascript:alert(1)>)",
    "[a]( java&#115;cript:alert(1))",
    "[a](&#x6A;avascript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "![a](javascript:alert(1))",
    "[a]\n\n[a]: javascript:alert(1)",
    "[a][b]\n\n[b]:\n  javascript:alert(1)",
    "<javascript:alert(1)>",
    "`<script>` then <script>alert(1)</script>",
    "[![a](https://example.org/x.png)](javascript:alert(1))",
)


class Page(HTMLParser):
    """What would run on a page."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "style", "svg", "iframe", "object", "embed", "link", "meta", "form"):
            self.found.append(tag)
        for name, value in attrs:
            scheme = "".join((value or "").split()).lower()
            if name.startswith("on") or scheme.startswith(("javascript:", "data:", "vbscript:")):
                self.found.append((name, value))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_does_no_harm_stays(text):
    assert inert(text) == text


@pytest.mark.parametrize("text", HARMFUL)
def test_nothing_runs(text):
    assert Page(markdown2html(inert(text))).found == []


def test_most_of_it_would_have_run():
    ran = [text for text in HARMFUL if Page(markdown2html(text)).found]
    assert len(ran) >= 0.7 * len(HARMFUL), [text for text in HARMFUL if text not in ran]


def test_a_picture_that_is_not_there_is_not_asked_for():
    text = "![a](attachment:plot.png) ![b](attachment:gone.png) ![c][1]\n\n[1]:\n  attachment:no"
    page = markdown2html(only_pasted(text, ()))  # nbconvert would end the page at a missing one
    assert "#missing-gone.png" in page
    assert "attachment:" not in page
    assert "attachment:plot.png" in only_pasted(text, {"plot.png"})


@pytest.mark.parametrize(
    "text",
    [
        "\\begin{a}" * 40_000,
        "\\\\(" * 100_000,
        "\\\\[" * 100_000,
        "a" + " " * 300_000 + "b",
        "[" * 300_000,
        "**a _b " * 50_000,
    ],
    ids=["environments", "round", "square", "spaces", "brackets", "stars"],
)
def test_no_text_keeps_a_page_busy(text):
    began = time.process_time()
    markdown2html(inert(text))
    assert time.process_time() - began < 10, "of processor time; without a limit it is minutes"


def test_no_link_in_mathematics():
    assert "\\href" not in inert(r"$\href{javascript:alert(1)}{x}$")
