"""Networks in one net: against loops over all masks, and against what must be so."""

import itertools

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from livenotes.activations import relu
from livenotes.chapters.dropout import ensembles, nets, network
from livenotes.chapters.dropout.nets import Units, predict
from livenotes.dense import Layer


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


@pytest.fixture
def short(monkeypatch):
    """Small ensembles, trained for a moment."""
    monkeypatch.setattr(ensembles, "ENSEMBLE_UPDATES", 60)
    monkeypatch.setattr(ensembles, "UNITS", 4)
    monkeypatch.setattr(ensembles, "REPEATS", 10)
    return ensembles.run_ensemble


def test_an_ensemble_is_a_loop_over_its_masks(short):
    found = short(2, 0.3, 0)
    one, noise = nets.clean_digits(), Units(0.3)
    net = nets.trained(one, noise, 0, 60, widths=(64, 2, 2, 10))
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
    means = {
        "arithmetic mean": arithmetic,
        "geometric mean": softmax(log_mean, axis=1),
        "scaled weights": scaled,
    }
    assert found.way.values.tolist() == list(means)
    for way, mean in means.items():
        result = found.sel(way=way)
        np.testing.assert_allclose(result.right, mean[at], rtol=2e-3)
        assert result.loss.item() == pytest.approx(-np.log(mean[at]).mean(), rel=1e-5)
        assert result.accuracy == (mean.argmax(axis=1) == one.labels_val).mean()
    assert found.member_accuracy.item() == pytest.approx(accuracy)
    assert found.gap_geometric > 1e-6


def test_scaled_weights_are_the_geometric_mean_of_one_layer(short):
    for rate in (0.2, 0.5, 0.8):
        found = short(1, rate, 1)
        assert found.gap_geometric == 0
        arithmetic, geometric, scaled = (
            found.right.sel(way=way) for way in ("arithmetic mean", "geometric mean", "scaled weights")
        )
        np.testing.assert_array_equal(geometric, scaled)
        assert np.abs(arithmetic - scaled).max() > 1e-3


def test_random_masks_approach_the_exact_mean(short):
    found = short(2, 0.5, 0)
    exact = found.loss.sel(way="arithmetic mean")
    gap = np.abs(found.sampled_loss - exact)
    assert gap[-1] < gap[0] / 15
    assert gap[-1] < 0.02 * exact
    sure = short(1, 0.0, 0)
    np.testing.assert_allclose(sure.sampled_loss, sure.loss.sel(way="scaled weights"))


def test_every_mask_is_there_once():
    found = ensembles.all_masks(4)
    assert found.shape == (16, 4)
    assert len(np.unique(found, axis=0)) == 16
    assert not found[0].any()


@pytest.fixture
def brief(monkeypatch):
    """Nets that train for a moment."""
    monkeypatch.setattr(ensembles, "UPDATES", 40)
    monkeypatch.setattr(ensembles, "ALONE", 40)


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("kind", ensembles.KINDS)
def test_the_error_of_a_committee_is_the_members_minus_their_variance(kind, monkeypatch):
    seen = {}
    eye = np.eye

    def corrcoef(errors):
        seen["errors"] = errors
        return eye(len(errors)) * 0.5 + 0.5  # every pair correlates by one half

    monkeypatch.setattr(ensembles.np, "corrcoef", corrcoef)
    found = ensembles.run_committee(kind, 1)
    assert found.correlation.item() == pytest.approx(0.5)
    assert seen["errors"].shape == (8, 1397)
    assert found.error < found.member_error
    assert found.accuracy > found.member_accuracy
    # the mean over members of (p of the true class - 1)² bounds the whole squared distance from below
    assert np.square(seen["errors"]).mean() < found.member_error < 2


@pytest.mark.usefixtures("brief")
def test_deviations_are_errors_counted_from_the_mean_of_other_masks(monkeypatch):
    rng = np.random.default_rng(0)
    hard, own = np.linspace(0.1, 0.9, 1397), iter(rng.normal(scale=0.05, size=(26, 8, 1397)))
    labels = nets.noisy_digits(1).labels_val

    def members(*_):
        """Probabilities of the true class: how hard an image is, and a part of each member's own."""
        p = np.zeros((8, 1397, 10))
        p[:, np.arange(1397), labels] = 1 - hard - next(own)
        return p

    monkeypatch.setattr(ensembles, "_thinned", members)
    found = ensembles.run_deviations(1)
    assert next(own, None) is None  # eight members, 200 others
    assert found.errors > 0.9
    assert found.errors_opposite == 0
    assert found.own.item() == pytest.approx(0, abs=0.03)
    assert 0.2 < found.own_opposite < 0.8


BAD = [
    (ValueError, r"rate must be in \[0, 1\), got 1", lambda: network(1.0, 0)),
    (ValueError, "draw must be at least 0, got -1", lambda: network(0.5, -1)),
    (TypeError, "draw must be an integer", lambda: network(0.5, 0.5)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
