"""What a GRU computes with: parameters and tape, and their checks."""

from typing import NamedTuple

from jaxtyping import Bool, Float
from numpy import ndarray

from livenotes._arguments import require_axes, require_type

from ._checks import Argument


class GRUParams(NamedTuple):
    """Weights, and equally a gradient with respect to them; gates are stacked r, z, n."""

    w_x: Float[ndarray, "3*H D"]
    w_h: Float[ndarray, "3*H H"]
    b: Float[ndarray, "3*H"]
    b_h: Float[ndarray, " H"] | None


class GRUTape(NamedTuple):
    r"""What backward needs from forward; ``h[0]`` is the initial state.

    ``inner`` is what the reset gate multiplies: $h_{t-1}$, or $W_{hn} h_{t-1} + b_h$ after the product.
    """

    x: Float[ndarray, "T B D"]
    h: Float[ndarray, "T+1 B H"]
    gates: Float[ndarray, "3 T B H"]
    inner: Float[ndarray, "T B H"]
    mask: Bool[ndarray, "T B"] | None


def check(params: GRUParams, *arguments: Argument) -> int:
    """Refuse parameters, and further arguments, that do not fit one another; return the hidden size."""
    require_type("params", params, GRUParams)
    inner: list[Argument] = [] if params.b_h is None else [("params.b_h", params.b_h, "H")]
    require_axes(
        ("params.w_h", params.w_h, "3*H H"),
        ("params.w_x", params.w_x, "3*H D"),
        ("params.b", params.b, "3*H"),
        *inner,
        *arguments,
    )
    rows, hidden = params.w_h.shape
    if rows != 3 * hidden:
        raise ValueError(f"params.w_h must have 3*H rows (r, z, n), got shape {(rows, hidden)}")
    return int(hidden)
