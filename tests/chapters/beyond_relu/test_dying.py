"""Single units against a loop over examples, what is stored of them, and nets that lose units."""

import numpy as np
import pytest
import torch

from livenotes import dense
from livenotes.activations import REGISTRY, relu
from livenotes.chapters.beyond_relu import dying
from livenotes.chapters.beyond_relu.dying import KINDS, first_weights, lesson, unit_step
from livenotes.dense import Layer


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_is_that_of_torch(kind):
    x, y = lesson()
    w = first_weights(3)[:7]
    params = KINDS[kind][1]
    ours = unit_step(w, REGISTRY[kind], 0.3, x, y, **params)
    theirs = torch.tensor(w, requires_grad=True)
    a = theirs @ torch.tensor(x).T
    functional = torch.nn.functional
    h = {
        "relu": functional.relu,
        "elu": functional.elu,
        "gelu": functional.gelu,
        "leaky_relu": lambda a: functional.leaky_relu(a, 0.1),
    }[kind](a)
    ((h - torch.tensor(y)) ** 2 / 2).mean(dim=1).sum().backward()
    np.testing.assert_allclose(ours, w - 0.3 * theirs.grad.numpy(), rtol=1e-9)


def test_a_silent_relu_never_moves_and_a_leaky_one_does():
    x, y = lesson()
    w = np.array([[-1.0, -1.0, -0.5]])
    assert (w @ x.T < 0).all()
    np.testing.assert_array_equal(unit_step(w, relu, 5.0, x, y), w)
    assert (unit_step(w, REGISTRY["leaky_relu"], 0.3, x, y, alpha=0.1) > w).all()


def test_what_is_stored_begins_with_the_same_units():
    silent = dying.graveyard().silent
    for seed in (0, 1):
        w = first_weights(seed)
        x, y = lesson()
        w = unit_step(w, relu, 0.3, x, y)
        before = (w @ x.T < 0).all(axis=1)
        np.testing.assert_array_equal(silent.sel(kind="relu", factor=20, seed=seed, step=1), before)
        w = unit_step(w, relu, 6.0, x, y)
        after = silent.sel(kind="relu", factor=20, seed=seed, step=2)
        np.testing.assert_array_equal(after, (w @ x.T < 0).all(axis=1))
        assert 150 < int(after.sum()) < 300


def test_remedies_do_what_the_table_says():
    found = dying.revival()
    assert found.sel(remedy=["wait", "a tenth of the rate", "Adam", "weight decay"]).max() == 0
    assert found.sel(remedy="leaky ReLU").min() == 1
    assert 0.5 < found.sel(remedy="ELU").min() < 1


def test_decay_leaves_a_bias_alone_if_told_to():
    w = np.array([[-3.0, -3.0, 0.5]])
    x, _ = lesson()
    assert (w @ x[np.abs(x[:, :2]).sum(axis=1) > 0.2].T < 0).all()
    decayed = dying.REMEDIES["weight decay, but not of the bias"](np.array([[-3.0, -3.0, -0.5]]))
    np.testing.assert_allclose(decayed, [[-3 * 0.99**1000, -3 * 0.99**1000, -0.5]])
    both = dying.REMEDIES["weight decay"](np.array([[-3.0, -3.0, -0.5]]))
    np.testing.assert_allclose(both, 0.99**1000 * np.array([[-3.0, -3.0, -0.5]]))


def test_dead_means_zero_for_every_example():
    layers = [
        Layer(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]), np.array([0.0, 0.0, -9.0])),
        Layer(np.ones((1, 3)), np.zeros(1)),
    ]
    (dead,) = dying.dead_units(layers, np.array([[1.0, 2.0], [-1.0, 2.0]]))
    assert dead.tolist() == [False, False, True]
    (dead,) = dying.dead_units(layers, np.array([[1.0, 2.0]]))
    assert dead.tolist() == [False, True, True]


@pytest.mark.parametrize("optimizer", dying.OPTIMIZERS)
def test_optimizers_are_those_of_torch(optimizer, rng):
    net = dense.init(rng, [3, 2])
    update = dying._updates(optimizer, net, 0.05)
    theirs = [torch.tensor(p, requires_grad=True) for p in net[0]]
    peer = getattr(torch.optim, optimizer)(theirs, lr=0.05)
    for _ in range(3):
        grads = [Layer(rng.normal(size=(2, 3)), rng.normal(size=2))]
        net = update(net, grads)
        for p, g in zip(theirs, grads[0], strict=True):
            p.grad = torch.tensor(g)
        peer.step()
    for ours, p in zip(net[0], theirs, strict=True):
        np.testing.assert_allclose(ours, p.detach().numpy(), rtol=1e-7)


def test_pixels_start_at_zero_or_are_centered():
    low, low_val = dying.pixels(centered=False)
    centered, _ = dying.pixels(centered=True)
    assert low.min() == 0
    assert abs(float(centered.mean())) < 1e-4
    np.testing.assert_allclose(np.diff(low, axis=0), np.diff(centered, axis=0), atol=1e-5)
    assert low_val.shape[1] == 64


def test_what_is_stored_of_nets():
    found = dying.deaths()
    assert found.dead.sel(update=0).max() < 0.15
    assert found.dead.sel(optimizer="SGD", start="He", rate=0.1, update=300).max() < 0.15
    assert found.accuracy.sel(optimizer="SGD", start="He", rate=0.1).min() > 0.9


@pytest.mark.usefixtures("own_errors")
def test_bad_input():
    with pytest.raises(ValueError, match="kind"):
        dying.bury("step", 3, 0)
    with pytest.raises(ValueError, match="factor must be greater than 0"):
        dying.bury("relu", 0, 0)
    with pytest.raises(ValueError, match="optimizer"):
        dying.lose("SGDM", "He", 0.1, 0)
    with pytest.raises(ValueError, match="start"):
        dying.lose("SGD", "Kaiming", 0.1, 0)
