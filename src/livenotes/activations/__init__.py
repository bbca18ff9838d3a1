"""Activation functions: one record each, in one registry.

``REGISTRY`` holds them in teaching order; each is also imported by name. A record is called like a
function and has a ``slope(x)``; ``y, tape = forward(x)`` and ``backward(tape, g_y)`` are for training.
See ``base.Activation`` for its fields.
"""

# The families register on import: the order of these lines is the order of teaching.
# isort: off
from .base import REGISTRY, Activation, ActivationTape, Param, register
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
from .rectified import relu, softplus, leaky_relu, prelu, rrelu, rrelu_train, rrelu_train_backward
from .exponential import elu, selu, celu
from .channels import crelu, maxout
from .gated import glu, gelu, gelu_tanh, gelu_sigmoid, swish, hardswish, mish, su
from .clipped import hard_tanh, hard_sigmoid, soft_relu, relu6

__all__ = [
    "REGISTRY",
    "Activation",
    "ActivationTape",
    "Param",
    "algebraic",
    "arctan",
    "celu",
    "crelu",
    "elu",
    "erf",
    "gelu",
    "gelu_sigmoid",
    "gelu_tanh",
    "glu",
    "gudermannian",
    "hard_sigmoid",
    "hard_tanh",
    "hardswish",
    "identity",
    "leaky_relu",
    "maxout",
    "mish",
    "prelu",
    "register",
    "relu",
    "relu6",
    "rrelu",
    "rrelu_train",
    "rrelu_train_backward",
    "selu",
    "sigmoid",
    "soft_relu",
    "softplus",
    "softsign",
    "step",
    "su",
    "swish",
    "tanh",
]
