"""Single curves: what each does to a Gaussian input, and which of them nearly coincide."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray
from scipy import optimize

from livenotes._arguments import require_choice, require_count
from livenotes.activations import REGISTRY, gelu, gelu_sigmoid, gelu_tanh, glu, maxout, relu, sigmoid, swish
from livenotes.lab.curves import curve

CURVES = tuple(name for name, record in REGISTRY.items() if record.elementwise)
"""Every activation of the registry that has a curve: all but those that mix several inputs."""

BENDS = {
    "leaky_relu": "alpha",
    "prelu": "alpha",
    "elu": "alpha",
    "celu": "alpha",
    "swish": "beta",
    "softplus": "beta",
    "hard_sigmoid": "alpha",
    "soft_relu": "threshold",
}
"""Those with a parameter, and its name."""

NOTCHES = 9


def notch(name: str, at: int) -> float:
    """Return the value of an activation's parameter at one of nine places from its least to its largest.

    Parameters
    ----------
    name : str
        One of ``BENDS``.
    at : int, 1 to 9
    """
    require_choice("name", name, BENDS)
    if not 1 <= at <= NOTCHES:
        raise ValueError(f"at must be from 1 to {NOTCHES}, got {at}")
    param = REGISTRY[name].params[BENDS[name]]
    return round(param.low + (param.high - param.low) * (at - 1) / (NOTCHES - 1), 6)


@cache
def bent(name: str, at: int, spread: float) -> xr.Dataset:
    """Draw an activation with its parameter at a notch, against a Gaussian input around 0."""
    return curve(name, 0.0, spread, **{BENDS[name]: notch(name, at)})


class Worst(NamedTuple):
    """The largest distance of a curve from another, and the positive input where it lies."""

    error: float
    at: float


def farthest(f: Callable[[ndarray], ndarray], g: Callable[[ndarray], ndarray]) -> Worst:
    """Find the largest distance of two curves between 0 and 8: on a fine grid, and then around its place."""
    x = np.linspace(0, 8, 8001)
    k = int(np.abs(f(x) - g(x)).argmax())

    def gap(z: float) -> float:
        point = np.array([z])
        return -abs(float(f(point)[0] - g(point)[0]))

    found = optimize.minimize_scalar(
        gap, bounds=(x[max(k - 1, 0)], x[min(k + 1, 8000)]), method="bounded", options={"xatol": 1e-9}
    )
    return Worst(-found.fun, float(found.x))


def gelu_errors() -> dict[str, Worst]:
    """How far the two approximations of GELU are from it, and where; both errors are even in x."""
    return {f.name: farthest(f, gelu) for f in (gelu_tanh, gelu_sigmoid)}


def taylor(x: Float[ndarray, " X"], degree: int) -> Float[ndarray, " X"]:
    r"""GELU's Taylor polynomial around 0: $x/2$ and the even powers $x^{2k+2}$ of the bell's integral.

    Parameters
    ----------
    x : (X,) float
    degree : int, at least 1
    """
    require_count("degree", degree)
    total, term = 0.5 * x, x**2 / np.sqrt(2 * np.pi)
    for k in range(degree // 2):
        total = total + term / (2 * k + 1)
        term = -term * x**2 / (2 * (k + 1))
    return total


@cache
def swish_to_gelu(beta: float) -> Worst:
    """How far Swish is from GELU, and where; the difference is even in x."""
    return farthest(lambda x: swish(x, beta=beta), gelu)


@cache
def nearest_swish() -> tuple[float, float]:
    """Find the sharpness at which Swish is closest to GELU; return it with the distance."""
    found = optimize.minimize_scalar(
        lambda beta: swish_to_gelu(float(beta)).error, bounds=(1.0, 3.0), method="bounded"
    )
    return float(found.x), float(found.fun)


def flow(kind: str, x: float) -> dict[str, float]:
    """Compute what flows through a unit of two maps of one input, by the names that the drawing gives it.

    Parameters
    ----------
    kind : {"GLU", "Swish", "maxout", "ReLU"}
        GLU and maxout compute ``x + 0.5`` and ``1 - 0.5 x``; the others ``x``, and 0 or ``x``.
    x : float
    """
    require_choice("kind", kind, ("GLU", "Swish", "maxout", "ReLU"))
    first, second = (
        (x + 0.5, 1 - 0.5 * x) if kind in ("GLU", "maxout") else (x, x if kind == "Swish" else 0.0)
    )
    pair, numbers = np.array([first, second]), {"x": x, "first": first, "second": second}
    if kind in ("GLU", "Swish"):
        return numbers | {"gate": float(sigmoid(pair)[1]), "y": float(glu(pair)[0])}
    return numbers | {"y": float(maxout(pair, k=2)[0])}


class Target(NamedTuple):
    """A curve, and a share of x^2 that makes it convex."""

    f: Callable[[ndarray], ndarray]
    bulge: float


def _parabola(x: ndarray) -> ndarray:
    return x**2 / 2


def _wave(x: ndarray) -> ndarray:
    return np.sin(2 * x)


TARGETS: Mapping[str, Target] = {
    "ReLU": Target(relu, 0.0),
    "absolute value": Target(np.abs, 0.0),
    "parabola": Target(_parabola, 0.0),
    "GELU": Target(gelu, 0.06),  # its second derivative is at least -0.11
    "wave": Target(_wave, 2.0),  # at least -4
}
"""Curves for maxout units to imitate between -2 and 2. The first three are convex."""

PIECES = 6
GRID = np.linspace(-2, 2, 81)


@cache
def envelope(target: str, k: int, units: int) -> xr.Dataset:
    """Fit a curve by one maxout unit of k straight pieces, or by the difference of two.

    Two are fitted to the curve plus a parabola and to the parabola: both convex, and their difference is the
    curve.

    Parameters
    ----------
    target : str
        One of ``TARGETS``.
    k : int, 1 to 6
    units : {1, 2}

    Returns
    -------
    Dataset
        Over ``x`` from -2 to 2: ``target`` and ``fit``; ``lines`` over ``unit``, ``piece`` (six; those that
        are not there repeat the last) and ``x``, those of an absent unit 0; and ``error``, the root mean
        square of the difference.
    """
    require_choice("target", target, TARGETS)
    if not 1 <= k <= PIECES:
        raise ValueError(f"k must be from 1 to {PIECES}, got {k}")
    if units not in (1, 2):
        raise ValueError(f"units must be 1 or 2, got {units}")
    (f, bulge), lines = TARGETS[target], np.zeros((2, k, len(GRID)))
    y, parabola = f(GRID), bulge * GRID**2
    aims = [y] if units == 1 else [y + parabola, parabola]
    for unit, aim in enumerate(aims):
        lines[unit] = max_affine(tuple(aim.tolist()))[k - 1]
    fit = np.subtract(*(maxout(np.ascontiguousarray(own.T), k=k)[:, 0] for own in lines))
    shown = np.concatenate([lines, np.repeat(lines[:, -1:], PIECES - k, axis=1)], axis=1)
    return xr.Dataset(
        {
            "target": ("x", y),
            "fit": ("x", fit),
            "lines": (("unit", "piece", "x"), shown),
            "error": np.sqrt(np.square(fit - y).mean()),
        },
        coords={"x": GRID, "unit": [1, 2]},
    )


@cache
def max_affine(aim: tuple[float, ...]) -> list[Float[ndarray, "K X"]]:
    """Fit the largest of one line, of two, and so on to six: each line to the points where it is the largest.

    The points are then divided anew, and so on. This finds a nearby solution, so it starts from equal parts,
    from random cuts, and from one line less. Source: {cite}`magnani2009convex`.

    Parameters
    ----------
    aim : tuple of 81 float
        What to fit, at 81 points from -2 to 2.
    """
    y, rng = np.array(aim), np.random.default_rng(0)
    best = [_line(GRID, y)[None]]
    for k in range(2, PIECES + 1):
        cuts = [np.linspace(-2, 2, k + 1)[1:-1], *np.sort(rng.uniform(-2, 2, (12, k - 1)))]
        found = [_alternated(y, np.searchsorted(cut, GRID), k) for cut in cuts]
        one_less = np.append(best[-1], best[-1][-1:], axis=0)
        best.append(min([one_less, *found], key=lambda lines: _miss(lines, y)))
    return best


def _line(x: ndarray, y: ndarray) -> Float[ndarray, " X"]:
    """The line of least squares through some points, on the whole grid."""
    away = x - x.mean()
    slope = away @ y / max(away @ away, 1e-12)
    return y.mean() + slope * (GRID - x.mean())


def _miss(lines: Float[ndarray, "K X"], y: Float[ndarray, " X"]) -> float:
    return round(float(np.square(lines.max(axis=0) - y).sum()), 9)  # a tie is not for rounding to decide


def _alternated(y: ndarray, part: Int[ndarray, " X"], k: int) -> Float[ndarray, "K X"]:
    lines, best = np.tile(_line(GRID, y), (k, 1)), np.tile(_line(GRID, y), (k, 1))
    for _ in range(12):
        for j in range(k):
            own = part == j
            if own.sum() > 1:
                lines[j] = _line(GRID[own], y[own])
        best = min(best, lines.copy(), key=lambda each: _miss(each, y))
        part = lines.argmax(axis=0)
    return best
