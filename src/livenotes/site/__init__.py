"""The Sphinx extension of the book: formulas, figures and the ledger on a page that needs nothing from elsewhere."""

from sphinx.application import Sphinx

from . import (
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
)

_PARTS = (theme, formulas, states, plates, folds, ledger, docstrings, reference, invalidate, prune)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register every part of the extension."""
    for part in _PARTS:
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
