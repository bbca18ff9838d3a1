r"""Dropout and its variants. Chapter: Dropout.

The rate $p$ is the probability that a unit (or a weight) is *dropped*. Every forward function that
draws returns ``(y, tape)``; its ``_backward`` takes the tape and dL/dy.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import Count, Finite, Fraction, Natural
from livenotes._validated import validated
from livenotes.activations import sigmoid
from livenotes.activations.base import Array


class DropoutTape(NamedTuple):
    """What each entry was multiplied by: 0 where it was dropped."""

    factor: Array


@validated
def dropout(
    x: Array, rng: np.random.Generator, *, rate: Fraction, inverted: bool = True
) -> tuple[Array, DropoutTape]:
    r"""Set each entry to 0 with probability $p$, on its own {cite}`srivastava2014dropout`.

    Parameters
    ----------
    x : array, any shape, float
    rng : numpy.random.Generator
    rate : float, in [0, 1)
        $p$.
    inverted : bool
        Divide what is kept by $1-p$, so that the expectation is ``x`` and predicting needs no
        correction. Without it, nothing is divided, the expectation is $(1-p)\,x$, and
        ``dropout_predict`` scales instead, which is the convention of the paper.

    Returns
    -------
    y : array, same shape and dtype as ``x``
    tape : DropoutTape
    """
    factor = _keep(rng, x.shape, rate, x.dtype)
    if inverted:
        factor /= 1 - rate
    return np.asarray(x * factor), DropoutTape(factor)


@validated
def dropout_backward(tape: DropoutTape, g_y: Array) -> Array:
    """Return dL/dx: what was dropped gets no gradient, what was kept gets it by the same factor."""
    return np.asarray(g_y * tape.factor)


@validated
def dropout_predict(x: Array, *, rate: Fraction, inverted: bool = True) -> Array:
    r"""Keep every entry; scale by $1-p$ if training did not divide by it.

    Parameters
    ----------
    x : array, any shape, float
    rate : float, in [0, 1)
    inverted : bool
        As in training.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    return x.copy() if inverted else np.asarray((1 - rate) * x)


def _keep(
    rng: np.random.Generator, shape: tuple[int, ...], rate: float, dtype: "np.dtype[np.floating]"
) -> Array:
    return np.asarray(rng.random(shape) >= rate, dtype)


class DropConnectTape(NamedTuple):
    """The inputs of the layer, and which weight was kept for which example."""

    x: Float[ndarray, "B D"]
    w: Float[ndarray, "H D"]
    mask: Float[ndarray, "B H D"]


class DropConnectGradients(NamedTuple):
    """Gradients with respect to the inputs and the weights."""

    g_x: Float[ndarray, "B D"]
    g_w: Float[ndarray, "H D"]


@validated
def dropconnect(
    x: Float[ndarray, "B D"], w: Float[ndarray, "H D"], rng: np.random.Generator, *, rate: Fraction
) -> tuple[Float[ndarray, "B H"], DropConnectTape]:
    r"""Linear layer that drops weights instead of units, $y = (M \odot W)\,x$ {cite}`wan2013dropconnect`.

    Every example has a mask $M$ of its own. Nothing is divided by $1-p$: see
    ``dropconnect_moments`` for what predicting uses.

    Parameters
    ----------
    x : array, shape (B, D), float
    w : array, shape (H, D), same dtype
    rng : numpy.random.Generator
    rate : float, in [0, 1)
        Probability that a weight is dropped, $p$.

    Returns
    -------
    y : array, shape (B, H), same dtype
    tape : DropConnectTape
    """
    mask = _keep(rng, (len(x), *w.shape), rate, x.dtype)
    return np.einsum("bhd,hd,bd->bh", mask, w, x), DropConnectTape(x, w, mask)


@validated
def dropconnect_backward(tape: DropConnectTape, g_y: Float[ndarray, "B H"]) -> DropConnectGradients:
    """Return dL/dx and dL/dw."""
    x, w, mask = tape
    return DropConnectGradients(
        np.einsum("bh,bhd,hd->bd", g_y, mask, w), np.einsum("bh,bhd,bd->hd", g_y, mask, x)
    )


@validated
def dropconnect_moments(
    x: Float[ndarray, "B D"], w: Float[ndarray, "H D"], *, rate: Fraction
) -> tuple[Float[ndarray, "B H"], Float[ndarray, "B H"]]:
    r"""Mean $(1-p)\,Wx$ and variance $p(1-p)\,W^2x^2$ of ``dropconnect`` over its masks.

    Predicting draws from the normal distribution with these moments and averages what the activation
    makes of the draws: {cite}`wan2013dropconnect`.

    Parameters
    ----------
    x : array, shape (B, D), float
    w : array, shape (H, D), same dtype
    rate : float, in [0, 1)

    Returns
    -------
    mean, variance : arrays, shape (B, H), same dtype
    """
    return (1 - rate) * (x @ w.T), rate * (1 - rate) * (x**2 @ (w**2).T)


@validated
def annealed_rate(epoch: Natural, *, start: Fraction, epochs: Count) -> float:
    r"""Dropout rate that falls along a line, $p_0\max(0,\,1-t/N)$ {cite}`rennie2014annealed`.

    Parameters
    ----------
    epoch : int, >= 0
        $t$.
    start : float, in [0, 1)
        Rate at epoch 0, $p_0$.
    epochs : int, >= 1
        $N$, the epoch from which on nothing is dropped.

    Returns
    -------
    float
    """
    return start * max(0.0, 1 - epoch / epochs)


@validated
def standout(
    h: Array, s: Array, rng: np.random.Generator, *, alpha: Finite = 1.0, beta: Finite = 0.0
) -> tuple[Array, DropoutTape]:
    r"""Dropout that keeps a unit with a probability of its own, $\sigma(\alpha s + \beta)$.

    ``s`` is what enters the unit, $Wx + b$, and ``h`` what the activation makes of it, so that a strongly
    driven unit is seldom dropped. In {cite}`ba2013adaptive` a belief network with weights of its own sets
    the odds. Here its weights are tied to the layer's: it sees $\alpha s + \beta$, and only the numbers
    $\alpha$ and $\beta$ can be chosen.

    Parameters
    ----------
    h, s : arrays of the same shape and dtype, float
    rng : numpy.random.Generator
    alpha, beta : float
        ``alpha=0`` is plain dropout with rate $\sigma(-\beta)$.

    Returns
    -------
    y : array like ``h``
    tape : DropoutTape
        ``dropout_backward`` gives dL/dh from it. No gradient reaches ``s``: it only set the odds.
    """
    keep = sigmoid(np.asarray(alpha * s + beta))
    factor = np.asarray(rng.random(h.shape) < keep, h.dtype)
    return np.asarray(h * factor), DropoutTape(factor)


@validated
def standout_predict(h: Array, s: Array, *, alpha: Finite = 1.0, beta: Finite = 0.0) -> Array:
    r"""Scale each unit by its own probability, $h\,\sigma(\alpha s + \beta)$: the mean of ``standout``."""
    return np.asarray(h * sigmoid(np.asarray(alpha * s + beta)))
