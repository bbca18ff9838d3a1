r"""How fast S curves reach their limits, and how much of a gradient the layers of a deep net let through."""

from functools import cache, lru_cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from scipy import special

from livenotes._arguments import require_count, require_positive
from livenotes.lab.curves import named, peak_slope

WIDTH = 100
DEEPEST = 30


def family(x: Float[ndarray, " X"]) -> xr.DataArray:
    r"""Distance of the six curves of the sigmoid family from their limit 1.

    All have slope 1 at the origin. Subtracting the curve from 1 would leave no digits in the tail, so each
    gap has a formula of its own, such as $1-\tanh x = 2/(e^{2x}+1)$ or $1-\operatorname{erf} u =
    \operatorname{erfc} u$.

    Parameters
    ----------
    x : (X,) float, >= 0
        The curves are odd: on the other side the gap is 2 minus this.

    Returns
    -------
    xarray.DataArray
        1 - f(x), with dimensions (activation, x), correct to the last digits however small; the activations
        from the fastest to the slowest at the end.

    Raises
    ------
    ValueError
        If ``x`` holds a negative or missing value.
    """
    if not (x >= 0).all():
        raise ValueError(f"x: expected values of 0 or more, got {x[~(x >= 0)][0]}")
    root, quarter = np.hypot(1.0, x), np.pi / 2
    gaps = {
        "erf": special.erfc(np.sqrt(np.pi) / 2 * x),
        "tanh": 2 * special.expit(-2 * x),
        "gudermannian": 2 / quarter * np.arctan(np.exp(-quarter * x)),  # gd(u) = π/2 - 2 arctan(e^-u)
        "algebraic": 1 / (root * (root + x)),
        "arctan": np.arctan2(1.0, quarter * x) / quarter,
        "softsign": 1 / (1 + x),
    }
    return xr.DataArray(list(gaps.values()), {"activation": list(gaps), "x": x}, name="gap")


def chain(activation: str, depth: int, weight_scale: float, seeds: int = 20) -> xr.Dataset:
    r"""Send a gradient back through ``depth`` random layers, 100 wide.

    $h_k = f(W_k h_{k-1})$ with weights from $\mathcal N(0, s^2/100)$, $s$ the ``weight_scale``, and a
    standard normal input; the gradient at the top is a random direction. Root mean squares, because a
    random matrix passes on $s^2$ times the mean square: the whole is close to the slopes times $s^{n-k}$.

    A deep net begins with the same layers as a shallow one, so the forward pass of the deepest net is kept
    and shared by all depths.

    Parameters
    ----------
    activation : str
        A name in ``activations.REGISTRY``.
    depth : int
        Layers, from 1 to 30.
    weight_scale : float, > 0
        1 is the scale of Xavier initialization, √2 that of He.
    seeds : int
        How many random nets.

    Returns
    -------
    xarray.Dataset
        At each ``layer`` k from 0, the input, to n, the depth: ``gradient`` (seed, layer),
        $\|\partial L/\partial h_k\| \,/\, \|\partial L/\partial h_n\|$, through weights and slopes;
        ``slopes`` (seed, layer), the product over the $n - k$ layers crossed of the root mean square of their
        slopes; ``bound`` (layer), what that cannot exceed: the peak slope to the power $n - k$, for the
        sigmoid $4^{-(n-k)}$.

    Raises
    ------
    ValueError
        If there is no such activation, or an argument is out of range.
    """
    record = named(activation)
    if not 1 <= depth <= DEEPEST:
        raise ValueError(f"depth: expected 1 to {DEEPEST} layers, got {depth}")
    weight_scale = require_positive("weight_scale", weight_scale)
    require_count("seeds", seeds)
    weights, _, g = _random_nets(seeds)
    slopes = _slopes(activation, weight_scale, seeds)
    gradient = np.ones((seeds, depth + 1))
    for k in reversed(range(depth)):  # from h_{k+1} to h_k
        g = weight_scale * np.einsum("so,soi->si", g * slopes[k], weights[k])
        gradient[:, k] = np.linalg.norm(g, axis=1)
    rms = np.sqrt(np.square(slopes[:depth]).mean(axis=-1)).T  # (S, depth)
    product = np.cumprod(rms[:, ::-1], axis=1)[:, ::-1]
    layers = np.arange(depth + 1)
    return xr.Dataset(
        {
            "gradient": (("seed", "layer"), gradient),
            "slopes": (("seed", "layer"), np.append(product, np.ones((seeds, 1)), axis=1)),
            "bound": ("layer", peak_slope(record) ** layers[::-1]),
        },
        coords={"seed": np.arange(seeds), "layer": layers},
    )


@cache
def _random_nets(
    seeds: int,
) -> tuple[Float[ndarray, "L S O I"], Float[ndarray, "S I"], Float[ndarray, "S O"]]:
    """Weights at scale 1, the input and the direction of the gradient; drawn once for every activation."""
    rngs = [np.random.default_rng(seed) for seed in range(seeds)]
    x, g = (np.stack([rng.normal(size=WIDTH) for rng in rngs]) for _ in range(2))
    shape = (DEEPEST, WIDTH, WIDTH)
    weights = np.stack([rng.normal(scale=WIDTH**-0.5, size=shape) for rng in rngs], axis=1)
    return weights, x, g / np.linalg.norm(g, axis=1, keepdims=True)


@lru_cache(maxsize=64)
def _slopes(activation: str, weight_scale: float, seeds: int) -> Float[ndarray, "L S O"]:
    """Slopes of every unit of the deepest net."""
    record = named(activation)
    weights, h, _ = _random_nets(seeds)
    slopes = []
    for w in weights:
        a = weight_scale * np.einsum("soi,si->so", w, h)
        slopes.append(record.slope(a))
        h = record(a)
    return np.stack(slopes)
