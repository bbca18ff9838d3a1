"""What is measured for the claims about dropout: each function returns one number a seed."""

from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from .batch_norm import normalized
from .ensembles import committees, deviations, ensemble
from .nets import SEEDS, untouched
from .overfitting import at_best_rate, capacity, features, keep_probability, sweep, variants
from .prediction import penalty, unit_input, ways_to_predict

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


def input_ratio() -> xr.DataArray:
    """Mean of Wx + b in prediction, uncorrected, over that in training; rate 0.5, b = 2."""
    return _inputs().ratio


def product_ratio() -> xr.DataArray:
    """The same of Wx alone."""
    return _inputs().ratio_product


def _inputs() -> xr.Dataset:
    return xr.concat([unit_input(RATE, seed) for seed in SEEDS], "seed")


def uncorrected_loss_cost() -> xr.DataArray:
    """Relative rise of the loss when the weights are left as trained, rate 0.5."""
    return _predicted("uncorrected").loss / _predicted("corrected").loss - 1


def uncorrected_accuracy_cost() -> xr.DataArray:
    """Relative fall of the accuracy for the same reason."""
    return 1 - _predicted("uncorrected").accuracy / _predicted("corrected").accuracy


def keep_share_of_units() -> Float[ndarray, " S"]:
    """Share of the variance of standout's keep probability between units of the second layer; rate 0.8."""
    return _share_of_units(2)


def keep_share_of_units_first_layer() -> Float[ndarray, " S"]:
    """The same in the first layer."""
    return _share_of_units(1)


def _share_of_units(layer: int) -> Float[ndarray, " S"]:
    keep = [keep_probability(0.8, seed).sel(layer=layer) for seed in SEEDS]
    return np.array([p.mean("image").var() / p.var() for p in keep])


def best_rate_gain() -> xr.DataArray:
    """Validation accuracy at the best rate minus that without dropping, after all updates."""
    gain = at_best_rate(sweep()) - sweep().sel(rate=0)
    return gain.validation_accuracy.isel(update=-1)


def narrow_net_gain() -> xr.DataArray:
    """The same at rate 0.25 for a net with two hidden layers of 8 units on all digits."""
    narrow = capacity().validation_accuracy.sel(width=8)
    return narrow.sel(rate=0.25) - narrow.sel(rate=0)


def untouched_by_descent() -> xr.DataArray:
    """Share of the dropped units' parameters that a step of plain gradient descent leaves as they are."""
    return _untouched("sgd")


def untouched_by_momentum() -> xr.DataArray:
    """The same for a step with momentum."""
    return _untouched("momentum")


def _untouched(optimizer: str) -> xr.DataArray:
    return _compared().dropped.sel(optimizer=optimizer)


@cache
def _compared() -> xr.Dataset:
    return untouched(SEEDS)


def redrawing_gain() -> xr.DataArray:
    """Validation accuracy with masks drawn anew minus that with one mask kept, each at its best rate."""
    return _accuracy_at_best("inverted dropout") - _accuracy_at_best("one mask")


def _accuracy_at_best(variant: str) -> xr.DataArray:
    return at_best_rate(variants().sel(variant=variant)).validation_accuracy.isel(update=-1)


def one_layer_gap() -> xr.DataArray:
    """Largest difference of a probability: scaled weights against the geometric mean, one hidden layer."""
    return _gap(1)


def two_layer_gap() -> xr.DataArray:
    """The same for two hidden layers."""
    return _gap(2)


def _gap(layers: int) -> xr.DataArray:
    return ensemble().gap_geometric.sel(layers=layers, rate=RATE)


def masks_beside_bagging() -> xr.DataArray:
    """Accuracy of eight thinned networks of a net trained with dropout minus that of eight bagged nets."""
    return _committee(TRAINED).accuracy - _committee("bagging").accuracy


def masks_without_training_beside_bagging() -> xr.DataArray:
    """The same for a net trained without dropout."""
    return _committee(UNTRAINED).accuracy - _committee("bagging").accuracy


def _committee(kind: str) -> xr.Dataset:
    return committees().sel(kind=kind)


def opposite_deviations() -> xr.DataArray:
    """Share of pairs of thinned networks whose deviations from the mean of others correlate negatively."""
    return deviations().own_opposite


def opposite_errors() -> xr.DataArray:
    """The same of their errors."""
    return deviations().errors_opposite


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


def worst_pixel_ratio() -> xr.DataArray:
    """The same without the pixel missed most."""
    return _features("dropout 0.5").worst_pixel_lost / _features("none").worst_pixel_lost


def dropconnect_difference() -> xr.DataArray:
    """Validation accuracy of DropConnect minus that of dropout, each at its best rate."""
    return _accuracy_at_best("DropConnect") - _accuracy_at_best("dropout")


def zero_weights_l1() -> xr.DataArray:
    """Share of weights that are exactly 0 after training with an L1 penalty."""
    return _features("L1").zero_weights


def zero_weights_l2() -> xr.DataArray:
    """The same with an L2 penalty."""
    return _features("L2").zero_weights


def adaptive_penalty_gap() -> xr.DataArray:
    """How far the outputs of a linear unit trained with dropout are from those of the penalty of theory."""
    return penalty(RATE, SEEDS).adaptive


def plain_penalty_gap() -> xr.DataArray:
    """The same for the closest penalty that weighs all weights alike."""
    return penalty(RATE, SEEDS).plain


def _features(setting: str) -> xr.Dataset:
    return features().sel(setting=setting)


def constant_rate_gain() -> xr.DataArray:
    """Validation accuracy of inverted dropout at rate 0.6 minus that without, after all updates."""
    return _gain("inverted dropout")


def annealed_rate_gain() -> xr.DataArray:
    """The same when the rate falls from 0.6 to 0."""
    return _gain("annealed dropout")


def _gain(variant: str) -> xr.DataArray:
    final = variants().validation_accuracy.sel(rate=0.6).isel(update=-1)
    return final.sel(variant=variant) - final.sel(variant="none")


def shift_after_dropout() -> xr.DataArray:
    """Variance that the third batch norm meets over what it has learned: dropout 0.5 everywhere, 64 wide."""
    return _shift("after every layer")


def shift_before_dropout() -> xr.DataArray:
    """The same with dropout after the last batch norm alone."""
    return _shift("after the last")


def _shift(place: str) -> xr.DataArray:
    return normalized().ratio.sel(place=place, rate=0.5, width=64, layer=3)
