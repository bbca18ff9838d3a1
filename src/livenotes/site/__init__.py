"""The Sphinx extension of the book: pages that ask no other host, and are whole without a script."""

from sphinx.application import Sphinx

from . import (
    assets,
    benchmarks,
    chapters,
    detach,
    docstrings,
    folds,
    formulas,
    gallery,
    invalidate,
    ledger_page,
    prune,
    questions,
    reading,
    reference,
    states,
    terms,
    tidy,
    way,
)

_PARTS = (
    assets,
    formulas,
    states,
    questions,
    detach,
    folds,
    chapters,
    reading,
    way,
    ledger_page,
    docstrings,
    reference,
    benchmarks,
    gallery,
    terms,
    tidy,
    invalidate,
    prune,
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register every part of the extension."""
    for part in _PARTS:
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
