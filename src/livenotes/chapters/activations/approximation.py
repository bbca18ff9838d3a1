"""Wider nets approximate better, unless the activation is a polynomial."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.activations import identity, relu, tanh

WIDTHS = (2, 4, 8, 16, 32, 64, 128)
X = np.linspace(-2.0, 2.0, 201)
TARGET = np.sin(3 * X)


class Universal(NamedTuple):
    """Error of the best fit to sin(3x) on [-2, 2] by one hidden layer with random weights.

    Attributes
    ----------
    names : tuple of str
        The activations, "square" among them.
    widths : (W,)
        Hidden units.
    error : (A, W, S)
        Root mean square of the error, relative to that of the target; 1 would be no better than zero.
    x, target : (X,)
        The grid, and the curve to be fitted.
    fit : (A, W, X)
        The fit of the first seed.
    """

    names: tuple[str, ...]
    widths: Float[ndarray, " W"]
    error: Float[ndarray, "A W S"]
    x: Float[ndarray, " X"]
    target: Float[ndarray, " X"]
    fit: Float[ndarray, "A W X"]


def universal(seeds: Sequence[int]) -> Universal:
    r"""Fit $\sum_j c_j f(w_j x + b_j) + c_0$ by least squares in $c$, for growing numbers of units.

    With $f(x) = x^2$ every such sum is a parabola, however many units it has; a continuous $f$ makes nets
    that approximate any continuous function exactly when it is not a polynomial
    {cite}`leshno1993multilayer`.

    Parameters
    ----------
    seeds : sequence of int
        Of the random weights. A wide net has the units of a narrow one and more.

    Returns
    -------
    Universal
    """
    shapes: dict[str, Callable[[ndarray], ndarray]] = {
        "identity": identity,
        "square": np.square,
        "tanh": tanh,
        "relu": relu,
    }
    fits = np.array([[[_fit(f, width, seed) for seed in seeds] for width in WIDTHS] for f in shapes.values()])
    error = np.sqrt(np.square(fits - TARGET).mean(axis=-1) / np.square(TARGET).mean())
    return Universal(tuple(shapes), np.array(WIDTHS, dtype=float), error, X, TARGET, fits[:, :, 0])


def _fit(f: Callable[[ndarray], ndarray], width: int, seed: int) -> Float[ndarray, " X"]:
    # One row a unit, so that the first units are the same for every width.
    units = np.random.default_rng(seed).normal(scale=2.0, size=(width, 2))
    features = np.column_stack([f(np.outer(X, units[:, 0]) + units[:, 1]), np.ones_like(X)])
    return np.asarray(features @ np.linalg.lstsq(features, TARGET, rcond=1e-10)[0])
