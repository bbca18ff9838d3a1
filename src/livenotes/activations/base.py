"""The one record every activation is stored as, and the registry of them."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.arguments import Number, require_float_array, require_number, require_same_shape

Array: TypeAlias = Float[ndarray, "..."]
Interval: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Param:
    """A constant of an activation: its symbol and default, and the grid a slider walks.

    ``low``, ``high`` and ``step`` are for the slider alone; ``above`` is where the formula stops
    making sense: a value must be greater than it.
    """

    symbol: str
    default: float
    low: float
    high: float
    step: float = 0.05
    above: float = -math.inf

    def check(self, name: str, value: object) -> float:
        """Return ``value`` as a float, or raise an error that names the parameter."""
        number = require_number(name, value)
        if number <= self.above:
            raise ValueError(f"{name} must be greater than {self.above:g}, got {number:g}")
        return number


@dataclass(frozen=True, eq=False)
class Activation:
    r"""A function, its derivative, and everything a page needs to show it.

    A record is called like the function it holds: ``elu(x, alpha=0.5)``.

    Attributes
    ----------
    name : str
        The key in the registry and the name it is imported by.
    function, derivative : callable
        Take an array and every parameter by name. Called through the record, which fills in the
        defaults and checks the arguments.
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
    torch_name : str, optional
        The same function in ``torch.nn.functional`` or ``torch``.
    """

    name: str
    function: Callable[..., Array]
    derivative: Callable[..., Array]
    formula: str
    slope_formula: str
    image: Interval
    cite: str
    chapter: Literal["activations", "beyond-relu"]
    params: Mapping[str, Param] = field(default_factory=dict)
    kinks: tuple[float, ...] = ()
    image_at: Callable[..., Interval] | None = None
    kinks_at: Callable[..., tuple[float, ...]] | None = None
    torch_name: str | None = None

    def __post_init__(self) -> None:
        # help(elu), and a question mark in Jupyter, then show the function rather than the record.
        object.__setattr__(self, "__doc__", inspect.getdoc(self.function))

    def __repr__(self) -> str:
        """Short and stable, so that a notebook can store it."""
        return f"<activation {', '.join([self.name, *(f'{k}={v:g}' for k, v in self.defaults().items())])}>"

    def __call__(self, x: Array, **params: Number) -> Array:
        """Values at ``x``: same shape, same dtype."""
        return self._apply(self.function, x, params)

    value = __call__

    def slope(self, x: Array, **params: Number) -> Array:
        """Derivative at ``x``: same shape, same dtype; at a kink, the value the docstring states."""
        return self._apply(self.derivative, x, params)

    def backward(self, x: Array, g: Array, **params: Number) -> Array:
        """Return dL/dx, given ``g`` = dL/dy at the output."""
        slope = self.slope(x, **params)
        require_float_array("g", g)
        require_same_shape("g", g, x.shape)
        return np.asarray(g * slope)

    def _apply(self, function: Callable[..., Array], x: Array, params: Mapping[str, Number]) -> Array:
        require_float_array("x", x)
        # NumPy turns an array without axes into a scalar as it computes, so lend it one.
        return function(np.atleast_1d(x), **self.arguments(params)).reshape(x.shape)

    def defaults(self) -> dict[str, float]:
        """Return the default of every parameter."""
        return {key: param.default for key, param in self.params.items()}

    def bounds(self, **params: Number) -> Interval:
        """Infimum and supremum of the values under these parameters."""
        arguments = self.arguments(params)
        return self.image if self.image_at is None else self.image_at(**arguments)

    def corners(self, **params: Number) -> tuple[float, ...]:
        """Where the slope jumps under these parameters."""
        arguments = self.arguments(params)
        return self.kinks if self.kinks_at is None else self.kinks_at(**arguments)

    def arguments(self, given: Mapping[str, Number]) -> dict[str, float]:
        """Fill in the defaults and check every value; raise TypeError for a parameter it does not have."""
        for key in given:
            if key not in self.params:
                known = ", ".join(self.params) or "none"
                raise TypeError(f"{self.name} has no parameter {key!r}; its parameters: {known}")
        return {key: param.check(key, given.get(key, param.default)) for key, param in self.params.items()}


REGISTRY: dict[str, Activation] = {}
"""Every activation by name, in teaching order."""


def register(activation: Activation) -> Activation:
    """Add an activation to the registry and return it; raise ValueError if the name is taken."""
    if activation.name in REGISTRY:
        raise ValueError(f"activation {activation.name!r} is registered twice")
    REGISTRY[activation.name] = activation
    return activation
