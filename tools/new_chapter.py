"""Begin a chapter: a notebook with the cells that every chapter has, in their order.

Usage: python -m tools.new_chapter NAME TITLE     for example: beyond-relu "Beyond ReLU"
"""

import re
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tools.store import BOOK, METADATA

OPENING = """# {title}

The question, in words that need none of the chapter.

At the end you will be able to

- do something that you can check.

You need what came before. The chapter covers a part of the notes; the
[map of the notes](map-of-the-notes.md) lists its headings."""
IMPORTS = """import numpy as np

from livenotes import checks, claims, show
from livenotes.chapters import {module} as measure
from livenotes.live import Slider, live
from livenotes.chapters.{module} import plots as draw"""
FIGURE = """def phenomenon(fig, p):
    return draw.phenomenon(fig, measure.phenomenon(p))


live(phenomenon, title="What is seen.", p=Slider(0, 1, 0.1, start=0.5, label="parameter p"))"""
TORCH = """import torch

torch.manual_seed(0)"""
SECTIONS = [
    ("phenomenon", "What there is to see", "Say what the figure shows, and ask for a prediction.", FIGURE),
    ("idea", "The idea, and its equation", "Explain before you name; cite the paper.", "show.source(...)"),
    ("gradient", "The gradient", "Derive it, then check it.", "checks.relative_error(...) < 1e-7"),
    ("measured", "What is true of it", "The experiment that decides the claims, with its spread.", "..."),
    ("errors", "Where it fails, and what has changed", "What the notes got wrong.", None),
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


def chapter(name: str, title: str) -> nbformat.NotebookNode:
    """Make the notebook; the label of every section begins with the chapter's name."""
    module = name.replace("-", "_")
    cells = [
        new_markdown_cell(OPENING.format(title=title)),
        _hidden(IMPORTS.format(module=module), "hide-input"),
    ]
    for label, heading, text, code in SECTIONS:
        cells.append(new_markdown_cell(f"({name}-{label})=\n## {heading}\n\n{text}"))
        if code:
            cells.append(_hidden(code, "hide-input") if code == FIGURE else new_code_cell(code))
        if label in ("idea", "measured"):
            cells.append(_hidden(f'claims.section("{name}", "{name}-{label}")', "remove-input"))
    cells.append(new_markdown_cell(EXERCISES.format(name=name)))
    return new_notebook(cells=cells, metadata=METADATA)


def _hidden(source: str, tag: str) -> nbformat.NotebookNode:
    return new_code_cell(source, metadata={"tags": [tag]})


def main(name: str, title: str, folder: Path = BOOK) -> Path:
    """Write the notebook, unless the name is bad or taken."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise SystemExit(f"the name of a chapter is in kebab case, such as beyond-relu; got {name!r}")
    path = folder / f"{name}.ipynb"
    if path.exists():
        raise SystemExit(f"{path} is there already")
    nbformat.write(chapter(name, title), path)
    return path


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    print(f"{main(*sys.argv[1:])} is made. What comes next: CONTRIBUTING.md, Add a chapter")
