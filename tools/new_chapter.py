"""Begin a chapter: its room, its notebook with the cells that every chapter has, and its first test.

Usage: python -m tools.new_chapter NAME TITLE     for example: beyond-relu "Beyond ReLU"
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tools.store import METADATA

ROOT = Path(__file__).parents[1]

ROOM = {
    "__init__.py": '''"""The chapter {title}."""

from .phenomenon import phenomenon

__all__ = ["phenomenon"]
''',
    "phenomenon.py": '''"""What there is to see: one file of experiments for each question of the chapter."""

import numpy as np
import xarray as xr


def phenomenon(p: float) -> xr.DataArray:
    """Measure what the first figure shows: here a stand-in, $x^p$ for x from 0 to 1."""
    x = np.linspace(0, 1, 101)
    return xr.DataArray(x**p, dims="x", coords={{"x": x}})
''',
    "plots.py": '''"""Figures of the chapter {title}: data in, numbers for the readout out."""

import xarray as xr
from matplotlib.figure import Figure

from livenotes.lab import style


def phenomenon(fig: Figure, y: xr.DataArray) -> dict[str, str]:
    """Draw the first figure."""
    (axes,) = style.panels(fig)
    axes.plot(y.x, y, color=style.BLUE)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="x")
    return {{"mean": f"{{y.mean().item():.2f}}"}}
''',
    "measures.py": '''"""What is measured for the claims: each function returns one number a seed."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from .phenomenon import phenomenon


def mean_at_two() -> Float[ndarray, " 1"]:
    """Mean of the first figure's curve at p = 2."""
    return np.array([phenomenon(2).mean().item()])
''',
    "claims.toml": """# What the notes claim, in our words. The numbers are in measured.json, written by
# python -m livenotes.claims measure. The fields: livenotes/claims/ledger.py.

[{name}-first]
note = "000 · heading in the notes"
says = "What the notes state."
verdict = "holds"
finding = "What is true."
section = "{name}-measured"
quantity = "What the number is, with its unit"
measure = "mean_at_two"
claimed = [0.3, 0.4]
""",
}
TEST = '''"""The experiments of the chapter {title}."""

import numpy as np

from livenotes.chapters.{module} import phenomenon


def test_the_phenomenon_is_what_its_formula_says():
    np.testing.assert_allclose(phenomenon(1), phenomenon(1).x)
'''

OPENING = """# {title}

The question, and why anybody should care, in words that need none of the chapter.

At the end you will be able to

- do something that you can check.

You need what came before. The chapter covers a part of the notes; the
[map of the notes](map-of-the-notes.md) lists its headings."""
IMPORTS = """import numpy as np

from livenotes import checks, show
from livenotes.chapters import {module} as measure
from livenotes.chapters.{module} import plots as draw
from livenotes.live import Slider, ask, live"""
FIGURE = """def phenomenon(fig, p):
    return draw.phenomenon(fig, measure.phenomenon(p))


live(phenomenon, title="What is seen.", p=Slider(1, 4, 0.5, start=2, label="parameter p"))"""
QUESTION = """ask(
    "It is often said that …. Is it true?",
    ["yes", "no", "only when …"],
    right="yes",
    because="The reason, which has to be read on its own.",
    kind="claim",
    claim="{name}-first",
)"""
TORCH = """import torch

torch.manual_seed(0)"""
SECTIONS = [
    ("phenomenon", "What there is to see", "Say what the figure shows, and ask for a prediction.", FIGURE),
    ("idea", "The idea, and its equation", "Explain before you name; cite the paper.", "show.source(...)"),
    ("gradient", "The gradient", "Derive it, then check it.", "checks.relative_error(...) < 1e-7"),
    ("training", "How it is trained", "The loop, in a dozen lines that the reader can change.", "..."),
    ("measured", "What is true of it", "The experiment that decides, with its spread.", "..."),
    ("errors", "Where it fails, and what has changed", "What it does not show.", None),
    ("pytorch", "The same in PyTorch", "What you would write at work.", TORCH),
    ("summary", "Summary", "| Method | What it does |\n|---|---|\n", None),
]
EXERCISES = """({name}-exercises)=
## Exercises

```{{exercise}} A title
:label: ex-{name}-first

The question.
```

```{{solution}} ex-{name}-first
:class: dropdown

The answer.
```

## Further reading

One sentence on each of the papers worth reading."""


def notebook(name: str, title: str) -> nbformat.NotebookNode:
    """Make the notebook; the label of every section begins with the chapter's name."""
    cells = [
        new_markdown_cell(OPENING.format(title=title)),
        _hidden(IMPORTS.format(module=_module(name)), "hide-input"),
    ]
    for label, heading, text, code in SECTIONS:
        cells.append(new_markdown_cell(f"({name}-{label})=\n## {heading}\n\n{text}"))
        if code:
            cells.append(_hidden(code, "hide-input") if code == FIGURE else new_code_cell(code))
        if label == "measured":
            cells.append(_question(QUESTION.format(name=name)))
    cells.append(new_markdown_cell(EXERCISES.format(name=name)))
    return new_notebook(cells=cells, metadata=METADATA)


def _question(source: str) -> nbformat.NotebookNode:
    return new_code_cell(source, metadata={"tags": ["remove-input"], "jupyter": {"source_hidden": True}})


def _hidden(source: str, tag: str) -> nbformat.NotebookNode:
    return new_code_cell(source, metadata={"tags": [tag]})


def _module(name: str) -> str:
    return name.replace("-", "_")


def files(name: str, title: str) -> Iterator[tuple[str, str]]:
    """Yield the path, from the repository's root, and the text of every file of the chapter."""
    module = _module(name)
    for file, text in ROOM.items():
        yield f"src/livenotes/chapters/{module}/{file}", text.format(name=name, title=title)
    tests = f"tests/chapters/{module}"
    yield f"{tests}/__init__.py", ""
    yield f"{tests}/test_phenomenon.py", TEST.format(title=title, module=module)
    yield f"book/{name}.ipynb", nbformat.writes(notebook(name, title)) + "\n"


def main(name: str, title: str, root: Path = ROOT) -> list[Path]:
    """Write the files, unless the name is bad or a part of it is taken."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise SystemExit(f"the name of a chapter is in kebab case, such as beyond-relu; got {name!r}")
    wanted = {root / path: text for path, text in files(name, title)}
    for path in wanted:
        if path.exists():
            raise SystemExit(f"{path} is there already")
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(wanted)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    for made in main(*sys.argv[1:]):
        print(made.relative_to(ROOT))
    print("What comes next: CONTRIBUTING.md, Add a chapter")
