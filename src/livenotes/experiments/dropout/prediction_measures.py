"""What the ledger measures of prediction after dropout, and of the variants.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.dropout import annealed_rate

from .correction import prediction
from .inputs import CASES, UnitInput, unit_input
from .masks import ensemble
from .methods import EPOCHS, keep_probability
from .proofs import theory
from .task import SEEDS
from .voting import committees

RATE = 0.5


def all_units_gain() -> Float[ndarray, " S"]:
    """Accuracy of all units with scaled weights minus that with a mask for each image, at rate 0.5."""
    return _scores("accuracy", "corrected", RATE) - _scores("accuracy", "one mask", RATE)


def scaled_beside_average() -> Float[ndarray, " S"]:
    """Accuracy with scaled weights minus that of the mean over 100 masks, at rate 0.5."""
    return _beside_average(RATE)


def scaled_beside_average_high_rate() -> Float[ndarray, " S"]:
    """The same at rate 0.8."""
    return _beside_average(0.8)


def _beside_average(rate: float) -> Float[ndarray, " S"]:
    return _scores("accuracy", "corrected", rate) - _scores("accuracy", "mean of 100 masks", rate)


def _scores(field: str, way: str, rate: float) -> Float[ndarray, " S"]:
    result = prediction()
    return np.asarray(getattr(result, field)[result.names.index(way), list(result.rates).index(rate)])


def small_member_accuracy() -> Float[ndarray, " S"]:
    """Accuracy of a random thinned network of a net with two hidden layers of 6 units."""
    result = ensemble()
    return result.member_accuracy[list(result.layers).index(2), list(result.rates).index(RATE)]


def large_member_accuracy() -> Float[ndarray, " S"]:
    """The same for two hidden layers of 128 units."""
    return committees().member_accuracy[0]


def input_ratio() -> Float[ndarray, " S"]:
    """Mean of Wx + b in prediction, uncorrected, over that in training; rate 0.5, b = 2."""
    return np.array([result.ratio for result in _inputs()])


def product_ratio() -> Float[ndarray, " S"]:
    """The same of Wx alone."""
    return np.array([result.ratio_product for result in _inputs()])


def product_ratio_inverted() -> Float[ndarray, " S"]:
    """The same when training divides by 1 - p."""
    means = [(result.mean[CASES.index("inverted, prediction")], result) for result in _inputs()]
    return np.array(
        [
            (mean - result.bias) / (result.mean[CASES.index("inverted, training")] - result.bias)
            for mean, result in means
        ]
    )


def corrected_mean_ratio() -> Float[ndarray, " S"]:
    """Mean of Wx + b in prediction with scaled weights, over that in training."""
    return _ratio("mean", "corrected")


def bias_scaled_mean_ratio() -> Float[ndarray, " S"]:
    """The same when the bias is scaled with the weights."""
    return _ratio("mean", "bias too")


def corrected_spread_ratio() -> Float[ndarray, " S"]:
    """Standard deviation of Wx + b in prediction with scaled weights, over that in training."""
    return _ratio("sd", "corrected")


def _ratio(field: str, case: str) -> Float[ndarray, " S"]:
    values = np.array([getattr(result, field) for result in _inputs()])
    return values[:, CASES.index(case)] / values[:, CASES.index("training")]


def _inputs() -> list[UnitInput]:
    return [unit_input(RATE, seed) for seed in SEEDS]


def linear_unit_error() -> Float[ndarray, " S"]:
    """What scaled weights miss of the mean output of a linear unit over all masks, relative to it."""
    return theory(RATE, range(10)).linear


def relu_unit_error() -> Float[ndarray, " S"]:
    """The same for a ReLU."""
    return theory(RATE, range(10)).relu


def uncorrected_loss_cost() -> Float[ndarray, " S"]:
    """Relative rise of the loss when the weights are left as trained, rate 0.5."""
    corrected = _scores("loss", "corrected", RATE)
    return _scores("loss", "uncorrected", RATE) / corrected - 1


def uncorrected_accuracy_cost() -> Float[ndarray, " S"]:
    """Relative fall of the accuracy for the same reason."""
    corrected = _scores("accuracy", "corrected", RATE)
    return 1 - _scores("accuracy", "uncorrected", RATE) / corrected


def every_layer_loss_ratio() -> Float[ndarray, " S"]:
    """Loss when the first layer's weights are scaled too, over that when they are not, rate 0.5."""
    return _scores("loss", "every layer", RATE) / _scores("loss", "corrected", RATE)


def annealed_largest_step() -> Float[ndarray, " 1"]:
    """Largest change of the annealed rate from one epoch to the next, while it is above 0."""
    rates = [annealed_rate(epoch, start=RATE, epochs=EPOCHS) for epoch in range(EPOCHS + 1)]
    return np.array([np.diff(rates).max()])


def keep_share_of_units() -> Float[ndarray, " S"]:
    """Share of the variance of standout's keep probability that lies between units, not between images."""
    keep = [keep_probability(0.8, seed) for seed in SEEDS]
    return np.array([p.mean(axis=0).var() / p.var() for p in keep])
