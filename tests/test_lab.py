"""JupyterLab as `make lab` opens it: every chapter reads as on the page, and its figures answer as there.

One server and one page of JupyterLab serve all of these; of a chapter, only the cells run that its first
figure needs.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from browser import READOUTS, Watch, launched
from livenotes.live import shown
from livenotes.live.theme import STYLE_SHEET
from notebooks import ROOT, chapters, first_figure

pytestmark = pytest.mark.unchecked_shapes
TOKEN = "a-token-for-this-test"
SECONDS = 180
FIGURE = """from livenotes.live import Choice, Slider, live
def small_figure(fig, p, kind):
    fig.subplots().set(xlim=(0, 1), ylim=(0, 1), title=f"p is {p:g}, kind {kind}")
    fig.axes[0].plot([0, 1], [0, 50 * p])
    return {"p": p, "twice as much": 2 * p}
live(small_figure, title="T.", p=Slider(0, 0.02, 0.005), kind=Choice(["a", "b"]))"""
PROSE = """# A small page
[At the end](#small-figure?p=0.02&kind=b), or [beyond](#small-figure?p=3); {cite:t}`elman1990finding`,
{cite}`elman1990finding`, {cite}`elman1990finding,werbos1990backpropagation`.

A reference to {ref}`recurrent-memory` and to {chapter}`the chapter on dropout <dropout>`."""
SOLUTION = ["```{solution-start} ex-small\n:class: dropdown\n```\n\nThe answer:", "```{solution-end}\n```"]
EXERCISE = "```{exercise} To do\n:label: ex-small\n\nDo it.\n```"
CODE = "print('an answer')"


def small():
    """Return a notebook with what the chapters are made of."""
    cells = [
        new_markdown_cell(PROSE),
        new_code_cell(FIGURE, metadata={"tags": ["hide-input"]}),
        new_markdown_cell(EXERCISE),
        new_markdown_cell(SOLUTION[0]),
        new_code_cell(CODE),
        new_markdown_cell(SOLUTION[1]),
        new_code_cell(CODE),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextlib.contextmanager
def lab(folder, home):
    """Run JupyterLab as `make lab` does, but on a folder; yield its address, and leave nothing running."""
    port = free_port()
    command = [
        *[sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"],
        *[f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"],
        *[f"--ServerApp.root_dir={folder}", "--expose-app-in-browser"],
    ]
    own = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"IPYTHONDIR": str(home / "ipython"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    own |= {"JUPYTER_CONFIG_PATH": str(ROOT / "tools" / "lab"), "LIVENOTES_BOOK": str(folder / "book")}
    environment = {k: v for k, v in os.environ.items() if k != "LIVENOTES_STATIC"} | own
    with (home / "lab.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(server, port, home / "lab.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()  # the server ends its kernels before it ends
            try:
                server.wait(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    assert is_free(port)


def wait_for(server, port, log):
    """Wait until the server answers."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, f"JupyterLab ended:\n{log.read_text()[-3000:]}"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token={TOKEN}", timeout=5).close()
            return
        time.sleep(0.3)
    pytest.fail(f"JupyterLab did not answer within {SECONDS} s:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Copy the book, so that a save in JupyterLab changes nothing here, and add a small page."""
    folder = tmp_path_factory.mktemp("lab")
    for name in ("_toc.yml", "_config.yml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "book", folder / "book", ignore=shutil.ignore_patterns("_build"))
    nbformat.write(small(), folder / "book" / "small.ipynb")
    return folder


@pytest.fixture(scope="module")
def page(folder, tmp_path_factory):
    """Open JupyterLab once, and see that nothing was asked of any other machine."""
    with lab(folder, tmp_path_factory.mktemp("home")) as address, launched() as chromium:
        page = chromium.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(SECONDS * 1000)
        watch = Watch(address).attach(page)
        page.goto(f"{address}/?token={TOKEN}")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        yield page
        assert not [problem for problem in watch.problems if problem.startswith("request to elsewhere")]


class Notebook:
    """A notebook in JupyterLab: what it shows, and the cells it runs."""

    _find = "[...jupyterapp.shell.widgets('main')].find(each => each.context?.path === path)"

    def __init__(self, page, name):
        self.page, self.path = page, f"book/{name}"
        page.evaluate(
            "async path => { await jupyterapp.commands.execute('docmanager:open', {path}); }", self.path
        )
        self.call("async panel => { await panel.context.ready; await panel.sessionContext.ready; }")
        self.root = page.locator(f"#{self.call('panel => panel.id')}")
        self.root.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()

    def call(self, function, *arguments):
        """Call a JavaScript function with the notebook's panel."""
        return self.page.evaluate(
            f"([path, ...rest]) => ({function})({self._find}, ...rest)", [self.path, *arguments]
        )

    def until(self, function, *arguments):
        """Wait until a JavaScript function of the notebook's panel returns something true; return it."""
        return self.page.wait_for_function(
            f"([path, ...rest]) => ({function})({self._find}, ...rest)", arg=[self.path, *arguments]
        ).json_value()

    def run(self, cells):
        """Run some cells, one after another."""
        run = """async (panel, cells) => {
          jupyterapp.shell.activateById(panel.id);
          await panel.sessionContext.session.kernel.info;
          for (const cell of cells) {
            panel.content.activeCellIndex = cell;
            await jupyterapp.commands.execute("notebook:run-cell");
          }
        }"""
        self.call(run, list(cells))

    def figure(self, name):
        """Return the place where a figure is shown."""
        place = self.root.locator(f".live-figure-{name}")
        place.locator(".live-picture svg").wait_for()
        return place

    def close(self):
        """Let go of the kernel and of what has changed."""
        self.call("async panel => { await panel.sessionContext.shutdown(); panel.dispose(); }")


@pytest.fixture
def opened(page):
    """Open notebooks by name; close them again."""
    with contextlib.ExitStack() as stack:

        def opened(name):
            notebook = Notebook(page, name)
            stack.callback(notebook.close)
            return notebook

        yield opened


SHOWN = """place => {
  const all = selector => [...place.querySelectorAll("figure.live svg " + selector)];
  return [all("[d]").map(e => e.getAttribute("d")), all("text").map(e => e.textContent)]; }"""


def shows(place, frame, seconds=SECONDS):
    """Wait until a figure shows the picture, the words and the numbers that Python draws."""
    elements = list(frame.elements())
    paths = [e.attrib["d"] for e in elements if "d" in e.attrib]
    words = ["".join(e.itertext()) for e in elements if e.tag.endswith("}text")]
    wanted = [paths, words, frame.readouts]
    end = time.monotonic() + seconds
    while (shown := [*place.evaluate(SHOWN), place.evaluate(READOUTS)]) != wanted and time.monotonic() < end:
        place.page.wait_for_timeout(50)
    for what, seen, drawn in zip(("paths", "words", "numbers"), shown, wanted, strict=True):
        assert seen == drawn, f"the {what} are not what Python draws"


def follow(link, place, frame):
    """Click a link into a figure, as a reader would: again, if nothing happens.

    A first click makes the link's cell the active one. On a busy machine JupyterLab may move the cell between
    the press of the button and its release, and the browser then reports no click at all.
    """
    for _ in range(3):
        link.click()
        with contextlib.suppress(AssertionError):
            return shows(place, frame, SECONDS / 6)
    return shows(place, frame, 1)


def drag_and_compare(place, figure):
    """Drag the first slider by keyboard to both ends and back, and compare the picture with Python's own."""
    name, control = next(item for item in figure.controls.items() if not item[1].own_plates)
    values = control.grid
    slider = place.locator(".widget-slider").first
    for key, at in [("Home", 0), ("ArrowRight", 1), ("End", -1), ("ArrowLeft", -2)]:
        slider.locator(".noUi-handle").focus()
        place.page.keyboard.press(key)
        shows(place, figure.frame(**{name: values[at]}))
        readout = slider.locator(".widget-readout").inner_text().replace("−", "-").removesuffix(control.unit)
        assert float(readout) == pytest.approx(values[at])


def on_the_page(page, chapter, name, query):
    """Return the numbers under a figure of the built book in some state."""
    site = ROOT / os.environ["LIVENOTES_SITE"]
    tab = page.context.new_page()
    try:
        tab.goto(f"{(site / 'book' / chapter).with_suffix('.html').resolve().as_uri()}?{query}#{name}")
        figure = tab.locator(f"figure.live#{name}")
        tab.wait_for_function("figure => !figure.ariaBusy", arg=figure.element_handle())
        return figure.evaluate(READOUTS)
    finally:
        tab.close()


RAW = re.compile(
    r"\{(cite|ref|eq|numref|chapter|doc)\b|```|^:::|^\([\w-]+\)=|Not Found|\\begin\{", re.MULTILINE
)
PROSE_SHOWN = """panel => [...panel.node.querySelectorAll(".jp-MarkdownCell .myst")].flatMap(
  each => [each.innerText, ...[...each.querySelectorAll("[title]")].map(e => e.title)]).join("\\n")"""
FOLDED = """panel => panel.content.widgets.map(
  cell => cell.model.type === "code" ? [cell.inputHidden, cell.outputHidden] : null)"""
OVERLAPS = """place => [...place.querySelectorAll(".live-readouts div")].some(row => {
  const [label, number] = [...row.children].map(each => each.getBoundingClientRect());
  return label.right > number.left || row.scrollWidth > row.clientWidth; })"""


def prose_is_rendered(notebook):
    """See that nothing of the prose is shown as it is written, once its citations have been found."""
    text = notebook.until(
        f"panel => (text => text && !text.includes('Not Found') && text)(({PROSE_SHOWN})(panel))"
    )
    assert len(text) > 50
    assert not RAW.search(text), RAW.search(text)


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_chapter_reads_as_on_the_page_and_its_first_figure_answers(opened, path):
    first, needed = first_figure(path)
    figure = first.figure
    notebook = opened(path.name)
    prose_is_rendered(notebook)
    tags = [set(cell.metadata.get("tags", ())) for cell in nbformat.read(path, as_version=4).cells]
    tagged = [number for number, given in enumerate(tags) if {"hide-input", "remove-input"} & given]
    folds = """(panel, tagged) => tagged.map(at => panel.content.widgets[at]).every(
      cell => cell.placeholder || cell.inputHidden)"""  # a placeholder is far from view and not drawn yet
    notebook.until(folds, tagged)

    notebook.run(needed)
    place = notebook.figure(figure.name)
    shows(place, figure.frame())
    assert not place.evaluate(OVERLAPS)
    queries = re.findall(rf"\]\(#{figure.name}\?([^)]*)\)", path.read_text(encoding="utf-8"))
    assert queries, f"no link of {path.name} leads into {figure.name}, the first figure"
    link = notebook.root.locator(f'a[href="#{figure.name}?{queries[0]}"]').first
    frame = figure.frame(**shown.state_of(figure, queries[0]))
    follow(link, place, frame)
    if "LIVENOTES_SITE" in os.environ:
        assert on_the_page(notebook.page, path.name, figure.name, queries[0]) == frame.readouts
    notebook.call("async panel => { await panel.content.scrollToItem(panel.content.widgets.length - 1); }")
    notebook.call("async panel => { await panel.content.scrollToItem(0); }")
    shows(place, frame)
    place.locator(".live-reset").click()
    if any(not control.own_plates for control in figure.controls.values()):
        drag_and_compare(place, figure)


def test_links_move_all_controls_and_say_what_hinders_them(opened):
    notebook = opened("small.ipynb")
    prose_is_rendered(notebook)
    link = notebook.root.locator("a:text-is('At the end')")
    link.click()
    warning = notebook.page.locator(".Toastify__toast")
    warning.filter(has_text="is not shown yet; run its cell").first.wait_for()
    names = {}
    exec(FIGURE.rpartition("\n")[0] + "\nfigure = " + FIGURE.rpartition("\n")[2], names)
    figure = names["figure"]
    notebook.run([1])
    place = notebook.figure("small-figure")
    drag_and_compare(place, figure)
    link.click()
    shows(place, figure.frame(p=0.02, kind="b"))
    notebook.root.locator("a:text-is('beyond')").click()
    warning.filter(has_text="cannot be '3'").first.wait_for()
    shows(place, figure.frame(p=0.02, kind="b"))


def test_what_the_page_folds_is_folded_and_opens_with_a_click(opened):
    notebook = opened("small.ipynb")
    prose_is_rendered(notebook)
    folds = [None, [True, False], None, None, [True, True], None, [False, False]]
    notebook.until(
        f"(panel, folds) => JSON.stringify(({FOLDED})(panel)) === folds", json.dumps(folds).replace(" ", "")
    )
    written = "panel => panel.content.widgets.map(cell => cell.model.getMetadata('jupyter') ?? null)"
    assert not any(notebook.call(written))
    notebook.root.locator(".jp-InputPlaceholder").first.click()
    assert notebook.call(FOLDED)[1] == [False, False]


def test_citations_and_references_have_words(opened):
    notebook = opened("small.ipynb")
    prose_is_rendered(notebook)
    text = " ".join(notebook.call(PROSE_SHOWN).split())
    assert "; Elman [1990], [Elman, 1990], [Elman, 1990; Werbos, 1990]." in text
    assert "A reference to How far memory reaches and to the chapter on dropout." in text
    notebook.root.locator(".livenotes-link:text-is('How far memory reaches')").click()
    there = Notebook(notebook.page, "recurrent.ipynb")
    heading = there.root.locator("h2:has-text('How far memory reaches')")
    heading.wait_for()
    notebook.page.wait_for_function(
        "heading => Math.abs(heading.getBoundingClientRect().top) < 400", arg=heading.element_handle()
    )
    there.close()


def test_figures_take_the_colors_of_the_theme(opened):
    notebook = opened("small.ipynb")
    notebook.run([1])
    place = notebook.figure("small-figure")
    inks = re.findall(r"--live-ink: (#\w+);", STYLE_SHEET)
    for theme, ink in zip(("Light", "Dark"), inks, strict=True):
        notebook.page.evaluate(
            "async theme => { await jupyterapp.commands.execute('apputils:change-theme', {theme}); }",
            f"JupyterLab {theme}",
        )
        wanted = "rgb({}, {}, {})".format(*bytes.fromhex(ink[1:]))
        is_so = "([place, ink]) => getComputedStyle(place.querySelector('svg text')).fill === ink"
        notebook.page.wait_for_function(is_so, arg=[place.element_handle(), wanted])


def test_the_chapters_stand_beside_the_page_and_nothing_asks_for_news(page):
    panel = page.locator("[id='@jupyterlab-sidepanel/jupyterbook-toc']")
    for path in chapters():
        title = next(c.source for c in nbformat.read(path, as_version=4).cells if c.source.startswith("# "))
        panel.get_by_text(title.splitlines()[0].removeprefix("# "), exact=True).first.wait_for()
    assert page.locator(".Toastify__toast:has-text('news')").count() == 0


QUESTION = """from livenotes.live import ask
ask("Up or down?", ["up", "down"], right="down", because="So it is.", shows="small-figure?p=0.015&kind=b")"""


def test_a_question_is_folded_and_answers_and_moves_its_figure(folder, opened):
    hidden = {"jupyter": {"source_hidden": True}}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(FIGURE), new_code_cell(QUESTION, metadata=hidden)]
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "book" / "question.ipynb"
    )
    notebook = opened("question.ipynb")
    notebook.root.locator(".jp-InputPlaceholder").wait_for()
    notebook.run([0, 1])
    notebook.root.get_by_role("button", name="A: up").click()
    notebook.root.locator(".ask .ask-wrong").wait_for()
    assert notebook.root.locator(".ask .ask-right").inner_text() == "down"
    assert notebook.root.locator(".ask [role=status]").inner_text().startswith("Not quite.")
    notebook.root.get_by_text("p is 0.015, kind b").wait_for()
