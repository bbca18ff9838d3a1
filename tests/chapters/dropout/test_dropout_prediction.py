"""What one unit is fed, six ways to predict, and what is proved: against loops over all masks."""

import itertools

import numpy as np
import pytest

from livenotes.activations import sigmoid
from livenotes.chapters.dropout import equivalence, nets, penalty, prediction, theory, unit_input
from livenotes.chapters.dropout.nets import Units
from livenotes.dense import Layer

RATES = (0.0, 0.05, 0.5, 0.9)


@pytest.mark.parametrize("rate", RATES)
def test_a_units_input_has_the_mean_and_spread_of_theory(rate):
    found = unit_input(rate, 2)
    x, w, _ = prediction._drawn(2)
    error = found.expected_sd.max() / np.sqrt(len(x))
    assert np.abs(found.measured_mean - found.expected_mean).max() < 5 * error
    np.testing.assert_allclose(found.measured_sd, found.expected_sd, rtol=0.03)
    np.testing.assert_allclose(found.density.sum("bin") * np.diff(found.edge)[0], 1, atol=0.08)
    at = dict(zip(found.case.values, found.measured_mean.values, strict=True))
    assert at["uncorrected"] == at["inverted, prediction"] == pytest.approx((x @ w).mean() + 2)
    assert at["corrected"] == pytest.approx((1 - rate) * (at["uncorrected"] - 2) + 2)
    assert at["bias too"] == pytest.approx((1 - rate) * at["uncorrected"])
    assert found.ratio_product.item() == pytest.approx(1 / (1 - rate), rel=0.05)
    assert found.ratio.item() == pytest.approx(at["uncorrected"] / at["training"])
    if rate == 0.5:
        assert found.ratio < 1.6  # not 2: the bias is there in training too


def test_the_theory_of_a_units_input_is_that_over_all_masks():
    keep, (x, w, _) = 0.7, prediction._drawn(0)
    values, odds = [], []
    for mask in itertools.product([0.0, 1.0], repeat=8):
        values.append(x[:, :8] @ (np.array(mask) * w[:8]))
        odds.append(np.prod([keep if m else 1 - keep for m in mask]))
    values, odds = np.array(values), np.array(odds)
    mean = (odds @ values).mean()
    variance = (odds @ np.square(values)).mean() - mean**2
    square = keep * np.square(x).mean(axis=0)[:8] - (keep * x.mean(axis=0)[:8]) ** 2
    assert variance == pytest.approx(np.square(w[:8]) @ square, rel=0.03)


def test_the_histogram_and_the_rate_share_their_masks():
    low, high = unit_input(0.3, 0), unit_input.__wrapped__(0.3, 0)
    assert low is not high
    np.testing.assert_array_equal(low.density, high.density)
    assert not np.array_equal(low.density, unit_input(0.3, 1).density)
    density = unit_input(0.0, 0).density
    assert (density == density.sel(case="training")).all()


def test_six_ways_to_predict(monkeypatch):
    monkeypatch.setattr(prediction, "UPDATES", 40)
    monkeypatch.setattr(prediction, "MASKS", 5)
    found = prediction.run_prediction(0.5, 0)
    one, noise = nets.noisy_digits(0), Units(0.5)
    net = nets.trained(one, noise, 0, 40)
    scores = zip(found.loss.values.tolist(), found.accuracy.values.tolist(), strict=True)
    at = dict(zip(found.way.values, scores, strict=True))
    assert at["corrected"] == nets.score(net, noise, one.x_val, one.labels_val)
    # in the notes' convention: weights as trained are twice as large above a dropped layer
    notes = [net[0], *(Layer(2 * layer.w, layer.b) for layer in net[1:])]
    assert at["uncorrected"] == pytest.approx(nets.score(notes, noise, one.x_val, one.labels_val), rel=1e-5)
    assert at["mean of 100 masks"][0] < at["one mask"][0]
    assert len(set(at.values())) == 6


def test_both_conventions_are_one_model_but_not_one_path():
    found = equivalence(0.4, range(2))
    assert found.matched.max() < 1e-9
    assert found.same.min() > 0.05
    assert equivalence(0.0, [0]).same.item() == 0


def test_theory_is_averages_over_all_masks(monkeypatch):
    monkeypatch.setattr(prediction, "THEORY_INPUTS", 3)
    monkeypatch.setattr(prediction, "THEORY_EXAMPLES", 4)
    found = theory(0.3, [2])
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(4, 3)), rng.normal(scale=3**-0.5, size=3)
    bias, t = rng.normal(), rng.normal(size=4)
    outputs, loss = np.zeros(4), 0.0
    for mask in itertools.product([0, 1], repeat=3):
        odds = np.prod([0.7 if m else 0.3 for m in mask])
        s = x @ (np.array(mask) / 0.7 * w) + bias
        outputs += odds * np.maximum(s, 0)
        loss += odds * np.mean(np.log1p(np.exp(s)) - (t > 0) * s)
    clean = x @ w + bias
    missed = np.sqrt(np.mean((np.maximum(clean, 0) - outputs) ** 2) / np.mean(outputs**2))
    assert found.relu.item() == pytest.approx(missed)
    added = loss - np.mean(np.log1p(np.exp(clean)) - (t > 0) * clean)
    p = sigmoid(clean)
    penalty = 0.5 * np.mean(p * (1 - p) * 0.3 / 0.7 * (x**2 @ w**2))
    assert found.logistic.item() == pytest.approx(abs(penalty - added) / added)


def test_what_is_proved_holds_to_the_last_digits():
    for rate in (0.1, 0.5, 0.9):
        found = theory(rate, range(3))
        for exact in (found.least_squares, found.geometric_mean, found.linear):
            assert exact.max() < 1e-12
        for approximate in (found.logistic, found.relu, found.sigmoid):
            assert approximate.min() > 1e-4
    assert theory(0.01, range(3)).logistic.max() < 0.1


def test_a_linear_unit_trained_with_dropout_is_one_with_the_penalty_of_theory():
    found = penalty(0.3, range(2))
    assert found.adaptive.max() < 0.01
    assert found.plain.min() > 0.03
    assert penalty(0.0, [0]).none < 0.01  # nothing dropped, nothing added


BAD = [
    (ValueError, r"rate must be in \[0, 1\), got -0.1", lambda: unit_input(-0.1, 0)),
    (ValueError, r"rate must be in \(0, 1\), got 0", lambda: theory(0.0, [0])),
    (ValueError, r"rate must be in \[0, 1\), got 1", lambda: theory(1.0, [0])),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
