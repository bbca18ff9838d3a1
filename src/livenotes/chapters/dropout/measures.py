"""What is measured for the claims about dropout: each function returns one number a seed."""

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes.dropout import annealed_rate, dropconnect

from .batch_norm import normalized
from .ensembles import committees, ensemble
from .nets import BATCH, SEEDS, UPDATES, WIDTHS, untouched
from .overfitting import EPOCHS, at_best_rate, capacity, features, keep_probability, sweep, variants
from .prediction import theory, unit_input, ways_to_predict

RATE = 0.5
TRAINED, UNTRAINED = "masks, trained with dropout", "masks, trained without"


def all_units_gain() -> xr.DataArray:
    """Accuracy of all units with scaled weights minus that with a mask for each image, at rate 0.5."""
    return _predicted("corrected").accuracy - _predicted("one mask").accuracy


def scaled_beside_average() -> xr.DataArray:
    """Accuracy with scaled weights minus that of the mean over 100 masks, at rate 0.5."""
    return _beside_average(RATE)


def scaled_beside_average_high_rate() -> xr.DataArray:
    """The same at rate 0.8."""
    return _beside_average(0.8)


def _beside_average(rate: float) -> xr.DataArray:
    return _predicted("corrected", rate).accuracy - _predicted("mean of 100 masks", rate).accuracy


def _predicted(way: str, rate: float = RATE) -> xr.Dataset:
    return ways_to_predict().sel(way=way, rate=rate)


def small_member_accuracy() -> xr.DataArray:
    """Accuracy of a random thinned network of a net with two hidden layers of 6 units."""
    return ensemble().member_accuracy.sel(layers=2, rate=RATE)


def large_member_accuracy() -> xr.DataArray:
    """The same for two hidden layers of 128 units."""
    return _committee(TRAINED).member_accuracy


def input_ratio() -> xr.DataArray:
    """Mean of Wx + b in prediction, uncorrected, over that in training; rate 0.5, b = 2."""
    return _inputs().ratio


def product_ratio() -> xr.DataArray:
    """The same of Wx alone."""
    return _inputs().ratio_product


def product_ratio_inverted() -> xr.DataArray:
    """The same when training divides by 1 - p."""
    product = _inputs().measured_mean - _inputs().bias
    return product.sel(case="inverted, prediction") / product.sel(case="inverted, training")


def corrected_mean_ratio() -> xr.DataArray:
    """Mean of Wx + b in prediction with scaled weights, over that in training."""
    return _ratio("measured_mean", "corrected")


def bias_scaled_mean_ratio() -> xr.DataArray:
    """The same when the bias is scaled with the weights."""
    return _ratio("measured_mean", "bias too")


def corrected_spread_ratio() -> xr.DataArray:
    """Standard deviation of Wx + b in prediction with scaled weights, over that in training."""
    return _ratio("measured_sd", "corrected")


def _ratio(key: str, case: str) -> xr.DataArray:
    values = _inputs()[key]
    return values.sel(case=case) / values.sel(case="training")


def _inputs() -> xr.Dataset:
    return xr.concat([unit_input(RATE, seed) for seed in SEEDS], "seed")


def linear_unit_error() -> xr.DataArray:
    """What scaled weights miss of the mean output of a linear unit over all masks, relative to it."""
    return theory(RATE, range(10)).linear


def relu_unit_error() -> xr.DataArray:
    """The same for a ReLU."""
    return theory(RATE, range(10)).relu


def uncorrected_loss_cost() -> xr.DataArray:
    """Relative rise of the loss when the weights are left as trained, rate 0.5."""
    return _predicted("uncorrected").loss / _predicted("corrected").loss - 1


def uncorrected_accuracy_cost() -> xr.DataArray:
    """Relative fall of the accuracy for the same reason."""
    return 1 - _predicted("uncorrected").accuracy / _predicted("corrected").accuracy


def every_layer_loss_ratio() -> xr.DataArray:
    """Loss when the first layer's weights are scaled too, over that when they are not, rate 0.5."""
    return _predicted("every layer").loss / _predicted("corrected").loss


def annealed_largest_step() -> Float[ndarray, " 1"]:
    """Largest change of the annealed rate from one epoch to the next, while it is above 0."""
    rates = [annealed_rate(epoch, start=RATE, epochs=EPOCHS) for epoch in range(EPOCHS + 1)]
    return np.array([np.diff(rates).max()])


def keep_share_of_units() -> Float[ndarray, " S"]:
    """Share of the variance of standout's keep probability that lies between units, not between images."""
    keep = [keep_probability(0.8, seed) for seed in SEEDS]
    return np.array([p.mean("image").var() / p.var() for p in keep])


def best_rate_gain() -> xr.DataArray:
    """Validation accuracy at the best rate minus that without dropping, after all updates."""
    gain = at_best_rate(sweep()) - sweep().sel(rate=0)
    return gain.validation_accuracy.isel(update=-1)


def narrow_net_gain() -> xr.DataArray:
    """The same at rate 0.25 for a net with two hidden layers of 8 units on all digits."""
    narrow = capacity().validation_accuracy.sel(width=8)
    return narrow.sel(rate=0.25) - narrow.sel(rate=0)


def memorized_share() -> xr.DataArray:
    """Share of the false labels that the net gives back at rate 0.5, after all updates."""
    return sweep().memorized.sel(rate=0.5).isel(update=-1)


def untouched_by_descent() -> xr.DataArray:
    """Share of the dropped units' parameters that a step of plain gradient descent leaves as they are."""
    return _untouched("sgd")


def untouched_by_momentum() -> xr.DataArray:
    """The same for a step with momentum."""
    return _untouched("momentum")


def _untouched(optimizer: str) -> xr.DataArray:
    return untouched(SEEDS).dropped.sel(optimizer=optimizer)


def redrawing_gain() -> xr.DataArray:
    """Validation accuracy with masks drawn anew minus that with one mask kept, each at its best rate."""
    return _accuracy_at_best("inverted dropout") - _accuracy_at_best("one mask")


def _accuracy_at_best(variant: str) -> xr.DataArray:
    return at_best_rate(variants().sel(variant=variant)).validation_accuracy.isel(update=-1)


def logistic_error() -> xr.DataArray:
    """Relative error of Wager's penalty for logistic regression at rate 0.5, against all masks."""
    return theory(RATE, range(10)).logistic


def one_layer_gap() -> xr.DataArray:
    """Largest difference of a probability: scaled weights against the geometric mean, one hidden layer."""
    return _gap(1)


def two_layer_gap() -> xr.DataArray:
    """The same for two hidden layers."""
    return _gap(2)


def _gap(layers: int) -> xr.DataArray:
    return ensemble().gap_geometric.sel(layers=layers, rate=RATE)


def trained_networks_share() -> Float[ndarray, " 1"]:
    """Largest possible share of the thinned networks of the sweep's net that get a step of training."""
    return np.array([UPDATES * BATCH / 2.0 ** sum(WIDTHS[1:-1])])


def error_correlation() -> xr.DataArray:
    """Correlation over images between the errors of two thinned networks."""
    return _committee(TRAINED).correlation


def averaging_gain() -> xr.DataArray:
    """Share of the members' mean squared error that averaging eight thinned networks takes away."""
    thinned = _committee(TRAINED)
    return 1 - thinned.error / thinned.member_error


def masks_beside_bagging() -> xr.DataArray:
    """Accuracy of eight thinned networks of a net trained with dropout minus that of eight bagged nets."""
    return _committee(TRAINED).accuracy - _committee("bagging").accuracy


def masks_without_training_beside_bagging() -> xr.DataArray:
    """The same for a net trained without dropout."""
    return _committee(UNTRAINED).accuracy - _committee("bagging").accuracy


def masks_gain() -> xr.DataArray:
    """Accuracy of eight thinned networks together minus that of one, in proportion to the same of trees."""
    gain = committees().accuracy - committees().member_accuracy
    return gain.sel(kind=TRAINED) / gain.sel(kind="random forest")


def _committee(kind: str) -> xr.Dataset:
    return committees().sel(kind=kind)


def unit_loss_advantage() -> xr.DataArray:
    """Accuracy lost when half of the units go, without dropout, minus the same after dropout at 0.5."""
    return _lost("none").without_units - _lost("dropout 0.5").without_units


def pixel_loss_advantage() -> xr.DataArray:
    """The same for half of the pixels."""
    return _lost("none").without_pixels - _lost("dropout 0.5").without_pixels


def _lost(setting: str) -> xr.Dataset:
    return _features(setting).sel(share=0) - _features(setting).sel(share=0.5)


def worst_unit_ratio() -> xr.DataArray:
    """Rise of the loss without the unit missed most: after dropout at 0.5, over that without dropout."""
    return _features("dropout 0.5").worst_lost / _features("none").worst_lost


def correlation_change() -> xr.DataArray:
    """Mean absolute correlation of units after dropout at 0.5 minus that without; mean over both layers."""
    return _features("dropout 0.5").correlation.mean("layer") - _features("none").correlation.mean("layer")


def dropconnect_difference() -> xr.DataArray:
    """Validation accuracy of DropConnect minus that of dropout, each at its best rate."""
    return _accuracy_at_best("DropConnect") - _accuracy_at_best("dropout")


def dropconnect_silenced() -> Float[ndarray, " 1"]:
    """Share of units that DropConnect at rate 0.5 leaves without any connection to the 128 units above."""
    rng = np.random.default_rng(0)
    _, tape = dropconnect(rng.normal(size=(20, 128)), rng.normal(size=(128, 128)), rng, rate=0.5)
    return np.array([(tape.mask.sum(axis=1) == 0).mean()])


def zero_weights_l1() -> xr.DataArray:
    """Share of weights that are exactly 0 after training with an L1 penalty."""
    return _features("L1").zero_weights


def zero_weights_l2() -> xr.DataArray:
    """The same with an L2 penalty."""
    return _features("L2").zero_weights


def more_zero_outputs() -> xr.DataArray:
    """Share of hidden outputs that are 0 after dropout at 0.5 minus that without; mean of both layers."""
    return (1 - _features("dropout 0.5").active.mean("layer")) - (1 - _features("none").active.mean("layer"))


def more_zero_weights() -> xr.DataArray:
    """The same for the weights."""
    return _features("dropout 0.5").zero_weights - _features("none").zero_weights


def _features(setting: str) -> xr.Dataset:
    return features().sel(setting=setting)


def noise_left_annealed() -> xr.DataArray:
    """Relative noise of the outputs at the end over that at the start, annealed from 0.6."""
    return _noise_left("annealed dropout")


def noise_left_constant() -> xr.DataArray:
    """The same at the constant rate 0.6."""
    return _noise_left("inverted dropout")


def _noise_left(variant: str) -> xr.DataArray:
    noise = variants().noise.sel(variant=variant, rate=0.6)
    return noise.isel(update=-1) / noise.isel(update=0)


def shift_after_dropout() -> xr.DataArray:
    """Variance that the third batch norm meets over what it has learned: dropout 0.5 everywhere, 64 wide."""
    return _shift("after every layer")


def shift_before_dropout() -> xr.DataArray:
    """The same with dropout after the last batch norm alone."""
    return _shift("after the last")


def _shift(place: str) -> xr.DataArray:
    return normalized().ratio.sel(place=place, rate=0.5, width=64, layer=3)
