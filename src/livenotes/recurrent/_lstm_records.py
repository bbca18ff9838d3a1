"""What an LSTM computes with: parameters, state, tape, the roles of its nonlinearities; and their checks."""

from typing import Any, NamedTuple

from jaxtyping import Bool, Float
from numpy import ndarray

from .._arguments import require_float, require_input, require_type
from .nonlinearities import SIGMOID, TANH, Nonlinearity


class LSTMParams(NamedTuple):
    """Weights, and equally a gradient with respect to them; gates are stacked i, f, g, o (or f, g, o)."""

    w_x: Float[ndarray, "G*H D"]
    w_h: Float[ndarray, "G*H H"]
    b: Float[ndarray, "G*H"]
    p: Float[ndarray, "P H"] | None = None


class LSTMState(NamedTuple):
    """Output and cell state; equally the gradient with respect to them."""

    h: Float[ndarray, "B H"]
    c: Float[ndarray, "B H"]


class Roles(NamedTuple):
    """Which nonlinearity plays which part: the gates, the candidate g, and what the output sees of c."""

    gate: Nonlinearity = SIGMOID
    candidate: Nonlinearity = TANH
    squash: Nonlinearity = TANH


class LSTMTape(NamedTuple):
    """What backward needs from forward; ``h[0]`` and ``c[0]`` are the initial state."""

    x: Float[ndarray, "T B D"]
    h: Float[ndarray, "T+1 B H"]
    c: Float[ndarray, "T+1 B H"]
    gates: Float[ndarray, "G T B H"]
    squashed: Float[ndarray, "T B H"]
    mask: Bool[ndarray, "T B"] | None
    roles: Roles


STANDARD = Roles()


def check_params(params: LSTMParams) -> int:
    """Refuse parameters that do not fit one another; return the hidden size."""
    require_type("params", params, LSTMParams)
    require_float("params.w_h", params.w_h, {"G*H": None, "H": None})
    rows, dtype = len(params.w_h), params.w_h.dtype
    hidden: int = params.w_h.shape[1]
    if rows not in (3 * hidden, 4 * hidden):
        raise ValueError(
            f"params.w_h must have 4*H rows (i, f, g, o) or 3*H (f, g, o), got shape {params.w_h.shape}"
        )
    require_float("params.w_x", params.w_x, {"G*H": rows, "D": None}, dtype)
    require_float("params.b", params.b, {"G*H": rows}, dtype)
    if params.p is not None:
        require_float("params.p", params.p, {"P": rows // hidden - 1, "H": hidden}, dtype)
    return hidden


def check_input(params: LSTMParams, x_name: str, x: ndarray, state_name: str, state: LSTMState) -> int:
    """Refuse an input or a state that does not fit the parameters; return the hidden size."""
    hidden, dtype = check_params(params), params.b.dtype
    batch = require_input(x_name, x, params.w_x.shape[1], dtype)
    check_state(state_name, state, batch, hidden, dtype)
    return hidden


def check_state(name: str, state: LSTMState, batch: int, hidden: int, dtype: Any) -> None:
    """Refuse a state, or a gradient of one, of another shape or precision."""
    require_type(name, state, LSTMState)
    require_float(f"{name}.h", state.h, {"B": batch, "H": hidden}, dtype)
    require_float(f"{name}.c", state.c, {"B": batch, "H": hidden}, dtype)
