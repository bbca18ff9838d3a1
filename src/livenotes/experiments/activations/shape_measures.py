"""What the ledger measures of the functions themselves: formulas, slopes, gradients through random layers.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.special import ndtr

from livenotes import dense
from livenotes.activations import relu, sigmoid, softplus, tanh

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
