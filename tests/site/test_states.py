import pytest

from livenotes.site.figures import Figure, find
from livenotes.site.states import problem

FIGURE = (
    '<figure class="live" id="dropout-curves" '
    'data-controls="{&quot;p&quot;:[&quot;0&quot;,&quot;0.45&quot;,&quot;0.9&quot;],'
    '&quot;task&quot;:[&quot;adding&quot;,&quot;copy&quot;]}"><svg></svg></figure>'
)
MANY = Figure("many", {"n": [str(n) for n in range(100)]})


@pytest.fixture
def page(notebook):
    return lambda text: {"index.ipynb": notebook(f"# Title\n\n{text}", {"text/html": FIGURE})}


def test_links_to_states(build, page):
    text = "[*a*](#dropout-curves?p=0.9), [b](#dropout-curves?p=0.90), [c](#dropout-curves?p=0&task=copy)"
    built = build(page(text))
    assert built.warnings == ""
    assert '<a class="live-link" href="?p=0.9#dropout-curves"><em>a</em></a>' in built.page()
    assert '<a class="live-link" href="?p=0.90#dropout-curves">b</a>' in built.page()
    assert '<a class="live-link" href="?p=0&amp;task=copy#dropout-curves">c</a>' in built.page()


def test_a_link_to_a_state_that_is_not_there_is_a_warning_that_names_the_page(build, page):
    built = build(page("[a](#wrong?p=0) and [b](#dropout-curves?q=0)"))
    assert built.warnings.count("WARNING") == 2
    assert "WARNING: index: there is no live figure 'wrong' on this page" in built.warnings
    assert "WARNING: index: the figure 'dropout-curves' has no control 'q'" in built.warnings


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (
            "wrong",
            [("p", "0")],
            "there is no live figure 'wrong' on this page; the figures here are: 'dropout-curves'",
        ),
        (
            "dropout-curves",
            [("q", "0")],
            "the figure 'dropout-curves' has no control 'q'; its controls are: 'p', 'task'",
        ),
        (
            "dropout-curves",
            [("task", "copy"), ("p", "0.5")],
            "the control 'p' of the figure 'dropout-curves' cannot be '0.5'; allowed is one of 0, 0.45, 0.9",
        ),
        (
            "dropout-curves",
            [("p", "high")],
            "the control 'p' of the figure 'dropout-curves' cannot be 'high'; allowed is one of 0, 0.45, 0.9",
        ),
        (
            "dropout-curves",
            [("p", "")],
            "the control 'p' of the figure 'dropout-curves' cannot be ''; allowed is one of 0, 0.45, 0.9",
        ),
        (
            "dropout-curves",
            [("task", "sorting")],
            "the control 'task' of the figure 'dropout-curves' cannot be 'sorting'; "
            "allowed is one of adding, copy",
        ),
        (
            "dropout-curves",
            [],
            "the link to the figure 'dropout-curves' sets no control; it has 'p', 'task'",
        ),
        ("dropout-curves", [("p", "0.90"), ("task", "copy")], ""),
    ],
)
def test_what_is_wrong_with_a_link(name, values, message):
    assert problem(find(FIGURE), name, values) == message


def test_other_links_are_left_to_myst(build, page):
    built = build(page("[up](#title) and [away](#nowhere)"), myst_heading_anchors=1)
    assert 'href="#title"' in built.page()
    assert "'myst' cross-reference target not found: 'nowhere'" in built.warnings
    assert built.warnings.count("WARNING") == 1


def test_a_book_for_print_has_the_text_alone(build, page):
    assert "Look at that." in build(page("Look [at that](#dropout-curves?p=0.9)."), builder="text").page(
        "index.txt"
    )


def test_a_long_list_of_values_is_cut_short():
    assert problem({"many": MANY}, "many", [("n", "7")]) == ""
    assert "one of 0, 1, 2 … 99 (100 values)" in problem({"many": MANY}, "many", [("n", "100")])
    assert "the figures here are: none" in problem({}, "many", [])


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ('<figure class="live"></figure>', "a live figure has no id"),
        ('<figure class="live" id="a"></figure>' * 2, "two live figures are called 'a'"),
        (
            "<figure class='live' id='a' data-controls='{'></figure>",
            "controls of the live figure 'a' are not JSON",
        ),
    ],
)
def test_a_figure_that_cannot_be_read(html, message):
    with pytest.raises(ValueError, match=message):
        find(html)


def test_figures_of_other_kinds_are_not_looked_at():
    assert find('<figure class="align-center"><script>1 > 0</script></figure>') == {}
