"""What an LSTM computes with: parameters, state, tape, the roles of its nonlinearities; and their checks."""

from typing import NamedTuple

from jaxtyping import Bool, Float
from numpy import ndarray

from livenotes._arguments import require_axes, require_type

from ._checks import Argument
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


def check(params: LSTMParams, *arguments: Argument) -> int:
    """Refuse parameters, and further arguments, that do not fit one another; return the hidden size."""
    require_type("params", params, LSTMParams)
    peepholes: list[Argument] = [] if params.p is None else [("params.p", params.p, "P H")]
    require_axes(
        ("params.w_h", params.w_h, "G*H H"),
        ("params.w_x", params.w_x, "G*H D"),
        ("params.b", params.b, "G*H"),
        *peepholes,
        *arguments,
    )
    rows, hidden = params.w_h.shape
    if rows not in (3 * hidden, 4 * hidden):
        raise ValueError(
            f"params.w_h must have 4*H rows (i, f, g, o) or 3*H (f, g, o), got shape {(rows, hidden)}"
        )
    if params.p is not None and len(params.p) != rows // hidden - 1:
        raise ValueError(f"params.p must have a row for each gate but g, got shape {params.p.shape}")
    return int(hidden)


def parts(name: str, state: LSTMState) -> list[Argument]:
    """Name the parts of a state, or of a gradient of one, for :func:`check`."""
    require_type(name, state, LSTMState)
    return [(f"{name}.h", state.h, "B H"), (f"{name}.c", state.c, "B H")]
