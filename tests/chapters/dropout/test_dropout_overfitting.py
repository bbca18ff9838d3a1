"""Variants of dropout, and what dropping does to the units of a net."""

import itertools

import numpy as np
import pytest

from livenotes.activations import relu
from livenotes.chapters.dropout import by_heart, keep_probability, nets, overfitting, sweep
from livenotes.chapters.dropout.nets import Adaptive, Units
from livenotes.datasets.digits import digits
from livenotes.dense import Layer


def test_the_net_that_is_watched_is_the_first_of_the_sweep():
    found, swept = by_heart(), sweep().sel(rate=0, seed=0)
    np.testing.assert_array_equal(found["update"], swept["update"])
    early = slice(15)  # later two machines may part
    np.testing.assert_allclose(found.right[early], swept.validation_accuracy[early], atol=0.01)
    np.testing.assert_allclose(found.known[early] / 80, swept.memorized[early], atol=0.03)
    assert found.known[-1] == 80
    np.testing.assert_array_equal(found.says[-1], found.given)
    assert (found.given != found.true).all()
    data = digits()
    blank = data.x.min(axis=0)
    for picture, true in zip(found.pixels.values, found.true.values, strict=True):
        distance = np.abs(data.x - blank - picture.ravel()).max(axis=1)
        assert distance.min() < 1e-5
        assert data.labels[distance.argmin()] == true


def test_one_unit_removed_is_a_net_without_it():
    one, noise = nets.noisy_digits(0), Units(0.5)
    net = nets.trained(one, noise, 0, 40)
    rises = overfitting._ablated(net, one)
    assert rises.shape == (256,)
    whole = nets.score(net, noise, one.x_val, one.labels_val)[0]
    for unit in (3, 200):
        layer, column = divmod(unit, 128)
        thinned = [Layer(p.w.copy(), p.b) for p in net]
        thinned[layer + 1].w[:, column] = 0
        without = nets.score(thinned, noise, one.x_val, one.labels_val)[0]
        assert rises[unit] == pytest.approx(without - whole, abs=1e-5)


def test_one_pixel_removed_is_a_net_that_does_not_read_it():
    one, noise = nets.noisy_digits(0), Units(0.5)
    net = nets.trained(one, noise, 0, 40)
    rises = overfitting._blanked(net, one)
    assert rises.shape == (64,)
    blind = [Layer(np.where(np.arange(64) == 20, 0, net[0].w), net[0].b), *net[1:]]
    seeing, without = (nets.score(each, noise, one.x_val, one.labels_val)[0] for each in (net, blind))
    assert rises[20] == pytest.approx(without - seeing, abs=1e-5)


def test_features_agree_with_the_net_they_describe(monkeypatch):
    monkeypatch.setattr(overfitting, "UPDATES", 40)
    found = overfitting.run_features("dropout 0.5", 0)
    one, noise = nets.noisy_digits(0), Units(0.5)
    net = nets.trained(one, noise, 0, 40)
    accuracy = nets.score(net, noise, one.x_val, one.labels_val)[1]
    for lost in (found.without_units, found.without_pixels):
        assert lost.sel(share=0).item() == pytest.approx(found.accuracy.item())
    assert found.accuracy.item() == pytest.approx(accuracy)
    assert found.without_units.sel(share=0.9) < accuracy
    h = relu(one.x_val @ net[0].w.T + net[0].b)
    assert found.active.sel(layer=1).item() == pytest.approx((h > 0).mean())
    table = [abs(np.corrcoef(h[:, i], h[:, j])[0, 1]) for i, j in itertools.combinations(range(128), 2)]
    assert found.correlation.sel(layer=1).item() == pytest.approx(np.mean(table), rel=1e-4)
    assert found.zero_weights == 0
    assert overfitting.run_features("L1", 0).zero_weights > 0
    assert set(found) == set(overfitting.features())


def test_standout_keeps_driven_units():
    p = keep_probability.__wrapped__(0.8, 0, updates=5)
    assert p.shape == (2, 1397, 128)
    one, noise = nets.noisy_digits(0), Adaptive(0.8)
    first, second, _ = nets.trained(one, noise, 0, 5)
    s = one.x_val[3] @ first.w.T + first.b
    odds = 1 / (1 + np.exp(-s) * 0.8 / 0.2)
    np.testing.assert_allclose(p.sel(layer=1, image=3), odds, rtol=1e-4)
    above = second.w[7] @ (relu(s) * odds) + second.b[7]
    want = 1 / (1 + np.exp(-above) * 0.8 / 0.2)
    assert p.sel(layer=2, image=3, unit=7).item() == pytest.approx(want, rel=1e-4)
