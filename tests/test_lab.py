"""One session of JupyterLab: a live figure under a real kernel answers to its slider."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import TimeoutError

from browser import launched
from notebooks import ROOT, figures_of

pytestmark = [pytest.mark.xdist_group("lab"), pytest.mark.unchecked_shapes]  # one server for all of these
TOKEN = "a-token-for-this-test"
SECONDS = 180
QUIET = ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
CHAPTER = ROOT / "book" / "activations.ipynb"
FIGURE = """from livenotes.live import Choice, Slider, live
def small_figure(fig, p, kind):
    fig.subplots().set(xlim=(0, 1), ylim=(0, 1), title=f"p is {p:g}, kind {kind}")
    fig.axes[0].plot([0, 1], [0, 50 * p])
    return {"p": p}
live(small_figure, title="T.", p=Slider(0, 0.02, 0.005), kind=Choice(["a", "b"]))"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextlib.contextmanager
def lab(folder, home):
    """Run JupyterLab on a folder, with settings of its own; yield its address, and leave nothing running."""
    port = free_port()
    command = [
        *[sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"],
        *[f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"],
        *[f"--ServerApp.root_dir={folder}", *QUIET],
    ]
    own = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"IPYTHONDIR": str(home / "ipython"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
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
    """Write a small notebook and copy the book, so that a save in JupyterLab changes nothing here."""
    folder = tmp_path_factory.mktemp("lab")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    small = new_notebook(cells=[new_code_cell(FIGURE)], metadata={"kernelspec": kernel})
    nbformat.write(small, folder / "small.ipynb")
    if CHAPTER.exists():
        shutil.copytree(ROOT / "book", folder / "book", ignore=shutil.ignore_patterns("_build"))
    return folder


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory):
    with lab(folder, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.mark.parametrize("name", ["small.ipynb", "book/activations.ipynb"])
def test_dragging_a_slider_redraws_the_figure(folder, address, name):
    if not (folder / name).exists():
        pytest.skip("the first chapter is not there yet")
    shown = figures_of(folder / name)[0]
    with launched() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(SECONDS * 1000)
        page.goto(f"{address}/lab/workspaces/{shown.figure.name}/tree/{name}?token={TOKEN}")
        run_until(page, shown.cell)
        drag_and_compare(page, shown.figure)


def run_until(page, cell):
    """Run every cell up to the one that shows the figure, with the keyboard, as often as it takes.

    What is run while JupyterLab is still settling its connection to the kernel may be lost.
    """
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for()
    picture = page.locator("figure.live .live-picture svg").first
    for patience in (SECONDS / 4, SECONDS):
        page.locator(".jp-Notebook .jp-Cell").first.click()
        page.keyboard.press("Escape")
        for _ in range(cell + 1):
            page.keyboard.press("Shift+Enter")
        with contextlib.suppress(TimeoutError):
            picture.wait_for(timeout=1000 * patience)
            return
    pytest.fail("the figure did not appear")


PATHS_ARE = """([root, wanted]) => JSON.stringify(
  [...root.querySelectorAll("figure.live svg [d]")].map(e => e.getAttribute("d"))) === wanted"""


def drag_and_compare(page, figure):
    """Drag the first slider by keyboard to both ends and back, and compare the picture with Python's own."""
    name, control = next(item for item in figure.controls.items() if not item[1].own_plates)
    values = control.grid
    root = page.locator(".jp-OutputArea-output:has(figure.live)").first
    slider = root.locator(".widget-slider").first
    for key, place in [("Home", 0), ("ArrowRight", 1), ("End", -1), ("ArrowLeft", -2)]:
        slider.locator(".noUi-handle").focus()
        page.keyboard.press(key)
        frame = figure.frame(**{name: values[place]})
        paths = [e.attrib["d"] for e in frame.elements() if "d" in e.attrib]
        wanted = json.dumps(paths, separators=(",", ":"))
        page.wait_for_function(PATHS_ARE, arg=[root.element_handle(), wanted])
        words = [e.text for e in frame.elements() if e.text and e.tag.endswith("}text")]
        assert [text for text in root.locator("figure.live svg text").all_text_contents() if text] == words
        assert root.locator(".live-readouts dd").all_text_contents() == list(frame.readouts.values())
        readout = slider.locator(".widget-readout").inner_text().replace("−", "-").removesuffix(control.unit)
        assert float(readout) == pytest.approx(values[place])


QUESTION = """from livenotes.live import ask
ask("Up or down?", ["up", "down"], right="down", because="So it is.", shows="small-figure?p=0.015&kind=b")"""


def test_a_question_is_folded_and_answers_and_moves_its_figure(folder, address):
    hidden = {"jupyter": {"source_hidden": True}}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(FIGURE), new_code_cell(QUESTION, metadata=hidden)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "question.ipynb")
    with launched() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1600})
        page.set_default_timeout(SECONDS * 1000)
        page.goto(f"{address}/lab/workspaces/question/tree/question.ipynb?token={TOKEN}")
        page.locator(".jp-InputPlaceholder").wait_for()
        run_until(page, 1)
        page.get_by_role("button", name="A: up").click()
        page.locator(".ask .ask-wrong").wait_for()
        assert page.locator(".ask .ask-right").inner_text() == "down"
        assert page.locator(".ask [role=status]").inner_text().startswith("Not quite.")
        page.get_by_text("p is 0.015, kind b").wait_for()
