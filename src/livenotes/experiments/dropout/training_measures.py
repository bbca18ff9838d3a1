"""What the ledger measures of training with dropout.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.dropout import dropconnect

from .learned import SETTINGS, features
from .masks import ensemble
from .methods import variants
from .normed import PLACES, normalized
from .proofs import theory
from .rates import capacity, sweep
from .steps import untouched
from .task import BATCH, SEEDS, UPDATES, WIDTHS
from .voting import committees


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
