"""The questions of a book: checked when it is built, and listed."""

import re

import pytest

FIGURE = """<figure class="live" id="curve" data-controls='{"p": ["0", "0.5"]}'></figure>"""


def asked(name, text="Is it <em>so</em>, <math><mi>x</mi><mrow/></math>?", more=""):
    """Write a question as a cell does."""
    return {
        "text/html": f'<div class="live ask" id="ask-{name}" data-right="0"{more}><p>Predict</p>'
        f'<p class="ask-question" id="ask-{name}-question">{text}</p><ol><li>yes</li></ol></div>'
    }


def index(*pages):
    return "# All\n\n```{questions}\n```\n\n```{toctree}\n" + "\n".join(pages) + "\n```\n"


def test_all_questions_are_listed_in_the_order_of_the_book(build, notebook):
    with_state = asked("c", more=' data-shows="curve?p=0.5"')
    files = {
        "index.md": index("second", "first"),
        "first.ipynb": notebook("# First", asked("a", "One < two &amp; three?")),
        "second.ipynb": notebook("# Second", asked("b"), {"text/html": FIGURE}, with_state),
    }
    built = build(files)
    assert built.warnings == ""
    page = built.page()
    assert re.findall(r'data-ask="(\w)"><a href="(\S+)"', page) == [
        ("b", "second.html#ask-b"),
        ("c", "second.html#ask-c"),
        ("a", "first.html#ask-a"),
    ]
    assert "Is it <em>so</em>, <math><mi>x</mi><mrow/></math>?</a>" in page
    assert "One &lt; two &amp; three?</a>" in page
    files["first.ipynb"] = notebook("# First", asked("z"))  # the page of questions is written again
    assert 'data-ask="z"' in build(files).page()


BAD = {
    "name": ([asked("a"), asked("a")], "one: question 'a': a question of one has this name, too"),
    "figure": ([asked("a", more=' data-shows="gone?p=1"')], "question 'a': there is no live figure 'gone'"),
    "state": (
        [{"text/html": FIGURE}, asked("a", more=' data-shows="curve?p=9"')],
        "question 'a': the control 'p' of the figure 'curve' cannot be '9'",
    ),
    "claim": ([asked("a", more=' data-claim="gone"')], "question 'a': no claim 'gone' is in the ledger"),
}


@pytest.mark.parametrize(("cells", "message"), BAD.values(), ids=BAD)
def test_what_is_wrong_names_the_page_and_the_question(build, notebook, cells, message):
    warnings = build({"index.md": index("one"), "one.ipynb": notebook("# One", *cells)}).warnings
    assert "one" in warnings
    assert message in warnings


def test_two_pages_may_not_share_a_name(build, notebook):
    files = {name: notebook("# T", asked("a")) for name in ("one.ipynb", "two.ipynb")}
    warnings = build({"index.md": index("one", "two")} | files).warnings
    assert "two: question 'a': a question of one has this name, too; give one of them another" in warnings
