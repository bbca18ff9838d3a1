import numpy as np
import pytest

from livenotes import dense
from livenotes.activations import REGISTRY, relu
from livenotes.chapters.questions import layers


def test_a_stack_without_a_bend_is_one_layer(rng):
    net = [
        dense.Layer(rng.normal(size=(o, i)), rng.normal(size=o)) for i, o in ((3, 5), (5, 4), (4, 2), (2, 6))
    ]
    x = rng.normal(size=(7, 3))
    one = layers.collapsed(net)
    expected, _ = dense.forward(net, x, layers.IDENTITY)
    np.testing.assert_allclose(x @ one.w.T + one.b, expected, rtol=1e-10)


@pytest.mark.parametrize("name", layers.SETS)
@pytest.mark.parametrize("hidden", [layers.HIDDEN_LAYERS[0], layers.HIDDEN_LAYERS[-1]])
def test_depth_helps_only_with_a_bend(name, hidden):
    straight, bent = (layers.stack(name, f, hidden) for f in (layers.IDENTITY, relu))
    assert straight.pieces == 1
    assert straight.accuracy < 0.9
    assert (bent.accuracy == 1) == (hidden > 0)
    assert (bent.pieces > 10) == (hidden > 0)
    # The line that is drawn is where the score changes its sign.
    w1, w2, b = straight.line.values
    x1, x2 = np.meshgrid(straight.x1, straight.x2)
    np.testing.assert_allclose(w1 * x1 + w2 * x2 + b, straight.score.values, atol=1e-9)
    says = straight.inputs.values @ [w1, w2] + b > 0
    assert straight.accuracy == pytest.approx((says == straight.label.values).mean())


def test_share_of_a_gradient_through_linear_layers(rng):
    w = rng.normal(size=(4, 6))
    g = np.random.default_rng(0).normal(size=(5, 4))
    expected = np.linalg.norm(g @ w) / np.linalg.norm(g)
    net = [dense.Layer(np.eye(6), np.zeros(6)), dense.Layer(w, np.zeros(4))]
    found = layers.arriving(net, rng.normal(size=(5, 6)), layers.IDENTITY)
    assert found == pytest.approx(expected)
    assert layers.arriving(net, rng.normal(size=(5, 6)), REGISTRY["sigmoid"]) < expected / 4


def test_dead_units_are_silent_everywhere(monkeypatch):
    monkeypatch.setattr(layers, "EARLY", 2)
    monkeypatch.setattr(layers, "LATE", 30)
    calm, wild = (layers.learn_with("relu", 4, rate, 0) for rate in (0.001, 0.3))
    assert 0 <= calm.dead <= calm.silent < 0.7
    assert wild.dead > calm.dead + 0.2
    smooth = layers.learn_with("tanh", 4, 0.001, 0)
    assert smooth.silent == smooth.dead == 0
    assert calm.accuracy[1] > calm.accuracy[0]


def test_stored_advice_covers_every_point():
    found = layers.advice()
    assert dict(found.accuracy.sizes) == {"activation": 7, "depth": 3, "rate": 4, "seed": 3, "update": 2}
    assert bool(found.accuracy.notnull().all())
    assert bool((found.dead <= found.silent).all())
