"""Activation functions: one record each, in one registry.

``REGISTRY`` holds them in teaching order; each is also imported by name. A record is called like a
function, and has ``slope(x)`` and ``backward(x, g)``. See ``base.Activation`` for its fields.
"""

# The families register on import: the order of these lines is the order of teaching.
# isort: off
from .base import REGISTRY, Activation, Param, register
from .sigmoidal import (
    step,
    identity,
    sigmoid,
    tanh,
    erf,
    arctan,
    gudermannian,
    algebraic,
    softsign,
)
from .rectified import relu, softplus

__all__ = [
    "REGISTRY",
    "Activation",
    "Param",
    "algebraic",
    "arctan",
    "erf",
    "gudermannian",
    "identity",
    "register",
    "relu",
    "sigmoid",
    "softplus",
    "softsign",
    "step",
    "tanh",
]
