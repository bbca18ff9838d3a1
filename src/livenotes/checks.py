r"""Checking a gradient derived by hand against the definition of a derivative.

Used by the tests, and shown wherever a chapter derives a gradient.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from livenotes._arguments import Positive
from livenotes._trees import Tree, leaves, require_same_tree, unflatten
from livenotes._validated import validated


def _require_double(at: Any) -> None:
    for k, array in enumerate(leaves(at)):
        if not isinstance(array, np.ndarray) or array.dtype != np.float64:
            given = getattr(array, "dtype", type(array).__name__)
            raise TypeError(f"at must hold arrays of float64, got {given} as leaf {k}")


@validated(where=_require_double)
def central_differences(loss: Callable[[Tree], Any], at: Tree, *, step: Positive = 1e-6) -> Tree:
    r"""Slope of a loss along every axis, from its values on both sides.

    $$\frac{\partial L}{\partial\theta_i}
    \approx \frac{L(\theta + \epsilon e_i) - L(\theta - \epsilon e_i)}{2\epsilon}$$

    The error of the formula falls as $\epsilon^2$, that of rounding grows as $1/\epsilon$; in double
    precision the sum is least near $\epsilon = 10^{-6} \dots 10^{-5}$ times the size of the entry.

    Parameters
    ----------
    loss : callable
        Takes a tree like ``at``, returns a number.
    at : array, or (named) tuple or list of them, nested; float64
        The point. It is not changed.
    step : float, > 0
        $\epsilon$, for entries of size up to 1; in proportion to the entry beyond.

    Returns
    -------
    tree like ``at``

    Raises
    ------
    TypeError
        A leaf is not a float64 array: rounding would hide the slope.
    ValueError
        The loss is not one finite number at a shifted point.
    """
    arrays = [array.copy() for array in leaves(at)]
    point = unflatten(at, arrays)
    slopes = [np.empty_like(array) for array in arrays]
    for array, slope in zip(arrays, slopes, strict=True):
        for i in np.ndindex(array.shape):
            slope[i] = _slope_along(loss, point, array, i, step)
    return unflatten(at, slopes)


def _slope_along(
    loss: Callable[[Tree], Any], point: Tree, array: np.ndarray, i: tuple[int, ...], step: float
) -> float:
    """Slope when entry ``i`` of ``array``, a leaf of ``point``, moves; the entry is put back."""
    center = array[i]
    shift = step * max(1.0, abs(center))
    values = []
    for moved in (center + shift, center - shift):
        array[i] = moved
        value = np.asarray(loss(point))
        if value.size != 1 or not np.isfinite(value).all():
            raise ValueError(f"loss must return one finite number, got {value} at entry {i} = {moved:g}")
        values.append(value.item())
    array[i] = center
    # The distance that was really moved: adding the shift has rounded it.
    return (values[0] - values[1]) / ((center + shift) - (center - shift))


def _require_comparable(a: Any, b: Any) -> None:
    require_same_tree(a, b, "b")
    _require_finite("a", a)
    _require_finite("b", b)


@validated(where=_require_comparable)
def relative_error(a: Tree, b: Tree) -> float:
    r"""Largest difference in proportion to the largest entry.

    $$\max_k \frac{\|a_k - b_k\|_\infty}{\max(\|a_k\|_\infty, \|b_k\|_\infty)}\quad\text{over leaves } k$$

    Each leaf is compared on its own scale, so that a wrong small gradient is not hidden by a right
    large one; two leaves of zeros differ by 0.

    Parameters
    ----------
    a, b : arrays of the same shape, or trees of the same structure

    Returns
    -------
    float

    Raises
    ------
    ValueError
        The structures or shapes differ, or an entry is not finite.
    """
    return max((_error(x, y) for x, y in zip(leaves(a), leaves(b), strict=True)), default=0.0)


def _require_finite(name: str, tree: Any) -> None:
    for k, leaf in enumerate(leaves(tree)):
        bad = np.argwhere(~np.isfinite(leaf))
        if len(bad):
            place = tuple(int(i) for i in bad[0])
            raise ValueError(f"{name} must be finite, got {np.asarray(leaf)[place]} in leaf {k} at {place}")


def _error(x: Any, y: Any) -> float:
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    scale = max(np.abs(x).max(initial=0.0), np.abs(y).max(initial=0.0))
    return float(np.abs(x - y).max(initial=0.0) / scale) if scale else 0.0
