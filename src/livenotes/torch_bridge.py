"""A method with a gradient derived by hand, as a function that torch can differentiate.

The only module of the methods that imports torch: to train with torch's optimizers through a
gradient of ours, or to let ``torch.autograd.gradcheck`` judge it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from livenotes._arguments import require_float_array
from livenotes._trees import leaves, require_same_tree, unflatten
from livenotes._validated import validated
from livenotes.activations import Activation

Forward = Callable[..., tuple[Any, Any]]
Backward = Callable[[Any, Any], Any]


@validated
def differentiable(forward: Forward, backward: Backward) -> Callable[..., Any]:
    """Turn a pair of NumPy functions into one function of tensors.

    Parameters
    ----------
    forward : callable
        Takes arrays, or trees of arrays; returns ``(outputs, tape)``, where ``outputs`` is an array
        or a tree of arrays.
    backward : callable
        Takes ``(tape, g_outputs)``; returns the gradients of the arguments of ``forward`` in their
        order: one tree if it has one argument, otherwise a tuple of them.

    Returns
    -------
    callable
        Takes tensors, or trees of tensors, on the CPU; returns a tensor or a tree of tensors that
        ``torch.autograd`` differentiates once. What is given by name goes to ``forward`` as it is: a
        generator, a rate, a mask.

    Raises
    ------
    TypeError
        ``forward`` or ``backward`` is not a function. When called: a leaf is not a tensor on the CPU, or
        an output is not a float array.
    ValueError
        While differentiating: a gradient has another structure or shape than its argument.
    """

    def call(*arguments: Any, **options: Any) -> Any:
        trees: dict[str, Any] = {}
        tensors = leaves(arguments)
        for tensor in tensors:
            if not isinstance(tensor, torch.Tensor) or tensor.device.type != "cpu":
                raise TypeError(f"arguments must be tensors on the CPU, got {_kind(tensor)}")
        apply: Any = _HandWritten.apply  # torch does not type it
        results = apply(partial(forward, **options), backward, arguments, trees, *tensors)
        return unflatten(trees["outputs"], results)

    return call


@validated
def activation(record: Activation, **params: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """Turn an activation, its parameters held fixed, into a function of one tensor."""
    return partial(differentiable(record.forward, record.backward), **params)


class _HandWritten(torch.autograd.Function):
    """Carries arrays in and out of torch; torch sees flat tuples, our functions see trees."""

    @staticmethod
    def forward(
        ctx: Any,
        forward: Forward,
        backward: Backward,
        arguments: tuple[Any, ...],
        trees: dict[str, Any],
        *tensors: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        arrays = unflatten(arguments, [tensor.detach().numpy() for tensor in tensors])
        outputs, ctx.tape = forward(*arrays)
        trees["outputs"] = outputs
        ctx.backward, ctx.arguments, ctx.outputs = backward, arguments, outputs
        for array in leaves(outputs):
            require_float_array("outputs of forward", array)
        return tuple(_tensor(array) for array in leaves(outputs))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *g: torch.Tensor) -> tuple[Any, ...]:
        g_outputs = unflatten(ctx.outputs, [tensor.numpy() for tensor in g])
        gradients = ctx.backward(ctx.tape, g_outputs)
        if len(ctx.arguments) == 1:
            gradients = (gradients,)
        require_same_tree(ctx.arguments, tuple(gradients), "gradients of backward")
        return (None, None, None, None, *(_tensor(array) for array in leaves(gradients)))


def _tensor(array: np.ndarray) -> torch.Tensor:
    # A copy: torch may write into the tensors it is given, and a tape may hold the array.
    return torch.from_numpy(np.array(array))


def _kind(value: object) -> str:
    return f"a tensor on {value.device}" if isinstance(value, torch.Tensor) else type(value).__name__
