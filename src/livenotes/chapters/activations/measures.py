"""What is measured for the claims about activation functions: each function returns one number a seed."""

from functools import cache
from itertools import islice

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes.activations import identity, relu, sigmoid, softplus, tanh
from livenotes.datasets.digits import digits
from livenotes.lab.curves import curve, peak_slope
from livenotes.lab.sweep import sweep
from livenotes.lab.training import descent, minibatches
from livenotes.losses import softmax_cross_entropy

from .centered import centering, same_sign, zigzag
from .nonlinearity import collapse, separation, universal
from .slopes import chain
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


def sigmoid_near_peak_share() -> Values:
    """Share of standard normal inputs at which the slope of the sigmoid is within 1 % of its peak."""
    return np.array([near[0] for near in _near_peak()])


def sigmoid_near_peak_share_second_layer() -> Values:
    """The same for the sums of a second layer, at Xavier's scale."""
    return np.array([near[1] for near in _near_peak()])


def _near_peak() -> list[list[float]]:
    """Shares in the first two layers of ten random nets, 100 units wide, each of 500 inputs."""
    shares = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(500, 100))
        _, tape = dense.forward(dense.init(rng, (100, 100, 100, 1)), x, sigmoid)
        shares.append([float((sigmoid.slope(layer.x) >= 0.99 * 0.25).mean()) for layer in tape.hidden])
    return shares


def equal_outputs_right() -> Values:
    """Share of neighbors in a thousand inputs from 18 to 30 that a float32 sigmoid cannot tell apart."""
    return _equal_outputs(18.0, 30.0)


def equal_outputs_center() -> Values:
    """The same for inputs from -6 to 6."""
    return _equal_outputs(-6.0, 6.0)


def _equal_outputs(low: float, high: float) -> Values:
    return _one((np.diff(sigmoid(np.linspace(low, high, 1000, dtype=np.float32))) == 0).mean())


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
    """Relative difference between two layers with biases and one with a bias."""
    return collapse(2, range(5)).affine


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


def overfitting_relief() -> Values:
    """Gap between training and validation accuracy, tanh minus ReLU, in percentage points."""
    accuracy = generalization_gap(range(10)).accuracy
    gap = 100 * (accuracy.sel(images="training") - accuracy.sel(images="validation"))
    return gap.sel(runner="tanh") - gap.sel(runner="relu")


def exact_zero_share() -> Values:
    """Share of hidden sums that are exactly 0 during 100 updates of a ReLU net on the digits."""
    shares = []
    for seed in range(5):
        data, rng = digits(dtype=np.float32), np.random.default_rng(seed)
        layers = dense.init(rng, (64, 64, 64, 10), gain=2**0.5, dtype=np.float32)
        batches = minibatches(rng, len(data.x), 64)
        run = descent(layers, data.x, data.labels, relu, softmax_cross_entropy, 0.1, batches)
        zeros = []
        for net in islice(run, 100):
            _, tape = dense.forward(net, data.x[:64], relu)
            zeros.append(np.mean([(layer.x == 0).mean() for layer in tape.hidden]))
        shares.append(float(np.mean(zeros)))
    return np.array(shares)


@cache
def _best_steps() -> xr.DataArray:
    return best_steps(race())


def _race_ratio(task: str, runner: str, other: str = "relu") -> Float[xr.DataArray, "D S"]:
    """Steps to the goal of one runner over those of another, each at its best learning rate."""
    steps = _best_steps().sel(task=task)
    return steps.sel(runner=runner) / steps.sel(runner=other)


def relu_speedup_over_sigmoid() -> Values:
    """Steps of the sigmoid over those of ReLU, odd or even, at the depth where the sigmoid does best."""
    return _race_ratio("odd-or-even", "sigmoid").min("depth")


def relu_speedup_over_tanh() -> Values:
    """Steps of tanh over those of ReLU, odd or even, the mean over the depths."""
    return _race_ratio("odd-or-even", "tanh").mean("depth")


def relu_speedup_over_tanh_which_digit() -> Values:
    """The same where the question is which digit it is."""
    return _race_ratio("which-digit", "tanh").mean("depth")


def sigmoid_slowdown() -> Values:
    """Steps of the sigmoid over the fewest of tanh and ReLU, odd or even, at the depth where it does best."""
    steps = _best_steps().sel(task="odd-or-even")
    fastest = steps.sel(runner=["tanh", "relu"]).min("runner")
    return (steps.sel(runner="sigmoid") / fastest).min("depth")


def deep_sigmoid_arrivals() -> Values:
    """Whether eight sigmoid layers at Xavier's scale arrive within 1000 updates at any learning rate."""
    return _deep_arrivals("sigmoid")


def deep_sigmoid_arrivals_large_weights() -> Values:
    """The same with starting weights four times as large."""
    return _deep_arrivals("sigmoid, gain 4")


def _deep_arrivals(runner: str) -> Values:
    steps = race().steps.sel(task="which-digit", runner=runner, depth=8)
    return np.isfinite(steps).any("rate").astype(float)


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


def sigmoid_cost() -> Values:
    """Time of the sigmoid and its backward pass, over those of ReLU."""
    return _cost("both", "sigmoid")


def sigmoid_cost_of_step() -> Values:
    """Time of a whole training step of a layer 512 wide with the sigmoid, over that with ReLU."""
    return (1 - _cost("share", "relu")) / (1 - _cost("share", "sigmoid"))
