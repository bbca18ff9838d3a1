"""What the ledger measures of recurrent networks: gradients, their bound, memory, clipping.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

from functools import lru_cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes.activations import tanh
from livenotes.checks import relative_error
from livenotes.lab.memory import RATE, SOLVED_SHARE, TASKS, Net, fit, longest_solved, trained
from livenotes.optimization import clip_by_norm, global_norm
from livenotes.recurrent import CELLS, elman

from .cliff import descent, surface
from .gradients import MATRICES, NONLINEARITIES, horizon, reach
from .starts import trained_from

SEEDS = range(5)

_Values = Float[ndarray, " S"]


def _elman(seed: int, steps: int = 20) -> tuple[elman.ElmanParams, ndarray]:
    """Parameters of 16 tanh units with an orthogonal start, and inputs (T, 2, 3)."""
    rng = np.random.default_rng(seed)
    return elman.init(rng, 3, 16), rng.normal(size=(steps, 2, 3))


def _start(params: elman.ElmanParams) -> ndarray:
    return elman.zero_state(params, 2)


def _from_the_last_state(seed: int, steps: int) -> Float[ndarray, "T 2 3"]:
    """Gradient of the last state's sum in every input."""
    params, x = _elman(seed, steps)
    outputs, tape = elman.forward(params, x, _start(params))
    g_outputs = np.zeros_like(outputs)
    g_outputs[-1] = 1
    return elman.backward(tape, g_outputs).g_x


def axes_of_the_recurrent_weights() -> _Values:
    """Number of axes of the array of weights from one step's layer to the next."""
    params, _ = _elman(0)
    return np.array([float(params.w_h.ndim)])


def difference_without_the_loop() -> _Values:
    """Relative difference of a cell whose recurrent weights are 0 to a dense layer at every step."""
    found = []
    for seed in SEEDS:
        params, x = _elman(seed)
        outputs, _ = elman.forward(params._replace(w_h=np.zeros_like(params.w_h)), x, _start(params))
        layer = dense.Layer(params.w_x, params.b)
        sums, _ = dense.forward([layer], x.reshape(-1, 3), tanh)
        found.append(relative_error(outputs.reshape(-1, 16), tanh(sums)))
    return np.array(found)


def steps_that_reach_the_output() -> _Values:
    """Number of steps of 100 whose input the last state depends on."""
    found = [(_from_the_last_state(seed, 100) != 0).any(axis=(1, 2)).sum() for seed in SEEDS]
    return np.array(found, float)


@lru_cache(maxsize=1)
def _trained() -> tuple[Net, ...]:
    """Three nets after a short training on temporal order."""
    cell = CELLS["elman_tanh"]
    return tuple(fit("temporal-order", cell, 10, seed, rate=RATE, iterations=100)[1] for seed in range(3))


def share_of_weights_at_zero() -> _Values:
    """Share of the weights of a trained cell that are exactly 0."""
    found = []
    for net in _trained():
        weights = np.concatenate([net.cell.w_x.ravel(), net.cell.w_h.ravel()])
        found.append(float((weights == 0).mean()))
    return np.array(found)


def gradient_of_sum_and_sum_of_gradients() -> _Values:
    """Relative difference of the gradient of a summed loss to the sum over every step's own gradient."""
    found = []
    for seed in SEEDS:
        params, x = _elman(seed)
        v = np.random.default_rng(seed).normal(size=(2, 16))  # the readout, 2 outputs
        outputs, tape = elman.forward(params, x, _start(params))
        y = outputs @ v.T  # e_t = |y_t|^2 / 2
        each = []
        for t in range(len(x)):
            g_y = np.zeros_like(y)
            g_y[t] = y[t]
            each.append(_both(tape, outputs, v, g_y))
        total = [np.sum(parts, axis=0) for parts in zip(*each, strict=True)]
        found.append(relative_error(tuple(_both(tape, outputs, v, y)), tuple(total)))
    return np.array(found)


def _both(tape: elman.ElmanTape, outputs: ndarray, v: ndarray, g_y: ndarray) -> list[ndarray]:
    """Gradients of the input's, the readout's and the recurrent weights, from that of the answers."""
    g = elman.backward(tape, g_y @ v).g_params
    return [g.w_x, np.einsum("tbk,tbh->kh", g_y, outputs), g.w_h]


def gradient_and_sum_over_steps() -> _Values:
    """Relative difference of dL/dW_h to the sum of what every step adds to it."""
    found = []
    for seed in SEEDS:
        params, x = _elman(seed)
        outputs, tape = elman.forward(params, x, _start(params))
        see_through = tape._replace(params=params._replace(w_x=np.eye(16)), x=tape.h[1:])
        g = elman.backward(see_through, outputs)
        added = [d.T @ h for d, h in zip(g.g_x, tape.h[:-1], strict=True)]  # with W_x = I, g_x is dL/da
        found.append(relative_error(g.g_params.w_h, np.sum(added, axis=0)))
    return np.array(found)


def influence_of_the_first_input() -> _Values:
    """Length of the gradient of the tenth state's sum in the first input."""
    return np.array([np.linalg.norm(_from_the_last_state(seed, 10)[0]) for seed in SEEDS])


def adding_above_chance_at_120() -> _Values:
    """Score of trained Elman cells on the adding problem of length 120, less that of guessing."""
    score = trained("adding").score.sel(cell="elman_tanh", length=120)
    return np.asarray(score) - TASKS["adding"].chance


def longest_copied() -> _Values:
    """Longest pause after which trained Elman cells repeat five symbols, at least 90 % of them right."""
    return np.asarray(longest_solved(trained("copying").score.sel(cell="elman_tanh")), float)


def largest_ratio_to_bound() -> _Values:
    """Largest norm of a product of Jacobians, relative to its bound, over many cells and 30 steps."""
    ratios = [
        float((run.jacobian / run.bound).max())
        for name in NONLINEARITIES
        for matrix in MATRICES
        for radius in (0.5, 1.0, 1.5)
        for run in [reach(name, radius, matrix=matrix, steps=30, seeds=2)]
    ]
    return np.array([max(ratios)])


def _left(run: xr.Dataset) -> _Values:
    """log10 of what is left of the gradient at the last lag; at least -300, where it is exactly 0."""
    return np.asarray(np.log10(np.maximum(run.gradient.isel(lag=-1), 1e-300)))


def left_below_one() -> _Values:
    """The most that is left after 50 steps with a bound of 0.9 a step, over four nonlinearities."""
    radii = {"tanh": 0.9, "relu": 0.9, "sigmoid": 3.6, "identity": 0.9}
    return np.max([_left(reach(name, radius)) for name, radius in radii.items()], axis=0)


def left_linear_above_one() -> _Values:
    """What is left after 50 steps of a linear cell with a bound of 1.5."""
    return _left(reach("identity", 1.5))


def left_tanh_above_one() -> _Values:
    """What is left after 50 steps of a tanh cell with a bound of 1.5."""
    return _left(reach("tanh", 1.5))


def stretch_of_solvers() -> _Values:
    """Largest singular value of the recurrent matrix of tanh cells that learned temporal order."""
    runs = trained_from().sel(task="temporal-order", nonlinearity="tanh")
    found: ndarray = runs.stretch.values[runs.score.values >= SOLVED_SHARE]
    return found


def horizon_half() -> _Values:
    """Steps until less than 1 % of the gradient is left, tanh, spectral radius 0.5."""
    return np.asarray(horizon(reach("tanh", 0.5).gradient))


def horizon_one() -> _Values:
    """Steps until less than 1 % of the gradient is left, tanh, spectral radius 1."""
    return np.asarray(horizon(reach("tanh", 1.0).gradient))


def clipped_error() -> _Values:
    """Largest error after 300 clipped updates from five points before the cliff."""
    starts = np.random.default_rng(0).normal([6.0, -2.6], 0.05, size=(5, 2))
    return np.array([max(float(descent(w, b, limit=0.5).error[-1]) for w, b in starts)])


def clipped_length() -> _Values:
    """Longest gradient after clipping to length 1, over 100 random gradients of very different lengths."""
    rng = np.random.default_rng(0)
    gradients = [10.0 ** rng.uniform(-3, 6) * rng.normal(size=20) for _ in range(100)]
    return np.array([max(global_norm(clip_by_norm(g, 1.0)) for g in gradients)])


def heights_of_the_surface() -> _Values:
    """Number of different heights of the error surface at 2500 points."""
    shape = surface(np.linspace(4, 7, 50), np.linspace(-3.5, -1.5, 50))
    return np.array([float(len(np.unique(shape)))])


def _moves(limit: float | None) -> Float[ndarray, " N"]:
    path = descent(limit=limit)
    return np.hypot(np.diff(path.w), np.diff(path.b))


def jump_off_the_cliff() -> _Values:
    """Length of the longest step of plain descent."""
    return np.array([_moves(None).max()])


def step_at_the_cliff() -> _Values:
    """Length of the longest step of descent clipped at 0.5."""
    return np.array([_moves(0.5).max()])


def eta_orthogonal_tanh() -> _Values:
    """Largest singular value times largest slope, orthogonal start, tanh."""
    return reach("tanh", 1.0).eta.values


def eta_orthogonal_sigmoid() -> _Values:
    """Largest singular value times largest slope, orthogonal start, sigmoid."""
    return reach("sigmoid", 1.0).eta.values


def left_identity_relu() -> _Values:
    """What is left after 50 steps of an identity start with ReLU."""
    return _left(reach("relu", 1.0, matrix="identity"))


def left_identity_tanh() -> _Values:
    """What is left after 50 steps of an identity start with tanh."""
    return _left(reach("tanh", 1.0, matrix="identity"))


def left_orthogonal_relu() -> _Values:
    """What is left after 50 steps of an orthogonal start with ReLU."""
    return _left(reach("relu", 1.0))


def relu_slopes_other_than_0_and_1() -> _Values:
    """Share of a thousand random states of a ReLU cell at which its slope is neither 0 nor 1."""
    relu = NONLINEARITIES["relu"]
    slope = relu.slope(relu.value(np.random.default_rng(0).normal(size=1000)))
    return np.array([float(((slope != 0) & (slope != 1)).mean())])
