"""What the ledger measures of normalization: what is averaged, gradients, training, pictures and sequences.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

from time import process_time

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray

from livenotes._validated import body
from livenotes.activations import REGISTRY
from livenotes.lab.normed import NormedNet, backward, forward, last, predict, task
from livenotes.lab.normed import training as stages
from livenotes.lab.sweep import at_best_rate
from livenotes.losses import softmax_cross_entropy
from livenotes.normalization import (
    batch_norm,
    batch_norm_backward,
    weight_norm,
    weight_norm_backward,
    whiten,
)
from livenotes.optimization import sgd

from . import convolution, in_time, training
from .cloud import CORRELATIONS, features, prepared
from .one_layer import flow

SEEDS = range(5)

_Values = Float[ndarray, " S"]


def largest_error_of_covariance() -> _Values:
    """Largest difference of NumPy's covariance of whitened data to the identity, over methods and data."""
    found = []
    for correlation in CORRELATIONS:
        for method in ("pca", "zca"):
            y, _ = whiten(features(correlation), method=method, eps=1e-12)
            found.append(np.abs(np.cov(y.T, ddof=0) - np.eye(2)).max())
    return np.array([max(found)])


def _at_first(activation: str, gain: float, kind: str) -> _Values:
    """log10 of the gradient at layer 1 of 30, relative to layer 30, one value a seed."""
    return np.asarray(np.log10(flow(activation, 30, gain, 5).sel(kind=kind, layer=1)))


def doubled_weights() -> _Values:
    """log10 by which doubling all weights of a tanh net raises the gradient that reaches layer 1."""
    return _at_first("tanh", 2.0, "none") - _at_first("tanh", 1.0, "none")


def batch_norm_gradient_relu() -> _Values:
    """log10 of the gradient at layer 1, batch norm and ReLU."""
    return _at_first("relu", 1.0, "batch")


def _nearer(activation: str) -> _Values:
    return np.abs(_at_first(activation, 1.0, "none")) - np.abs(_at_first(activation, 1.0, "batch"))


def nearer_with_sigmoid() -> _Values:
    """Orders of magnitude by which batch norm brings the gradient of layer 1 nearer to that of layer 30."""
    return _nearer("sigmoid")


def nearer_with_relu() -> _Values:
    """The same with ReLU, from weights that keep the variance."""
    return _nearer("relu")


def _growth_to_output(kind: str) -> _Values:
    growth = training.weights().growth.sel(activation="tanh", kind=kind)
    return np.asarray(growth.sel(layer=6) / growth.sel(layer=1))


def growth_to_output_plain() -> _Values:
    """Growth of the weights of the sixth hidden layer relative to that of the first, tanh."""
    return _growth_to_output("none")


def growth_to_output_batch() -> _Values:
    """The same with batch norm."""
    return _growth_to_output("batch")


def _uneven(net: NormedNet, factor: float) -> NormedNet:
    """Multiply the second layer's weights and divide the third's: with ReLU the same function."""
    first, second, third = net.blocks
    f = np.float32(factor)
    return NormedNet([first, second._replace(w=second.w * f), third._replace(w=third.w / f)], net.out)


def _largest_rate(kind: str, factor: float, seed: int) -> float:
    """Largest rate, on a grid of factors of 2, at which 40 updates bring the loss below where it began."""
    f, x, labels = REGISTRY["relu"], task().x[:256], task().labels[:256]
    for rate in (2.0 ** np.arange(3, -12, -1)).tolist():
        net = _uneven(next(stages(kind, task(), seed, rate=rate, depth=3)).net, factor)
        losses = []
        with np.errstate(all="ignore"):
            for _ in range(40):
                out, tape = forward(kind, net, x, f)
                loss, g = body(softmax_cross_entropy)(out, labels)
                losses.append(loss)
                if not loss < 100:
                    break
                net = body(sgd)(net, backward(kind, net, tape, g, f)[0], lr=rate)
        if losses[-1] < 0.5 * losses[0]:
            return rate
    return 0.0


def rate_with_an_uneven_layer() -> _Values:
    """Largest working rate with one layer ten times as large, relative to that without."""
    return np.array([_largest_rate("none", 10, seed) / _largest_rate("none", 1, seed) for seed in SEEDS])


def large_layer_stays_large() -> _Values:
    """Size of the weights of a layer that began ten times as large, relative to the first, after training."""
    found = []
    for seed in SEEDS:
        f, x, labels = REGISTRY["relu"], task().x[:256], task().labels[:256]
        net = _uneven(next(stages("batch", task(), seed, rate=0.3, depth=3)).net, 10)
        for _ in range(100):
            out, tape = forward("batch", net, x, f)
            net = body(sgd)(
                net, backward("batch", net, tape, softmax_cross_entropy(out, labels)[1], f)[0], lr=0.3
            )
        first, second = (float(np.sqrt(np.square(b.w).mean())) for b in net.blocks[:2])
        found.append(second / first)
    return np.array(found)


def share_between_zero_and_one() -> _Values:
    """Share of the values that batch norm puts out, first layer, that lie from 0 to 1."""
    found = []
    for seed in SEEDS:
        net = next(stages("batch", task(), seed, rate=0.1)).net
        y, _ = batch_norm(
            task().x[:256] @ net.blocks[0].w.T, np.ones(64, np.float32), np.zeros(64, np.float32)
        )
        found.append(float(((y >= 0) & (y <= 1)).mean()))
    return np.array(found)


def _accuracy(kind: str) -> xr.DataArray:
    return training.race().accuracy.sel(kind=kind)


def _largest_good_rate(kind: str) -> _Values:
    good = _accuracy(kind).sel(gain=1.0) >= 0.9
    return np.asarray(good.rate.where(good).max("rate"))


def larger_rate() -> _Values:
    """log10 of the largest rate at which nets with batch norm are right on 90 %, over that of plain ones."""
    return np.log10(_largest_good_rate("batch") / _largest_good_rate("none"))


def steps_of_normalized_data() -> _Values:
    """Curvature of the loss, steepest over gentlest, of normalized relative to raw data, uncorrelated."""
    return np.array([float(prepared("normalized", 0.0).condition / prepared("raw", 0.0).condition)])


def worst_start_batch() -> _Values:
    """Accuracy at the least suitable of five starts, each at its best rate, with batch norm."""
    return np.asarray(_accuracy("batch").max("rate").min("gain"))


def _highest(accuracy: xr.DataArray) -> _Values:
    """Accuracies at the rate with the highest mean over the seeds."""
    return -np.asarray(at_best_rate(-accuracy))


def _shared_by(count: int) -> _Values:
    accuracy = training.sharing().accuracy.sel(share=count)
    return _highest(accuracy)


def lost_with_two() -> _Values:
    """Accuracy of batch norm over 2 examples less that over 128, each at its best rate."""
    return _shared_by(2) - _shared_by(128)


def gained_from_two_to_eight() -> _Values:
    """Accuracy of batch norm over 8 examples less that over 2."""
    return _shared_by(8) - _shared_by(2)


def gained_from_32_to_128() -> _Values:
    """Accuracy of batch norm over 128 examples less that over 32."""
    return _shared_by(128) - _shared_by(32)


def _estimates(seed: int, size: int = 2) -> tuple[float, float]:
    """Mean and variance of one feature, averaged over 20,000 batches, relative to those of the whole set."""
    x = 1 + np.random.default_rng([seed, 0]).exponential(size=1000)
    drawn = x[np.random.default_rng([seed, 1]).integers(len(x), size=(size, 20_000))]
    _, tape = batch_norm(drawn, np.ones(20_000), np.zeros(20_000))
    return float(tape.mean.mean() / x.mean()), float(tape.var.mean() / x.var())


def estimate_of_mean() -> _Values:
    """Average mean of batches of two, relative to the mean of the whole set."""
    return np.array([_estimates(seed)[0] for seed in SEEDS])


def estimate_of_variance() -> _Values:
    """Average variance by which batches of two are divided, relative to that of the whole set."""
    return np.array([_estimates(seed)[1] for seed in SEEDS])


def difference_in_prediction() -> _Values:
    """Difference of a trained net's scores in the two modes, batches of 16, relative to the scores."""
    found = []
    for seed in SEEDS:
        stage, _ = last(stages("batch", task(), seed, rate=0.1, depth=3, batch=16), 200)
        x, f = task().x_val[:352], REGISTRY["relu"]
        own, _ = forward("batch", stage.net, x, f, 16)
        fixed = predict("batch", stage.net, x, stage.running, f)
        found.append(float(np.sqrt(np.square(own - fixed).mean() / np.square(fixed).mean())))
    return np.array(found)


def _pictures(kind: str) -> _Values:
    accuracy = convolution.pictures().accuracy.sel(kind=kind)
    return _highest(accuracy)


def pictures_batch_over_none() -> _Values:
    """log10 of the convolutional net's training loss with batch norm over that without, best rates."""
    loss = convolution.pictures().loss.isel(update=-1)
    batch, none = (np.asarray(at_best_rate(loss.sel(kind=kind))) for kind in ("batch", "none"))
    return np.log10(batch / none)


def pictures_layer_over_batch() -> _Values:
    """Accuracy of the convolutional net with layer norm less that with batch norm."""
    return _pictures("layer") - _pictures("batch")


def _steps(kind: str, key: str = "accuracy") -> _Values:
    found = in_time.steps()
    best = found.accuracy.sel(kind=kind).mean("seed").argmax("rate")
    return np.asarray(found[key].sel(kind=kind).isel(rate=best))


def steps_shared_over_none() -> _Values:
    """Accuracy of an LSTM with batch norm whose steps share their statistics, less that of a plain LSTM."""
    return _steps("batch", "accuracy_shared") - _steps("none")


def steps_own_over_none() -> _Values:
    """The same where every step has statistics of its own."""
    return _steps("batch") - _steps("none")


def steps_layer_over_none() -> _Values:
    """Accuracy of an LSTM with layer norm less that of a plain one."""
    return _steps("layer") - _steps("none")


def time_of_weight_norm() -> _Values:
    """Processor time of weight norm, there and back, relative to batch norm; all sizes 64."""
    rng = np.random.default_rng(0)
    a, one, zero = rng.normal(size=(64, 64)), np.ones(64), np.zeros(64)

    def seconds(forward: object, back: object, *arguments: ndarray) -> float:
        start = process_time()
        for _ in range(200):
            _, tape = forward(*arguments)  # type: ignore[operator]
            back(tape, a)  # type: ignore[operator]
        return process_time() - start

    pairs = [
        (
            seconds(body(weight_norm), body(weight_norm_backward), a, one),
            seconds(body(batch_norm), body(batch_norm_backward), a, one, zero),
        )
        for _ in range(9)
    ]
    return np.array([np.divide(*np.min(part, axis=0)) for part in np.split(np.array(pairs), 3)])


def _settings_learned(kind: str) -> _Values:
    good = training.inputs().accuracy.sel(kind=kind) >= 0.85
    return np.asarray(good.sum(("inputs", "rate")))


def settings_weight_less_others() -> _Values:
    """In how many of 12 settings weight norm learns, less the fewer of batch and layer norm."""
    return _settings_learned("weight") - np.minimum(_settings_learned("batch"), _settings_learned("layer"))


def layer_norm_alone() -> _Values:
    """Accuracy of layer norm trained on one example an update, 1,000 updates at the best rate."""
    accuracy = training.batches().accuracy.sel(kind="layer", batch=1)
    return _highest(accuracy)


def moved_with_batch_norm() -> _Values:
    """How far the mean of a unit's sum moves during training, in deviations; third of six ReLU layers."""
    return np.asarray(training.weights().moved.sel(activation="relu", kind="batch", layer=3))
