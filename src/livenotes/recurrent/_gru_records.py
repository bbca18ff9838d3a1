"""What a GRU computes with: parameters and tape, and their checks."""

from typing import NamedTuple

from jaxtyping import Bool, Float
from numpy import ndarray

from .._arguments import require_float, require_input, require_type


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


def check_params(params: GRUParams) -> int:
    """Refuse parameters that do not fit one another; return the hidden size."""
    require_type("params", params, GRUParams)
    require_float("params.w_h", params.w_h, {"3*H": None, "H": None})
    rows, dtype = len(params.w_h), params.w_h.dtype
    hidden: int = params.w_h.shape[1]
    if rows != 3 * hidden:
        raise ValueError(f"params.w_h must have 3*H rows (r, z, n), got shape {params.w_h.shape}")
    require_float("params.w_x", params.w_x, {"3*H": rows, "D": None}, dtype)
    require_float("params.b", params.b, {"3*H": rows}, dtype)
    if params.b_h is not None:
        require_float("params.b_h", params.b_h, {"H": hidden}, dtype)
    return hidden


def check_input(params: GRUParams, x_name: str, x: ndarray, state_name: str, state: ndarray) -> int:
    """Refuse an input or a state that does not fit the parameters; return the hidden size."""
    hidden, dtype = check_params(params), params.b.dtype
    batch = require_input(x_name, x, params.w_x.shape[1], dtype)
    require_float(state_name, state, {"B": batch, "H": hidden}, dtype)
    return hidden
