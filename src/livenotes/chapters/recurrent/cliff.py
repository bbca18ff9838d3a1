r"""An error surface with a cliff, and gradient descent on it with and without clipping.

One unit, $s_t = \sigma(w s_{t-1} + b)$ from $s_0 = \sigma(1/2)$, should stand at 0.7 after 50 steps; the
error $(s_{50} - 0.7)^2$ depends on w and b alone, after {cite}`pascanu2013difficulty`. Where the unit leaves
one resting state for another, a tiny change of w or b decides between them, and the surface drops.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import require_count, require_number, require_positive
from livenotes.optimization import clip_by_norm, global_norm, sgd
from livenotes.recurrent import elman
from livenotes.recurrent.nonlinearities import SIGMOID, sigmoid

STEPS, TARGET = 50, 0.7
START = float(sigmoid(np.array(0.5)))


def surface(w: Float[ndarray, " X"], b: Float[ndarray, " Y"]) -> xr.DataArray:
    """Compute the error for every pair of a recurrent weight and a bias, over ``b`` and ``w``."""
    s = np.full((len(b), len(w)), START)
    for _ in range(STEPS):
        s = sigmoid(w * s + b[:, None])
    return xr.DataArray((s - TARGET) ** 2, dims=("b", "w"), coords={"w": w, "b": b})


def slope(w: float, b: float) -> tuple[float, elman.ElmanParams]:
    """Return the error and its gradient at one point, by backpropagation through time."""
    params = elman.ElmanParams(np.zeros((1, 1)), np.array([[w]]), np.array([b]))
    silence = np.zeros((STEPS, 1, 1))
    outputs, tape = elman.forward(params, silence, np.array([[START]]), nonlinearity=SIGMOID)
    g_outputs = np.zeros_like(outputs)
    g_outputs[-1] = 2 * (outputs[-1] - TARGET)
    gradient = elman.backward(tape, g_outputs).g_params
    return float((outputs[-1, 0, 0] - TARGET) ** 2), gradient


def descent(
    w: float = 6.0, b: float = -2.6, *, rate: float = 0.2, limit: float | None = None, steps: int = 300
) -> xr.Dataset:
    """Walk down the surface.

    Parameters
    ----------
    w, b : float
        Where to start. From the defaults the walk meets the cliff.
    rate : float, > 0
        Learning rate.
    limit : float, > 0, optional
        Length to which a longer gradient is scaled down.
    steps : int, at least 1

    Returns
    -------
    Dataset
        Over ``update`` 0, ..., steps: the position ``w``, ``b``, the ``error`` there, and ``norm``, the
        length of the gradient before it is clipped.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range.
    """
    w, b, rate = require_number("w", w), require_number("b", b), require_positive("rate", rate)
    here = (np.array(w), np.array(b))
    path = []
    for _ in range(require_count("steps", steps) + 1):
        error, g = slope(float(here[0]), float(here[1]))
        gradient = (g.w_h.reshape(()), g.b.reshape(()))
        path.append((float(here[0]), float(here[1]), error, global_norm(gradient)))
        here = sgd(here, gradient if limit is None else clip_by_norm(gradient, limit), lr=rate)
    columns = dict(zip(("w", "b", "error", "norm"), np.array(path).T, strict=True))
    return xr.Dataset({name: ("update", values) for name, values in columns.items()})
