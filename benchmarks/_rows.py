"""Run one module; apart from ``__main__``, which a spawned process does not import again."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any


def measured(name: str, small: bool = False) -> list[dict[str, Any]]:
    """Run one module and return its rows; a small run takes the sizes that the module names in ``SMALL``."""
    module = import_module(f"benchmarks.{name}")
    if small:
        for size, value in module.SMALL.items():
            setattr(module, size, value)
    return [finished(row) for row in module.main()]


def finished(row: Mapping[str, Any]) -> dict[str, Any]:
    """Add to a row whether its target is met."""
    bounded = row["ours"] if row.get("bounds") == "ours" else row["ratio"]
    met = None if row["target"] is None or bounded is None else bool(bounded <= row["target"])
    return {"against": "torch", "bounds": "ratio", **row, "met": met}
