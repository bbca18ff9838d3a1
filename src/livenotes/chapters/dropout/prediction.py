r"""How to predict with all units: what the correction repairs, what it leaves, and what can be proved."""

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from scipy.special import log_softmax, logsumexp

from livenotes import dense
from livenotes._arguments import require_fraction
from livenotes.activations import identity, relu, sigmoid
from livenotes.dense import Layer
from livenotes.dropout import dropout
from livenotes.lab.store import Stored, load, register
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import logistic, softmax_cross_entropy
from livenotes.optimization import sgd

from .ensembles import all_masks
from .nets import (
    BATCH,
    LEARNING_RATE,
    SEEDS,
    UPDATES,
    WIDTHS,
    Units,
    backward,
    forward,
    noisy_digits,
    predict,
    trained,
)

# --- what one unit is fed ---

INPUTS, FED_EXAMPLES, BIAS = 50, 20_000, 2.0
EDGES = np.linspace(-12.0, 24.0, 145)


@cache
def unit_input(rate: float, seed: int) -> xr.Dataset:
    r"""Feed one unit with 20,000 examples from 50 ReLU units, each with a mask of its own.

    The 50 inputs are independent, ReLUs of standard normal numbers, so that
    $\mathrm E\,x = 1/\sqrt{2\pi}$ and $\mathrm E\,x^2 = 1/2$. Then

    $$\operatorname{var}\,\Big(\sum_j w_j m_j x_j\Big)
    = \sum_j w_j^2\big[(1-p)\,\mathrm E\,x^2 - (1-p)^2 (\mathrm E\,x)^2\big]$$

    in training, and $(1-p)^2\sum_j w_j^2 \operatorname{var} x$ in prediction with the corrected weights.

    Parameters
    ----------
    rate : float, in [0, 1)
        Probability that an input is dropped. A higher rate drops the same inputs, and more.
    seed : int
        Of weights, examples and masks.

    Returns
    -------
    xarray.Dataset
        By ``case``. *training*: some of the 50 are dropped. *uncorrected*: prediction with all of them.
        *corrected*: with $(1-p)W$, as the notes have it. *bias too*: with $(1-p)(Wx + b)$, which is what the
        reason that they give asks for. *inverted, training* and *inverted, prediction*: inverted dropout
        with the same weights.

        ``density``: histogram of the input by ``bin``, between each ``edge`` and the next, from -12 to 24 at
        every rate; it integrates to the share that falls within the edges.
        ``measured_mean``, ``measured_sd``: of the 20,000 inputs.
        ``expected_mean``, ``expected_sd``: what they should be.
        ``bias``: $b$, which is 2.
        ``ratio``: mean input in prediction, uncorrected, over that in training: 1 / (1 - p) by the notes.
        ``ratio_product``: the same ratio for $Wx$ alone, without the bias.

    Raises
    ------
    ValueError
        The rate is not in [0, 1).
    """
    keep = 1 - require_fraction("rate", rate)
    x, w, uniform = _drawn(seed)
    whole = x @ w
    masked = (x * (uniform >= rate)) @ w
    mean, square = (2 * np.pi) ** -0.5, 0.5
    # For each case the input; the factor of what is fed and that of the bias; whether inputs are dropped.
    cases = {
        "training": (masked + BIAS, 1.0, 1.0, True),
        "uncorrected": (whole + BIAS, 1.0, 1.0, False),
        "corrected": (keep * whole + BIAS, keep, 1.0, False),
        "bias too": (keep * (whole + BIAS), keep, keep, False),
        "inverted, training": (masked / keep + BIAS, 1 / keep, 1.0, True),
        "inverted, prediction": (whole + BIAS, 1.0, 1.0, False),
    }
    fed, scale, biases, drops = (np.array(column) for column in zip(*cases.values(), strict=True))
    variance = np.where(drops, keep * square - (keep * mean) ** 2, square - mean**2) * (w @ w)
    counts = np.stack([np.histogram(row, EDGES)[0] for row in fed])
    return xr.Dataset(
        {
            "density": (("case", "bin"), counts / (FED_EXAMPLES * np.diff(EDGES))),
            "measured_mean": ("case", fed.mean(axis=1)),
            "measured_sd": ("case", fed.std(axis=1)),
            "expected_mean": ("case", scale * np.where(drops, keep, 1) * mean * w.sum() + biases * BIAS),
            "expected_sd": ("case", scale * np.sqrt(variance)),
            "bias": BIAS,
            "ratio": fed[1].mean() / fed[0].mean(),
            "ratio_product": whole.mean() / masked.mean(),
        },
        coords={"case": list(cases), "edge": EDGES},
    )


@lru_cache(maxsize=4)
def _drawn(seed: int) -> tuple[Float[ndarray, "N U"], Float[ndarray, " U"], Float[ndarray, "N U"]]:
    """Examples, weights of mean 0.2 and spread 0.4, and the uniform numbers that masks are made of."""
    rng = np.random.default_rng(seed)
    x = relu(rng.normal(size=(FED_EXAMPLES, INPUTS)))
    return x, rng.normal(0.2, 0.4, size=INPUTS), rng.uniform(size=(FED_EXAMPLES, INPUTS))


# --- six ways to predict ---

RATES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
MASKS = 100


def ways_to_predict() -> xr.Dataset:
    r"""Read the stored comparison of six ways to predict; ``make results`` runs it again.

    The nets are those of the sweep, written in the notes' convention: a net trained with inverted dropout and
    weights $W$ is one trained without a factor and weights $W/(1-p)$ wherever the inputs are hidden units;
    those are the weights that the notes correct.

    Returns
    -------
    xarray.Dataset
        ``loss``, in nats, and ``accuracy`` on the 1,397 validation images, by ``rate`` of training, ``seed``
        and ``way``.

        *one mask*: drop as in training, another mask for each image. *mean of 100 masks*: of the
        probabilities. *corrected*: all units, weights of the layers after a dropped one times 1 - p.
        *uncorrected*: all units, weights as trained. *every layer*: the correction also where nothing was
        dropped before, in the first layer. *biases too*: the whole of Wx + b times 1 - p after a dropped
        layer.
    """
    return load("dropout-prediction")


def run_prediction(rate: float, seed: int) -> xr.Dataset:
    """Train one net and predict with it in the six ways."""
    task, noise, rng = noisy_digits(seed), Units(rate), np.random.default_rng([seed, 4])
    net = trained(task, noise, seed, UPDATES)
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
    return xr.Dataset(
        {
            "loss": ("way", [softmax_cross_entropy(out, labels)[0] for out in outs.values()]),
            "accuracy": ("way", [accuracy(out, labels) for out in outs.values()]),
        },
        coords={"way": list(outs)},
    )


register(
    Stored(
        name="dropout-prediction",
        run=run_prediction,
        axes={"rate": RATES, "seed": SEEDS},
        seed=0,
        rtol={"loss": 0.06, "accuracy": 0.04},
    )
)


# --- dropout as in the paper, and inverted dropout ---


def equivalence(rate: float, seeds: Sequence[int]) -> xr.Dataset:
    """Train with dropout as in the paper and with inverted dropout, and compare the predictions.

    Same masks, 200 updates in double precision.

    Parameters
    ----------
    rate : float, in [0, 1)
    seeds : sequence of int

    Returns
    -------
    xarray.Dataset
        By ``seed``, the largest difference between the outputs for the validation images, relative to the
        largest output.

        ``same``: when both train at the same learning rate from the same weights.
        ``matched``: when the weights that follow a dropped layer start 1 / (1 - p) times as large without the
        factor, and learn at a rate 1 / (1 - p)² times as large.
    """
    inverted = [_outputs(rate, seed, inverted=True, scale=1.0) for seed in seeds]
    gaps = {}
    for name, scale in (("same", 1.0), ("matched", 1 / (1 - rate))):
        others = [_outputs(rate, seed, inverted=False, scale=scale) for seed in seeds]
        pairs = zip(others, inverted, strict=True)
        gaps[name] = ("seed", [np.abs(out - ours).max() / np.abs(ours).max() for out, ours in pairs])
    return xr.Dataset(gaps, coords={"seed": list(seeds)})


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


# --- what can be proved: no sampling, no training ---

THEORY_INPUTS, THEORY_EXAMPLES = 10, 100


def theory(rate: float, seeds: Sequence[int]) -> xr.Dataset:
    r"""Average one unit over every mask of its ten inputs, inverted dropout, and compare with the theorems.

    The penalties are those of {cite}`wager2013dropout`, the geometric mean is that of
    {cite}`baldi2013understanding`.

    Parameters
    ----------
    rate : float, in (0, 1)
        Probability that an input is dropped.
    seeds : sequence of int
        Of inputs, weights and targets.

    Returns
    -------
    xarray.Dataset
        By ``seed``, how exact the statements are over 100 examples.

        ``least_squares``: relative error of: squared loss of a linear unit averaged over masks = loss without
        dropping + p / (1 - p) times the sum over weights of w² times the mean of x².
        ``logistic``: relative error, in what dropping adds to the logistic loss, of its second-order
        approximation p / (1 - p) times half the mean of σ(1 - σ) times the sum of w² x².
        ``geometric_mean``: largest difference between a sigmoid's normalized geometric mean over masks and
        the sigmoid of its mean input.
        ``linear``, ``relu``, ``sigmoid``: what one pass with scaled weights misses of the mean output over
        masks, relative to that mean; root mean squares over examples.

    Raises
    ------
    ValueError
        The rate is not in (0, 1).
    """
    if not require_fraction("rate", rate):
        raise ValueError(
            f"rate must be in (0, 1), got {rate}: with nothing dropped there is nothing to compare"
        )
    errors = [_errors(rate, seed) for seed in seeds]
    columns = {key: ("seed", [one[key] for one in errors]) for key in errors[0]}
    return xr.Dataset(columns, coords={"seed": list(seeds)})


def _errors(rate: float, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(THEORY_EXAMPLES, THEORY_INPUTS))
    w = rng.normal(scale=THEORY_INPUTS**-0.5, size=THEORY_INPUTS)
    bias, t = rng.normal(), rng.normal(size=THEORY_EXAMPLES)
    masks = all_masks(THEORY_INPUTS)
    odds = np.prod(np.where(masks, 1 - rate, rate), axis=1)
    clean = x @ w + bias
    s = (masks / (1 - rate) * w) @ x.T + bias  # (masks, examples)
    noise = rate / (1 - rate) * np.square(x) @ np.square(w)  # variance of s over the masks
    least_squares, of_logistic = _penalties(s, clean, noise, odds, t)
    return {
        "least_squares": least_squares,
        "logistic": of_logistic,
        "geometric_mean": float(np.abs(_geometric_mean(s, odds) - sigmoid(clean)).max()),
        "linear": _missed(odds @ identity(s), identity(clean)),
        "relu": _missed(odds @ relu(s), relu(clean)),
        "sigmoid": _missed(odds @ sigmoid(s), sigmoid(clean)),
    }


def _penalties(s: ndarray, clean: ndarray, noise: ndarray, odds: ndarray, t: ndarray) -> tuple[float, float]:
    """Errors of the two penalties: that of least squares, and the approximate one of logistic regression."""
    averaged = float(odds @ np.square(s - t).mean(axis=1))
    squared = float(np.square(clean - t).mean() + noise.mean())
    classes = (t > 0).astype(float)
    added = (
        sum(p * logistic(row, classes)[0] for p, row in zip(odds, s, strict=True))
        - logistic(clean, classes)[0]
    )
    approximate = 0.5 * float((sigmoid(clean) * sigmoid(-clean) * noise).mean())
    return abs(averaged - squared) / averaged, abs(added - approximate) / added


PENALTY_STEPS, PENALTY_DRAWS = 1000, 8


def penalty(rate: float, seeds: Sequence[int]) -> xr.Dataset:
    r"""Train a linear unit with dropout, and compare it with least squares under an L2 penalty.

    Ten inputs whose sizes range from 0.5 to 2, 100 examples, targets with noise; inverted dropout of the
    inputs. The weights of gradient descent are averaged over its second half.

    Parameters
    ----------
    rate : float, in [0, 1)
    seeds : sequence of int

    Returns
    -------
    xarray.Dataset
        By ``seed``, root mean square of the difference between the outputs, relative to those of least
        squares without a penalty. ``adaptive``: from the penalty of theory, $\frac p{1-p} \mathrm E\,x_j^2$
        for weight $j$. ``plain``: from the L2 penalty of one strength for all weights that comes closest, of
        60 tried. ``none``: from least squares.
    """
    errors = [_from_penalties(rate, seed) for seed in seeds]
    columns = {key: ("seed", [one[key] for one in errors]) for key in errors[0]}
    return xr.Dataset(columns, coords={"seed": list(seeds)})


def _from_penalties(rate: float, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    size = np.geomspace(0.5, 2, THEORY_INPUTS)
    x = rng.normal(size=(THEORY_EXAMPLES, THEORY_INPUTS)) * size
    t = x @ (rng.normal(size=THEORY_INPUTS) / np.sqrt(size)) + rng.normal(size=THEORY_EXAMPLES)
    products, strength = x.T @ x, rate / (1 - rate) * np.square(x).sum(axis=0)

    def fit(penalties: ndarray) -> ndarray:
        return np.asarray(x @ np.linalg.solve(products + np.diag(penalties), x.T @ t))

    dropped, free = x @ _descended(x, t, rate, rng), fit(np.zeros(THEORY_INPUTS))
    plain = [fit(np.full(THEORY_INPUTS, each)) for each in np.geomspace(1, 10_000, 60)]
    gaps = {
        "adaptive": dropped - fit(strength),
        "plain": min((dropped - each for each in plain), key=lambda gap: float(gap @ gap)),
        "none": dropped - free,
    }
    return {name: float(np.sqrt(gap @ gap / (free @ free))) for name, gap in gaps.items()}


def _descended(x: ndarray, t: ndarray, rate: float, rng: np.random.Generator) -> ndarray:
    """Weights of gradient descent under dropout: eight masks an example in every step."""
    w, second_half = np.zeros(x.shape[1]), []
    lr = (1 - rate) / np.square(x).mean(axis=0).max() / 3
    many = PENALTY_DRAWS * len(x)
    for _ in range(PENALTY_STEPS):
        kept, _ = dropout(np.tile(x, (PENALTY_DRAWS, 1)), rng, rate=rate)
        w = w - lr * kept.T @ (kept @ w - np.tile(t, PENALTY_DRAWS)) / many
        second_half.append(w)
    return np.asarray(np.mean(second_half[PENALTY_STEPS // 2 :], axis=0))


def _geometric_mean(s: ndarray, odds: ndarray) -> ndarray:
    """Geometric mean of the sigmoid, normalized: divided by itself plus that of one minus the sigmoid."""
    on, off = (np.exp(odds @ np.log(sigmoid(sign * s))) for sign in (1.0, -1.0))
    return on / (on + off)


def _missed(mean: ndarray, scaled: ndarray) -> float:
    return float(np.sqrt(np.square(scaled - mean).mean() / np.square(mean).mean()))
