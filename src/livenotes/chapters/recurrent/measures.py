"""What the ledger measures of recurrent networks: gradients, their bound, memory, clipping.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

from time import process_time

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from scipy.stats import spearmanr

from livenotes import dense
from livenotes._validated import body
from livenotes.activations import tanh
from livenotes.checks import relative_error
from livenotes.lab.memory import RATE, TASKS, longest_solved, trained
from livenotes.optimization import global_norm
from livenotes.recurrent import elman

from .cliff import descent, slope
from .gradients import MATRICES, NONLINEARITIES, reach
from .starts import trained_from, trained_without

SEEDS = range(5)

_Values = Float[ndarray, " S"]


def _elman(seed: int, steps: int = 20) -> tuple[elman.ElmanParams, ndarray]:
    """Parameters of 16 tanh units with an orthogonal start, and inputs (T, 2, 3)."""
    rng = np.random.default_rng(seed)
    return elman.init(rng, 3, 16), rng.normal(size=(steps, 2, 3))


def _start(params: elman.ElmanParams) -> ndarray:
    return elman.zero_state(params, 2)


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


def time_with_own_weights() -> _Values:
    """Processor time of 100 steps with weights of their own, relative to that with shared weights."""
    rng = np.random.default_rng(0)
    x, own = rng.normal(size=(100, 16, 3)), [elman.init(rng, 3, 32) for _ in range(100)]
    step = body(elman.step)

    def seconds(weights: list[elman.ElmanParams]) -> float:
        state, start = np.zeros((16, 32)), process_time()
        for params, x_t in zip(weights, x, strict=True):
            state = step(params, x_t, state)
        return process_time() - start

    pairs = [(seconds(own), seconds(own[:1] * 100)) for _ in range(30)]
    return np.array([np.divide(*np.min(part, axis=0)) for part in np.split(np.array(pairs), 3)])


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


def first_symbols_found() -> _Values:
    """Share of first symbols, of four, that a linear map finds in the state after ten."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        params, symbols = elman.init(rng, 4, 32), rng.integers(4, size=(10, 2000))
        outputs, _ = elman.forward(params, np.eye(4)[symbols], elman.zero_state(params, 2000))
        state, first = np.c_[outputs[-1], np.ones(2000)], symbols[0]
        readout = np.linalg.lstsq(state[:1000], np.eye(4)[first[:1000]])[0]
        found.append(float(((state[1000:] @ readout).argmax(axis=1) == first[1000:]).mean()))
    return np.array(found)


def adding_above_chance_at_120() -> _Values:
    """Score of trained Elman cells on the adding problem of length 120, less that of guessing."""
    score = trained("adding").score.sel(cell="elman_tanh", length=120)
    return np.asarray(score) - TASKS["adding"].chance


def remembered_without_tricks() -> _Values:
    """Steps from the first symbol to the answer, at least, at the longest length that was learned."""
    score = trained_without().score.sel(start="uniform", clipped=False)
    return 0.8 * np.asarray(longest_solved(score), float)


def stretching_unclipped() -> _Values:
    """Score over 30 steps of cells that start from 1.5 times an orthogonal matrix, not clipped."""
    return trained_without().score.sel(start="stretching", clipped=False, length=30).values


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


def left_linear_above_one() -> _Values:
    """What is left after 50 steps of a linear cell with a bound of 1.5."""
    return _left(reach("identity", 1.5))


def left_tanh_above_one() -> _Values:
    """What is left after 50 steps of a tanh cell with a bound of 1.5."""
    return _left(reach("tanh", 1.5))


def clipped_error() -> _Values:
    """log10 of the error after 300 clipped updates from each of five points before the cliff."""
    starts = np.random.default_rng(0).normal([6.0, -2.6], 0.05, size=(5, 2))
    return np.log10([descent(w, b, limit=0.5).error.values[-1] for w, b in starts])


def error_and_length_of_gradient() -> _Values:
    """Rank correlation between error and length of the gradient, over 200 random points of the surface."""
    found = []
    for seed in SEEDS:
        points = np.random.default_rng(seed).uniform([4, -3.5], [7, -1.5], size=(200, 2))
        pairs = [(error, global_norm((g.w_h, g.b))) for error, g in (slope(*point) for point in points)]
        found.append(spearmanr(*np.transpose(pairs)).statistic)
    return np.array(found)


def _gained_by_orthogonal(nonlinearity: str) -> _Values:
    """Score from an orthogonal start less that from PyTorch's default, averaged over two tasks."""
    score = trained_from().score.sel(nonlinearity=nonlinearity, task=["temporal-order", "copying"], rate=RATE)
    return np.asarray((score.sel(matrix="orthogonal") - score.sel(matrix="uniform")).mean("task"))


def gained_by_orthogonal_tanh() -> _Values:
    """Gain of tanh cells over 40 steps."""
    return _gained_by_orthogonal("tanh")


def gained_by_orthogonal_relu() -> _Values:
    """Gain of ReLU cells over 40 steps."""
    return _gained_by_orthogonal("relu")


def left_identity_relu() -> _Values:
    """What is left after 50 steps of an identity start with ReLU."""
    return _left(reach("relu", 1.0, matrix="identity"))


def left_identity_tanh() -> _Values:
    """What is left after 50 steps of an identity start with tanh."""
    return _left(reach("tanh", 1.0, matrix="identity"))


def left_orthogonal_relu() -> _Values:
    """What is left after 50 steps of an orthogonal start with ReLU."""
    return _left(reach("relu", 1.0))


def left_relu_less_sigmoid() -> _Values:
    """By how many orders of magnitude ReLU leaves more than the sigmoid after 50 steps, orthogonal start."""
    return _left(reach("relu", 1.0)) - _left(reach("sigmoid", 1.0))
