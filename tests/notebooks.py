"""What the tests read of the book: its table of contents, its notebooks, and the figures they make."""

import ast
import contextlib
import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import yaml
from myst_nb.core.read import read_myst_markdown_notebook

from livenotes.live import LiveFigure
from livenotes.live.plates import StructureError, decode, encode

ROOT = Path(__file__).parents[1]
LINES_OF_A_CELL = 14
LINES_OF_A_FUNCTION = 5
CHECKED = ("text/plain", "text/html")
_INSTALL = re.compile(r"\b(pip3?|conda|mamba|uv)\s+(pip\s+)?install\b")


def chapters(root: Path = ROOT) -> list[Path]:
    """Return the notebooks of the book, in the order of their names."""
    return sorted(root.glob("book/*.ipynb"))


def pages_that_run(root: Path = ROOT) -> list[Path]:
    """Return what has code to run: the pages of text with code cells, and the notebooks."""
    texts = sorted(root.glob("book/*.md"))
    return [*(path for path in texts if "{code-cell}" in path.read_text(encoding="utf-8")), *chapters(root)]


def read(path: Path) -> Any:
    """Read a notebook, or a page of text with code cells as one."""
    if path.suffix == ".md":
        return read_myst_markdown_notebook(path.read_text(encoding="utf-8"), path=path)
    return nbformat.read(path, as_version=4)


def files_of_toc(root: Path = ROOT) -> list[str]:
    """Return every file that the table of contents names, in its order, the root first."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))

    def walk(entry: Any) -> Iterator[str]:
        if isinstance(entry, list):
            for item in entry:
                yield from walk(item)
        elif isinstance(entry, Mapping):
            yield from (entry[key] for key in ("root", "file") if key in entry)
            for key in ("parts", "chapters", "sections", "entries", "subtrees"):
                yield from walk(entry.get(key, []))

    return list(walk(toc))


def problems_of_toc(root: Path = ROOT) -> list[str]:
    """Compare the table of contents with the files of the book, in both directions."""
    named = files_of_toc(root)
    there = {
        p.relative_to(root).with_suffix("").as_posix()
        for k in ("ipynb", "md")
        for p in root.glob(f"book/*.{k}")
    }
    return [
        *(f"_toc.yml names {name}, which is no .ipynb or .md file" for name in named if name not in there),
        *(f"_toc.yml names {name} twice" for name in sorted({n for n in named if named.count(n) > 1})),
        *(f"{name} is not in _toc.yml" for name in sorted(there - set(named))),
    ]


def problems_of(path: Path) -> list[str]:
    """Say what is wrong with a notebook as it is stored, without running it."""
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    code = [(number, cell) for number, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    found = [*_of_metadata(notebook), *_of_ids(notebook)]
    if not any(kind in CHECKED for _, cell in code for kind, _ in _outputs(cell)):
        found.append("stores no text output, so that running it would compare nothing")
    for number, cell in enumerate(notebook.cells):
        if "\t" in cell.source:
            found.append(
                f"cell {number} has a tab: the beginning of a \\tfrac or \\tanh that was not escaped?"
            )
    for number, cell in code:
        problems = [*_of_source(cell.source), *_of_outputs(cell), *_of_question(cell)]
        found += [f"cell {number} {problem}" for problem in problems]
    return [f"{path.name}: {problem}" for problem in found]


def _of_metadata(notebook: Any) -> Iterator[str]:
    kernel = dict(notebook.metadata.get("kernelspec", {}))
    if kernel.get("name") != "python3" or not re.fullmatch(r"Python 3\b.*", kernel.get("display_name", "")):
        yield f"has the kernel {kernel}; expected python3, which every installation has"
    if "widgets" in notebook.metadata:
        yield "stores the state of widgets"


def _of_ids(notebook: Any) -> Iterator[str]:
    ids = [cell.get("id") for cell in notebook.cells]
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5) or not all(ids):
        yield "has cells without an id (nbformat 4.5 has them)"
    elif len(ids) != len(set(ids)):
        yield "has two cells with one id"


def _outputs(cell: Any) -> Iterator[tuple[str, str]]:
    for output in cell.outputs:
        yield from output.get("data", {}).items()


def _of_outputs(cell: Any) -> Iterator[str]:
    for kind, data in _outputs(cell):
        if kind.startswith("image/") or "<svg" in str(data) or "data:image" in str(data):
            yield f"stores a picture ({kind})"
        if "widget" in kind:
            yield "stores a view of a widget"


def _of_question(cell: Any) -> Iterator[str]:
    """A question's source says the answer: it is left out of the page and folded in JupyterLab."""
    if asks(cell.source):
        if "remove-input" not in cell.metadata.get("tags", ()):
            yield "asks a question and lacks the tag 'remove-input'"
        if not cell.metadata.get("jupyter", {}).get("source_hidden"):
            yield "asks a question and is not folded: its metadata need jupyter.source_hidden"


def asks(source: str) -> bool:
    """Say whether a cell asks the reader a question."""
    calls = [node.func for node in ast.walk(parsed(source)) if isinstance(node, ast.Call)]
    return any(isinstance(function, ast.Name) and function.id == "ask" for function in calls)


def _of_source(source: str) -> Iterator[str]:
    lines = source.strip().splitlines()
    if len(lines) > LINES_OF_A_CELL and not asks(source):  # no reader sees the source of a question
        yield f"has {len(lines)} lines; the limit is {LINES_OF_A_CELL}"
    if _INSTALL.search(source):
        yield "installs a package; name it in requirements.txt instead"
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            if length > LINES_OF_A_FUNCTION:
                yield f"defines {node.name} in {length} lines; the limit is {LINES_OF_A_FUNCTION}"


def parsed(source: str) -> ast.Module:
    """Read the Python of a cell; lines for IPython alone count as nothing."""
    return ast.parse("\n".join(re.sub(r"^\s*[%!].*", "pass", line) for line in source.splitlines()))


@dataclass(frozen=True)
class Shown:
    """A live figure and the number of the cell that shows it."""

    cell: int
    figure: LiveFigure


@cache
def figures_of(path: Path) -> tuple[Shown, ...]:
    """Run what a page's live figures need, in this process, and return the figures that it shows.

    A figure is shown when it is the last expression of its cell. Cells that define nothing that a figure
    uses are left out: they may take minutes, and whether they run is nbval's to say.
    """
    cells = {i: parsed(cell.source) for i, cell in enumerate(read(path).cells) if cell.cell_type == "code"}
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    with contextlib.chdir(path.parent):
        for number in _needed(cells):
            value = _run(cells[number], f"{path.name}, cell {number}", names)
            if isinstance(value, LiveFigure):
                shown.append(Shown(number, value))
    return tuple(shown)


@cache
def first_figure(path: Path) -> tuple[Shown, tuple[int, ...]]:
    """Run what a notebook's first live figure needs; return the figure, and the numbers of these cells."""
    code = {i: cell.source for i, cell in enumerate(read(path).cells) if cell.cell_type == "code"}
    for last in [i for i, source in code.items() if _shows_a_figure(parsed(source))]:
        cells = {i: parsed(source) for i, source in code.items() if i <= last}
        needed, names = _needed(cells), {"__name__": "__main__"}
        with contextlib.chdir(path.parent):
            values = [_run(cells[number], f"{path.name}, cell {number}", names) for number in needed]
        if isinstance(values[-1], LiveFigure):
            return Shown(last, values[-1]), tuple(needed)
    raise ValueError(f"{path.name} shows no live figure")


def _needed(cells: Mapping[int, ast.Module]) -> list[int]:
    """Return the cells that show figures and, back from these, those that define a name they use."""
    needed, used = [], set()
    for number, tree in reversed(cells.items()):
        nodes = list(ast.walk(tree))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        defined = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        defined |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        defined |= {(alias.asname or alias.name).split(".")[0] for node in nodes for alias in _aliases(node)}
        if defined & used or _shows_a_figure(tree):
            needed.append(number)
            used |= {node.id for node in names if isinstance(node.ctx, ast.Load)}
    return needed[::-1]


def _aliases(node: ast.AST) -> list[ast.alias]:
    return node.names if isinstance(node, ast.Import | ast.ImportFrom) else []


def _shows_a_figure(tree: ast.Module) -> bool:
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        return False
    call = last.value
    return isinstance(call, ast.Name) or (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "live"
    )


def _run(tree: ast.Module, where: str, names: dict[str, Any]) -> Any:
    """Run a cell; return the value of its last expression if it shows a figure."""
    last = tree.body.pop() if _shows_a_figure(tree) else None
    exec(compile(tree, where, "exec"), names)
    return eval(compile(ast.Expression(last.value), where, "eval"), names) if last else None


def problems_of_figure(figure: LiveFigure) -> list[str]:
    """Draw a figure at both ends and the start of every slider, for every choice, and decode it again."""
    found = []
    choices = {n: c.grid for n, c in figure.controls.items() if c.own_plates}
    sliders = {
        n: tuple(dict.fromkeys([c.grid[0], c.first, c.grid[-1]]))
        for n, c in figure.controls.items()
        if not c.own_plates
    }
    for values in product(*choices.values()):
        setting = dict(zip(choices, values, strict=True))
        frames = np.empty([len(values) for values in sliders.values()], dtype=object)
        for place in np.ndindex(frames.shape):
            at = {name: values[i] for (name, values), i in zip(sliders.items(), place, strict=True)}
            frames[place] = figure.frame(**setting, **at)
        found += [f"figure {figure.name} {setting}: {problem}" for problem in _differences(frames)]
    return found


def _differences(frames: np.ndarray) -> Iterator[str]:
    try:
        plate, base = encode(frames), copy.deepcopy(frames.flat[0].svg)
    except StructureError as error:
        yield f"{error} at place {error.state}"
        return
    for place, frame in np.ndenumerate(frames):
        if _content(decode(plate, base, place)) != _content(frame):
            yield f"another picture is shown than was drawn at place {place}"


def _content(frame: Any) -> Any:
    return [(e.tag, dict(e.attrib), e.text or "") for e in frame.elements()], frame.readouts
