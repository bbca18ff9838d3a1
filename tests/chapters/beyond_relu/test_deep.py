"""Signals through thirty layers against a wide net's moments; masks; nets of the comparison against torch."""

import numpy as np
import pytest
import torch

from livenotes._trees import tree_map
from livenotes.activations import REGISTRY
from livenotes.chapters.beyond_relu import deep, masks, race
from livenotes.chapters.beyond_relu.deep import SIGNALS, through
from livenotes.lab.curves import curve


@pytest.mark.parametrize("name", ["relu", "elu", "selu", "tanh"])
@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_the_first_layer_has_the_moments_of_a_gaussian(name, spread):
    found = through(name, 0.0, spread).isel(layer=1)
    expected = curve(name, 0.0, SIGNALS[name] * spread)
    assert float(found["mean"]) == pytest.approx(float(expected.output_mean), abs=0.06 * spread + 0.02)
    assert float(found.variance) == pytest.approx(float(expected.output_sd) ** 2, rel=0.12)


def test_selu_returns_and_relu_only_scales():
    for mean, spread in ((0.0, 0.3), (0.0, 3.0), (2.0, 1.0)):
        last = through("selu", mean, spread).isel(layer=-1)
        assert abs(float(last["mean"])) < 0.25
        assert 0.6 < float(last.variance) < 1.5
    one, twice = (through("relu", 0.0, s) for s in (1.0, 2.0))
    np.testing.assert_allclose(twice["mean"][1:], 2 * one["mean"][1:], rtol=1e-9)


def test_layers_are_products_and_a_curve():
    noise, weights = deep._drawn(0)
    h = 1 + 0.3 * noise
    for w in weights[:3]:
        h = np.tanh(np.einsum("bi,oi->bo", h, w))
    found = through("tanh", 1.0, 0.3).isel(layer=3)
    np.testing.assert_allclose([found["mean"], found.variance], [h.mean(), h.var()], rtol=1e-9)


def test_what_is_stored_of_deep_nets():
    found = deep.thirty().accuracy
    assert found.sel(kind="none", gain=0.71).max() < 0.2
    assert found.sel(kind="none", gain=1.0, rate=0.01).min() > 0.4
    assert found.sel(kind="batch", rate=0.1).min() > 0.5
    assert deep.by_depth().accuracy.sel(kind="none", depth=30, rate=0.01).min() > 0.85


def test_half_of_the_sums_but_few_weights_are_off():
    relu, swish = (masks.in_use("none", name, seeds=2).mean("seed") for name in ("relu", "swish"))
    assert float(relu.negative) == pytest.approx(0.5, abs=0.05)
    assert float(relu.passing) == pytest.approx(1 - float(relu.negative), abs=1e-6)
    assert float(relu.unused) < 0.2 < 0.5 < float(relu.one_example)
    assert float(swish.unused) == 0
    assert float(swish.passing) > 0.9


def test_relu_minus_its_mean_has_mean_zero():
    x = np.random.default_rng(0).normal(size=200_000)
    assert abs(masks.CENTERED(x).mean()) < 0.005
    np.testing.assert_array_equal(masks.CENTERED.slope(x), x > 0)
    assert masks.CENTERED(np.float32([1.0])).dtype == np.float32


def test_masks_by_sign_learn_what_masks_by_chance_do_not():
    assert masks.masked_by(False, 0) > 0.9
    assert masks.masked_by(True, 0) < 0.8


PEERS = {
    "prelu": lambda a, net, k: torch.nn.functional.prelu(a, torch.tensor(net.slopes[k], dtype=a.dtype)),
    "maxout": lambda a, net, k: a.reshape(len(a), -1, 2).amax(-1),
    "glu": lambda a, net, k: torch.nn.functional.glu(a),
    "elu": lambda a, net, k: torch.nn.functional.elu(a),
}


@pytest.mark.parametrize("name", PEERS)
def test_nets_of_the_race_have_the_gradients_of_torch(name, rng):
    net = race.begin(rng, REGISTRY[name], [3, 4, 5, 2])
    net = tree_map(np.float64, net)
    x, weight = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    out, tape = race.forward(net, x, REGISTRY[name], None)
    ours = race.backward(net, tape, weight, REGISTRY[name])
    theirs = [(torch.tensor(w, requires_grad=True), torch.tensor(b)) for w, b in net.layers]
    h = torch.tensor(x)
    for k, (w, b) in enumerate(theirs[:-1]):
        h = PEERS[name](h @ w.T + b, net, k)
    h = h @ theirs[-1][0].T + theirs[-1][1]
    np.testing.assert_allclose(out, h.detach().numpy(), rtol=1e-9)
    (h * torch.tensor(weight)).sum().backward()
    for (g_w, _), (w, _) in zip(ours.layers, theirs, strict=True):
        np.testing.assert_allclose(g_w, w.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_a_shared_slope_is_one_number_and_is_learned():
    net, right = race.train("digits", REGISTRY["prelu"], 0.005, 0, shared=True)
    assert [s.shape for s in net.slopes] == [(1,)] * 3
    assert all(abs(float(s[0]) - 0.25) > 0.01 for s in net.slopes)
    assert right > 0.9


@pytest.mark.parametrize("name", REGISTRY)
def test_the_start_keeps_the_mean_square(name):
    f = REGISTRY[name]
    z = np.random.default_rng(1).normal(size=(4000, 60))
    assert np.square(race.keeping_gain(f) * f(z)).mean() == pytest.approx(1, rel=0.03)


def test_the_comparison_can_be_read():
    found = race.contest()
    assert set(found.activation.values) == set(REGISTRY)
    assert found.sel(task="spirals", activation="identity").max() < 0.75 < 0.95
    assert found.sel(task="spirals", activation="relu").min() > 0.95


@pytest.mark.usefixtures("own_errors")
def test_bad_input():
    with pytest.raises(ValueError, match="name"):
        through("softsign", 0.0, 1.0)
    with pytest.raises(ValueError, match="spread must be greater than 0"):
        through("relu", 0.0, 0.0)
    with pytest.raises(ValueError, match="kind"):
        masks.in_use("layer", "relu")
    with pytest.raises(ValueError, match="seeds must be at least 1, got 0"):
        masks.in_use("none", "relu", seeds=0)
    with pytest.raises(ValueError, match="activation"):
        race.compete("digits", "sine", 0.1, 0)
