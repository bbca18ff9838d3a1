r"""Initial values of weight matrices.

Every initializer is called alike, ``initializer(rng, rows, columns)``, so that a cell's ``init`` takes any of
them. What a recurrent matrix does to a gradient over $k$ steps is decided by its $k$-th power: the chapter on
recurrent networks compares them.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count, Finite, FloatDtype, NonNegative
from livenotes._validated import validated

Initializer = Callable[[Generator, int, int], ndarray]


@validated
def orthogonal(
    rng: Generator, rows: Count, columns: Count, *, gain: Finite = 1.0
) -> Float[ndarray, "rows columns"]:
    r"""Random orthogonal matrix times ``gain``: it changes no vector's length (Haar measure).

    The smaller side is orthonormal: $W^\top W = g^2 I$ if ``rows >= columns``, else $W W^\top = g^2 I$.
    All singular values equal $g$, and a square matrix has all eigenvalues on the circle of radius $g$.

    Parameters
    ----------
    rng : numpy.random.Generator
    rows, columns : int, at least 1
    gain : float, finite

    Returns
    -------
    float64 array, shape (rows, columns)

    Raises
    ------
    TypeError, ValueError
        If a size is not an integer of at least 1, ``rng`` not a Generator, or ``gain`` not finite.

    References
    ----------
    As an initialization {cite}`saxe2014exact`; the sampling {cite}`mezzadri2007generate`.
    """
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.copysign(1.0, np.diagonal(r))  # without the signs, QR prefers some rotations to others
    return gain * (q if rows >= columns else q.T)


@validated
def identity(
    rng: Generator, rows: Count, columns: Count, *, scale: Finite = 1.0
) -> Float[ndarray, "rows columns"]:
    r"""Scaled identity matrix, $sI$: a ReLU cell that starts with it holds its state (IRNN).

    Parameters
    ----------
    rng : numpy.random.Generator
        Not used: nothing here is random. It is there because every initializer is called alike.
    rows, columns : int, at least 1
        Where they differ, the remaining rows or columns are zero.
    scale : float, finite

    Returns
    -------
    float64 array, shape (rows, columns)

    Raises
    ------
    TypeError, ValueError
        As for :func:`orthogonal`.

    References
    ----------
    {cite}`le2015simple`
    """
    return scale * np.eye(rows, columns)


@validated
def glorot_uniform(rng: Generator, rows: Count, columns: Count) -> Float[ndarray, "rows columns"]:
    r"""Uniform on $\pm\sqrt{6/(\text{rows}+\text{columns})}$: a compromise between both directions' variance.

    Parameters
    ----------
    rng : numpy.random.Generator
    rows, columns : int, at least 1

    Returns
    -------
    float64 array, shape (rows, columns)

    Raises
    ------
    TypeError, ValueError
        As for :func:`orthogonal`.

    References
    ----------
    {cite}`glorot2010understanding`, eq. 16
    """
    limit = np.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, size=(rows, columns))


@validated
def spectral(
    rng: Generator, rows: Count, columns: Count, *, radius: NonNegative = 1.0
) -> Float[ndarray, "rows columns"]:
    r"""Gaussian matrix scaled to a spectral radius: its largest eigenvalue has modulus ``radius``.

    Unlike an orthogonal matrix of the same radius it stretches some vectors and shrinks others.

    Parameters
    ----------
    rng : numpy.random.Generator
    rows, columns : int, equal, at least 1
    radius : float, finite, at least 0

    Returns
    -------
    float64 array, shape (rows, columns)

    Raises
    ------
    TypeError, ValueError
        As for :func:`orthogonal`; also if the matrix is not square or ``radius`` is negative.

    References
    ----------
    As an initialization of recurrent weights {cite}`jaeger2001echo`.
    """
    if rows != columns:
        raise ValueError(
            f"rows must equal columns: only a square matrix has eigenvalues, got {rows} and {columns}"
        )
    w = rng.normal(size=(rows, columns))
    w *= radius / np.abs(np.linalg.eigvals(w)).max()
    return w


@validated
def stack(
    initializer: Initializer, rng: Generator, gates: Count, rows: Count, columns: Count, dtype: FloatDtype
) -> Float[ndarray, "GH K"]:
    """One matrix for each gate, drawn independently and stacked, in the precision asked for."""
    matrices = [initializer(rng, rows, columns) for _ in range(gates)]
    return np.concatenate(matrices).astype(dtype)
