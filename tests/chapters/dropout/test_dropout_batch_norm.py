"""Batch norm after dropout: the shift of the variance, in theory and in a trained net."""

import itertools

import numpy as np
import pytest

from livenotes import dense
from livenotes.activations import relu
from livenotes.chapters.dropout import batch_norm, variance_shift
from livenotes.checks import central_differences, relative_error


@pytest.mark.parametrize("width", [16, 128])
def test_the_variance_shift_is_that_of_theory(width):
    for rate in (0.0, 0.3, 0.8):
        found = variance_shift(rate, width, 0)
        assert found.linear.shape == found.linear_theory.shape == (width,)
        few = 0.05 if width == 16 else 0.03  # the same masks feed all 16 units: their errors do not cancel
        assert np.mean(found.direct / found.direct_theory).item() == pytest.approx(1, abs=few)
        assert np.mean(found.linear / found.linear_theory).item() == pytest.approx(1, abs=few)
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


def test_gradients_through_batch_norm_and_dropout(rng):
    net = batch_norm.init(rng, 4)
    net = batch_norm.NormedNet(
        [
            batch_norm.Block(*(p.astype(float) for p in (b.w, b.gamma + 0.3, b.beta - 0.2)))
            for b in net.blocks
        ],
        dense.Layer(*(p.astype(float) for p in net.out)),
    )
    x, g, rates = rng.normal(size=(7, 64)), rng.normal(size=(7, 10)), [0.3, 0.0, 0.5]

    def loss(tree):
        return (g * batch_norm.forward(tree, x, rates, np.random.default_rng(2))[0]).sum()

    _, tape = batch_norm.forward(net, x, rates, np.random.default_rng(2))
    found = batch_norm.backward(net, tape, g)
    assert relative_error(found, central_differences(loss, net)) < 1e-6


def test_statistics_of_the_batch_itself_give_its_outputs_again(rng):
    net, x = batch_norm.init(rng, 8), rng.normal(size=(20, 64)).astype(np.float32)
    out, tape = batch_norm.forward(net, x, [0.0, 0.0, 0.0], rng)
    stats = [batch_norm.RunningStats(own.norm.mean, own.norm.var) for own in tape.blocks]
    again, entering = batch_norm.predict(net, x, stats)
    np.testing.assert_allclose(again, out, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(batch_norm._ratios(net, x, stats), 1, rtol=1e-3)
    assert [s.shape for s in entering] == 3 * [(20, 8)]
    doubled = [batch_norm.RunningStats(s.mean, 2 * s.var) for s in stats[:1]] + stats[1:]
    assert batch_norm._ratios(net, x, doubled)[0] == pytest.approx(0.5, rel=1e-3)


def test_the_shift_of_a_trained_net_is_that_of_its_own_weights():
    stored = batch_norm.normalized().sel(place="after every layer", layer=2).mean("seed")
    assert np.abs(stored.ratio - stored.expected).max() < 0.05
    assert (np.diff(stored.expected, axis=stored.expected.get_axis_num("rate")) < 0).all()


def test_the_shift_needs_a_batch_norm_after_the_dropping(monkeypatch):
    monkeypatch.setattr(batch_norm, "UPDATES", 60)
    everywhere, last = (
        batch_norm.run_normalized(place, 0.5, 32, 0) for place in ("after every layer", "after the last")
    )
    assert everywhere.expected[0] == 1
    assert (last.expected == 1).all()  # nothing is dropped below any of its batch norms
    everywhere, last = everywhere.ratio, last.ratio
    first, second, third = everywhere.values
    assert first == pytest.approx(1, abs=0.05)
    assert third < second < 0.85
    np.testing.assert_allclose(last, 1, atol=0.1)


BAD = [
    (ValueError, r"rate must be in \[0, 1\), got 1", lambda: variance_shift(1.0, 16, 0)),
    (ValueError, "width must be at least 1, got 0", lambda: variance_shift(0.5, 0, 0)),
    (ValueError, "width must be at most 512, got 513", lambda: variance_shift(0.5, 513, 0)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
