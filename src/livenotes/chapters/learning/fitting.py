r"""Networks and polynomials that are fitted to days of the café, and what they say of other days."""

from collections.abc import Iterable
from functools import cache
from itertools import islice

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import checks, dense, losses
from livenotes.activations import relu
from livenotes.dense import Layer
from livenotes.lab.training import descent
from livenotes.optimization import adam, adam_init, momentum, sgd, zeros_like

from .cafe import COLDEST, HOTTEST, days, demand

GRID = np.linspace(COLDEST, HOTTEST, 161)
SHOWN = (0, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@cache
def fit(units: int, seed: int = 1, *, rate: float = 0.05) -> xr.Dataset:
    """Train hinges on 40 days: the ``curve`` over ``x``, the ``bend`` of each ``unit``, the ``loss``.

    The curve and the bends are kept at the updates of ``SHOWN``, the loss, over ``each``, at every one.
    """
    sold = days(40, seed=0)
    start = dense.init(np.random.default_rng(seed), [1, units, 1], gain=np.sqrt(2))
    curves, bends, loss = [], [], []
    steps = descent(start, sold.x, sold.cups, relu, losses.squared_error, rate)
    for update, layers in enumerate(islice(steps, SHOWN[-1] + 1)):
        out, _ = dense.forward(layers, sold.x, relu)
        loss.append(losses.squared_error(out, sold.cups)[0])
        if update in SHOWN:
            curves.append(dense.forward(layers, GRID[:, None], relu)[0][:, 0])
            bends.append(-layers[0].b / layers[0].w[:, 0])
    variables = {"curve": (("update", "x"), curves), "bend": (("update", "unit"), bends)}
    return xr.Dataset({**variables, "loss": ("each", loss)}, {"update": list(SHOWN), "x": GRID})


def starts(units: int, seeds: Iterable[int], *, updates: int = 2000, rate: float = 0.05) -> xr.DataArray:
    """Train on the same 40 days from several starting weights: the final loss, over ``seed``."""
    sold, found = days(40, seed=0), []
    for seed in seeds:
        start = dense.init(np.random.default_rng(seed), [1, units, 1], gain=np.sqrt(2))
        steps = descent(start, sold.x, sold.cups, relu, losses.squared_error, rate)
        layers = next(islice(steps, updates, None))
        found.append(losses.squared_error(dense.forward(layers, sold.x, relu)[0], sold.cups)[0])
    return xr.DataArray(found, dims="seed")


def gradient(layers: list[Layer], x: ndarray, target: ndarray, by: str) -> list[Layer]:
    """Compute the gradient of the squared error, by ``"backpropagation"`` or by ``"differences"``."""

    def loss(at: list[Layer]) -> float:
        return losses.squared_error(dense.forward(at, x, relu)[0], target)[0]

    if by == "differences":
        return checks.central_differences(loss, layers)
    out, tape = dense.forward(layers, x, relu)
    return dense.backward(tape, losses.squared_error(out, target)[1]).g_layers


RATES = {"gradient descent": 0.05, "momentum": 0.05, "Adam": 0.01}


def learn(by: str, optimizer: str, seed: int, *, units: int = 8, updates: int = 100) -> xr.Dataset:
    """Train with one way to the gradient and one rule for the step: the final ``loss`` and ``curve``."""
    sold = days(40, seed=seed)
    layers = dense.init(np.random.default_rng(seed), [1, units, 1], gain=np.sqrt(2))
    velocity, state, lr = zeros_like(layers), adam_init(layers), RATES[optimizer]
    for _ in range(updates):
        g = gradient(layers, sold.x, sold.cups, by)
        if optimizer == "momentum":
            layers, velocity = momentum(layers, g, velocity, lr=lr)
        elif optimizer == "Adam":
            layers, state = adam(layers, g, state, lr=lr)
        else:
            layers = sgd(layers, g, lr=lr)
    loss = losses.squared_error(dense.forward(layers, sold.x, relu)[0], sold.cups)[0]
    curve = dense.forward(layers, GRID[:, None], relu)[0][:, 0]
    return xr.Dataset({"loss": loss, "curve": ("x", curve)}, {"x": GRID})


def ways(seeds: Iterable[int]) -> xr.Dataset:
    """Compare the trained curves of two ways to the gradient, and of three rules for the step.

    Over ``rule`` and ``seed``: the final ``loss``, how far the curve is from that of the other way to the
    same gradient (``other_way``), and how far it is from that of gradient descent (``other_rule``).
    """
    rows = []
    for seed in seeds:
        runs = {rule: learn("backpropagation", rule, seed) for rule in RATES}
        other = {rule: learn("differences", rule, seed) for rule in RATES}
        plain = runs["gradient descent"].curve
        gaps = [[_gap(run.curve, other[rule].curve), _gap(run.curve, plain)] for rule, run in runs.items()]
        rows.append([[run.loss.item(), *gap] for run, gap in zip(runs.values(), gaps, strict=True)])
    names = ("loss", "other_way", "other_rule")
    columns = {name: (("seed", "rule"), np.array(rows)[..., k]) for k, name in enumerate(names)}
    return xr.Dataset(columns, {"rule": list(RATES)})


def _gap(one: xr.DataArray, other: xr.DataArray) -> float:
    return float(np.abs(one - other).max())


DEGREES = tuple(range(1, 10))
COUNTS = (10, 15, 20, 30, 50, 100, 200)


def _powers(x: Float[ndarray, " N"], degree: int) -> Float[ndarray, "N P"]:
    """Legendre polynomials instead of powers: the same curves, and far smaller rounding errors."""
    return np.polynomial.legendre.legvander(x / HOTTEST, degree)


def polynomial(degree: int, n: int, seed: int) -> xr.Dataset:
    """Fit a polynomial to n days: its ``curve``, and the errors on days ``seen`` and on ``new`` days."""
    sold, later = days(n, seed), days(1000, seed + 10_000)
    weights = np.linalg.lstsq(_powers(sold.x[:, 0], degree), sold.cups[:, 0])[0]

    def error(of: Float[ndarray, " N"], cups: Float[ndarray, " N"]) -> float:
        return losses.squared_error(_powers(of, degree) @ weights, cups)[0]

    errors = {"seen": error(sold.x[:, 0], sold.cups[:, 0]), "new": error(later.x[:, 0], later.cups[:, 0])}
    return xr.Dataset({**errors, "curve": ("x", _powers(GRID, degree) @ weights)}, {"x": GRID})


def polynomial_errors(n: int, degrees: Iterable[int], seeds: Iterable[int]) -> xr.Dataset:
    """Fit each degree to n days, many times: ``seen`` and ``new`` errors over ``degree`` and ``seed``."""
    degrees, seeds = list(degrees), list(seeds)
    runs = [[polynomial(d, n, seed) for seed in seeds] for d in degrees]
    found = {name: [[one[name].item() for one in row] for row in runs] for name in ("seen", "new")}
    variables = {name: (("degree", "seed"), values) for name, values in found.items()}
    return xr.Dataset(variables, {"degree": degrees})


@cache
def polynomials(n: int, seed: int = 2) -> xr.Dataset:
    """Fit every degree to the same n days, over ``degree``."""
    return xr.concat([polynomial(d, n, seed) for d in DEGREES], xr.Variable("degree", list(DEGREES)))


CHECKPOINTS = (50, 100, 200, 500, 1000, 2000, 5000, 10000)


def long_training(n: int, seeds: Iterable[int], *, units: int = 50, rate: float = 0.02) -> xr.Dataset:
    """Train on n days for very long: errors on ``seen`` and on ``new`` days, over ``seed`` and ``update``."""
    runs = []
    for seed in seeds:
        sold, later = days(n, seed), days(1000, seed + 10_000)
        start = dense.init(np.random.default_rng(seed), [1, units, 1], gain=np.sqrt(2))
        found = []
        steps = descent(start, sold.x, sold.cups, relu, losses.squared_error, rate)
        for update, layers in enumerate(islice(steps, CHECKPOINTS[-1] + 1)):
            if update in CHECKPOINTS:
                outs = [(dense.forward(layers, d.x, relu)[0], d.cups) for d in (sold, later)]
                found.append([losses.squared_error(out, cups)[0] for out, cups in outs])
        runs.append(np.array(found).T)
    seen, new = np.moveaxis(np.array(runs), 1, 0)
    dims = ("seed", "update")
    return xr.Dataset({"seen": (dims, seen), "new": (dims, new)}, {"update": list(CHECKPOINTS)})


def best_possible() -> float:
    """Return the squared error of somebody who knows the demand: the variance of the scatter."""
    later = days(100_000, seed=99)
    return losses.squared_error(demand(later.x), later.cups)[0]
