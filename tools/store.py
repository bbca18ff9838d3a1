"""Execute the notebooks and store the outputs that nbval compares; figures and widgets are not stored.

Usage: python tools/store.py [NOTEBOOK ...]
"""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from tqdm import tqdm

BOOK = Path(__file__).parents[1] / "book"
ASKS = re.compile(r"^ask\(", re.MULTILINE)
NOT_STORED = ("image/", "application/vnd.jupyter.widget")
# What every notebook says of itself: the kernel that each installation has, and nothing of this one.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def store(path: Path) -> None:
    """Execute one notebook in place."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    # One stream a cell: in how many pieces it arrives depends on the machine.
    NotebookClient(notebook, timeout=300, coalesce_streams=True, resources=place).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of the run
        if cell.cell_type == "code" and ASKS.search(cell.source):  # its source says the answer
            cell.metadata["tags"] = sorted({*cell.metadata.get("tags", ()), "remove-input"})
            cell.metadata["jupyter"] = {"source_hidden": True}
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in [k for k in data if k.startswith(NOT_STORED)]:
                del data[kind]
    notebook.metadata = nbformat.from_dict(METADATA)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in tqdm(sys.argv[1:] or sorted(BOOK.glob("*.ipynb")), unit="notebook", disable=None):
        store(Path(name))
