"""One time step of an LSTM on its tape, forth and back: the inside of the loops over time."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from ._lstm_records import LSTMTape


def update(p: Float[ndarray, "P H"] | None, tape: LSTMTape, t: int) -> None:
    """Turn the pre-activations in ``tape.gates[:, t]`` into gates, and write the next state."""
    gate, candidate, squash = tape.roles
    a, c_prev, c, s = tape.gates[:, t], tape.c[t], tape.c[t + 1], tape.squashed[t]
    *i, f, g, o = a
    if p is not None:
        a[:-2] += p[:-1, None] * c_prev  # i and f look at the old state
    gate.value(a[:-2], out=a[:-2])
    candidate.value(g, out=g)
    np.multiply(f, c_prev, out=c)
    c += (i[0] if i else 1 - f) * g
    if p is not None:
        o += p[-1] * c  # o looks at the new one
    gate.value(o, out=o)
    squash.value(c, out=s)
    np.multiply(o, s, out=tape.h[t + 1])


def update_back(
    p: Float[ndarray, "P H"] | None,
    tape: LSTMTape,
    t: int,
    g_h: Float[ndarray, "B H"],
    g_c: Float[ndarray, "B H"],
    g_a: Float[ndarray, "G B H"],
) -> None:
    """Write dL/da of every gate into ``g_a``, and turn ``g_c`` from dL/dc_t into dL/dc_{t-1}."""
    gate, _, squash = tape.roles
    f, o, s = tape.gates[-3, t], tape.gates[-1, t], tape.squashed[t]
    # h_t = o s(c_t)
    g_o = gate.slope(o, out=g_a[-1])
    g_o *= s
    g_o *= g_h
    through_h = squash.slope(s)
    through_h *= o
    through_h *= g_h
    g_c += through_h
    if p is not None:
        g_c += p[-1] * g_o
    # c_t = f c_{t-1} + i g
    _cell_slopes(tape, t, g_a)
    g_a[:-1] *= g_c
    g_c *= f
    if p is not None:
        g_c += (p[:-1, None] * g_a[:-2]).sum(axis=0)


def _cell_slopes(tape: LSTMTape, t: int, slopes: Float[ndarray, "G B H"]) -> None:
    """Write the slope of c_t in the pre-activations of i, f and g into all but the last of ``slopes``."""
    gate, candidate, _ = tape.roles
    *i, f, g, _ = gates = tape.gates[:, t]
    gate.slope(gates[:-2], out=slopes[:-2])
    candidate.slope(g, out=slopes[-2])
    if i:
        slopes[0] *= g
        slopes[1] *= tape.c[t]
        slopes[2] *= i[0]
    else:  # i = 1 - f: what f lets in of the old it keeps out of the new
        slopes[0] *= tape.c[t] - g
        slopes[1] *= 1 - f


def peephole_gradient(g_a: Float[ndarray, "T B G H"], c: Float[ndarray, "T+1 B H"]) -> Float[ndarray, "P H"]:
    """Sum over time and batch of every gate's gradient times the cell state it looked at."""
    old = np.einsum("tbph,tbh->ph", g_a[:, :, :-2], c[:-1])
    new = np.einsum("tbh,tbh->h", g_a[:, :, -1], c[1:])
    return np.concatenate([old, new[None]])
