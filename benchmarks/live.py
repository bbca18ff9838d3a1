"""Live figures beside Matplotlib's to_jshtml and Plotly: a step of a slider, bytes, a redraw by a kernel."""

import gzip
import io
import json
import math
import tempfile
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import matplotlib as mpl
import numpy as np
import plotly.graph_objects as go
from jupyter_client.manager import start_new_kernel
from matplotlib.animation import FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy import ndarray

from browser import launched
from livenotes.live import LiveFigure, Slider, live
from livenotes.live.theme import RC, STATIC
from notebooks import figures_of, pages_that_run

ROOT = Path(__file__).parents[1]
STATES, POINTS, STEPS = 50, 200, 200
X = np.linspace(0, 1, POINTS)
MOVES, WARM_UP, SLOWEST, OF_BOOK = 60, 5, 5, None
SMALL = {"STATES": 3, "STEPS": 2, "MOVES": 2, "WARM_UP": 1, "OF_BOOK": 1}


def curves(p: int) -> tuple[ndarray, ndarray]:
    """Return the two curves of one state."""
    f = 0.5 + p / 10
    return np.sin(2 * np.pi * f * X), np.exp(-f * X) * np.cos(2 * np.pi * f * X)


def two_curves(fig: Figure, p: int) -> None:
    """Draw one state."""
    ax = fig.subplots()
    ax.set(xlim=(0, 1), ylim=(-1.1, 1.1), xlabel="x")
    for y in curves(p):
        ax.plot(X, y)


def ours() -> LiveFigure:
    """Return the figure as this book has it."""
    return live(two_curves, title="Two curves.", p=Slider(0, STATES - 1, 1))


def jshtml() -> str:
    """Return the figure as an animation of Matplotlib's."""
    fig = Figure(figsize=(6, 3))
    FigureCanvasAgg(fig)
    ax = fig.subplots()
    ax.set(xlim=(0, 1), ylim=(-1.1, 1.1), xlabel="x")
    lines = [ax.plot(X, y)[0] for y in curves(0)]

    def update(p: int) -> list[Any]:
        for line, y in zip(lines, curves(p), strict=True):
            line.set_ydata(y)
        return lines

    with mpl.rc_context({"animation.embed_limit": 100}):
        return FuncAnimation(fig, update, frames=STATES).to_jshtml(default_mode="once")


def plotly(library: bool) -> str:
    """Return the figure as frames of Plotly's with a slider, with or without its library."""
    figure = go.Figure([go.Scatter(x=X, y=y) for y in curves(0)])
    figure.frames = [
        go.Frame(data=[go.Scatter(x=X, y=y) for y in curves(p)], name=str(p)) for p in range(STATES)
    ]
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    steps = [{"method": "animate", "label": str(p), "args": [[str(p)], at_once]} for p in range(STATES)]
    figure.update_layout(sliders=[{"steps": steps}], yaxis_range=[-1.1, 1.1], width=600, height=300)
    return figure.to_html(full_html=False, include_plotlyjs=library, auto_play=False, div_id="plotly")


# ------------------------------------------------------------------------------------------------ bytes


def packed(*texts: str) -> float:
    """Return how many thousand bytes travel, each text packed as a server packs it."""
    return sum(len(gzip.compress(text.encode(), 6, mtime=0)) for text in texts) / 1e3


def sizes() -> list[dict[str, Any]]:
    """Compare bytes: the figure alone, all its points kept, and with what a page needs to show it."""
    with mpl.rc_context({"path.simplify": False}):
        every_point = packed(ours().html())
    shared = packed(*((STATIC / name).read_text(encoding="utf-8") for name in ("live.js", "live.css")))
    alone, film = packed(ours().html()), packed(jshtml())
    bare, whole = (packed(plotly(library)) for library in (False, True))
    what = f"{STATES} states of two {POINTS}-point curves, kB gzip"
    return [
        row(what, alone, film, "to_jshtml", target=30),
        row(what, alone, bare, "Plotly frames, without the library", target=30),
        row(f"{what}, no point simplified away", every_point, bare, "Plotly frames, without the library"),
        row(f"{what}, with script and style", alone + shared, whole, "Plotly frames, with the library"),
    ]


def row(
    figure: str, mine: float, theirs: float | None, against: str, target: float | None = None
) -> dict[str, Any]:
    """Put a comparison into a row whose target, if any, bounds our own figure."""
    ratio = None if theirs is None else mine / theirs
    return {
        **{"figure": figure, "ours": mine, "theirs": theirs, "ratio": ratio},
        **{"against": against, "target": target, "bounds": "ours"},
    }


# ------------------------------------------------------------------------------------------- one step

# How a reader's step begins on each page, and what changes when it is drawn.
SLIDER = """const s = document.querySelector("input[type=range]");
s.value = k; s.dispatchEvent(new Event("input", {bubbles: true}));"""
PAGES = {
    "ours": (SLIDER, 'document.querySelector("figure.live svg path[clip-path]").getAttribute("d")'),
    "to_jshtml": (SLIDER, '(i => i.complete && i.src)(document.querySelector(".animation img"))'),
    "Plotly": (
        "const g = document.getElementById('plotly'), { args } = g._fullLayout.sliders[0].steps[k];"
        "Plotly.animate(g, ...args);",
        'document.querySelector("#plotly .scatterlayer .js-line")?.getAttribute("d")',
    ),
}
WALK = """async steps => {
  const drawn = () => SEEN, step = k => { BEGIN };
  const frame = () => new Promise(requestAnimationFrame), handler = [], frames = [];
  for (let n = 1; n <= steps; n += 1) {
    const before = drawn(), start = performance.now();
    step(n % STATES);
    handler.push(performance.now() - start);
    let count = 0, now = before;
    while ((!now || now === before) && count < 100) { await frame(); count += 1; now = drawn(); }
    frames.push(count);
    await frame();
  }
  return { handler, frames };
}"""


def page_of(content: str) -> str:
    """Return a page that shows a figure and nothing else."""
    style = f'<link rel="stylesheet" href="{(STATIC / "live.css").as_uri()}"/>'
    script = f'<script src="{(STATIC / "live.js").as_uri()}" defer="defer"></script>'
    head = f'<!DOCTYPE html><html><head><meta charset="utf-8"/>{style}{script}</head>'
    return f"{head}<body>{content}</body></html>"


def stepped(browser: Any, path: Path, begin: str, seen: str) -> dict[str, float]:
    """Take the steps on one page: p95 in the handler, p95 of frames until drawn, script time a step."""
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_function(f"() => {seen}")
    page.wait_for_timeout(500)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    walk = WALK.replace("SEEN", seen).replace("BEGIN", begin).replace("STATES", str(STATES))
    page.evaluate(walk, STATES)  # once around, to warm up
    before = script_time(session)
    taken = page.evaluate(walk, STEPS)
    script = 1e3 * (script_time(session) - before) / STEPS
    page.close()
    handler, frames = (float(np.percentile(taken[name], 95)) for name in ("handler", "frames"))
    return {"handler": handler, "frames": frames, "script": script}


def script_time(session: Any) -> float:
    """Return the seconds that the page's scripts have run."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(m["value"] for m in metrics if m["name"] == "ScriptDuration")


def steps() -> list[dict[str, Any]]:
    """Compare one step of the slider on the three pages, in one browser."""
    contents = {"ours": ours().html(), "to_jshtml": jshtml(), "Plotly": plotly(library=True)}
    found = {}
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        for name, (begin, seen) in PAGES.items():
            path = Path(folder) / "page.html"
            path.write_text(page_of(contents[name]), encoding="utf-8")
            found[name] = stepped(browser, path, begin, seen)
    what = {
        "handler": (f"one step of the slider, in its handler, p95 of {STEPS}, ms", 2),
        "frames": (f"frames until the step is drawn, p95 of {STEPS}", 1),
        "script": (f"all script of one step, mean of {STEPS}, ms", None),
    }
    return [
        row(figure, found["ours"][key], found[other][key], other, target)
        for key, (figure, target) in what.items()
        for other in ("to_jshtml", "Plotly")
    ]


# ------------------------------------------------------------------------------------------- a kernel

SHOWN = """from IPython.display import display
from benchmarks.live import ours
display(ours())"""
INTERACT = """%matplotlib inline
import ipywidgets, matplotlib.pyplot as plt
from benchmarks.live import STATES, two_curves
def draw(p):
    two_curves(plt.figure(figsize=(6, 3)), p)
    plt.show()
display(ipywidgets.interactive(draw, p=ipywidgets.IntSlider(0, 0, STATES - 1)))"""


def in_process() -> float:
    """Return the p95 of a widget's callback in milliseconds of processor time, without a kernel."""
    slider = ours().widget().children[1].children[0]

    def move(k: int) -> None:
        slider.value = k

    return p95(move, process_time)


def p95(move: Callable[[int], None], clock: Callable[[], float]) -> float:
    """Move a slider through its states and return the p95 of the time that takes, in milliseconds."""
    times = []
    for k in range(1, STEPS + STATES + 1):
        start = clock()
        move(k % STATES)
        times.append(1e3 * (clock() - start))
    return float(np.percentile(times[STATES:], 95))  # the first time around warms up


def through_a_kernel(code: str, answer: Callable[[dict[str, Any]], bool]) -> float:
    """Move a slider over a kernel's messages; return the p95 until the new picture has come."""
    manager, client = start_new_kernel(cwd=str(ROOT))
    try:
        request = client.execute(code)
        slider = slider_of(client, request)

        def move(k: int) -> None:
            data = {"method": "update", "state": {"value": k}}
            client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": slider, "data": data}))
            while not answer(client.get_iopub_msg(timeout=120)):
                pass

        return p95(move, perf_counter)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def slider_of(client: Any, request: str) -> str:
    """Wait until the code has run and return the address of the slider that it made."""
    slider = ""
    while True:
        message = client.get_iopub_msg(timeout=120)
        kind, content = message["msg_type"], message["content"]
        if kind == "comm_open" and content["data"]["state"].get("_model_name") == "IntSliderModel":
            slider = content["comm_id"]
        if message["parent_header"].get("msg_id") == request and content.get("execution_state") == "idle":
            return slider


def brings_svg(message: dict[str, Any]) -> bool:
    """Say whether a message brings our new picture."""
    return "<svg" in json.dumps(message["content"])


def brings_png(message: dict[str, Any]) -> bool:
    """Say whether a message brings a picture of Matplotlib's inline backend."""
    return message["msg_type"] in ("display_data", "comm_msg") and "image/png" in json.dumps(
        message["content"]
    )


def redraws() -> list[dict[str, Any]]:
    """Compare a redraw under a kernel with ipywidgets.interactive and an inline figure."""
    figure = f"redraw, p95 of {STEPS}, ms"
    mine, theirs = through_a_kernel(SHOWN, brings_svg), through_a_kernel(INTERACT, brings_png)
    return [
        row(f"{figure} of processor time, callback alone", in_process(), None, "", target=60),
        row(f"{figure}, through a kernel", mine, theirs, "ipywidgets.interactive, inline PNG", target=60),
    ]


# --------------------------------------------------------------------------------- the figures of the book


def plainly(figure: LiveFigure, values: Mapping[str, Any]) -> None:
    """Draw a state as one would without this package: a new figure, saved as SVG."""
    with mpl.rc_context(RC):
        fig = Figure(figsize=figure.size)
        FigureCanvasSVG(fig)
        figure.draw(fig, **values)
        fig.savefig(io.StringIO(), format="svg")


def moved(figure: LiveFigure) -> tuple[ndarray, ndarray]:
    """Move a figure's widgets at random; return milliseconds of processor time a move, and of the plain way.

    The plain way comes second, and finds the results of an experiment that was run for the first.
    """
    rng = np.random.default_rng(0)
    *widgets, _reset = figure.widget().children[1].children
    times = []
    for _ in range(WARM_UP + MOVES):
        k = rng.integers(len(widgets))
        others = [value for value in [*figure.controls.values()][k].grid if value != widgets[k].value]
        start = process_time()
        widgets[k].value = others[rng.integers(len(others))]
        middle = process_time()
        plainly(figure, {name: w.value for name, w in zip(figure.controls, widgets, strict=True)})
        times.append((middle - start, process_time() - middle))
    mine, theirs = 1e3 * np.array(times[WARM_UP:]).T
    return mine, theirs


def at_build(figure: LiveFigure) -> tuple[int, float]:
    """Return how many states a figure has, and the milliseconds of processor time to draw and store all."""
    start = process_time()
    figure.plates()
    return math.prod(len(c.grid) for c in figure.controls.values()), 1e3 * (process_time() - start)


def book() -> list[dict[str, Any]]:
    """Measure every live figure of the book: moved under a kernel, the slowest first, and drawn at build."""
    with redirect_stdout(io.StringIO()):
        figures = [shown.figure for page in pages_that_run()[:OF_BOOK] for shown in figures_of(page)]
    times = [moved(figure) for figure in figures]
    states, building = np.array([at_build(figure) for figure in figures]).T
    plain = np.array([theirs.mean() for _, theirs in times])
    slowest = [
        row(
            f"redraw of {figure.name}, p95 of {MOVES}, ms of processor time",
            *(float(np.percentile(each, 95)) for each in both),
            "Matplotlib alone",
            target=50,
        )
        for figure, both in zip(figures, times, strict=True)
    ]
    slowest.sort(key=lambda found: -found["ours"])
    average = row(
        f"a state at build, mean of the {states.sum():.0f} of the book, ms of processor time",
        float(building.sum() / states.sum()),
        float(plain @ states / states.sum()),
        "Matplotlib alone",
        target=20,
    )
    return [*slowest[:SLOWEST], average]


def main() -> list[dict[str, Any]]:
    """Measure everything."""
    return [*steps(), *sizes(), *redraws(), *book()]
