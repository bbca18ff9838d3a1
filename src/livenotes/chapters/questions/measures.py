"""What the ledger measures of the five questions: advice on activations, clipping, data and structure.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes.activations import relu
from livenotes.checks import relative_error
from livenotes.dense import Layer
from livenotes.lab.sweep import at_best_rate
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init

from .layers import LATE, RATES, advice
from .pictures import images, neighbors, permuted
from .sequences import error, roll
from .sizes import CLASSICAL, curves, moved

SEEDS = range(5)

_Values = Float[ndarray, " S"]


def bias_absorbed_error() -> _Values:
    """Relative difference of Wx + b to a matrix with one more column, on inputs with one more entry, 1."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        w, b, x = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(7, 3))
        wide = Layer(np.column_stack([w, b]), np.zeros(4))
        ours, _ = dense.affine(wide, np.column_stack([x, np.ones(7)]))
        found.append(relative_error(ours, dense.affine(Layer(w, b), x)[0]))
    return np.array(found)


def step_along_the_gradient() -> _Values:
    """Cosine of the angle between Adam's second step and the negative gradient, a net on the digits."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        x, labels = images("centered", seed)
        net = dense.init(rng, [64, 32, 10], gain=2**0.5, dtype=np.float32)
        state = adam_init(net)
        for rows in rng.permutation(len(x))[:128].reshape(2, 64):
            y, tape = dense.forward(net, x[rows], relu)
            g = dense.backward(tape, softmax_cross_entropy(y, labels[rows])[1]).g_layers
            before = net
            net, state = adam(net, g, state, lr=0.003)
        step, slope = (
            np.concatenate([part.ravel() for layer in layers for part in layer])
            for layers in ([Layer(a.w - b.w, a.b - b.b) for a, b in zip(net, before, strict=True)], g)
        )
        found.append(-step @ slope / (np.linalg.norm(step) * np.linalg.norm(slope)))
    return np.array(found, float)


@cache
def _right(depth: int) -> xr.DataArray:
    """Errors of each activation at its best rate, over activation and seed."""
    return at_best_rate(1 - advice().accuracy.sel(update=LATE, depth=depth))


def _ahead(ours: str, theirs: str, depth: int) -> _Values:
    """Accuracy of an activation less that of another, each at its best rate."""
    wrong = _right(depth)
    return np.asarray(wrong.sel(activation=theirs) - wrong.sel(activation=ours))


def relu_over_tanh() -> _Values:
    """Accuracy of ReLU less that of tanh, sixteen hidden layers, each at its best rate."""
    return _ahead("relu", "tanh", 16)


def relu_over_tanh_at_a_high_rate() -> _Values:
    """Accuracy of ReLU less that of tanh, sixteen hidden layers, both at Adam's rate 0.01."""
    found = advice().accuracy.sel(update=LATE, depth=16, rate=0.01)
    return np.asarray(found.sel(activation="relu") - found.sel(activation="tanh"))


def elu_over_relu() -> _Values:
    """Accuracy of ELU or leaky ReLU less that of ReLU, whichever is better, four hidden layers."""
    return np.maximum(_ahead("elu", "relu", 4), _ahead("leaky_relu", "relu", 4))


def relu_behind_best() -> _Values:
    """Accuracy of ReLU less that of the best of the others, the worst of three depths."""
    others = [a for a in advice().activation.values.tolist() if a != "relu"]
    gaps = [np.max([_ahead(a, "relu", d) for a in others], axis=0) for d in advice().depth.values.tolist()]
    return -np.max(gaps, axis=0)


def lost_at_a_high_rate() -> _Values:
    """Accuracy that ReLU loses at the highest rate, sixteen hidden layers."""
    found = advice().accuracy.sel(update=LATE, depth=16, activation="relu")
    return np.asarray((1 - _right(16).sel(activation="relu")) - found.sel(rate=RATES[-1]))


def clipped_from_the_valley() -> _Values:
    """How far from the bottom of the valley descents from its wall are after 40 updates, clipped to 1."""
    weights = np.linspace(0.5, 1.1, 601)
    valley = weights[np.argmin(error(weights, 20))]
    return np.array([abs(roll(w, 20, 1.0).w.values[-1] - valley) for w in (1.1, 1.15, 1.2)])


def _nets_ahead(data: str, size: int) -> _Values:
    """Accuracy of the better net less that of the best classical method."""
    found = curves(data).sel(size=size)
    nets = [m for m in found.learner.values.tolist() if m not in CLASSICAL]
    best = found.sel(learner=nets).max("learner") - found.sel(learner=list(CLASSICAL)).max("learner")
    return np.asarray(best)


def nets_ahead_with_fifty() -> _Values:
    """Accuracy of the better of two nets less that of the best classical method, 50 centered digits."""
    return _nets_ahead("centered", 50)


def nets_ahead_where_digits_wander() -> _Values:
    """With 50 digits at random places."""
    return _nets_ahead("wandering", 50)


def nets_ahead_on_the_table() -> _Values:
    """Accuracy of a dense net less that of the best classical method, 400 tumors."""
    return _nets_ahead("table", 400)


def near_less_far() -> _Values:
    """Correlation of pixels side by side less that of pixels four apart, centered digits."""
    x, _ = images("centered", 0)
    return np.array([neighbors(x, 1) - neighbors(x, 4)])


def _lost(kind: str) -> _Values:
    """Accuracy lost on wandering digits when all pixels are permuted."""
    found = permuted().sel(field="wandering", kind=kind)
    return np.asarray(found.sel(share=0) - found.sel(share=100))


def lost_by_windows() -> _Values:
    """Lost by a net that looks through windows."""
    return _lost("windows")


def lost_by_dense() -> _Values:
    """Lost by a dense net."""
    return _lost("dense")


def moved_when_trained_on_shuffled() -> _Values:
    """Largest change of a probability when a net is trained on shuffled columns, its start shuffled alike."""
    return np.array([moved(seed) for seed in SEEDS])


def moved_when_shuffled_later() -> _Values:
    """The same when the columns are shuffled after training."""
    return np.array([moved(seed, later=True) for seed in SEEDS])
