"""Questions: what may be asked, how it is written, and how it answers under a kernel."""

import re
from xml.etree import ElementTree as ET

import ipywidgets as widgets
import pytest

from livenotes.live import QuestionError, Slider, ask, live, shown
from livenotes.live.questions import inline, question

GOOD = {
    "question": "Is $a<b$ & *never* `c`?",
    "answers": ["yes", "no, $a=b$"],
    "right": "no, $a=b$",
    "because": "So it is.",
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Forget the questions and figures of other tests."""
    monkeypatch.setattr(question, "_asked", {})
    monkeypatch.setattr(shown, "_made", {})
    monkeypatch.setattr(shown, "_views", {})
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)


def asked(**changes):
    given = GOOD | changes
    return ask(given.pop("question"), given.pop("answers"), **given)


def curve(fig, p, n):
    """Draw nothing much."""
    fig.subplots().plot([0, 1], [0, p * n])


def figure():
    return live(curve, title="T.", p=Slider(0, 1, 0.5), n=Slider(1, 3, 1, start=2))


# ------------------------------------------------------------------------------------------- the texts


@pytest.mark.parametrize(
    ("text", "html", "plain"),
    [
        ("a < b & c", "a &lt; b &amp; c", "a < b & c"),
        ("*so* it is", "<em>so</em> it is", "so it is"),
        ("2 * 3 * 4", "2 * 3 * 4", "2 * 3 * 4"),
        ("`x*y*z` and `<b>`", "<code>x*y*z</code> and <code>&lt;b&gt;</code>", "x*y*z and <b>"),
        (r"5 \$ and \*", "5 $ and *", "5 $ and *"),
        ('it\'s "so"', "it’s “so”", 'it\'s "so"'),
    ],
)
def test_marks(text, html, plain):
    assert (inline.html(text), inline.plain(text)) == (html, plain)


def test_a_formula_becomes_mathml_also_where_it_is_stressed():
    assert re.fullmatch(
        r'<em>at <span class="math"><math .*<mi>x</mi>.*</math></span></em>', inline.html("*at $x$*")
    )


# ------------------------------------------------------------------------------------- what may be asked

BAD = {
    "right answer is none": ({"right": "perhaps"}, "the right answer 'perhaps' is not among the answers"),
    "place is none": ({"right": 2}, "right is 2, but the answers have the places 0 to 1"),
    "right is no answer": ({"right": True}, "right must be an answer or its place, got True"),
    "one answer": ({"answers": ["yes"], "right": 0}, "answers must be at least two, got .'yes'."),
    "twice": ({"answers": ["yes", "yes"], "right": 0}, "the answer 'yes' stands there twice"),
    "one text": ({"answers": "yes"}, "answers must be a sequence of texts, got 'yes'"),
    "numbers": ({"answers": [1, 2]}, r"answers must be a sequence of texts, got \[1, 2\]"),
    "no reason": ({"because": " "}, "because must be text, got ' '"),
    "no partner": ({"because": "$x"}, r"because: a \$ has no partner in '\$x'"),
    "formula": ({"answers": [r"$\nonsense$", "no"], "right": 1}, r"answers: unknown command \\nonsense"),
    "kind": ({"kind": "riddle"}, "kind is 'riddle'; use one of 'prediction', 'claim', 'recall'"),
    "name": ({"name": "A name"}, "question 'A name': name 'A name' is not in kebab case"),
    "no state": ({"shows": "curve"}, "shows is 'curve'; write a figure and a state"),
    "no control": (
        {"shows": "curve?q=1"},
        "the figure 'curve' has no control 'q'; its controls are: 'p', 'n'",
    ),
    "no value": ({"shows": "curve?p=7"}, "the control 'p' of the figure 'curve' cannot be '7'"),
    "no claim": ({"claim": "linear-layers-colapse"}, "keys that look alike: linear-layers-collapse"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_bad_input_names_the_notebook_and_the_question(changes, message, monkeypatch, own_errors):
    monkeypatch.setenv("JPY_SESSION_NAME", "/somewhere/book/dropout.ipynb")
    figure()
    with pytest.raises(QuestionError, match=message) as caught:
        asked(**{"name": "q"} | changes)
    name = changes.get("name", "q")
    assert str(caught.value).startswith(f"dropout.ipynb, question {name!r}: ")


def test_a_name_is_made_from_the_question_and_belongs_to_it():
    first = asked()
    assert first.name == "is-a-b-never-c"
    assert asked().name == first.name  # the cell is run again
    with pytest.raises(QuestionError, match="has this name, too; give one of them a name of its own"):
        asked(question="Is a b never c?")


def test_a_name_belongs_to_a_cell_where_cells_are_known(monkeypatch):
    monkeypatch.setattr(question, "_cell", lambda: "one")
    asked()
    assert asked(question="Is a b never c?").name == "is-a-b-never-c"  # the author changes the text
    monkeypatch.setattr(question, "_cell", lambda: "two")
    with pytest.raises(QuestionError, match="has this name, too"):
        asked()


# ------------------------------------------------------------------------------------------- how it looks


def test_the_page_is_well_formed_and_says_all_without_a_script():
    html = asked(shows="curve?p=0.5&n=3", claim="linear-layers-collapse", name="q").html()
    root = ET.fromstring(html)
    assert root.attrib["data-right"] == "1"
    assert root.attrib["data-shows"] == "curve?p=0.5&n=3"
    assert root.find(f"*[@id='{root.attrib['aria-labelledby']}']") is not None
    answers = root.findall("./ol/li")
    assert ["".join(each.itertext()) for each in answers] == ["yes", "no, a=b"]
    fold = root.find("details")
    assert "open" not in fold.attrib
    assert "".join(fold.itertext()).startswith("AnswerB So it is.")
    assert [a.attrib["href"] for a in fold.iter("a")] == [
        "?p=0.5&n=3#curve",
        "ledger.html#claim-linear-layers-collapse",
    ]


def test_a_stored_notebook_shows_the_question_and_not_the_answer(monkeypatch):
    first, second = (asked()._repr_mimebundle_()["text/plain"] for _ in range(2))
    assert first == second == "Predict: Is a<b & never c?\n  A. yes\n  B. no, a=b"
    monkeypatch.setenv("LIVENOTES_STATIC", "1")
    assert set(asked()._repr_mimebundle_()) == {"text/plain", "text/html"}


# ----------------------------------------------------------------------------------------- under a kernel


class Widget:
    """A question as a reader of the notebook has it."""

    def __init__(self, made):
        self.head, *rows, self.reason, self.again = made.widget().children
        self.buttons, self.texts = zip(*(row.children for row in rows), strict=True)

    @property
    def marks(self):
        return [re.search(r'class="ask-text ?([\w-]*)"', text.value)[1] for text in self.texts]


def test_a_click_shows_whether_it_was_right_and_why():
    here = Widget(asked())
    assert here.buttons[1].description == "B: no, a=b"
    assert (here.marks, here.reason.value, here.again.layout.display) == (["", ""], "", "none")
    here.buttons[0].click()
    assert here.marks == ["ask-wrong", "ask-right"]
    assert "Not quite." in here.reason.value
    assert "So it is." in here.reason.value
    assert all(button.disabled for button in here.buttons)
    here.again.click()
    assert (here.marks, here.reason.value) == (["", ""], "")
    here.buttons[1].click()
    assert here.marks == ["", "ask-right"]
    assert ">Right.<" in here.reason.value


def test_an_answer_moves_the_figure_that_was_shown_last():
    here = Widget(asked(shows="curve?n=3"))
    here.buttons[0].click()
    assert "The figure 'curve' is not shown yet; run its cell." in re.sub("&#x27;", "'", here.reason.value)
    _, row, _ = figure().widget().children
    sliders = [child for child in row.children if isinstance(child, widgets.FloatSlider | widgets.IntSlider)]
    sliders[0].value = 1.0
    here.again.click()
    here.buttons[0].click()
    assert [slider.value for slider in sliders] == [0, 3]  # what the state leaves out is at its start
    assert "run its cell" not in here.reason.value


def test_the_style_sheet_travels_with_the_widget():
    assert ".ask-answers" in Widget(asked()).head.value
