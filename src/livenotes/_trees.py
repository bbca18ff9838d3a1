"""Parameters as trees: named tuples, tuples and lists, nested, with arrays as leaves.

None is a tree without leaves: it stands where a variant of a method lacks a part.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

Tree = TypeVar("Tree")


def leaves(tree: Any) -> list[Any]:
    """Return the leaves from left to right."""
    if tree is None:
        return []
    if isinstance(tree, (tuple, list)):
        return [leaf for child in tree for leaf in leaves(child)]
    return [tree]


def unflatten(tree: Tree, values: Iterable[Any]) -> Tree:
    """Build a tree like ``tree`` from new leaves, one for each of the old, from left to right."""
    remaining = iter(values)
    built = _fill(tree, remaining)
    if next(remaining, remaining) is not remaining:
        raise ValueError("values must be as many as the tree has leaves, got more")
    return built


def _fill(tree: Any, values: Iterator[Any]) -> Any:
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(_fill(child, values) for child in tree))
    if isinstance(tree, (tuple, list)):
        return type(tree)(_fill(child, values) for child in tree)
    if tree is None:
        return None
    try:
        return next(values)
    except StopIteration:
        raise ValueError("values must be as many as the tree has leaves, got fewer") from None


def tree_map(function: Callable[..., Any], tree: Tree, *others: Any) -> Tree:
    """Apply ``function`` to corresponding leaves; the result is a tree of arrays like the first.

    Raises
    ------
    ValueError
        The trees differ in structure, or corresponding leaves in shape.
    """
    for other in others:
        require_same_tree(tree, other)
    columns = zip(leaves(tree), *(leaves(other) for other in others), strict=True)
    # NumPy computes a scalar from arrays without axes: make it an array again.
    return unflatten(tree, [np.asarray(function(*column)) for column in columns])


def require_same_tree(tree: Any, other: Any, where: str = "tree") -> None:
    """Raise ValueError, saying where, unless both have the same structure and shapes."""
    branch = isinstance(tree, (tuple, list))
    absent = tree is None
    if (
        branch != isinstance(other, (tuple, list))
        or absent != (other is None)
        or (branch and len(tree) != len(other))
    ):
        raise ValueError(
            f"{where} must have the same structure in both, got {_kind(tree)} and {_kind(other)}"
        )
    if absent:
        return
    if not branch:
        if np.shape(tree) != np.shape(other):
            raise ValueError(f"{where} must have shape {np.shape(tree)} in both, got {np.shape(other)}")
        return
    names = getattr(tree, "_fields", range(len(tree)))
    for name, child, other_child in zip(names, tree, other, strict=True):
        require_same_tree(child, other_child, f"{where}.{name}")


def _kind(tree: Any) -> str:
    size = f" of {len(tree)}" if isinstance(tree, (tuple, list)) else ""
    return f"{type(tree).__name__}{size}"
