r"""Two features of one data set, prepared in different ways, and how fast gradient descent then is."""

from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes.normalization import decorrelate, normalize, whiten

PREPARED = {
    "raw": "as they are",
    "centered": "centered",
    "normalized": "normalized",
    "decorrelated": "decorrelated",
    "pca": "whitened, PCA",
    "zca": "whitened, ZCA",
}
CORRELATIONS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95)
EXAMPLES, STEPS = 80, 100
MEAN, DEVIATION = np.array([1.5, -1.0]), np.array([1.6, 0.4])


def features(correlation: float, seed: int = 0) -> Float[ndarray, "N 2"]:
    """Draw two features with exactly the given means, deviations and correlation, whatever the seed."""
    drawn, _ = whiten(np.random.default_rng(seed).normal(size=(EXAMPLES, 2)), eps=1e-12)
    other = correlation * drawn[:, 0] + np.sqrt(1 - correlation**2) * drawn[:, 1]
    return MEAN + DEVIATION * np.stack([drawn[:, 0], other], axis=1)


def prepare(x: Float[ndarray, "N 2"], how: str) -> Float[ndarray, "N 2"]:
    """Center, normalize, decorrelate or whiten."""
    if how == "raw":
        return x
    if how == "centered":
        return x - x.mean(axis=0)
    if how == "normalized":
        return normalize(x, eps=1e-12)[0]
    if how == "decorrelated":
        return decorrelate(x)[0]
    return whiten(x, method="pca" if how == "pca" else "zca", eps=1e-12)[0]


@cache
def prepared(how: str, correlation: float) -> xr.Dataset:
    r"""Prepare the data and fit $y=w\cdot x+b$ by gradient descent at the best constant rate.

    Returns
    -------
    Dataset
        ``x`` over ``example`` and ``feature``; over ``step`` ``excess``, the loss above its least value,
        relative to the first; ``condition``, the steepest over the gentlest second derivative of the loss;
        ``steps``, after how many the excess is below a thousandth; ``correlation``; and ``distance``, root
        mean square from where each example would be if the features were only normalized.
    """
    raw = features(correlation)
    target = 1 + ((raw - MEAN) / DEVIATION) @ [1.0, -0.5]
    x = prepare(raw, how)
    both = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    hessian = 2 * both.T @ both / len(x)
    curvature = np.linalg.eigvalsh(hessian)
    rate, best = 2 / (curvature[0] + curvature[-1]), np.linalg.lstsq(both, target)[0]
    at, excess = np.zeros(3), []
    for _ in range(STEPS + 1):
        excess.append(0.5 * (at - best) @ hessian @ (at - best))
        at = at - rate * hessian @ (at - best)
    share = np.array(excess) / excess[0]
    small = np.flatnonzero(share < 1e-3)
    return xr.Dataset(
        {
            "x": (("example", "feature"), x),
            "excess": ("step", share),
            "condition": curvature[-1] / curvature[0],
            "steps": small[0] if len(small) else np.inf,
            "correlation": np.corrcoef(x.T)[0, 1],
            "distance": np.sqrt(np.square(x - normalize(raw)[0]).sum(axis=1).mean()),
        }
    )
