"""How to predict with all units: what the correction repairs, and what else could be scaled."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.special import log_softmax, logsumexp

from livenotes import dense
from livenotes.dense import Layer
from livenotes.lab.store import Arrays, Stored, load, register
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import sgd

from .nets import Units, backward, forward, predict
from .task import BATCH, LEARNING_RATE, SEEDS, UPDATES, WIDTHS, after, noisy_digits, training

RATES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
MASKS = 100
WAYS = ("one mask", "mean of 100 masks", "corrected", "uncorrected", "every layer", "biases too")


class Prediction(NamedTuple):
    r"""Six ways to predict with the nets of the sweep, written in the notes' convention.

    A net trained with inverted dropout and weights $W$ is one trained without a factor and weights $W/(1-p)$
    wherever the inputs are hidden units; those are the weights that the notes correct.

    Attributes
    ----------
    names : tuple of str
        *one mask*: drop as in training, another mask for each image. *mean of 100 masks*: of the
        probabilities. *corrected*: all units, weights of the layers after a dropped one times 1 - p.
        *uncorrected*: all units, weights as trained. *every layer*: the correction also where nothing was
        dropped before, in the first layer. *biases too*: the whole of Wx + b times 1 - p after a dropped
        layer.
    rates : (R,)
        Of training.
    loss, accuracy : (K, R, S)
        On the 1,397 validation images; the loss in nats.
    """

    names: tuple[str, ...]
    rates: Float[ndarray, " R"]
    loss: Float[ndarray, "K R S"]
    accuracy: Float[ndarray, "K R S"]


def prediction() -> Prediction:
    """Read the stored comparison; ``make results`` runs it again."""
    arrays = load("dropout-prediction")
    loss, accuracy = (np.moveaxis(arrays[key], -1, 0) for key in ("loss", "accuracy"))
    return Prediction(WAYS, arrays["rate"], loss, accuracy)


def run(rate: float, seed: int) -> Arrays:
    """Train one net and predict with it in the six ways."""
    task, noise, rng = noisy_digits(seed), Units(rate), np.random.default_rng([seed, 4])
    net = after(UPDATES, training(task, lambda _: noise, seed))
    masked = [log_softmax(forward(net, task.x_val, noise, rng)[0], axis=1) for _ in range(MASKS)]
    keep = np.float32(1 - rate)
    first, *rest = net
    nets = {
        "corrected": net,
        "uncorrected": [first, *(Layer(layer.w / keep, layer.b) for layer in rest)],
        "every layer": [Layer(first.w * keep, first.b), *rest],
        "biases too": [first, *(Layer(layer.w, layer.b * keep) for layer in rest)],
    }
    outs = {"one mask": masked[0], "mean of 100 masks": logsumexp(masked, axis=0) - np.log(MASKS)}
    outs |= {way: predict(layers, task.x_val, noise) for way, layers in nets.items()}
    labels = task.labels_val
    return {
        "loss": np.array([softmax_cross_entropy(outs[way], labels)[0] for way in WAYS]),
        "accuracy": np.array([accuracy(outs[way], labels) for way in WAYS]),
    }


register(
    Stored(
        name="dropout-prediction",
        run=run,
        axes={"rate": RATES, "seed": SEEDS},
        seed=0,
        rtol={"loss": 0.03, "accuracy": 0.02},
    )
)


class Equivalence(NamedTuple):
    """Dropout as in the paper against inverted dropout, same masks, after 200 updates in double precision.

    Attributes
    ----------
    same : (S,)
        Largest difference between the outputs for the validation images, relative to the largest output, when
        both train at the same learning rate from the same weights.
    matched : (S,)
        The same when the weights that follow a dropped layer start 1 / (1 - p) times as large without the
        factor, and learn at a rate 1 / (1 - p)² times as large.
    """

    same: Float[ndarray, " S"]
    matched: Float[ndarray, " S"]


def equivalence(rate: float, seeds: Sequence[int]) -> Equivalence:
    """Train with either convention and compare the predictions.

    Parameters
    ----------
    rate : float, in [0, 1)
    seeds : sequence of int

    Returns
    -------
    Equivalence
    """
    gaps = []
    for seed in seeds:
        inverted = _outputs(rate, seed, inverted=True, scale=1.0)
        scales = (1.0, 1 / (1 - rate))
        others = [_outputs(rate, seed, inverted=False, scale=scale) for scale in scales]
        gaps.append([np.abs(out - inverted).max() / np.abs(inverted).max() for out in others])
    return Equivalence(*np.transpose(gaps))


def _outputs(rate: float, seed: int, *, inverted: bool, scale: float) -> Float[ndarray, "V 10"]:
    """Predict after 200 updates, the upper weights scaled at the start and their steps by the square."""
    task, noise = noisy_digits(seed), Units(rate, inverted)
    weights, batches, masks = (np.random.default_rng([seed, k]) for k in (1, 2, 3))
    first, *rest = dense.init(weights, WIDTHS, gain=2**0.5)
    net = [first, *(Layer(layer.w * scale, layer.b) for layer in rest)]
    x, x_val = task.x.astype(float), task.x_val.astype(float)
    for _, rows in zip(range(200), minibatches(batches, len(x), BATCH), strict=False):
        out, tape = forward(net, x[rows], noise, masks)
        _, g = softmax_cross_entropy(out, task.labels[rows])
        g_first, *g_rest = backward(net, tape, noise, g)
        g_net = [g_first, *(Layer(layer.w * scale**2, layer.b) for layer in g_rest)]
        net = sgd(net, g_net, lr=LEARNING_RATE)
    return predict(net, x_val, noise)
