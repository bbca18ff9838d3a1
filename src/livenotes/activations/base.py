"""The one record every activation is stored as, and the registry of them."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes._arguments import (
    Number,
    require_count,
    require_dtype,
    require_float_array,
    require_number,
    require_shape,
    require_type,
)

Array: TypeAlias = Float[ndarray, "..."]
Value: TypeAlias = Number | Float[ndarray, " C"]
Interval: TypeAlias = tuple[float, float]

SCALAR = np.zeros(())
BLOCK = 2**16  # entries computed at a time


@dataclass(frozen=True)
class Param:
    """A constant of an activation: its symbol and default, and the grid a slider walks.

    ``low``, ``high`` and ``step`` are for the slider alone; ``above`` is where the formula stops
    making sense: a value must be greater than it. ``whole`` asks for an integer, ``per_channel``
    allows an array with one value for each entry of the last axis.
    """

    symbol: str
    default: float
    low: float
    high: float
    step: float = 0.05
    above: float = -math.inf
    whole: bool = False
    per_channel: bool = False

    def _check(self, name: str, value: Value, x: Array) -> Value:
        """Return ``value`` ready to compute with, or raise an error that names the parameter."""
        if self.per_channel and isinstance(value, ndarray):
            require_float_array(name, value)
            require_dtype(name, value, x.dtype)
            require_shape(name, value, x.shape[-1:])
            return value
        number = require_number(name, value)
        if number <= self.above:
            raise ValueError(f"{name} must be greater than {self.above:g}, got {number:g}")
        if not self.whole:
            return number
        if not number.is_integer():
            raise ValueError(f"{name} must be a whole number, got {number:g}")
        return int(number)


class ActivationTape(NamedTuple):
    """The input, the parameters with their defaults filled in, and the name of the activation."""

    x: Array
    params: Mapping[str, Any]
    of: str


@dataclass(frozen=True, eq=False)
class Activation:
    r"""A function, its derivative, and everything a page needs to show it.

    A record is called like the function it holds: ``elu(x, alpha=0.5)``. Most act on each number
    alone and have a ``derivative``; those that mix the last axis have a ``pullback`` instead, and no
    slope. Both kinds have ``forward`` and ``backward``; ``value`` and ``slope`` are for looking at curves.

    Attributes
    ----------
    name : str
        The key in the registry and the name it is imported by.
    function : callable
        Takes an array and every parameter by name. It and the next two are called through the
        record, which fills in the defaults and checks the arguments.
    derivative : callable, optional
        Takes the same, returns the slope at every entry.
    pullback : callable, optional
        Takes ``x``, ``g`` and the parameters, returns dL/dx.
    width : callable, optional
        Given with a ``pullback``: takes the length of the last axis of ``x`` and the parameters,
        returns that of the output.
    formula, slope_formula : str
        LaTeX without dollars.
    image : (float, float)
        Infimum and supremum of the values at the default parameters.
    cite : str
        Key in the bibliography.
    chapter : {"activations", "beyond-relu"}
        The chapter that explains it.
    params : mapping of str to Param
    kinks : tuple of float
        Where the slope jumps, at the default parameters.
    image_at, kinks_at : callable, optional
        The same as functions of the parameters, where they move with them.
    learned : mapping of str to callable
        For parameters that are trained with the weights: the derivative with respect to each.
    torch_name : str, optional
        The same function in ``torch.nn.functional`` or ``torch``.
    """

    name: str
    function: Callable[..., Array]
    formula: str
    slope_formula: str
    image: Interval
    cite: str
    chapter: Literal["activations", "beyond-relu"]
    derivative: Callable[..., Array] | None = None
    pullback: Callable[..., Array] | None = None
    width: Callable[..., int] | None = None
    params: Mapping[str, Param] = field(default_factory=dict)
    kinks: tuple[float, ...] = ()
    image_at: Callable[..., Interval] | None = None
    kinks_at: Callable[..., tuple[float, ...]] | None = None
    learned: Mapping[str, Callable[..., Array]] = field(default_factory=dict)
    torch_name: str | None = None

    def __post_init__(self) -> None:
        if (self.derivative is None) == (self.pullback is None):
            raise ValueError(f"activation {self.name!r} must have a derivative or a pullback, and not both")
        if (self.pullback is None) != (self.width is None):
            raise ValueError(
                f"activation {self.name!r} must have a width if it has a pullback, and only then"
            )
        # help(elu), and a question mark in Jupyter, then show the function rather than the record.
        object.__setattr__(self, "__doc__", inspect.getdoc(self.function))

    def __repr__(self) -> str:
        """Short and stable, so that a notebook can store it."""
        return f"<activation {', '.join([self.name, *(f'{k}={v:g}' for k, v in self.defaults().items())])}>"

    def __call__(self, x: Array, **params: Value) -> Array:
        """Values at ``x``: same dtype, and same shape if ``elementwise``."""
        require_float_array("x", x)
        return self._apply(self.function, x, self._arguments(params, x))

    value = __call__

    @property
    def elementwise(self) -> bool:
        """Whether each entry of the output depends on the same entry of the input alone."""
        return self.derivative is not None

    def slope(self, x: Array, **params: Value) -> Array:
        """Derivative at ``x``: same shape, same dtype; at a kink, the value the docstring states."""
        if self.derivative is None:
            raise TypeError(f"{self.name} mixes the entries of x and has no slope: use its backward")
        require_float_array("x", x)
        return self._apply(self.derivative, x, self._arguments(params, x))

    def forward(self, x: Array, **params: Value) -> tuple[Array, ActivationTape]:
        """Return the values at ``x``, and the tape that ``backward`` needs."""
        require_float_array("x", x)
        arguments = self._arguments(params, x)
        return self._apply(self.function, x, arguments), ActivationTape(x, arguments, self.name)

    def backward(self, tape: ActivationTape, g_y: Array) -> Array:
        """Return dL/dx."""
        x, params = self._read(tape, g_y)
        if self.pullback is not None:
            return self.pullback(x, g_y, **params)
        assert self.derivative is not None  # one of the two is given
        g_x = self._apply(self.derivative, x, params)
        g_x *= g_y
        return g_x

    def backward_params(self, tape: ActivationTape, g_y: Array) -> dict[str, Array]:
        """Return dL/d(parameter) for the learned ones, each of the shape its parameter has."""
        x, params = self._read(tape, g_y)
        gradients = {}
        for key, function in self.learned.items():
            g_each = g_y * self._apply(function, x, params)
            axes = range(x.ndim - 1) if isinstance(params[key], ndarray) else range(x.ndim)
            gradients[key] = np.asarray(g_each.sum(axis=tuple(axes)))
        return gradients

    def _read(self, tape: ActivationTape, g_y: Array) -> tuple[Array, Mapping[str, Any]]:
        """Return the input and the parameters that a tape holds; raise unless tape and gradient fit."""
        require_type("tape", tape, ActivationTape)
        if tape.of != self.name:
            raise ValueError(f"tape must be one of {self.name}, got one of {tape.of}")
        x, params, _ = tape
        features = x.shape[-1:]
        if self.width is not None:
            features = (self.width(*features, **params),)
        require_float_array("g_y", g_y)
        require_dtype("g_y", g_y, x.dtype)
        require_shape("g_y", g_y, (*x.shape[:-1], *features))
        return x, params

    def _apply(self, function: Callable[..., Array], x: Array, arguments: Mapping[str, Any]) -> Array:
        if not self.elementwise or any(isinstance(value, ndarray) for value in arguments.values()):
            self._require_axis(x)
            return function(x, **arguments)
        flat = x.reshape(-1)
        if x.size <= BLOCK:
            return function(flat, **arguments).reshape(x.shape)
        # Block by block, so that what a formula computes on the way stays in the processor's cache.
        y = np.empty_like(flat)
        for start in range(0, x.size, BLOCK):
            y[start : start + BLOCK] = function(flat[start : start + BLOCK], **arguments)
        return y.reshape(x.shape)

    def _require_axis(self, x: Array) -> None:
        if not x.ndim:
            raise ValueError(f"x must have at least one axis for {self.name}, got shape ()")

    def outputs(self, features: int, **params: Value) -> int:
        """Return the length of the last axis of the output, given that of ``x``."""
        features, arguments = require_count("features", features, least=0), self._arguments(params)
        return features if self.width is None else self.width(features, **arguments)

    def defaults(self) -> dict[str, float]:
        """Return the default of every parameter."""
        return {key: param.default for key, param in self.params.items()}

    def bounds(self, **params: Number) -> Interval:
        """Infimum and supremum of the values under these parameters."""
        arguments = self._arguments(params)
        return self.image if self.image_at is None else self.image_at(**arguments)

    def corners(self, **params: Number) -> tuple[float, ...]:
        """Where the slope jumps under these parameters."""
        arguments = self._arguments(params)
        return self.kinks if self.kinks_at is None else self.kinks_at(**arguments)

    def _arguments(self, given: Mapping[str, Value], x: Array = SCALAR) -> dict[str, Any]:
        """Fill in the defaults and check every value; raise TypeError for a parameter it does not have."""
        for key in given:
            if key not in self.params:
                known = ", ".join(self.params) or "none"
                raise TypeError(f"{self.name} has no parameter {key!r}; its parameters: {known}")
        return {key: p._check(key, given.get(key, p.default), x) for key, p in self.params.items()}


REGISTRY: dict[str, Activation] = {}
"""Every activation by name, in teaching order."""


def register(activation: Activation) -> Activation:
    """Add an activation to the registry and return it; raise ValueError if the name is taken."""
    require_type("activation", activation, Activation)
    if activation.name in REGISTRY:
        raise ValueError(f"activation {activation.name!r} is registered twice")
    REGISTRY[activation.name] = activation
    return activation
