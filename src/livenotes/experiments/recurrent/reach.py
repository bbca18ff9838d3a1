r"""How much of a gradient reaches each earlier step of a recurrent network, beside its bound.

The gradient passes from step t to step t - k through the product of k Jacobians
$J_i = \mathrm{diag}(f'(a_i))\,W_h$, whose norm is at most $\eta^k$ where $\eta = \max f' \cdot
\sigma_{\max}(W_h)$: {cite}`pascanu2013difficulty`. Explained in the chapter on recurrent networks.
"""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes.arguments import require_choice, require_count, require_fraction, require_nonnegative
from livenotes.recurrent import elman
from livenotes.recurrent.initializers import orthogonal, spectral
from livenotes.recurrent.nonlinearities import IDENTITY, RELU, TANH, Nonlinearity

NONLINEARITIES = {f.name: f for f in (TANH, RELU, IDENTITY)}  # of each the slope is at most 1
WARM_UP = 20  # steps before the first one looked at, in which the state forgets that it began at zero


class Reach(NamedTuple):
    """What is left of a gradient k steps back, for each seed.

    Attributes
    ----------
    lag : (K,)
        Number of steps k, from 0.
    gradient : (S, K)
        Length of dL/dh at step t - k, for a random dL/dh of length 1 at step t.
    jacobian : (S, K)
        Largest singular value of the product of k Jacobians: the longest that any gradient of length 1 is.
    bound : (S, K)
        $\\eta^k$.
    eta : (S,)
        Largest singular value of the recurrent matrix, times the largest slope, which is 1.
    """

    lag: Int[ndarray, " K"]
    gradient: Float[ndarray, "S K"]
    jacobian: Float[ndarray, "S K"]
    bound: Float[ndarray, "S K"]
    eta: Float[ndarray, " S"]


def reach(
    nonlinearity: str,
    radius: float,
    *,
    matrix: Literal["orthogonal", "gaussian"] = "orthogonal",
    drive: float = 0.5,
    hidden: int = 32,
    steps: int = 50,
    seeds: int = 5,
) -> Reach:
    r"""Send a gradient back through an Elman cell fed with noise.

    Parameters
    ----------
    nonlinearity : {"tanh", "relu", "identity"}
    radius : float, at least 0
        Spectral radius of the recurrent matrix.
    matrix : {"orthogonal", "gaussian"}
        A scaled orthogonal matrix has all singular values equal to ``radius``; the largest of a Gaussian one
        is about twice its spectral radius, so that its bound is far from what happens.
    drive : float, at least 0
        Standard deviation of the noise that is added to every unit's pre-activation at every step.
    hidden, steps, seeds : int, at least 1
        Sizes H, K - 1 and S.

    Returns
    -------
    Reach

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, or a name none of those above.
    """
    require_choice("nonlinearity", nonlinearity, NONLINEARITIES)
    require_choice("matrix", matrix, ("orthogonal", "gaussian"))
    radius, drive = require_nonnegative("radius", radius), require_nonnegative("drive", drive)
    hidden, steps, seeds = (
        require_count(name, n) for name, n in (("hidden", hidden), ("steps", steps), ("seeds", seeds))
    )
    runs = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        square = (rng, hidden, hidden)
        w_h = orthogonal(*square, gain=radius) if matrix == "orthogonal" else spectral(*square, radius=radius)
        runs.append(_send_back(rng, NONLINEARITIES[nonlinearity], w_h, drive, steps))
    lag = np.arange(steps + 1)
    gradient, jacobian, eta = (np.stack(part) for part in zip(*runs, strict=True))
    return Reach(lag, gradient, jacobian, eta[:, None] ** lag, eta)


def _send_back(
    rng: np.random.Generator, f: Nonlinearity, w_h: Float[ndarray, "H H"], drive: float, steps: int
) -> tuple[Float[ndarray, " K"], Float[ndarray, " K"], Float[ndarray, ""]]:
    """Gradient and Jacobian norms at every lag, and eta, of one run."""
    hidden = len(w_h)
    params = elman.ElmanParams(np.eye(hidden), w_h, np.zeros(hidden))
    noise = rng.normal(scale=drive, size=(WARM_UP + steps, 1, hidden))
    outputs, tape = elman.forward(params, noise, np.zeros((1, hidden)), nonlinearity=f)
    g_outputs = np.zeros_like(outputs)
    direction = rng.normal(size=hidden)
    g_outputs[-1, 0] = direction / np.linalg.norm(direction)
    # The input matrix is the identity, so g_x is dL/da, and dL/dh_{t-1} = W_h^T dL/da_t.
    g_h = elman.backward(params, tape, g_outputs).g_x[: -steps - 1 : -1, 0] @ w_h
    gradient = np.concatenate([[1.0], np.linalg.norm(g_h, axis=1)])
    product, norms = np.eye(hidden), [1.0]
    for slope in f.slope(outputs[: -steps - 1 : -1, 0]):  # from the last step back
        product = product @ (slope[:, None] * w_h)
        norms.append(float(np.linalg.norm(product, 2)))
    return gradient, np.array(norms), np.asarray(np.linalg.norm(w_h, 2))


def horizon(norms: Float[ndarray, "S K"], share: float = 0.01) -> Float[ndarray, " S"]:
    """First lag at which less than ``share`` of the gradient is left; infinity if none of these is.

    Parameters
    ----------
    norms : float array, shape (S, K)
        Lengths at lags 0, ..., K - 1.
    share : float, in [0, 1)

    Returns
    -------
    float array, shape (S,)

    Raises
    ------
    TypeError, ValueError
        If ``share`` is no number in [0, 1).
    """
    below = norms < require_fraction("share", share) * norms[:, :1]
    return np.where(below.any(axis=1), below.argmax(axis=1).astype(float), np.inf)
