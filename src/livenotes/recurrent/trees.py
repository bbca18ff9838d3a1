"""Parameters of any cell as a list of arrays, and back: what an optimizer or a gradient check walks over.

Parameters, states and gradients are named tuples that may hold arrays, further tuples, or None where a
variant lacks a part; a gradient has the structure of its parameters.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from numpy import ndarray

Tree = TypeVar("Tree")


def leaves(tree: Any) -> list[ndarray]:
    """Every array of a nested named tuple, depth first.

    Raises
    ------
    TypeError
        If ``tree`` holds anything but arrays, tuples and None.
    """
    if tree is None:
        return []
    if isinstance(tree, ndarray):
        return [tree]
    if isinstance(tree, tuple):
        return [leaf for branch in tree for leaf in leaves(branch)]
    raise TypeError(f"tree must be made of arrays, tuples and None, got {type(tree).__name__}")


def rebuild(tree: Tree, arrays: Iterable[Any]) -> Tree:
    """Tuple of the same structure as ``tree`` that holds ``arrays`` (or tensors) instead, depth first.

    Raises
    ------
    ValueError
        If there are more or fewer ``arrays`` than leaves in ``tree``.
    """
    arrays = list(arrays)
    count = len(leaves(tree))
    if len(arrays) != count:
        raise ValueError(f"arrays must be {count}, one for each leaf of tree, got {len(arrays)}")
    rebuilt: Tree = _fill(tree, iter(arrays))
    return rebuilt


def _fill(tree: Any, arrays: Iterator[Any]) -> Any:
    if tree is None:
        return None
    if isinstance(tree, ndarray):
        return next(arrays)
    branches = [_fill(branch, arrays) for branch in tree]
    return type(tree)(*branches) if hasattr(tree, "_fields") else tuple(branches)
