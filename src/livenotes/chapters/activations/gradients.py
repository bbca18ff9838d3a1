r"""How much of a gradient reaches the first layer of a random net, by depth, activation, weight scale."""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import require_count, require_positive

from .curves import named, peak_slope

WIDTH = 100
DEEPEST = 30


class Chain(NamedTuple):
    r"""The gradient on its way back, relative to the one that enters at the top.

    Index k of the last axis stands for the output $h_k$ of layer k, and 0 for the input; from $h_n$ to
    $h_k$ the gradient crosses $n - k$ layers.

    Attributes
    ----------
    layers : (depth + 1,)
        0, 1, …, depth.
    gradient : (seeds, depth + 1)
        $\|\partial L/\partial h_k\| \,/\, \|\partial L/\partial h_n\|$: the whole Jacobian, weights and
        slopes.
    slopes : (seeds, depth + 1)
        The slopes alone: the product over the layers crossed of the root mean square of their slopes.
    bound : (depth + 1,)
        What the slopes cannot exceed: the peak slope to the power $n - k$; for the sigmoid $4^{-(n-k)}$.
    """

    layers: Float[ndarray, " K"]
    gradient: Float[ndarray, "S K"]
    slopes: Float[ndarray, "S K"]
    bound: Float[ndarray, " K"]


def chain(activation: str, depth: int, weight_scale: float, seeds: int = 20) -> Chain:
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
    Chain

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
    layers = np.arange(depth + 1.0)
    return Chain(
        layers, gradient, np.append(product, np.ones((seeds, 1)), axis=1), peak_slope(record) ** layers[::-1]
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
