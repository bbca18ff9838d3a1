"""What is measured for the claims about dropout: each function returns one number a seed."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.dropout import annealed_rate, dropconnect

from .correction import prediction
from .inputs import CASES, UnitInput, unit_input
from .learned import SETTINGS, features
from .masks import ensemble
from .methods import EPOCHS, keep_probability, variants
from .normed import PLACES, normalized
from .proofs import theory
from .rates import capacity, sweep
from .steps import untouched
from .task import BATCH, SEEDS, UPDATES, WIDTHS
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


def best_rate_gain() -> Float[ndarray, " S"]:
    """Validation accuracy at the best rate minus that without dropping, after all updates."""
    result = sweep()
    return result.validation_accuracy[result.best(), :, -1] - result.validation_accuracy[0, :, -1]


def narrow_net_gain() -> Float[ndarray, " S"]:
    """The same at rate 0.25 for a net with two hidden layers of 8 units on all digits."""
    result = capacity()
    narrow, some = list(result.widths).index(8), list(result.rates).index(0.25)
    return result.validation_accuracy[narrow, some] - result.validation_accuracy[narrow, 0]


def memorized_share() -> Float[ndarray, " S"]:
    """Share of the false labels that the net gives back at rate 0.5, after all updates."""
    result = sweep()
    return result.memorized[list(result.rates).index(0.5), :, -1]


def untouched_by_descent() -> Float[ndarray, " S"]:
    """Share of the dropped units' parameters that a step of plain gradient descent leaves as they are."""
    return _untouched("sgd")


def untouched_by_momentum() -> Float[ndarray, " S"]:
    """The same for a step with momentum."""
    return _untouched("momentum")


def _untouched(name: str) -> Float[ndarray, " S"]:
    result = untouched(SEEDS)
    return result.dropped[result.names.index(name)]


def redrawing_gain() -> Float[ndarray, " S"]:
    """Validation accuracy with masks drawn anew minus that with one mask kept, each at its best rate."""
    result = variants()
    final = result.at_best(result.validation_accuracy[..., -1])
    return final[result.names.index("inverted dropout")] - final[result.names.index("one mask")]


def logistic_error() -> Float[ndarray, " S"]:
    """Relative error of Wager's penalty for logistic regression at rate 0.5, against all masks."""
    return theory(0.5, range(10)).logistic


def one_layer_gap() -> Float[ndarray, " S"]:
    """Largest difference of a probability: scaled weights against the geometric mean, one hidden layer."""
    return _gap(1)


def two_layer_gap() -> Float[ndarray, " S"]:
    """The same for two hidden layers."""
    return _gap(2)


def _gap(layers: int) -> Float[ndarray, " S"]:
    result = ensemble()
    return result.gap_geometric[list(result.layers).index(layers), list(result.rates).index(0.5)]


def trained_networks_share() -> Float[ndarray, " 1"]:
    """Largest possible share of the thinned networks of the sweep's net that get a step of training."""
    return np.array([UPDATES * BATCH / 2.0 ** sum(WIDTHS[1:-1])])


def error_correlation() -> Float[ndarray, " S"]:
    """Correlation over images between the errors of two thinned networks."""
    return committees().correlation[0]


def averaging_gain() -> Float[ndarray, " S"]:
    """Share of the members' mean squared error that averaging eight thinned networks takes away."""
    result = committees()
    return 1 - result.error[0] / result.member_error[0]


def masks_beside_bagging() -> Float[ndarray, " S"]:
    """Accuracy of eight thinned networks of a net trained with dropout minus that of eight bagged nets."""
    return _beside_bagging(0)


def masks_without_training_beside_bagging() -> Float[ndarray, " S"]:
    """The same for a net trained without dropout."""
    return _beside_bagging(1)


def _beside_bagging(row: int) -> Float[ndarray, " S"]:
    result = committees()
    return result.accuracy[row] - result.accuracy[result.kinds.index("bagging")]


def masks_gain() -> Float[ndarray, " S"]:
    """Accuracy of eight thinned networks together minus that of one, in proportion to the same of trees."""
    result = committees()
    gain = result.accuracy - result.member_accuracy
    return gain[0] / gain[result.kinds.index("random forest")]


def unit_loss_advantage() -> Float[ndarray, " S"]:
    """Accuracy lost when half of the units go, without dropout, minus the same after dropout at 0.5."""
    return _lost("without_units", 0.5)


def pixel_loss_advantage() -> Float[ndarray, " S"]:
    """The same for half of the pixels."""
    return _lost("without_pixels", 0.5)


def _lost(field: str, share: float) -> Float[ndarray, " S"]:
    result = features()
    curve = getattr(result, field)
    lost = curve[..., 0] - curve[..., np.abs(result.shares - share).argmin()]
    return lost[_row("none")] - lost[_row("dropout 0.5")]


def worst_unit_ratio() -> Float[ndarray, " S"]:
    """Rise of the loss without the unit missed most: after dropout at 0.5, over that without dropout."""
    worst = features().worst_lost
    return worst[_row("dropout 0.5")] / worst[_row("none")]


def correlation_change() -> Float[ndarray, " S"]:
    """Mean absolute correlation of units after dropout at 0.5 minus that without; mean over both layers."""
    correlation = features().correlation.mean(axis=-1)
    return correlation[_row("dropout 0.5")] - correlation[_row("none")]


def dropconnect_difference() -> Float[ndarray, " S"]:
    """Validation accuracy of DropConnect minus that of dropout, each at its best rate."""
    result = variants()
    final = result.at_best(result.validation_accuracy[..., -1])
    return final[result.names.index("DropConnect")] - final[result.names.index("dropout")]


def dropconnect_silenced() -> Float[ndarray, " 1"]:
    """Share of units that DropConnect at rate 0.5 leaves without any connection to the 128 units above."""
    rng = np.random.default_rng(0)
    _, tape = dropconnect(rng.normal(size=(20, 128)), rng.normal(size=(128, 128)), rng, rate=0.5)
    return np.array([(tape.mask.sum(axis=1) == 0).mean()])


def zero_weights_l1() -> Float[ndarray, " S"]:
    """Share of weights that are exactly 0 after training with an L1 penalty."""
    return features().zero_weights[_row("L1")]


def zero_weights_l2() -> Float[ndarray, " S"]:
    """The same with an L2 penalty."""
    return features().zero_weights[_row("L2")]


def more_zero_outputs() -> Float[ndarray, " S"]:
    """Share of hidden outputs that are 0 after dropout at 0.5 minus that without; mean of both layers."""
    zero = 1 - features().active.mean(axis=-1)
    return zero[_row("dropout 0.5")] - zero[_row("none")]


def more_zero_weights() -> Float[ndarray, " S"]:
    """The same for the weights."""
    zero = features().zero_weights
    return zero[_row("dropout 0.5")] - zero[_row("none")]


def _row(setting: str) -> int:
    return list(SETTINGS).index(setting)


def noise_left_annealed() -> Float[ndarray, " S"]:
    """Relative noise of the outputs at the end over that at the start, annealed from 0.6."""
    return _noise_left("annealed dropout")


def noise_left_constant() -> Float[ndarray, " S"]:
    """The same at the constant rate 0.6."""
    return _noise_left("inverted dropout")


def _noise_left(name: str) -> Float[ndarray, " S"]:
    result = variants()
    noise = result.noise[result.names.index(name), list(result.rates).index(0.6)]
    return noise[:, -1] / noise[:, 0]


def shift_after_dropout() -> Float[ndarray, " S"]:
    """Variance that the third batch norm meets over what it has learned: dropout 0.5 everywhere, 64 wide."""
    return _shift(PLACES[0])


def shift_before_dropout() -> Float[ndarray, " S"]:
    """The same with dropout after the last batch norm alone."""
    return _shift(PLACES[1])


def _shift(place: str) -> Float[ndarray, " S"]:
    result = normalized()
    at = (PLACES.index(place), list(result.rates).index(0.5), list(result.widths).index(64))
    return result.ratio[at][:, 2]
