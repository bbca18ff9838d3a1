r"""Preparing data: normalize, decorrelate, whiten {cite}`lecun1998efficient`, §4.3. Chapter: Normalization.

All three subtract the mean of each feature and multiply by a matrix: a diagonal one, a rotation, or a
root of the inverse covariance. All depend on the data through the covariance $C = X^\top X / B$ of the
centered data, so that their gradients differ in one step only, dL/dC from dL/d(matrix).
"""

from typing import Annotated, Literal, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import Positive
from livenotes._validated import validated

Square = Float[ndarray, "D D"]
Method = Literal["pca", "zca"]
Data = Float[ndarray, "B D"]


def _two_examples(name: str, x: Data) -> Data:
    if len(x) < 2:
        raise ValueError(f"{name} must hold at least two examples, got shape {x.shape}")
    return x


Examples: TypeAlias = Annotated[Data, _two_examples]


class LinearMapTape(NamedTuple):
    """A map ``(x - mean) @ matrix`` and what it was made from."""

    mean: Float[ndarray, " D"]
    matrix: Square
    centered: Data
    axes: Square
    """Principal axes, one a column, by falling variance; for ``normalize`` the features' own."""
    inv_std: Float[ndarray, " D"]
    """Inverse standard deviation along each axis; ones where the map does not use it."""
    variances: Float[ndarray, " D"]
    symmetric: bool
    """Whether ``whiten`` turned the axes back."""


@validated
def transform(tape: LinearMapTape, x: Float[ndarray, "N D"]) -> Float[ndarray, "N D"]:
    """Apply a map to other data, say the test set: ``(x - tape.mean) @ tape.matrix``."""
    return (x - tape.mean) @ tape.matrix


@validated
def normalize(x: Examples, *, eps: Positive = 1e-5) -> tuple[Data, LinearMapTape]:
    r"""Give each feature mean 0 and variance 1, $(x-\mu)/\sqrt{\sigma^2+\epsilon}$.

    Parameters
    ----------
    x : array, shape (B, D), float
        At least two examples.
    eps : float, > 0
        In squared units of ``x``; keeps a constant feature at 0.

    Returns
    -------
    y : array like ``x``
    tape : LinearMapTape
    """
    mean, centered = _center(x)
    variances = np.mean(centered**2, axis=0)
    inv_std = 1 / np.sqrt(variances + eps)
    axes = np.eye(len(mean), dtype=x.dtype)
    return centered * inv_std, LinearMapTape(
        mean, np.diag(inv_std), centered, axes, inv_std, variances, False
    )


@validated
def normalize_backward(tape: LinearMapTape, g_y: Data) -> Data:
    """Return dL/dx."""
    g_matrix = tape.centered.T @ g_y
    return _through_covariance(tape, g_y, np.diag(-0.5 * tape.inv_std**3 * np.diag(g_matrix)))


@validated
def decorrelate(x: Examples) -> tuple[Data, LinearMapTape]:
    r"""Rotate the centered data to their principal axes: the covariance becomes diagonal.

    Axes are ordered by falling variance; the largest component of each is made positive, because an
    axis is defined up to its sign only.

    Parameters
    ----------
    x : array, shape (B, D), float
        At least two examples.

    Returns
    -------
    y : array like ``x``
    tape : LinearMapTape
    """
    mean, centered = _center(x)
    variances, axes = _principal(centered)
    ones = np.ones_like(mean)
    return centered @ axes, LinearMapTape(mean, axes, centered, axes, ones, variances, False)


@validated
def decorrelate_backward(tape: LinearMapTape, g_y: Data) -> Data:
    """Return dL/dx; ValueError if two variances are equal, for then the axes are not defined."""
    return _through_covariance(tape, g_y, _turn_axes(tape, tape.centered.T @ g_y))


@validated
def whiten(x: Examples, *, method: Method = "zca", eps: Positive = 1e-5) -> tuple[Data, LinearMapTape]:
    r"""Make the covariance the identity, but for $\epsilon$.

    ``pca`` divides by the standard deviation along each principal axis, $W = V(\Lambda+\epsilon)^{-1/2}$;
    ``zca`` then turns the axes back, $W = V(\Lambda+\epsilon)^{-1/2}V^\top$, which of all whitening maps
    moves the data least {cite}`kessy2018optimal`.

    Parameters
    ----------
    x : array, shape (B, D), float
        At least two examples.
    method : {"zca", "pca"}
    eps : float, > 0
        In squared units of ``x``; keeps directions without variance at 0.

    Returns
    -------
    y : array like ``x``
    tape : LinearMapTape
    """
    mean, centered = _center(x)
    variances, axes = _principal(centered)
    inv_std = 1 / np.sqrt(variances + eps)
    symmetric = method == "zca"
    matrix = (axes * inv_std) @ axes.T if symmetric else axes * inv_std
    return centered @ matrix, LinearMapTape(mean, matrix, centered, axes, inv_std, variances, symmetric)


@validated
def whiten_backward(tape: LinearMapTape, g_y: Data) -> Data:
    r"""Return dL/dx {cite}`huang2018decorrelated`.

    For ZCA every covariance will do; PCA raises ValueError if two variances are equal, for then the
    axes are not defined.
    """
    g_matrix = tape.centered.T @ g_y
    v, r = tape.axes, tape.inv_std
    if not tape.symmetric:
        g_variances = -0.5 * r**3 * np.einsum("ij,ij->j", v, g_matrix)
        return _through_covariance(tape, g_y, _turn_axes(tape, g_matrix * r) + (v * g_variances) @ v.T)
    # (f(a) - f(b)) / (a - b) for f(a) = a^{-1/2}, in a form that is right for a = b too
    divided = -(np.multiply.outer(r, r) ** 2) / np.add.outer(r, r)
    return _through_covariance(tape, g_y, v @ (divided * (v.T @ g_matrix @ v)) @ v.T)


def _center(x: Data) -> tuple[Float[ndarray, " D"], Data]:
    mean = x.mean(axis=0)
    return mean, x - mean


def _principal(centered: Data) -> tuple[Float[ndarray, " D"], Square]:
    """Variances along the principal axes, falling, and the axes as columns."""
    variances, axes = np.linalg.eigh(centered.T @ centered / len(centered))
    variances, axes = np.maximum(variances[::-1], 0), axes[:, ::-1]  # rounding can leave one below 0
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
    return variances, axes * np.sign(largest)


def _turn_axes(tape: LinearMapTape, g_axes: Square) -> Square:
    """Return dL/dC from dL/d(axes): an axis turns the faster the closer another variance is to its own."""
    gaps = np.subtract.outer(-tape.variances, -tape.variances)  # gaps[i, j] = variance j - variance i
    np.fill_diagonal(gaps, np.inf)
    least = np.sqrt(np.finfo(gaps.dtype).eps) * tape.variances[0]
    if (np.abs(gaps) <= least).any():
        raise ValueError(
            "x must have different variances along its principal axes: equal ones leave them undefined"
        )
    return tape.axes @ ((tape.axes.T @ g_axes) / gaps) @ tape.axes.T


def _through_covariance(tape: LinearMapTape, g_y: Data, g_covariance: Square) -> Data:
    """Return dL/dx: through the product, through the covariance, then through the mean."""
    x = tape.centered
    g_centered = g_y @ tape.matrix.T + x @ (g_covariance + g_covariance.T) / len(x)
    return g_centered - g_centered.mean(axis=0)
