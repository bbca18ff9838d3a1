"""What the ledger measures of attention: where a net looks, what that decides, and what it costs.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

from functools import cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes import checks, encoder_decoder
from livenotes.attention import additive_attention, additive_init
from livenotes.recurrent.gru import GRU

from .cost import costs, share
from .explaining import answer, explained
from .lengths import NAMES, lists, names
from .lookup import hard_gradient, sampled_gradients
from .translator import ENCODERS, exact, trained, unseen

SEEDS = range(3)

_Values = Float[ndarray, " S"]


@cache
def _small(
    seed: int, encoder: str = "both directions"
) -> tuple[encoder_decoder.EncoderDecoderParams, ndarray, ndarray]:
    """Untrained parameters of four units, and a source of six symbols and a target of four."""
    rng = np.random.default_rng(seed)
    params = encoder_decoder.init(ENCODERS[encoder], GRU, rng, 3, 5, 4, attends=True)
    source, target = (np.eye(n)[rng.integers(n, size=(steps, 2))] for n, steps in ((3, 6), (5, 4)))
    return params, source, target


def scores_that_follow_the_decoder() -> _Values:
    """Share of scores that change when the decoder starts with another symbol and the encoder does not."""
    found = []
    for seed in SEEDS:
        params, source, target = _small(seed)
        other = target.copy()
        other[0] = np.roll(other[0], 1, axis=1)
        scores = [
            encoder_decoder.forward(ENCODERS["both directions"], GRU, params, source, y)[0]
            for y in (target, other)
        ]
        found.append((scores[0] != scores[1]).mean())
    return np.array(found)


def exact_in_one_direction() -> _Values:
    """Share of new dates that are right where the encoder reads from left to right alone."""
    return np.array([exact(trained("one direction", seed), unseen()) for seed in SEEDS])


def weight_off_the_last_state() -> _Values:
    """Mean weight that does not lie on the last state of the encoder, trained translators."""
    found = []
    for seed in SEEDS:
        batch = unseen(200)
        _, weights = answer(trained(seed=seed), batch)
        last = batch.source_mask.sum(axis=0) - 1
        on_last = np.take_along_axis(weights, last[:, None, None], axis=2)[..., 0]
        found.append(1 - on_last[:, :10].mean())
    return np.array(found)


def change_with_one_state() -> _Values:
    """Error of saying that the third context moves by the second state, as that weight rises."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        q, h = rng.normal(size=(4, 5)), rng.normal(size=(6, 7))
        context, tape = additive_attention(additive_init(rng, 5, 7, 8), q, h, h)
        nudged = tape.weights.copy()
        nudged[2, 1] += 0.25
        found.append(np.abs((nudged @ h - context)[2] - 0.25 * h[1]).max())
    return np.array(found)


def sums_less_one() -> _Values:
    """Largest difference of a row of weights from a sum of 1, over the steps of a trained translator."""
    return np.array([np.abs(answer(trained(seed=s), unseen(200))[1].sum(axis=2) - 1).max() for s in SEEDS])


def _changed(way: str, part: str) -> _Values:
    return np.asarray(explained().changed.sel(way=way, part=part))


def year_without_its_letter() -> _Values:
    """Answers that change without the most attended place, last two digits of the year."""
    return _changed("most attended", "year")


def month_without_its_letter() -> _Values:
    """The same for the month."""
    return _changed("most attended", "month")


def _order(weights: Float[ndarray, "T S"]) -> float:
    """Correlation of the step with the place that is looked at most."""
    return float(np.corrcoef(np.arange(len(weights)), weights.argmax(axis=1))[0, 1])


def order_in_names() -> _Values:
    """Mean correlation of step and place over the names that are shown, translators of names."""
    found = []
    for seed in names().seed.values:
        result = names().sel(attends=1, seed=seed)
        each = [result.sel(name=name) for name in NAMES]
        found.append(
            np.mean([_order(one.weight.values[: len(str(one.wrote.item()).strip())]) for one in each])
        )
    return np.array(found)


def order_in_dates() -> _Values:
    """Mean correlation of step and place over new dates, translators of dates into ISO."""
    found = []
    for seed in SEEDS:
        _, weights = answer(trained(seed=seed), unseen(200))
        found.append(np.mean([_order(one[:10]) for one in weights]))
    return np.array(found)


def weights_of_fifty_by_fifty() -> _Values:
    """Number of attention weights of 50 letters to read and 50 to write."""
    rng = np.random.default_rng(0)
    params = encoder_decoder.init(GRU, GRU, rng, 3, 3, 4, attends=True)
    text = np.eye(3)[rng.integers(3, size=(50, 1))]
    _, tape = encoder_decoder.forward(GRU, GRU, params, text, text)
    return np.array([encoder_decoder.attention_weights(tape).size], float)


def _share(kind: str, length: int) -> _Values:
    return np.array([share(costs().seconds, kind).sel(length=length).item()])


def additive_time_at_50() -> _Values:
    """Share of additive attention in the time of a pass, 50 letters in and out."""
    return _share("additive", 50)


def additive_time_at_400() -> _Values:
    """The same with 400 letters."""
    return _share("additive", 400)


def dot_product_time_at_400() -> _Values:
    """Share of dot-product attention with 400 letters."""
    return _share("dot product", 400)


def gained_on_three_dates() -> _Values:
    """Share of exact lists of three dates with attention less that without."""
    last = lists().score.sel(count=3).isel(update=-1)
    return np.asarray(last.sel(attends=1) - last.sel(attends=0))


def values_less_states() -> _Values:
    """Difference of the values that are mixed from the hidden states of the encoder."""
    found = []
    for seed in SEEDS:
        params, source, target = _small(seed, "one direction")
        _, tape = encoder_decoder.forward(GRU, GRU, params, source, target)
        states, _ = GRU.forward(params.encoder, source, GRU.zero_state(params.encoder, 2))
        assert tape.attended is not None
        found.append(np.abs(tape.attended.attention.v - states.swapaxes(0, 1)).max())
    return np.array(found)


def places_with_weight() -> _Values:
    """Share of the letters of a source that get a positive weight, trained translators, all steps."""
    found = []
    for seed in SEEDS:
        batch = unseen(200)
        _, weights = answer(trained(seed=seed), batch)
        real = np.broadcast_to(batch.source_mask.T[:, None], weights.shape)
        found.append((weights[real] > 0).mean())
    return np.array(found)


def error_of_the_gradient() -> _Values:
    """Relative difference of the encoder's gradient, through the attention, from central differences."""
    found, encoder = [], ENCODERS["both directions"]
    for seed in SEEDS:
        params, source, target = _small(seed)
        scores, tape = encoder_decoder.forward(encoder, GRU, params, source, target)
        ours = encoder_decoder.backward(tape, scores).g_params.encoder

        def loss(
            weights: object,
            params: encoder_decoder.EncoderDecoderParams = params,
            x: ndarray = source,
            y: ndarray = target,
        ) -> float:
            again, _ = encoder_decoder.forward(encoder, GRU, params._replace(encoder=weights), x, y)
            return float(0.5 * (again**2).sum())

        found.append(checks.relative_error(ours, checks.central_differences(loss, params.encoder)))
    return np.array(found)


def sampled_less_exact() -> _Values:
    """Relative distance of the mean of 100,000 sampled gradients from the exact one, hard look-up."""
    scores, losses = np.array([1.0, 0.0, -1.0, 0.5]), np.array([0.2, 1.0, 0.5, 2.0])
    true, found = hard_gradient(scores, losses), []
    for seed in SEEDS:
        guesses = sampled_gradients(np.random.default_rng(seed), scores, losses, 100_000)
        found.append(np.linalg.norm(guesses.mean(axis=0) - true) / np.linalg.norm(true))
    return np.array(found)
