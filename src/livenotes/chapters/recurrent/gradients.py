r"""How a gradient travels back through the steps of a recurrent network: one unit, many units, a bound.

The gradient passes from step t to step t - k through the product of k Jacobians
$J_i = \mathrm{diag}(f'(a_i))\,W_h$, whose norm is at most $\eta^k$ where $\eta = \max f' \cdot
\sigma_{\max}(W_h)$: {cite}`pascanu2013difficulty`. Explained in the chapter on recurrent networks.
"""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import (
    require_choice,
    require_count,
    require_fraction,
    require_nonnegative,
    require_number,
)
from livenotes.recurrent import elman
from livenotes.recurrent.initializers import identity, orthogonal, spectral
from livenotes.recurrent.nonlinearities import IDENTITY, RELU, SIGMOID, TANH, Nonlinearity


def uniform(rng: np.random.Generator, rows: int, columns: int) -> Float[ndarray, "rows columns"]:
    r"""Uniform on $\pm 1/\sqrt{\text{columns}}$, PyTorch's default: a spectral radius of about 0.58."""
    limit = columns**-0.5
    return rng.uniform(-limit, limit, size=(rows, columns))


NONLINEARITIES = {f.name: f for f in (TANH, RELU, SIGMOID, IDENTITY)}
STEEPEST = {"tanh": 1.0, "relu": 1.0, "sigmoid": 0.25, "identity": 1.0}  # largest slope of each
MATRICES: dict[str, Callable[[np.random.Generator, int, float], ndarray]] = {
    "orthogonal": lambda rng, hidden, radius: orthogonal(rng, hidden, hidden, gain=radius),
    "gaussian": lambda rng, hidden, radius: spectral(rng, hidden, hidden, radius=radius),
    "identity": lambda rng, hidden, radius: identity(rng, hidden, hidden, scale=radius),
    "uniform": lambda rng, hidden, radius: radius * 3**0.5 * uniform(rng, hidden, hidden),
}
WARM_UP = 20  # steps before the first one looked at, in which the state forgets that it began at zero
HIDDEN, LAGS = 32, 50


def unfolded(steps: int, w_h: float) -> xr.Dataset:
    """Run a tanh unit with input weight 1 and no bias forward over a one and zeros, and back from L = h_T.

    Returns
    -------
    Dataset
        Over ``time`` 0, ..., T: ``h``, the state before the first step, which is 0, and after each. Over
        ``step`` 1, ..., T: ``g_a``, dL/da_t, with a_t what goes into the activation; ``terms``, what each
        step adds to dL/dW_h; and their sum ``g_w_h``,
        as ``elman.backward`` returns it.

    Raises
    ------
    TypeError, ValueError
        If ``steps`` is not an integer of at least 1, or ``w_h`` not finite.
    """
    require_count("steps", steps)
    one = np.ones((1, 1))
    params = elman.ElmanParams(w_x=one, w_h=require_number("w_h", w_h) * one, b=np.zeros(1))
    x = np.zeros((steps, 1, 1))
    x[0] = 1
    outputs, tape = elman.forward(params, x, np.zeros((1, 1)))
    g_outputs = np.zeros_like(outputs)
    g_outputs[-1] = 1
    gradients = elman.backward(tape, g_outputs)
    h, g_a = tape.h[:, 0, 0], gradients.g_x[:, 0, 0]  # the input weight is 1, so g_x is dL/da
    terms = g_a * h[:-1]
    return xr.Dataset(
        {
            "h": ("time", h),
            "g_a": ("step", g_a),
            "terms": ("step", terms),
            "g_w_h": gradients.g_params.w_h.item(),
        },
        coords={"time": np.arange(steps + 1), "step": np.arange(1, steps + 1)},
    )


def reach(
    nonlinearity: str,
    radius: float,
    *,
    matrix: str = "orthogonal",
    drive: float = 0.5,
    hidden: int = HIDDEN,
    steps: int = LAGS,
    seeds: int = 5,
    jacobian: bool = True,
) -> xr.Dataset:
    r"""Send a gradient back through an Elman cell fed with noise.

    Parameters
    ----------
    nonlinearity : {"tanh", "relu", "sigmoid", "identity"}
    radius : float, at least 0
        Spectral radius of the recurrent matrix.
    matrix : {"orthogonal", "gaussian", "identity", "uniform"}
        A scaled orthogonal matrix, and the identity among them, has all singular values equal to ``radius``;
        the largest of a Gaussian one is about twice its spectral radius, so that its bound is far from what
        happens. A uniform one has the radius only nearly.
    drive : float, at least 0
        Standard deviation of the noise that is added to every unit's pre-activation at every step.
    hidden, steps, seeds : int, at least 1
        Sizes H, K - 1 and S.
    jacobian : bool
        Whether to follow the product of Jacobians too, which takes most of the time.

    Returns
    -------
    Dataset
        Over ``seed`` and ``lag`` k, from 0: ``gradient``, the length of dL/dh at step t - k for a random
        dL/dh of length 1 at step t; ``jacobian``, the largest singular value of the product of k Jacobians,
        the longest that any gradient of length 1 is; ``bound``, $\eta^k$. Over ``seed``: ``eta``, the largest
        singular value of the recurrent matrix times the largest slope.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, or a name none of those above.
    """
    require_choice("nonlinearity", nonlinearity, NONLINEARITIES)
    require_choice("matrix", matrix, MATRICES)
    radius, drive = require_nonnegative("radius", radius), require_nonnegative("drive", drive)
    hidden, steps, seeds = (
        require_count(name, n) for name, n in (("hidden", hidden), ("steps", steps), ("seeds", seeds))
    )
    runs = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        w_h = MATRICES[matrix](rng, hidden, radius)
        runs.append((*_send_back(rng, NONLINEARITIES[nonlinearity], w_h, drive, steps), w_h))
    lag = np.arange(steps + 1)
    gradient, products, weights = (np.stack(part) for part in zip(*runs, strict=True))
    eta = STEEPEST[nonlinearity] * np.linalg.norm(weights, 2, axis=(1, 2))
    per_lag = {"gradient": gradient, "bound": eta[:, None] ** lag}
    if jacobian:
        per_lag["jacobian"] = np.linalg.norm(products, 2, axis=(2, 3))
    return xr.Dataset(
        {name: (("seed", "lag"), values) for name, values in per_lag.items()} | {"eta": ("seed", eta)},
        coords={"seed": np.arange(seeds), "lag": lag},
    )


def growth(
    nonlinearity: str, matrix: str, drive: float, radii: Sequence[float], *, seeds: int = 3
) -> xr.Dataset:
    """Average the growth of a gradient over 50 steps of a cell of 32 units, for several spectral radii.

    Parameters
    ----------
    nonlinearity, matrix, drive, seeds
        As for :func:`reach`.
    radii : sequence of float, at least 0

    Returns
    -------
    Dataset
        Over ``seed`` and ``radius``: ``factor``, the k-th root of the largest singular value of the product
        of k Jacobians, by which one step lengthens a gradient on average; and ``eta``, its bound.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, or a name none of those above.
    """
    require_choice("nonlinearity", nonlinearity, NONLINEARITIES)
    require_choice("matrix", matrix, MATRICES)
    require_nonnegative("drive", drive)
    require_count("seeds", seeds)
    f, shape = NONLINEARITIES[nonlinearity], (seeds, len(radii))
    factor, eta = np.empty(shape), np.empty(shape)
    for seed, n in np.ndindex(shape):
        rng = np.random.default_rng(seed)
        w_h = MATRICES[matrix](rng, HIDDEN, require_nonnegative("radii", radii[n]))
        _, products = _send_back(rng, f, w_h, drive, LAGS)
        factor[seed, n] = np.linalg.norm(products[-1], 2) ** (1 / LAGS)
        eta[seed, n] = STEEPEST[nonlinearity] * np.linalg.norm(w_h, 2)
    return xr.Dataset(
        {"factor": (("seed", "radius"), factor), "eta": (("seed", "radius"), eta)},
        coords={"seed": np.arange(seeds), "radius": np.array(radii, float)},
    )


def _send_back(
    rng: np.random.Generator, f: Nonlinearity, w_h: Float[ndarray, "H H"], drive: float, steps: int
) -> tuple[Float[ndarray, " K"], Float[ndarray, "K H H"]]:
    """Length of the gradient, and the product of Jacobians, at every lag of one run."""
    hidden = len(w_h)
    params = elman.ElmanParams(np.eye(hidden), w_h, np.zeros(hidden))
    noise = rng.normal(scale=drive, size=(WARM_UP + steps, 1, hidden))
    outputs, tape = elman.forward(params, noise, np.zeros((1, hidden)), nonlinearity=f)
    g_outputs = np.zeros_like(outputs)
    direction = rng.normal(size=hidden)
    g_outputs[-1, 0] = direction / np.linalg.norm(direction)
    # The input matrix is the identity, so g_x is dL/da, and dL/dh_{t-1} = W_h^T dL/da_t.
    g_h = elman.backward(tape, g_outputs).g_x[: -steps - 1 : -1, 0] @ w_h
    gradient = np.concatenate([[1.0], np.linalg.norm(g_h, axis=1)])
    products = [np.eye(hidden)]
    for slope in f.slope(outputs[: -steps - 1 : -1, 0]):  # from the last step back
        products.append(products[-1] @ (slope[:, None] * w_h))
    return gradient, np.stack(products)


def horizon(norms: xr.DataArray, share: float = 0.01) -> xr.DataArray:
    """First lag at which less than ``share`` of the gradient is left; infinity if none of these is.

    Parameters
    ----------
    norms : array over ``lag``, and any other dimension
        Lengths at lags 0, 1, ...
    share : float, in [0, 1)

    Returns
    -------
    array over the other dimensions

    Raises
    ------
    TypeError, ValueError
        If ``share`` is not a number in [0, 1).
    """
    below = norms < require_fraction("share", share) * norms.isel(lag=0)
    return below.argmax("lag").where(below.any("lag"), np.inf)


def powers(matrix: Float[ndarray, "2 2"], most: int) -> xr.Dataset:
    """Apply a matrix to the unit circle again and again.

    Parameters
    ----------
    matrix : (2, 2) float
    most : int, at least 0
        Largest number of applications.

    Returns
    -------
    Dataset
        Over ``power`` 0, ..., most: ``image``, the circle's points (``xy`` by ``point``); ``longest``, the
        largest distance of one of them from the center, which is the largest singular value of the power.
        ``radius`` and ``stretch``: largest size of an eigenvalue, and largest singular value, of the matrix.
    """
    angle = np.linspace(0, 2 * np.pi, 49)
    power = [np.linalg.matrix_power(matrix, k) for k in range(require_count("most", most, 0) + 1)]
    return xr.Dataset(
        {
            "image": (("power", "xy", "point"), np.stack(power) @ np.stack([np.cos(angle), np.sin(angle)])),
            "longest": ("power", np.linalg.norm(power, 2, axis=(1, 2))),
            "radius": np.abs(np.linalg.eigvals(matrix)).max(),
            "stretch": np.linalg.norm(matrix, 2),
        },
        coords={"power": np.arange(len(power))},
    )
