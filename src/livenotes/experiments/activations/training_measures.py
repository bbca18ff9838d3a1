"""What the ledger measures of nets and of time: boundaries, paths, sparsity, speed, cost.

Each function returns a 1-D array: one value a seed or a round of timings, or a single one where nothing is
random. Experiments that serve several claims are run once a process.
"""

from functools import cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes.activations import identity

from . import approximation, boundaries, centered, paths, sparse, speed, timing

Values = Float[ndarray, " S"]


@cache
def _separation() -> boundaries.Separation:
    return boundaries.separation(range(10))


def _separated(name: str) -> Values:
    found = _separation()
    return found.accuracy[found.names.index(name)]


def linear_collapse_error() -> Values:
    """Relative difference between ten linear layers and one."""
    return boundaries.collapse(10, range(5)).linear


def two_layer_collapse_error() -> Values:
    """Relative difference between two linear layers and one."""
    return boundaries.collapse(2, range(5)).linear


def affine_collapse_error() -> Values:
    """Relative difference between ten layers with biases and one with a bias."""
    return boundaries.collapse(10, range(5)).affine


def linear_accuracy() -> Values:
    """Training accuracy of a linear 2-8-8-1 net on two spirals."""
    return _separated("identity")


def hidden_layers_gain() -> Values:
    """Accuracy of a linear 2-8-8-1 net minus that without hidden layers."""
    return _separated("identity") - _separation().line


def nonlinear_accuracy() -> Values:
    """Training accuracy on two spirals, the lower of tanh and ReLU."""
    return np.minimum(_separated("tanh"), _separated("relu"))


def sigmoid_advantage() -> Values:
    """Accuracy of the sigmoid on two spirals minus the better of identity and step."""
    return _separated("sigmoid") - np.maximum(_separated("identity"), _separated("step"))


def linear_output_values() -> Values:
    """Number of different outputs of a linear net for 120 points."""
    rng = np.random.default_rng(0)
    out, _ = dense.forward(dense.init(rng, (2, 8, 8, 1)), rng.normal(size=(120, 2)), identity)
    return np.array([float(len(np.unique(out)))])


@cache
def _approximation() -> approximation.Universal:
    return approximation.universal(range(10))


def _widest_error(*names: str) -> Values:
    found = _approximation()
    return np.max([found.error[found.names.index(name), -1] for name in names], axis=0)


def approximation_error() -> Values:
    """Error of the widest random net for sin(3x), the larger of tanh and ReLU."""
    return _widest_error("tanh", "relu")


def polynomial_approximation_error() -> Values:
    """The same with x² as the activation."""
    return _widest_error("square")


def same_sign_single() -> Values:
    """Share of updates in which all weight gradients share a sign, batches of 1."""
    return paths.same_sign(1, range(10))


def same_sign_batch() -> Values:
    """The same for batches of 64."""
    return paths.same_sign(64, range(10))


def zigzag_slowdown() -> Values:
    """Steps with inputs like sigmoid outputs, over steps with the same inputs centered."""
    steps = [[paths.zigzag(mean, 0.21, seed).steps for seed in range(20)] for mean in (0.5, 0.0)]
    return np.array(steps[0]) / np.array(steps[1])


@cache
def _centering() -> centered.Centering:
    return centered.centering(range(5))


def uncentered_data_slowdown() -> Values:
    """Updates of a tanh net with pixels from 0, over updates with centered pixels."""
    return np.divide(*_centering().steps[:2])


def uncentered_sigmoid_slowdown() -> Values:
    """Updates of a sigmoid net, over updates with the sigmoid minus one half."""
    return np.divide(*_centering().steps[2:])


@cache
def _sparsity() -> sparse.Sparsity:
    return sparse.sparsity(range(5))


def _of_sparsity(field: ndarray, name: str) -> ndarray:
    return np.asarray(field[_sparsity().names.index(name)])


def sigmoid_active_share() -> Values:
    """Share of sigmoid units above one half at initialization."""
    return _of_sparsity(_sparsity().active, "sigmoid")[:, 0]


def relu_active_share() -> Values:
    """Share of ReLU units above zero at initialization."""
    return _of_sparsity(_sparsity().active, "relu")[:, 0]


def relu_zero_advantage() -> Values:
    """Share of outputs that are exactly zero after training, ReLU minus sigmoid."""
    zero = _sparsity().zero
    return _of_sparsity(zero, "relu")[:, 1] - _of_sparsity(zero, "sigmoid")[:, 1]


def relu_correlation_advantage() -> Values:
    """Mean absolute correlation between hidden units after training, tanh minus ReLU."""
    correlation = _sparsity().correlation
    return _of_sparsity(correlation, "tanh")[:, 1] - _of_sparsity(correlation, "relu")[:, 1]


def sparse_accuracy_gain() -> Values:
    """Validation accuracy of ReLU minus that of softplus, which has no zeros."""
    accuracy = _sparsity().accuracy
    return _of_sparsity(accuracy, "relu") - _of_sparsity(accuracy, "softplus")


def overfitting_relief() -> Values:
    """Gap between training and validation accuracy, tanh minus ReLU, in percentage points."""
    found = sparse.generalization_gap(range(10))
    gap = 100 * (found.train - found.validation)
    return np.asarray(gap[found.names.index("tanh")] - gap[found.names.index("relu")])


def _race_steps(name: str) -> Float[ndarray, "D S"]:
    """Steps to 95 % at the best learning rate, for 1, 2, 4 and 8 hidden layers."""
    race = speed.race()
    return race.best()[list(race.names).index(name)]


def relu_speedup_four_layers() -> Values:
    """Steps of the sigmoid over those of ReLU, four hidden layers."""
    return (_race_steps("sigmoid") / _race_steps("relu"))[2]


def relu_speedup_one_layer() -> Values:
    """Steps of the sigmoid over those of ReLU, one hidden layer."""
    return (_race_steps("sigmoid") / _race_steps("relu"))[0]


def relu_speedup_over_tanh() -> Values:
    """Steps of tanh over those of ReLU, the mean over the depths."""
    return np.asarray((_race_steps("tanh") / _race_steps("relu")).mean(axis=0))


def softplus_slowdown_one_layer() -> Values:
    """Steps of softplus over those of ReLU, one hidden layer."""
    return (_race_steps("softplus") / _race_steps("relu"))[0]


def softplus_slowdown_eight_layers() -> Values:
    """Steps of softplus over those of ReLU, eight hidden layers."""
    return (_race_steps("softplus") / _race_steps("relu"))[3]


def sigmoid_slowdown() -> Values:
    """Steps of the sigmoid over the fewest of tanh, softsign and ReLU, at the depth where it does best."""
    fastest = np.min([_race_steps(name) for name in ("tanh", "softsign", "relu")], axis=0)
    return np.asarray((_race_steps("sigmoid") / fastest).min(axis=0))


def deep_sigmoid_arrivals() -> Values:
    """Whether eight sigmoid layers at Xavier's scale arrive within 1000 updates at any learning rate."""
    return _deep_arrivals("sigmoid")


def deep_sigmoid_arrivals_large_weights() -> Values:
    """The same with starting weights four times as large."""
    return _deep_arrivals("sigmoid, gain 4")


def _deep_arrivals(name: str) -> Values:
    race = speed.race()
    steps = race.steps[list(race.names).index(name), list(race.depths).index(8)]
    return np.isfinite(steps).any(axis=0).astype(float)


@cache
def _costs() -> tuple[timing.Cost, ...]:
    return tuple(timing.cost(9) for _ in range(5))


def _median(field: str, name: str) -> Values:
    """Medians of each round: single timings have outliers of any size."""
    return np.array([np.median(getattr(c, field)[c.names.index(name)]) for c in _costs()])


def sigmoid_forward_cost() -> Values:
    """Time to evaluate the sigmoid, over that of ReLU."""
    return _median("forward", "sigmoid")


def tanh_cost() -> Values:
    """Time to evaluate tanh and its backward pass, over that of ReLU."""
    return _median("both", "tanh")


def relu_over_comparison() -> Values:
    """Time to evaluate ReLU, over that of a bare comparison, the step."""
    return 1 / _median("forward", "step")


def sigmoid_share_of_step() -> Values:
    """Share of the sigmoid in a training step of a layer 512 wide."""
    return _median("share", "sigmoid")


def relu_saving_of_step() -> Values:
    """Share of such a step that ReLU in place of the sigmoid saves."""
    return _median("share", "sigmoid") - _median("share", "relu")
