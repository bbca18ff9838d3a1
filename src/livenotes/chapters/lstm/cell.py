r"""One cell: what is left of a value, a unit that counts brackets by hand, how far a gradient gets.

Along the cell state alone, $\partial c_t/\partial c_{t-k} = f_t f_{t-1} \cdots f_{t-k+1}$. Other ways back
lead through $h$ and the gates.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
import xarray as xr

from livenotes._arguments import require_count, require_number
from livenotes.lab.memory import Net
from livenotes.recurrent import elman, lstm
from livenotes.recurrent.initializers import orthogonal
from livenotes.recurrent.nonlinearities import sigmoid

from .counting import CLAMPS, DEEPEST, SHOWN, clamp, learned, read, watch

SHUT = -30.0  # a bias at which a gate is 0 to the last digit that counts
FIRM = 2.0  # recurrent weight of the tanh unit that holds its state
HIDDEN, SEEDS, WARM_UP, DRIVE = 32, 5, 20, 0.5

# Rows i, f, g, o; columns ( ) . ; and a bias beside them. An open gate is at sigmoid(4.6) = 0.99.
OPEN, WRITES = 4.6, 0.5493  # tanh(0.5493) = 0.5
BY_HAND: Mapping[str, tuple[float, float, float, float]] = {
    "i": (OPEN, OPEN, -OPEN, -OPEN),
    "f": (OPEN, OPEN, OPEN, -OPEN),
    "g": (WRITES, -WRITES, 0.0, 0.0),
    "o": (-OPEN, -OPEN, OPEN, -OPEN),
}


def kept(forget_bias: float, steps: int) -> xr.Dataset:
    """Follow a value through the state of two units that get no input, and the gradient on its way back.

    The one is an LSTM unit whose forget gate has a bias and nothing else, and whose input gate is shut; the
    other a tanh unit with recurrent weight 2, which holds its state.

    Parameters
    ----------
    forget_bias : float, finite
    steps : int, at least 1

    Returns
    -------
    Dataset
        Over ``step`` 0, ..., T: ``c`` and ``h``, the states of the two, relative to where they began; over
        ``back`` 0, ..., T: ``g_c`` and ``g_h``, the gradient of the last state with respect to the state so
        many steps before. ``f``, the value of the forget gate.
    """
    steps, bias = require_count("steps", steps), require_number("forget_bias", forget_bias)
    x, one, zero = np.zeros((steps, 1, 1)), np.ones((1, 1)), np.zeros((1, 1))
    unit = lstm.LSTMParams(np.zeros((4, 1)), np.zeros((4, 1)), np.array([SHUT, bias, 0.0, 0.0]))
    _, tape = lstm.forward(unit, x, lstm.LSTMState(zero, one))
    g_c, g_state = [1.0], lstm.LSTMState(zero, one)
    firm = elman.ElmanParams(one, FIRM * one, np.zeros(1))
    # Where the state of this unit stays for good.
    held = elman.forward(firm, np.zeros((100, 1, 1)), one)[0][-1]
    _, firm_tape = elman.forward(firm, x, held)
    g_h, g_firm = [1.0], one
    for t in reversed(range(steps)):
        g_state = lstm.step_back(tape, t, g_state).g_state0
        g_c.append(g_state.c.item())
        g_firm = elman.step_back(firm_tape, t, g_firm).g_state0
        g_h.append(g_firm.item())
    return xr.Dataset(
        {
            "c": ("step", tape.c[:, 0, 0]),
            "h": ("step", firm_tape.h[:, 0, 0] / held.item()),
            "g_c": ("back", np.array(g_c)),
            "g_h": ("back", np.array(g_h)),
            "f": float(sigmoid(np.array(bias))),
        },
        coords={"step": np.arange(steps + 1), "back": np.arange(steps + 1)},
    )


def by_hand() -> lstm.LSTMParams:
    """Make the unit that counts brackets, half a unit of its state for each."""
    w_x = np.array(list(BY_HAND.values()))
    return lstm.LSTMParams(w_x, np.zeros((4, 1)), np.zeros(4))


def by_hand_net() -> Net:
    """Make the unit with a readout: the count whose state, bent by tanh, is nearest to what is shown.

    Of squared distances the part that all counts share is left out: the score of a level l is l h - l^2/2.
    """
    levels = np.tanh(0.5 * np.arange(DEEPEST + 1))
    return Net(by_hand(), levels[:, None], -(levels**2) / 2)


def trace(text: str) -> xr.Dataset:
    """Run the unit made by hand over a line of text.

    Returns
    -------
    Dataset
        Over ``time`` 1, ..., T: gates ``i``, ``f``, ``g``, ``o``, states ``c`` and ``h`` after the step, and
        ``before``, the cell state before it.
    """
    params = by_hand()
    outputs, tape = lstm.forward(params, read(text).x, lstm.zero_state(params, 1))
    parts = dict(zip("ifgo", tape.gates, strict=True)) | {
        "c": tape.c[1:],
        "h": outputs,
        "before": tape.c[:-1],
    }
    return xr.Dataset(
        {name: ("time", part[:, 0, 0]) for name, part in parts.items()},
        coords={"time": np.arange(1, len(text) + 1)},
    )


def by_hand_watched() -> xr.Dataset:
    """Look at the unit made by hand as ``learn`` looks at a trained net."""
    net, lines = by_hand_net(), [read(line) for line in SHOWN.values()]
    held = [net._replace(cell=clamp(net.cell, how)) for how in CLAMPS.values()]
    rows = [[watch(each, line) for line in lines] for each in held]
    parts = {name: np.array([[one[name] for one in row] for row in rows]) for name in rows[0][0]}
    return xr.Dataset(
        {name: (("clamp", "text", "time"), values) for name, values in parts.items()},
        coords={"clamp": list(CLAMPS), "text": list(SHOWN)},
    )


@cache
def counters() -> dict[str, xr.Dataset]:
    """Collect the two counters with one unit: a trained one, and the one made by hand."""
    return {"trained": learned().sel(hidden=1, seed=4), "by hand": by_hand_watched()}


def carried(forget_bias: float, steps: int, *, seeds: int = SEEDS) -> xr.Dataset:
    """Send a gradient back through untrained LSTM layers that read noise, by all ways and along c alone.

    Parameters
    ----------
    forget_bias : float, finite
    steps, seeds : int, at least 1

    Returns
    -------
    Dataset
        Over ``seed`` and ``lag`` 0, ..., K: ``both``, the length of the gradient that reaches the cell state
        so many steps back, relative to the last; ``along_c``, the same if every way but the one along the
        cell state is cut: what the products of the forget gates leave of it; ``tanh``, the length of the
        gradient that reaches the state of an Elman layer with orthogonal weights, fed with the same noise.
        Over ``seed``: ``f``, the mean of the forget gates.
    """
    steps, bias = require_count("steps", steps), require_number("forget_bias", forget_bias)
    runs = []
    for seed in range(require_count("seeds", seeds)):
        rng = np.random.default_rng(seed)
        params = lstm.init(rng, HIDDEN, HIDDEN, forget_bias=bias)
        noise = rng.normal(scale=DRIVE, size=(WARM_UP + steps, 1, HIDDEN))
        _, tape = lstm.forward(params, noise, lstm.zero_state(params, 1))
        direction = rng.normal(size=(1, HIDDEN))
        g = lstm.LSTMState(np.zeros_like(direction), direction)
        plain = elman.ElmanParams(np.eye(HIDDEN), orthogonal(rng, HIDDEN, HIDDEN), np.zeros(HIDDEN))
        _, plain_tape = elman.forward(plain, noise, elman.zero_state(plain, 1))
        ways = {"both": [direction], "along_c": [direction], "tanh": [direction]}
        for t in reversed(range(WARM_UP, WARM_UP + steps)):
            g = lstm.step_back(tape, t, g).g_state0
            ways["both"].append(g.c)
            ways["along_c"].append(ways["along_c"][-1] * tape.gates[1, t])
            ways["tanh"].append(elman.step_back(plain_tape, t, ways["tanh"][-1]).g_state0)
        lengths = {name: np.linalg.norm(np.concatenate(way), axis=1) for name, way in ways.items()}
        found = {name: ("lag", length / length[0]) for name, length in lengths.items()}
        runs.append(xr.Dataset(found | {"f": float(tape.gates[1].mean())}))
    return xr.concat(runs, dim="seed").assign_coords(lag=np.arange(steps + 1))
