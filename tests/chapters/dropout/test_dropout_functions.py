"""What the live figures of the chapter call: against loops over all masks, and against what must be so."""

import itertools

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from livenotes.activations import relu, sigmoid
from livenotes.chapters.dropout import (
    inputs,
    keep_probability,
    learned,
    masks,
    network,
    proofs,
    task,
    theory,
    unit_input,
    variance_shift,
    voting,
)
from livenotes.chapters.dropout.correction import WAYS
from livenotes.chapters.dropout.correction import run as predict_six_ways
from livenotes.chapters.dropout.nets import Adaptive, Units, predict
from livenotes.dense import Layer

RATES = (0.0, 0.05, 0.5, 0.9)


@pytest.mark.parametrize("draw", [0, 1, 7])
def test_a_higher_rate_draws_the_same_network_with_more_missing(draw):
    before = network(0.0, draw)
    assert before.kept_hidden == before.hidden == 11
    assert (before.kept_connections, before.kept_paths) == (before.connections, before.paths) == (59, 120)
    for rate in np.linspace(0.05, 0.95, 19):
        now = network(rate, draw)
        for units, others in zip(now.kept, before.kept, strict=True):
            assert not (units & ~others).any()
        before = now
    assert before.kept_hidden < 5


def test_the_counts_of_a_network_are_those_of_its_masks():
    drawn = [network(0.5, draw) for draw in range(300)]
    for found in drawn[:20]:
        layers = [np.outer(a, b) for a, b in itertools.pairwise(found.kept)]
        assert found.kept_connections == sum(layer.sum() for layer in layers)
        assert found.kept_paths == np.linalg.multi_dot([layer.astype(float) for layer in layers]).sum()
        assert found.kept_hidden == sum(units.sum() for units in found.kept[1:-1])
        assert found.kept[0].all()
        assert found.kept[-1].all()
        assert found.probability == pytest.approx(2.0**-11)
        assert found.ensemble == 2048
    assert len({tuple(np.concatenate(found.kept)) for found in drawn}) > 250
    assert np.mean([found.kept_hidden for found in drawn]) == pytest.approx(5.5, abs=0.3)
    few = network(0.2, 0)
    assert few.probability == pytest.approx(0.8**few.kept_hidden * 0.2 ** (11 - few.kept_hidden))


@pytest.mark.parametrize("rate", RATES)
def test_a_units_input_has_the_mean_and_spread_of_theory(rate):
    found = unit_input(rate, 2)
    x, w, _ = inputs._drawn(2)
    assert np.abs(found.mean - found.mean_theory).max() < 5 * found.sd_theory.max() / np.sqrt(len(x))
    np.testing.assert_allclose(found.sd, found.sd_theory, rtol=0.03)
    np.testing.assert_allclose(found.density.sum(axis=1) * np.diff(found.edges)[0], 1, atol=0.08)
    at = dict(zip(found.cases, found.mean, strict=True))
    assert at["uncorrected"] == at["inverted, prediction"] == pytest.approx((x @ w).mean() + 2)
    assert at["corrected"] == pytest.approx((1 - rate) * (at["uncorrected"] - 2) + 2)
    assert at["bias too"] == pytest.approx((1 - rate) * at["uncorrected"])
    assert found.ratio_product == pytest.approx(1 / (1 - rate), rel=0.05)
    assert found.ratio == pytest.approx(at["uncorrected"] / at["training"])
    if rate == 0.5:
        assert found.ratio < 1.6  # not 2: the bias is there in training too


def test_the_theory_of_a_units_input_is_that_over_all_masks():
    keep, (x, w, _) = 0.7, inputs._drawn(0)
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
    low, high = unit_input(0.3, 0), unit_input(0.3, 0)
    np.testing.assert_array_equal(low.density, high.density)
    assert not np.array_equal(low.density, unit_input(0.3, 1).density)
    assert (unit_input(0.0, 0).density == unit_input(0.0, 0).density[0]).all()


@pytest.fixture
def short(monkeypatch):
    """Small ensembles, trained for a moment."""
    monkeypatch.setattr(masks, "UPDATES", 60)
    monkeypatch.setattr(masks, "UNITS", 4)
    monkeypatch.setattr(masks, "REPEATS", 10)
    return masks.run


def test_an_ensemble_is_a_loop_over_its_masks(short):
    found = short(2, 0.3, 0)
    one, noise = task.clean_digits(), Units(0.3)
    net = task.after(60, task.training(one, lambda _: noise, 0, widths=(64, 2, 2, 10)))
    (w1, b1), (w2, b2), (w3, b3) = (Layer(*(p.astype(float) for p in layer)) for layer in net)
    x, arithmetic, log_mean, accuracy = one.x_val.astype(float), 0, 0, 0
    at = np.arange(360), one.labels_val
    for mask in itertools.product([False, True], repeat=4):
        m = np.array(mask) / 0.7
        h = relu(x @ w1.T + b1) * m[:2]
        logits = (relu(h @ w2.T + b2) * m[2:]) @ w3.T + b3
        odds = np.prod([0.7 if kept else 0.3 for kept in mask])
        arithmetic = arithmetic + odds * softmax(logits, axis=1)
        log_mean = log_mean + odds * log_softmax(logits, axis=1)
        accuracy += odds * (logits.argmax(axis=1) == one.labels_val).mean()
    scaled = softmax(predict(net, one.x_val, noise), axis=1)
    for k, mean in enumerate((arithmetic, softmax(log_mean, axis=1), scaled)):
        np.testing.assert_allclose(found["right"][k], mean[at], rtol=2e-3)
        assert found["loss"][k] == pytest.approx(-np.log(mean[at]).mean(), rel=1e-5)
        assert found["accuracy"][k] == (mean.argmax(axis=1) == one.labels_val).mean()
    assert found["member_accuracy"] == pytest.approx(accuracy)
    assert found["gap_geometric"] > 1e-6


def test_scaled_weights_are_the_geometric_mean_of_one_layer(short):
    for rate in (0.2, 0.5, 0.8):
        found = short(1, rate, 1)
        assert found["gap_geometric"] == 0
        np.testing.assert_array_equal(found["right"][1], found["right"][2])
        assert np.abs(found["right"][0] - found["right"][2]).max() > 1e-3


def test_random_masks_approach_the_exact_mean(short):
    found = short(2, 0.5, 0)
    gap = np.abs(found["sampled_loss"] - found["loss"][0])
    assert gap[-1] < gap[0] / 15
    assert gap[-1] < 0.02 * found["loss"][0]
    sure = short(1, 0.0, 0)
    np.testing.assert_allclose(sure["sampled_loss"], sure["loss"][2])


def test_every_mask_is_there_once():
    found = masks.all_masks(4)
    assert found.shape == (16, 4)
    assert len(np.unique(found, axis=0)) == 16
    assert not found[0].any()


def test_theory_is_averages_over_all_masks(monkeypatch):
    monkeypatch.setattr(proofs, "UNITS", 3)
    monkeypatch.setattr(proofs, "EXAMPLES", 4)
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
    assert found.relu[0] == pytest.approx(missed)
    added = loss - np.mean(np.log1p(np.exp(clean)) - (t > 0) * clean)
    p = sigmoid(clean)
    penalty = 0.5 * np.mean(p * (1 - p) * 0.3 / 0.7 * (x**2 @ w**2))
    assert found.logistic[0] == pytest.approx(abs(penalty - added) / added)


def test_what_is_proved_holds_to_the_last_digits():
    for rate in (0.1, 0.5, 0.9):
        found = theory(rate, range(3))
        for exact in (found.least_squares, found.geometric_mean, found.linear):
            assert exact.max() < 1e-12
        for approximate in (found.logistic, found.relu, found.sigmoid):
            assert approximate.min() > 1e-4
    assert theory(0.01, range(3)).logistic.max() < 0.1


@pytest.mark.parametrize("width", [16, 128])
def test_the_variance_shift_is_that_of_theory(width):
    for rate in (0.0, 0.3, 0.8):
        found = variance_shift(rate, width, 0)
        assert found.linear.shape == found.linear_theory.shape == (width,)
        few = 0.05 if width == 16 else 0.03  # the same masks feed all 16 units: their errors do not cancel
        assert np.mean(found.direct / found.direct_theory) == pytest.approx(1, abs=few)
        assert np.mean(found.linear / found.linear_theory) == pytest.approx(1, abs=few)
        if rate:
            assert max(found.direct.max(), found.linear.max()) < 1
        else:
            np.testing.assert_allclose(found.direct, 1)
            np.testing.assert_allclose(found.linear, 1)


def test_the_variances_of_theory_are_those_over_all_masks(rng):
    keep, x, w = 0.6, relu(rng.normal(size=(50, 6))), rng.normal(size=6)
    values, odds = [], []
    for mask in itertools.product([0, 1], repeat=6):
        values.append((x * np.array(mask) / keep) @ w)
        odds.append(np.prod([keep if m else 1 - keep for m in mask]))
    values, odds = np.array(values), np.array(odds)
    variance = (odds @ values**2).mean() - (odds @ values).mean() ** 2
    clean = (x @ w).var()
    ratio = 1 / (1 + (1 - keep) / keep * (w**2 @ np.square(x).mean(axis=0)) / clean)
    assert clean / variance == pytest.approx(ratio)


def test_standout_keeps_driven_units(monkeypatch):
    p = keep_probability.__wrapped__(0.8, 0, updates=5)
    assert p.shape == (1397, 128)
    one, noise = task.noisy_digits(0), Adaptive(0.8)
    first = task.after(5, task.training(one, lambda _: noise, 0))[0]
    s = one.x_val[3] @ first.w[7] + first.b[7]
    assert p[3, 7] == pytest.approx(1 / (1 + np.exp(-s) * 0.8 / 0.2), rel=1e-4)


@pytest.fixture
def brief(monkeypatch):
    """Nets that train for a moment."""
    from livenotes.chapters.dropout import correction

    monkeypatch.setattr(learned, "UPDATES", 40)
    monkeypatch.setattr(correction, "UPDATES", 40)
    monkeypatch.setattr(correction, "MASKS", 5)
    monkeypatch.setattr(voting, "UPDATES", 40)
    monkeypatch.setattr(voting, "ALONE", 40)


@pytest.mark.usefixtures("brief")
def test_one_unit_removed_is_a_net_without_it():
    one, noise = task.noisy_digits(0), Units(0.5)
    net = task.after(40, task.training(one, lambda _: noise, 0))
    rises = learned._ablated(net, one)
    assert rises.shape == (256,)
    whole = task.score(net, noise, one.x_val, one.labels_val)[0]
    for unit in (3, 200):
        layer, column = divmod(unit, 128)
        thinned = [Layer(p.w.copy(), p.b) for p in net]
        thinned[layer + 1].w[:, column] = 0
        without = task.score(thinned, noise, one.x_val, one.labels_val)[0]
        assert rises[unit] == pytest.approx(without - whole, abs=1e-5)


@pytest.mark.usefixtures("brief")
def test_features_agree_with_the_net_they_describe():
    found = learned.run("dropout 0.5", 0)
    one, noise = task.noisy_digits(0), Units(0.5)
    net = task.after(40, task.training(one, lambda _: noise, 0))
    accuracy = task.score(net, noise, one.x_val, one.labels_val)[1]
    for key in ("without_units", "without_pixels"):
        assert found[key][0] == pytest.approx(found["accuracy"])
    assert found["accuracy"] == pytest.approx(accuracy)
    assert found["without_units"][-1] < accuracy
    h = relu(one.x_val @ net[0].w.T + net[0].b)
    assert found["active"][0] == pytest.approx((h > 0).mean())
    table = [abs(np.corrcoef(h[:, i], h[:, j])[0, 1]) for i, j in itertools.combinations(range(128), 2)]
    assert found["correlation"][0] == pytest.approx(np.mean(table), rel=1e-4)
    assert found["zero_weights"] == 0
    assert learned.run("L1", 0)["zero_weights"] > 0
    assert set(found) == set(learned.Features._fields) - {"settings", "shares"}


@pytest.mark.usefixtures("brief")
def test_six_ways_to_predict():
    found = predict_six_ways(0.5, 0)
    one, noise = task.noisy_digits(0), Units(0.5)
    net = task.after(40, task.training(one, lambda _: noise, 0))
    at = {way: (found["loss"][k], found["accuracy"][k]) for k, way in enumerate(WAYS)}
    assert at["corrected"] == task.score(net, noise, one.x_val, one.labels_val)
    # in the notes' convention: weights as trained are twice as large above a dropped layer
    notes = [net[0], *(Layer(2 * layer.w, layer.b) for layer in net[1:])]
    assert at["uncorrected"] == pytest.approx(task.score(notes, noise, one.x_val, one.labels_val), rel=1e-5)
    assert at["mean of 100 masks"][0] < at["one mask"][0]
    assert len(set(at.values())) == 6


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("kind", voting.KINDS)
def test_the_error_of_a_committee_is_the_members_minus_their_variance(kind, monkeypatch):
    seen = {}
    eye = np.eye

    def corrcoef(errors):
        seen["errors"] = errors
        return eye(len(errors)) * 0.5 + 0.5  # every pair correlates by one half

    monkeypatch.setattr(voting.np, "corrcoef", corrcoef)
    found = voting.run(kind, 1)
    assert found["correlation"] == pytest.approx(0.5)
    assert seen["errors"].shape == (8, 1397)
    assert found["error"] < found["member_error"]
    assert found["accuracy"] > found["member_accuracy"]
    # the mean over members of (p of the true class - 1)² bounds the whole squared distance from below
    assert np.square(seen["errors"]).mean() < found["member_error"] < 2


X = np.zeros(2)
BAD = [
    (ValueError, r"rate must be in \[0, 1\), got 1", lambda: network(1.0, 0)),
    (ValueError, "draw must be at least 0, got -1", lambda: network(0.5, -1)),
    (TypeError, "draw must be an integer", lambda: network(0.5, 0.5)),
    (ValueError, r"rate must be in \[0, 1\), got -0.1", lambda: unit_input(-0.1, 0)),
    (ValueError, r"rate must be in \(0, 1\), got 0", lambda: theory(0.0, [0])),
    (ValueError, r"rate must be in \[0, 1\), got 1", lambda: theory(1.0, [0])),
    (ValueError, r"rate must be in \[0, 1\), got 1", lambda: variance_shift(1.0, 16, 0)),
    (ValueError, "width must be at least 1, got 0", lambda: variance_shift(0.5, 0, 0)),
    (ValueError, "width must be at most 512, got 513", lambda: variance_shift(0.5, 513, 0)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
