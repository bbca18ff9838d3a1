"""What is measured for the claims about activation functions: each function returns one number a seed."""

from functools import cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.special import ndtr

from livenotes import dense
from livenotes.activations import identity, relu, sigmoid, softplus, tanh

from . import approximation, boundaries, centered, paths, sparse, speed, timing
from .curves import curve, peak_slope
from .gradients import chain

X = np.linspace(-20.0, 20.0, 4001)
_TINY = 1e-30  # step of a complex step derivative: Im f(x + ih) / h, exact to the last digit


def _one(value: float) -> Float[ndarray, " 1"]:
    return np.array([float(value)])


def _largest(error: ndarray) -> Float[ndarray, " 1"]:
    return _one(np.abs(error).max())


def tanh_formula_error() -> Float[ndarray, " 1"]:
    """Largest difference between tanh and its two quotients, evaluated as they are written."""
    quotient = (np.exp(X) - np.exp(-X)) / (np.exp(X) + np.exp(-X))
    return _largest(np.stack([quotient, np.sinh(X) / np.cosh(X)]) - tanh(X))


def tanh_derivative_error() -> Float[ndarray, " 1"]:
    """Largest difference between 1 - tanh² and the derivative by a complex step."""
    return _largest(1 - tanh(X) ** 2 - np.tanh(X + 1j * _TINY).imag / _TINY)


def sigmoid_derivative_error() -> Float[ndarray, " 1"]:
    """Largest difference between s(1 - s), from the output s alone, and the derivative by a complex step."""
    s = sigmoid(X)
    return _largest(s * (1 - s) - (1 / (1 + np.exp(-X - 1j * _TINY))).imag / _TINY)


def tanh_is_a_sigmoid_error() -> Float[ndarray, " 1"]:
    """Largest difference between tanh(x) and 2σ(2x) - 1."""
    return _largest(tanh(X) - (2 * sigmoid(2 * X) - 1))


def relu_formula_error() -> Float[ndarray, " 1"]:
    """Largest difference between ReLU and: x if it is positive, else 0."""
    return _largest(relu(X) - np.array([x if x > 0 else 0.0 for x in X]))


def softplus_formula_error() -> Float[ndarray, " 1"]:
    """Largest difference between softplus and ln(e^0 + e^x)."""
    return _largest(softplus(X) - np.logaddexp(0, X))


def slope_ratio_inside() -> Float[ndarray, " 1"]:
    """Smallest ratio of the slope of tanh to that of the sigmoid for |x| up to 1.65."""
    x = np.linspace(-1.65, 1.65, 3301)
    return _one((tanh.slope(x) / sigmoid.slope(x)).min())


def slope_ratio_outside() -> Float[ndarray, " 1"]:
    """Largest ratio of the slope of tanh to that of the sigmoid for |x| from 1.67 on."""
    x = np.linspace(1.67, 20, 1834)
    return _one((tanh.slope(x) / sigmoid.slope(x)).max())


def sigmoid_side_slope() -> Float[ndarray, " 1"]:
    """Slope of the sigmoid at 5, relative to that at 0."""
    return _one(np.divide(*sigmoid.slope(np.array([5.0, 0.0]))))


def sigmoid_far_slope() -> Float[ndarray, " 1"]:
    """Slope of the sigmoid at 10, relative to that at 0."""
    return _one(np.divide(*sigmoid.slope(np.array([10.0, 0.0]))))


def sigmoid_right_output() -> Float[ndarray, " 1"]:
    """Output of the sigmoid at 5."""
    return sigmoid(np.array([5.0]))


def sigmoid_peak_slope() -> Float[ndarray, " 1"]:
    """Largest slope of the sigmoid."""
    return _one(peak_slope(sigmoid))


def sigmoid_two_layers() -> Float[ndarray, " 1"]:
    """Largest product of the slopes of two sigmoids, times 16."""
    return 16 * chain("sigmoid", 2, 1.0).bound[:1]


def sigmoid_ten_layers() -> Float[ndarray, " 1"]:
    """Largest product of the slopes of ten sigmoids, times 1,048,576."""
    return 1_048_576 * chain("sigmoid", 10, 1.0).bound[:1]


def sigmoid_near_peak_share() -> Float[ndarray, " 1"]:
    """Share of standard normal inputs at which the slope of the sigmoid is within 1 % of its peak."""
    edges = np.linspace(-1, 1, 20001)
    near = sigmoid.slope((edges[1:] + edges[:-1]) / 2) >= 0.99 * peak_slope(sigmoid)
    return _one(np.diff(ndtr(edges)) @ near)


def equal_outputs_right() -> Float[ndarray, " 1"]:
    """Share of neighbors in a thousand inputs from 18 to 30 that a float32 sigmoid cannot tell apart."""
    return _equal_outputs(18.0, 30.0)


def equal_outputs_center() -> Float[ndarray, " 1"]:
    """The same for inputs from -6 to 6."""
    return _equal_outputs(-6.0, 6.0)


def _equal_outputs(low: float, high: float) -> Float[ndarray, " 1"]:
    return _one((np.diff(sigmoid(np.linspace(low, high, 1000, dtype=np.float32))) == 0).mean())


def relu_slope_jump() -> Float[ndarray, " 1"]:
    """Slope of ReLU just right of 0 minus that just left of it."""
    return _one(np.diff(relu.slope(np.array([-1e-12, 1e-12])))[0])


def relu_slope_at_kink() -> Float[ndarray, " 1"]:
    """Slope that ReLU reports at 0."""
    return relu.slope(np.array([0.0]))


def relu_smallest_positive_slope() -> Float[ndarray, " 1"]:
    """Smallest slope of ReLU over positive inputs."""
    return _one(relu.slope(X[X > 0]).min())


def relu_saturated_share() -> Float[ndarray, " 1"]:
    """Share of standard normal inputs at which ReLU is saturated."""
    return _one(curve("relu", 0.0, 1.0).saturated)


def sigmoid_mean_output() -> Float[ndarray, " 1"]:
    """Mean output of the sigmoid for a standard normal input."""
    return _one(curve("sigmoid", 0.0, 1.0).output_mean)


def relu_mean_output() -> Float[ndarray, " 1"]:
    """Mean output of ReLU for a standard normal input."""
    return _one(curve("relu", 0.0, 1.0).output_mean)


def tanh_mean_output() -> Float[ndarray, " 1"]:
    """Mean output of tanh for a standard normal input."""
    return _one(curve("tanh", 0.0, 1.0).output_mean)


def tanh_mean_output_off_center() -> Float[ndarray, " 1"]:
    """Mean output of tanh for a normal input with mean 1 and spread 1."""
    return _one(curve("tanh", 1.0, 1.0).output_mean)


def largest_s_curve_output() -> Float[ndarray, " 1"]:
    """Largest absolute output of the sigmoid and tanh for inputs up to 10,000."""
    x = np.linspace(-1e4, 1e4, 20001)
    return _largest(np.stack([sigmoid(x), tanh(x)]))


def low_rank_parameters() -> Float[ndarray, " 1"]:
    """Weights of two linear layers, 512-16-512, over those of one from 512 to 512."""
    rng = np.random.default_rng(0)
    two, one = (dense.init(rng, widths) for widths in ([512, 16, 512], [512, 512]))
    return _one(sum(layer.w.size for layer in two) / sum(layer.w.size for layer in one))


def convolution_collapse_error() -> Float[ndarray, " S"]:
    """Relative difference between five convolutions in a row and one with the convolved kernel."""
    errors = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        signal, kernels, kernel = rng.normal(size=200), rng.normal(size=(5, 5)), np.ones(1)
        deep = signal
        for k in kernels:
            deep, kernel = np.convolve(deep, k), np.convolve(kernel, k)
        errors.append(np.abs(deep - np.convolve(signal, kernel)).max() / np.abs(deep).max())
    return np.array(errors)


def _arriving(activation: str, depth: int, scale: float) -> Float[ndarray, " S"]:
    return np.log10(chain(activation, depth, scale).gradient[:, 0])


def tanh_gradient_advantage() -> Float[ndarray, " S"]:
    """Orders of magnitude between the gradients that tanh and the sigmoid send through ten layers."""
    return _arriving("tanh", 10, 1.0) - _arriving("sigmoid", 10, 1.0)


def sigmoid_gradient_xavier() -> Float[ndarray, " S"]:
    """log10 of the gradient after ten sigmoid layers at Xavier's scale."""
    return _arriving("sigmoid", 10, 1.0)


def sigmoid_gradient_large_weights() -> Float[ndarray, " S"]:
    """log10 of the gradient after ten sigmoid layers with weights 16 times as large."""
    return _arriving("sigmoid", 10, 16.0)


def relu_gradient_he() -> Float[ndarray, " S"]:
    """log10 of the gradient after thirty ReLU layers at He's scale."""
    return _arriving("relu", 30, 2**0.5)


def relu_gradient_xavier() -> Float[ndarray, " S"]:
    """log10 of the gradient after thirty ReLU layers at Xavier's scale."""
    return _arriving("relu", 30, 1.0)


def tanh_gradient_small_weights() -> Float[ndarray, " S"]:
    """log10 of the gradient after thirty tanh layers at half of Xavier's scale."""
    return _arriving("tanh", 30, 0.5)


def tanh_gradient_xavier() -> Float[ndarray, " S"]:
    """log10 of the gradient after thirty tanh layers at Xavier's scale."""
    return _arriving("tanh", 30, 1.0)


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
