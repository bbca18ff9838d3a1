"""The Sphinx extension of the book: pages that ask no other host, and are whole without a script."""

from sphinx.application import Sphinx

from . import (
    benchmarks,
    chapters,
    docstrings,
    folds,
    formulas,
    invalidate,
    ledger,
    plates,
    prune,
    reference,
    states,
    theme,
    tidy,
)

_PARTS = (
    theme,
    formulas,
    states,
    plates,
    folds,
    chapters,
    ledger,
    docstrings,
    reference,
    benchmarks,
    tidy,
    invalidate,
    prune,
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register every part of the extension."""
    for part in _PARTS:
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
