r"""Steps of gradient descent, as pure functions over trees of arrays. Chapter: The vocabulary of training.

``params`` and ``grads`` are arrays, or named tuples, tuples or lists of them, nested, of equal
structure. A step returns new parameters of the same structure and dtypes; nothing is changed in place.

Weight decay comes in two forms. *Coupled*, the default, adds $\lambda\theta$ to the gradient, as an
L2 term $\tfrac{\lambda}{2}\|\theta\|^2$ in the loss would; *decoupled* subtracts $\eta\lambda\theta$
from the parameters next to the step. For plain SGD they are the same; for Adam they are not, because
the coupled term is divided by the size of past gradients: {cite}`loshchilov2019decoupled`.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from livenotes._arguments import (
    Count,
    Fraction,
    NonNegative,
    Positive,
    require_dtype,
    require_float_array,
)
from livenotes._trees import Tree, leaves, require_same_tree, tree_map
from livenotes._validated import body, validated


class AdamState(NamedTuple):
    """Running averages of the gradient and of its square, and the number of steps taken."""

    steps: int
    mean: Any
    square: Any


def _require_floats(name: str, tree: Any) -> None:
    for leaf in leaves(tree):
        require_float_array(f"every leaf of {name}", leaf)


def _require_alike(params: Any, **others: Any) -> None:
    _require_floats("params", params)
    for name, tree in others.items():
        _require_floats(name, tree)
        require_same_tree(params, tree, name)
        for leaf, other in zip(leaves(tree), leaves(params), strict=True):
            require_dtype(f"every leaf of {name}", leaf, other.dtype)


@validated(where=lambda params, grads: _require_alike(params, grads=grads))
def sgd(
    params: Tree, grads: Tree, *, lr: Positive, weight_decay: NonNegative = 0.0, decoupled: bool = False
) -> Tree:
    r"""One step of gradient descent, $\theta - \eta\,(g + \lambda\theta)$ {cite}`robbins1951stochastic`.

    Parameters
    ----------
    params, grads : trees of float arrays, of equal structure
    lr : float, > 0
        Learning rate $\eta$.
    weight_decay : float, >= 0
        $\lambda$.
    decoupled : bool
        Where $\lambda$ acts; see the module. Here both give the same up to rounding.

    Returns
    -------
    tree like ``params``
    """
    grads, params = _decay(params, grads, lr, weight_decay, decoupled)
    return tree_map(lambda p, g: p - lr * g, params, grads)


@validated(
    where=lambda params, grads, velocity: _require_alike(params, grads=grads, velocity=velocity),
)
def momentum(
    params: Tree,
    grads: Tree,
    velocity: Tree,
    *,
    lr: Positive,
    mu: Fraction = 0.9,
    weight_decay: NonNegative = 0.0,
    decoupled: bool = False,
) -> tuple[Tree, Tree]:
    r"""One step with momentum, $v' = \mu v + g$ and $\theta' = \theta - \eta v'$ {cite}`polyak1964some`.

    Parameters
    ----------
    params, grads, velocity : trees of float arrays, of equal structure
        The velocity starts at ``zeros_like(params)``.
    lr : float, > 0
    mu : float, in [0, 1)
        Share of the velocity that is kept; 0 gives ``sgd``.
    weight_decay, decoupled
        As in ``sgd``.

    Returns
    -------
    params, velocity : trees like ``params``
    """
    grads, params = _decay(params, grads, lr, weight_decay, decoupled)
    velocity = tree_map(lambda v, g: mu * v + g, velocity, grads)
    return tree_map(lambda p, v: p - lr * v, params, velocity), velocity


@validated(
    where=lambda params, grads, square: _require_alike(params, grads=grads, square=square),
)
def adagrad(
    params: Tree, grads: Tree, square: Tree, *, lr: Positive = 0.01, eps: Positive = 1e-10
) -> tuple[Tree, Tree]:
    r"""One step of Adagrad, $s' = s + g^2$ and $\theta' = \theta - \eta\,g/(\sqrt{s'}+\epsilon)$.

    Every entry has a rate of its own, which falls with all the gradients that it has seen; the first step
    moves every entry by ``lr``, whatever the size of its gradient. Source: {cite}`duchi2011adaptive`.

    Parameters
    ----------
    params, grads, square : trees of float arrays, of equal structure
        The sum of squares $s$ starts at ``zeros_like(params)``.
    lr : float, > 0
    eps : float, > 0

    Returns
    -------
    params, square : trees like ``params``
    """
    square = tree_map(lambda s, g: s + g**2, square, grads)
    return tree_map(lambda p, g, s: p - lr * g / (np.sqrt(s) + eps), params, grads, square), square


def _require_state(params: Any, grads: Any, state: AdamState) -> None:
    _require_alike(params, grads=grads, **{"state.mean": state.mean, "state.square": state.square})


@validated(where=_require_state)
def adam(
    params: Tree,
    grads: Tree,
    state: AdamState,
    *,
    lr: Positive = 1e-3,
    beta1: Fraction = 0.9,
    beta2: Fraction = 0.999,
    eps: Positive = 1e-8,
    weight_decay: NonNegative = 0.0,
    decoupled: bool = False,
) -> tuple[Tree, AdamState]:
    r"""One step of Adam {cite}`kingma2015adam`; with decoupled weight decay, AdamW.

    $$m' = \beta_1 m + (1-\beta_1) g,\quad s' = \beta_2 s + (1-\beta_2) g^2,\quad
    \theta' = \theta - \eta\,\frac{m'/(1-\beta_1^t)}{\sqrt{s'/(1-\beta_2^t)} + \epsilon}$$

    Parameters
    ----------
    params, grads : trees of float arrays, of equal structure
    state : AdamState
        Starts at ``adam_init(params)``.
    lr : float, > 0
        About the size of a step, in every entry, whatever the size of the gradient.
    beta1, beta2 : float, in [0, 1)
    eps : float, > 0
    weight_decay, decoupled
        As in ``sgd``.

    Returns
    -------
    params : tree like ``params``
    state : AdamState
    """
    grads, params = _decay(params, grads, lr, weight_decay, decoupled)
    steps = state.steps + 1
    mean = tree_map(lambda m, g: beta1 * m + (1 - beta1) * g, state.mean, grads)
    square = tree_map(lambda s, g: beta2 * s + (1 - beta2) * g**2, state.square, grads)
    # Both averages start at 0; dividing by the weight they have gathered takes that bias away.
    weight_mean, weight_square = 1 - beta1**steps, 1 - beta2**steps
    params = tree_map(
        lambda p, m, s: p - lr * (m / weight_mean) / (np.sqrt(s / weight_square) + eps), params, mean, square
    )
    return params, AdamState(steps, mean, square)


@validated(where=lambda params: _require_floats("params", params))
def adam_init(params: Tree) -> AdamState:
    """Return the state before the first step of Adam."""
    return AdamState(0, tree_map(np.zeros_like, params), tree_map(np.zeros_like, params))


@validated(where=lambda params: _require_floats("params", params))
def zeros_like(params: Tree) -> Tree:
    """Return a tree of zeros with the structure, shapes and dtypes of ``params``."""
    return tree_map(np.zeros_like, params)


def _decay(params: Tree, grads: Tree, lr: float, rate: float, decoupled: bool) -> tuple[Tree, Tree]:
    """Add the decay to the gradients, or take it off the parameters."""
    if rate == 0:
        return grads, params
    if decoupled:
        return grads, tree_map(lambda p: (1 - lr * rate) * p, params)
    return tree_map(lambda g, p: g + rate * p, grads, params), params


@validated(where=lambda grads: _require_floats("grads", grads))
def global_norm(grads: Any) -> float:
    r"""Euclidean length of all entries of a tree together, $\sqrt{\sum_k \|g_k\|^2}$."""
    largest = float(np.max([np.abs(leaf).max(initial=0.0) for leaf in leaves(grads)], initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    # Scaled before it is squared, so that large float32 entries do not overflow.
    squares = sum(float(np.sum((leaf / largest) ** 2, dtype=np.float64)) for leaf in leaves(grads))
    return largest * math.sqrt(squares)


def _finite_norm(grads: Any) -> float:
    norm = body(global_norm)(grads)
    if not math.isfinite(norm):
        raise ValueError(f"grads must be finite, got norm {norm}")
    return norm


@validated(where=lambda grads: _require_floats("grads", grads))
def clip_by_norm(grads: Tree, limit: Positive) -> Tree:
    r"""Scale a gradient longer than ``limit`` to that length, $g\,\min(1, c/\|g\|)$; keep its direction.

    All leaves share one norm and one factor. Source: {cite}`pascanu2013difficulty`, algorithm 1.

    Parameters
    ----------
    grads : tree of float arrays
    limit : float, > 0
        $c$.

    Returns
    -------
    tree like ``grads``

    Raises
    ------
    ValueError
        The norm is not finite: no factor would mend that.
    """
    norm = _finite_norm(grads)
    factor = min(1.0, limit / norm) if norm else 1.0
    return tree_map(lambda g: g * factor, grads)


@validated(where=lambda grads: _require_floats("grads", grads))
def clip_by_value(grads: Tree, limit: Positive) -> Tree:
    r"""Clip every entry to $[-c, c]$, which may turn the gradient.

    {cite}`mikolov2012statistical` limits the errors that go back through the hidden units in this way.

    Parameters
    ----------
    grads : tree of float arrays
    limit : float, > 0
        $c$.

    Returns
    -------
    tree like ``grads``
    """
    return tree_map(lambda g: np.clip(g, -limit, limit), grads)


@validated
def iterations_per_epoch(examples: Count, batch_size: Count, *, drop_last: bool = False) -> int:
    r"""Return the number of steps in which every example is seen once, $\lceil N/B\rceil$.

    Parameters
    ----------
    examples : int, >= 1
        $N$, the size of the training set.
    batch_size : int, >= 1
        $B$.
    drop_last : bool
        Leave out a last batch that is not full: $\lfloor N/B\rfloor$.
    """
    return examples // batch_size if drop_last else -(-examples // batch_size)
