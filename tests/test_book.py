"""The book as it is stored: contents, notebooks, outputs, and every live figure at its sliders' ends."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import notebooks
from livenotes.live import LiveFigureError
from livenotes.live.svg import svg_text
from notebooks import (
    ROOT,
    chapters,
    figures_of,
    files_of_toc,
    pages_that_run,
    problems_of,
    problems_of_figure,
    problems_of_toc,
)
from plain import plainly

pytestmark = pytest.mark.unchecked_shapes
TOC = ROOT / "_toc.yml"
needs_book = pytest.mark.skipif(not TOC.exists(), reason="there is no table of contents yet")
each_page_that_runs = pytest.mark.parametrize("path", pages_that_run(), ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)


@needs_book
def test_the_book_has_chapters():
    assert chapters(), "book/ has no notebook"
    assert {f"book/{path.stem}" for path in chapters()} & set(files_of_toc())


@needs_book
def test_contents_and_files_match():
    assert problems_of_toc() == []


@each_chapter
def test_a_chapter_is_stored_as_it_should_be(path):
    assert problems_of(path) == []


@each_page_that_runs
def test_every_live_figure_draws_at_the_ends_of_its_sliders(path):
    shown = figures_of(path)
    assert shown or path.suffix == ".md", f"{path.name} shows no live figure"
    names = [item.figure.name for item in shown]
    assert len(names) == len(set(names)), f"{path.name}: two live figures have one name: {names}"
    assert [problem for item in shown for problem in problems_of_figure(item.figure)] == []


@each_page_that_runs
def test_every_live_figure_is_what_matplotlib_draws(path, rng):
    for figure in (item.figure for item in figures_of(path)):
        for _ in range(4):
            state = {name: c.grid[rng.integers(len(c.grid))] for name, c in figure.controls.items()}
            assert svg_text(figure.frame(**state).svg) == plainly(figure, **state), (figure.name, state)


# ------------------------------------------------------ the checks themselves, on notebooks made here

TEXT = new_output("execute_result", {"text/plain": "2"}, execution_count=1)
VIEW = new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}})
PERSONAL = {"name": "my-env", "display_name": "My environment"}


def notebook(*cells, **metadata):
    """Make a notebook with the kernel that every installation has."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": kernel} | metadata)


def code(source="1 + 1", *outputs):
    return new_code_cell(source, outputs=list(outputs), execution_count=1)


def display(kind, data):
    return new_output("display_data", {kind: data})


def write(folder, content, name="chapter"):
    path = folder / "book" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(content, path)
    return path


def test_a_notebook_as_it_should_be_has_no_problem(tmp_path):
    longest = [code("\n".join(["1"] * 14)), code("def f():\n" + " 1\n" * 4)]
    cells = [new_markdown_cell("# T"), code("1 + 1", TEXT), *longest]
    assert problems_of(write(tmp_path, notebook(*cells))) == []


BAD = {
    "no output": ([code()], "stores no text output"),
    "tab": ([new_markdown_cell("$\tfrac12$"), code("1", TEXT)], "cell 0 has a tab"),
    "a stream alone": ([code("print(1)", new_output("stream", text="1"))], "stores no text output"),
    "a blob alone": ([code("f", display("image/png", "iVBO"))], "stores no text output"),
    "png": ([code("f", TEXT, display("image/png", "iVBO"))], r"cell 0 stores a picture \(image/png\)"),
    "svg": ([code("f", TEXT, display("image/svg+xml", "<svg/>"))], "cell 0 stores a picture"),
    "svg in html": ([code("f", TEXT, display("text/html", "<svg></svg>"))], r"cell 0 .*\(text/html\)"),
    "png in html": (
        [code("f", display("text/html", "<img src='data:image/png,'>"))],
        "stores a picture",
    ),
    "view": ([code("f", TEXT, VIEW)], "cell 0 stores a view of a widget"),
    "pip": ([code("%pip install torch", TEXT)], "cell 0 installs a package"),
    "conda": ([code("!conda install torch", TEXT)], "cell 0 installs a package"),
    "untagged question": ([code("ask(1)", TEXT)], "cell 0 asks a question and lacks the tag 'remove-input'"),
    "open question": ([code("ask(1)", TEXT)], "cell 0 asks a question and is not folded"),
    "long cell": ([code("1", TEXT), code("1\n" * 15)], "cell 1 has 15 lines; the limit is 14"),
    "long function": ([code("def f():\n" + " 1\n" * 5, TEXT)], "cell 0 defines f in 6 lines"),
    "method": ([code("class A:\n def f(self):\n" + "  1\n" * 5, TEXT)], "cell 0 defines f in 6 lines"),
}
BAD_METADATA = {
    "state": ({"widgets": {}}, "stores the state of widgets"),
    "kernel": ({"kernelspec": PERSONAL}, "has the kernel .*my-env.*expected python3"),
    "kernel's title": ({"kernelspec": PERSONAL | {"name": "python3"}}, "has the kernel .*expected python3"),
}


def found(folder, content, message):
    problems = problems_of(write(folder, content))
    assert any(re.match(rf"chapter\.ipynb: .*{message}", problem) for problem in problems), problems


@pytest.mark.parametrize(("cells", "message"), BAD.values(), ids=BAD)
def test_a_bad_cell_is_found(tmp_path, cells, message):
    found(tmp_path, notebook(*cells), message)


@pytest.mark.parametrize(("metadata", "message"), BAD_METADATA.values(), ids=BAD_METADATA)
def test_bad_metadata_are_found(tmp_path, metadata, message):
    found(tmp_path, notebook(code("1", TEXT), **metadata), message)


def test_a_notebook_without_a_kernel_is_found(tmp_path):
    content = notebook(code("1", TEXT))
    del content.metadata["kernelspec"]
    found(tmp_path, content, "has the kernel {}; expected python3")


def test_cells_without_ids_are_found(tmp_path):
    content = notebook(code("1", TEXT))
    content.nbformat_minor = 4
    del content.cells[0]["id"]
    found(tmp_path, content, r"has cells without an id \(nbformat 4\.5 has them\)")


TOC_TEXT = """format: jb-book
root: book/index
parts:
- chapters:
  - file: book/a
    sections:
    - file: book/b
"""


def test_contents_and_files_are_compared_in_both_directions(tmp_path):
    (tmp_path / "_toc.yml").write_text(TOC_TEXT, encoding="utf-8")
    for name in ("a", "b"):
        write(tmp_path, notebook(), name)
    (tmp_path / "book" / "index.md").write_text("# Index", encoding="utf-8")
    assert problems_of_toc(tmp_path) == []
    (tmp_path / "book" / "b.ipynb").unlink()
    (tmp_path / "book" / "forgotten.md").write_text("# F", encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(TOC_TEXT + "  - file: book/a\n", encoding="utf-8")
    assert problems_of_toc(tmp_path) == [
        "_toc.yml names book/b, which is no .ipynb or .md file",
        "_toc.yml names book/a twice",
        "book/forgotten is not in _toc.yml",
    ]


FIGURE = """from livenotes.live import Choice, Slider, live
def small_figure(fig, p, kind):
    fig.subplots().set(xlim=(0, 1), ylim=(0, 1), title=f"{{p}} {{kind}}")
    {body}
"""
SHOWN = 'live(small_figure, title="T.", p=Slider(0, 1, 0.5, start=0.5), kind=Choice(["a", "b"]))'


def chapter_with(folder, body="return {'p': p}", shown=SHOWN):
    cells = code(FIGURE.format(body=body)), new_markdown_cell("x"), code(shown)
    return write(folder, notebook(*cells))


def test_figures_are_collected_from_the_cells_that_show_them(tmp_path):
    (shown,) = figures_of(chapter_with(tmp_path))
    assert (shown.cell, shown.figure.name) == (2, "small-figure")
    assert problems_of_figure(shown.figure) == []


def test_a_figure_that_is_not_shown_is_not_collected(tmp_path):
    assert figures_of(chapter_with(tmp_path, shown=f"hidden = {SHOWN}")) == ()


def test_cells_run_in_their_own_folder_and_lines_for_ipython_are_left_out(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "word.txt").write_text("read", encoding="utf-8")
    source = f"%matplotlib inline\nassert open('word.txt').read() == 'read'\n{SHOWN}"
    assert len(figures_of(chapter_with(tmp_path, shown=source))) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return {'p': 1 / 0 if p == 1 and kind == 'b' else 1}", "division by zero"),
        ("return {'p': float('nan') if p == 1 else 1.0}", "at p = 1, kind = a: readout 'p' is 'nan'"),
    ],
)
def test_a_figure_that_fails_at_an_end_is_found(tmp_path, body, message):
    (shown,) = figures_of(chapter_with(tmp_path, body))
    with pytest.raises((LiveFigureError, ZeroDivisionError), match=message):
        problems_of_figure(shown.figure)


def test_states_of_other_structure_are_found(tmp_path):
    (shown,) = figures_of(chapter_with(tmp_path, "return {'p': p} if p < 1 else None"))
    problems = problems_of_figure(shown.figure)
    assert problems[0] == "figure small-figure {'kind': 'a'}: readouts [] instead of ['p'] at place (2,)"


def test_a_picture_that_a_plate_would_show_wrongly_is_found(tmp_path, monkeypatch):
    (shown,) = figures_of(chapter_with(tmp_path))
    encode = notebooks.encode

    def forgets(frames):
        plate = encode(frames)
        return plate | {"slots": plate["slots"][1:]}

    monkeypatch.setattr(notebooks, "encode", forgets)
    assert "another picture is shown than was drawn" in problems_of_figure(shown.figure)[0]


def test_a_page_of_text_with_code_cells_has_figures_too(tmp_path):
    (tmp_path / "book").mkdir()
    cells = "".join(
        f"\n```{{code-cell}} ipython3\n{source}\n```\n" for source in (FIGURE.format(body="pass"), SHOWN)
    )
    path = tmp_path / "book" / "index.md"
    path.write_text(f"---\nkernelspec:\n  name: python3\n---\n\n# Title\n{cells}", encoding="utf-8")
    (tmp_path / "book" / "plain.md").write_text("# No code", encoding="utf-8")
    chapter = chapter_with(tmp_path)
    assert pages_that_run(tmp_path) == [path, chapter]
    assert [shown.figure.name for shown in figures_of(path)] == ["small-figure"]


def test_a_cell_that_fails_is_named(tmp_path):
    with pytest.raises(NameError) as caught:
        figures_of(chapter_with(tmp_path, shown="live(undefined_name)"))
    assert "chapter.ipynb, cell 2" in str(caught.traceback[-1])


def test_cells_that_no_figure_needs_are_left_out(tmp_path):
    cells = [
        code("import math, os.path as elsewhere\nfrom math import pi as ratio"),
        code("unused = 1 / 0"),
        code("low, (high, [step]) = 0, (1, [0.5])"),
        code("def scale(p):\n    return p * ratio"),
        code("1 / 0"),
        code(FIGURE.format(body="return {'p': scale(p)}") + SHOWN.replace("0, 1, 0.5,", "low, high, step,")),
        code("print(1 / 0)"),
    ]
    (shown,) = figures_of(write(tmp_path, notebook(*cells)))
    assert shown.cell == 5
    assert shown.figure.frame(p=1).readouts == {"p": "3.141592653589793"}


def test_a_figure_may_be_shown_by_its_name(tmp_path):
    assert len(figures_of(chapter_with(tmp_path, shown=f"figure = {SHOWN}\nfigure"))) == 1
