"""What is measured for the claims about activation functions: each function returns one number a seed."""

from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from scipy.special import ndtr

from livenotes import dense
from livenotes.activations import identity, relu, sigmoid, softplus, tanh
from livenotes.lab.sweep import sweep

from .centered import centering, same_sign, zigzag
from .nonlinearity import collapse, separation, universal
from .slopes import chain, curve, peak_slope
from .sparse import generalization_gap, sparsity
from .speed import best_steps, cost, race

Values = Float[ndarray | xr.DataArray, " S"]

X = np.linspace(-20.0, 20.0, 4001)
_TINY = 1e-30  # step of a complex step derivative: Im f(x + ih) / h, exact to the last digit


def _one(value: float | xr.DataArray) -> Values:
    return np.array([float(value)])


def _largest(error: ndarray) -> Values:
    return _one(np.abs(error).max())


def tanh_formula_error() -> Values:
    """Largest difference between tanh and its two quotients, evaluated as they are written."""
    quotient = (np.exp(X) - np.exp(-X)) / (np.exp(X) + np.exp(-X))
    return _largest(np.stack([quotient, np.sinh(X) / np.cosh(X)]) - tanh(X))


def tanh_derivative_error() -> Values:
    """Largest difference between 1 - tanh² and the derivative by a complex step."""
    return _largest(1 - tanh(X) ** 2 - np.tanh(X + 1j * _TINY).imag / _TINY)


def sigmoid_derivative_error() -> Values:
    """Largest difference between s(1 - s), from the output s alone, and the derivative by a complex step."""
    s = sigmoid(X)
    return _largest(s * (1 - s) - (1 / (1 + np.exp(-X - 1j * _TINY))).imag / _TINY)


def tanh_is_a_sigmoid_error() -> Values:
    """Largest difference between tanh(x) and 2σ(2x) - 1."""
    return _largest(tanh(X) - (2 * sigmoid(2 * X) - 1))


def relu_formula_error() -> Values:
    """Largest difference between ReLU and: x if it is positive, else 0."""
    return _largest(relu(X) - np.array([x if x > 0 else 0.0 for x in X]))


def softplus_formula_error() -> Values:
    """Largest difference between softplus and ln(e^0 + e^x)."""
    return _largest(softplus(X) - np.logaddexp(0, X))


def slope_ratio_inside() -> Values:
    """Smallest ratio of the slope of tanh to that of the sigmoid for |x| up to 1.65."""
    x = np.linspace(-1.65, 1.65, 3301)
    return _one((tanh.slope(x) / sigmoid.slope(x)).min())


def slope_ratio_outside() -> Values:
    """Largest ratio of the slope of tanh to that of the sigmoid for |x| from 1.67 on."""
    x = np.linspace(1.67, 20, 1834)
    return _one((tanh.slope(x) / sigmoid.slope(x)).max())


def sigmoid_side_slope() -> Values:
    """Slope of the sigmoid at 5, relative to that at 0."""
    return _one(np.divide(*sigmoid.slope(np.array([5.0, 0.0]))))


def sigmoid_far_slope() -> Values:
    """Slope of the sigmoid at 10, relative to that at 0."""
    return _one(np.divide(*sigmoid.slope(np.array([10.0, 0.0]))))


def sigmoid_right_output() -> Values:
    """Output of the sigmoid at 5."""
    return sigmoid(np.array([5.0]))


def sigmoid_peak_slope() -> Values:
    """Largest slope of the sigmoid."""
    return _one(peak_slope(sigmoid))


def sigmoid_two_layers() -> Values:
    """Largest product of the slopes of two sigmoids, times 16."""
    return _one(16 * chain("sigmoid", 2, 1.0).bound.sel(layer=0))


def sigmoid_ten_layers() -> Values:
    """Largest product of the slopes of ten sigmoids, times 1,048,576."""
    return _one(1_048_576 * chain("sigmoid", 10, 1.0).bound.sel(layer=0))


def sigmoid_near_peak_share() -> Values:
    """Share of standard normal inputs at which the slope of the sigmoid is within 1 % of its peak."""
    edges = np.linspace(-1, 1, 20001)
    near = sigmoid.slope((edges[1:] + edges[:-1]) / 2) >= 0.99 * peak_slope(sigmoid)
    return _one(np.diff(ndtr(edges)) @ near)


def equal_outputs_right() -> Values:
    """Share of neighbors in a thousand inputs from 18 to 30 that a float32 sigmoid cannot tell apart."""
    return _equal_outputs(18.0, 30.0)


def equal_outputs_center() -> Values:
    """The same for inputs from -6 to 6."""
    return _equal_outputs(-6.0, 6.0)


def _equal_outputs(low: float, high: float) -> Values:
    return _one((np.diff(sigmoid(np.linspace(low, high, 1000, dtype=np.float32))) == 0).mean())


def relu_slope_jump() -> Values:
    """Slope of ReLU just right of 0 minus that just left of it."""
    return _one(np.diff(relu.slope(np.array([-1e-12, 1e-12])))[0])


def relu_slope_at_kink() -> Values:
    """Slope that ReLU reports at 0."""
    return relu.slope(np.array([0.0]))


def relu_smallest_positive_slope() -> Values:
    """Smallest slope of ReLU over positive inputs."""
    return _one(relu.slope(X[X > 0]).min())


def relu_saturated_share() -> Values:
    """Share of standard normal inputs at which ReLU is saturated."""
    return _one(curve("relu", 0.0, 1.0).saturated)


def sigmoid_mean_output() -> Values:
    """Mean output of the sigmoid for a standard normal input."""
    return _one(curve("sigmoid", 0.0, 1.0).output_mean)


def relu_mean_output() -> Values:
    """Mean output of ReLU for a standard normal input."""
    return _one(curve("relu", 0.0, 1.0).output_mean)


def tanh_mean_output() -> Values:
    """Mean output of tanh for a standard normal input."""
    return _one(curve("tanh", 0.0, 1.0).output_mean)


def tanh_mean_output_off_center() -> Values:
    """Mean output of tanh for a normal input with mean 1 and spread 1."""
    return _one(curve("tanh", 1.0, 1.0).output_mean)


def largest_s_curve_output() -> Values:
    """Largest absolute output of the sigmoid and tanh for inputs up to 10,000."""
    x = np.linspace(-1e4, 1e4, 20001)
    return _largest(np.stack([sigmoid(x), tanh(x)]))


def low_rank_parameters() -> Values:
    """Weights of two linear layers, 512-16-512, over those of one from 512 to 512."""
    rng = np.random.default_rng(0)
    two, one = (dense.init(rng, widths) for widths in ([512, 16, 512], [512, 512]))
    return _one(sum(layer.w.size for layer in two) / sum(layer.w.size for layer in one))


def convolution_collapse_error() -> Values:
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


def _arriving(activation: str, depth: int, scale: float) -> Values:
    return np.log10(chain(activation, depth, scale).gradient.sel(layer=0))


def tanh_gradient_advantage() -> Values:
    """Orders of magnitude between the gradients that tanh and the sigmoid send through ten layers."""
    return _arriving("tanh", 10, 1.0) - _arriving("sigmoid", 10, 1.0)


def sigmoid_gradient_xavier() -> Values:
    """log10 of the gradient after ten sigmoid layers at Xavier's scale."""
    return _arriving("sigmoid", 10, 1.0)


def sigmoid_gradient_large_weights() -> Values:
    """log10 of the gradient after ten sigmoid layers with weights 16 times as large."""
    return _arriving("sigmoid", 10, 16.0)


def relu_gradient_he() -> Values:
    """log10 of the gradient after thirty ReLU layers at He's scale."""
    return _arriving("relu", 30, 2**0.5)


def relu_gradient_xavier() -> Values:
    """log10 of the gradient after thirty ReLU layers at Xavier's scale."""
    return _arriving("relu", 30, 1.0)


def tanh_gradient_small_weights() -> Values:
    """log10 of the gradient after thirty tanh layers at half of Xavier's scale."""
    return _arriving("tanh", 30, 0.5)


def tanh_gradient_xavier() -> Values:
    """log10 of the gradient after thirty tanh layers at Xavier's scale."""
    return _arriving("tanh", 30, 1.0)


@cache
def _separation() -> xr.Dataset:
    return separation(range(10))


def _separated(name: str) -> Values:
    return _separation().accuracy.sel(activation=name)


def linear_collapse_error() -> Values:
    """Relative difference between ten linear layers and one."""
    return collapse(10, range(5)).linear


def two_layer_collapse_error() -> Values:
    """Relative difference between two linear layers and one."""
    return collapse(2, range(5)).linear


def affine_collapse_error() -> Values:
    """Relative difference between ten layers with biases and one with a bias."""
    return collapse(10, range(5)).affine


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
def _universal() -> xr.Dataset:
    return universal(range(10))


def _widest_error(*names: str) -> Values:
    return _universal().error.sel(activation=list(names), width=128).max("activation")


def approximation_error() -> Values:
    """Error of the widest random net for sin(3x), the larger of tanh and ReLU."""
    return _widest_error("tanh", "relu")


def polynomial_approximation_error() -> Values:
    """The same with x² as the activation."""
    return _widest_error("square")


def same_sign_single() -> Values:
    """Share of updates in which all weight gradients share a sign, batches of 1."""
    return same_sign(1, range(10))


def same_sign_batch() -> Values:
    """The same for batches of 64."""
    return same_sign(64, range(10))


def zigzag_slowdown() -> Values:
    """Steps with inputs like sigmoid outputs, over steps with the same inputs centered."""
    off_center, centered = ([zigzag(m, 0.21, seed).steps for seed in range(20)] for m in (0.5, 0.0))
    return np.divide(off_center, centered)


@cache
def _centering() -> xr.DataArray:
    return centering(range(5))


def _slowdown(variant: str, centered: str) -> Values:
    return _centering().sel(variant=variant) / _centering().sel(variant=centered)


def uncentered_data_slowdown() -> Values:
    """Updates of a tanh net with pixels from 0, over updates with centered pixels."""
    return _slowdown("tanh, pixels from 0", "tanh, pixels centered")


def uncentered_sigmoid_slowdown() -> Values:
    """Updates of a sigmoid net, over updates with the sigmoid minus one half."""
    return _slowdown("sigmoid", "sigmoid - 1/2")


@cache
def _sparsity() -> xr.Dataset:
    return sparsity(range(5))


def _shares(what: str, activation: str, training: str) -> Values:
    return _sparsity()[what].sel(activation=activation, training=training)


def sigmoid_active_share() -> Values:
    """Share of sigmoid units above one half at initialization."""
    return _shares("active", "sigmoid", "before")


def relu_active_share() -> Values:
    """Share of ReLU units above zero at initialization."""
    return _shares("active", "relu", "before")


def relu_zero_advantage() -> Values:
    """Share of outputs that are exactly zero after training, ReLU minus sigmoid."""
    return _shares("zero", "relu", "after") - _shares("zero", "sigmoid", "after")


def relu_correlation_advantage() -> Values:
    """Mean absolute correlation between hidden units after training, tanh minus ReLU."""
    return _shares("correlation", "tanh", "after") - _shares("correlation", "relu", "after")


def sparse_accuracy_gain() -> Values:
    """Validation accuracy of ReLU minus that of softplus, which has no zeros."""
    accuracy = _sparsity().accuracy
    return accuracy.sel(activation="relu") - accuracy.sel(activation="softplus")


def overfitting_relief() -> Values:
    """Gap between training and validation accuracy, tanh minus ReLU, in percentage points."""
    accuracy = generalization_gap(range(10)).accuracy
    gap = 100 * (accuracy.sel(images="training") - accuracy.sel(images="validation"))
    return gap.sel(activation="tanh") - gap.sel(activation="relu")


def _race_ratio(runner: str, other: str = "relu") -> Float[xr.DataArray, "D S"]:
    """Steps to 95 % of one runner over those of another, each at its best learning rate."""
    steps = best_steps(race())
    return steps.sel(runner=runner) / steps.sel(runner=other)


def relu_speedup_four_layers() -> Values:
    """Steps of the sigmoid over those of ReLU, four hidden layers."""
    return _race_ratio("sigmoid").sel(depth=4)


def relu_speedup_one_layer() -> Values:
    """Steps of the sigmoid over those of ReLU, one hidden layer."""
    return _race_ratio("sigmoid").sel(depth=1)


def relu_speedup_over_tanh() -> Values:
    """Steps of tanh over those of ReLU, the mean over the depths."""
    return _race_ratio("tanh").mean("depth")


def softplus_slowdown_one_layer() -> Values:
    """Steps of softplus over those of ReLU, one hidden layer."""
    return _race_ratio("softplus").sel(depth=1)


def softplus_slowdown_eight_layers() -> Values:
    """Steps of softplus over those of ReLU, eight hidden layers."""
    return _race_ratio("softplus").sel(depth=8)


def sigmoid_slowdown() -> Values:
    """Steps of the sigmoid over the fewest of tanh, softsign and ReLU, at the depth where it does best."""
    steps = best_steps(race())
    fastest = steps.sel(runner=["tanh", "softsign", "relu"]).min("runner")
    return (steps.sel(runner="sigmoid") / fastest).min("depth")


def deep_sigmoid_arrivals() -> Values:
    """Whether eight sigmoid layers at Xavier's scale arrive within 1000 updates at any learning rate."""
    return _deep_arrivals("sigmoid")


def deep_sigmoid_arrivals_large_weights() -> Values:
    """The same with starting weights four times as large."""
    return _deep_arrivals("sigmoid, gain 4")


def _deep_arrivals(runner: str) -> Values:
    return np.isfinite(race().steps.sel(runner=runner, depth=8)).any("rate").astype(float)


@cache
def _costs() -> xr.Dataset:
    """Medians of five rounds: single timings have outliers of any size."""
    return sweep(lambda round: cost(9).median("repeat"), {"round": range(5)})


def _cost(what: str, activation: str) -> Values:
    return _costs()[what].sel(activation=activation)


def sigmoid_forward_cost() -> Values:
    """Time to evaluate the sigmoid, over that of ReLU."""
    return _cost("forward", "sigmoid")


def tanh_cost() -> Values:
    """Time to evaluate tanh and its backward pass, over that of ReLU."""
    return _cost("both", "tanh")


def relu_over_comparison() -> Values:
    """Time to evaluate ReLU, over that of a bare comparison, the step."""
    return 1 / _cost("forward", "step")


def sigmoid_share_of_step() -> Values:
    """Share of the sigmoid in a training step of a layer 512 wide."""
    return _cost("share", "sigmoid")


def relu_saving_of_step() -> Values:
    """Share of such a step that ReLU in place of the sigmoid saves."""
    return _cost("share", "sigmoid") - _cost("share", "relu")
