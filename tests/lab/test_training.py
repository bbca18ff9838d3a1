"""The training loop against the package's own step and against torch."""

from itertools import islice

import numpy as np
import pytest
import torch

from livenotes import dense, losses, optimization
from livenotes.activations import tanh
from livenotes.lab.training import accuracy, descent, minibatches


def test_descent_is_gradient_descent(rng):
    layers = dense.init(rng, (3, 5, 2))
    x, labels = rng.normal(size=(8, 3)), rng.integers(2, size=8)
    batches = [np.array([0, 1, 2]), np.array([5, 6, 7])]
    nets = list(descent(layers, x, labels, tanh, losses.softmax_cross_entropy, 0.3, batches))
    assert len(nets) == 3
    want = layers
    for net, rows in zip(nets[1:], batches, strict=True):
        out, tape = dense.forward(want, x[rows], tanh)
        _, g_out = losses.softmax_cross_entropy(out, labels[rows])
        want = optimization.sgd(want, dense.backward(tape, g_out)[0], lr=0.3)
        for found, expected in zip(net, want, strict=True):
            np.testing.assert_array_equal(found.w, expected.w)
            np.testing.assert_array_equal(found.b, expected.b)


def test_full_batches_are_torchs(rng):
    layers = dense.init(rng, (2, 4, 1))
    x, targets = rng.normal(size=(9, 2)), rng.normal(size=(9, 1))
    trained = next(islice(descent(layers, x, targets, tanh, losses.squared_error, 0.1), 25, None))
    parameters = [torch.tensor(p, requires_grad=True) for layer in layers for p in layer]
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    for _ in range(25):
        w1, b1, w2, b2 = parameters
        out = torch.tanh(torch.tensor(x) @ w1.T + b1) @ w2.T + b2
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(out, torch.tensor(targets)).backward()
        optimizer.step()
    for found, want in zip((p for layer in trained for p in layer), parameters, strict=True):
        np.testing.assert_allclose(found, want.detach(), rtol=1e-12, atol=1e-14)


def test_an_epoch_of_minibatches_holds_everything_once(rng):
    first, second = (np.concatenate(list(islice(minibatches(rng, 12, 4), 3))) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(12))
    batches = minibatches(rng, 10, 4)  # two of four an epoch, two left over
    epochs = [np.concatenate([next(batches), next(batches)]) for _ in range(30)]
    assert all(len(set(epoch)) == 8 for epoch in epochs)
    assert set(np.concatenate(epochs)) == set(range(10))
    whole = minibatches(rng, 10, 4, drop_last=False)
    for _ in range(3):
        epoch = [next(whole) for _ in range(3)]
        assert [len(batch) for batch in epoch] == [4, 4, 2]
        assert sorted(np.concatenate(epoch)) == list(range(10))
    for size in (0, 11):
        with pytest.raises(ValueError, match=f"size: expected a number from 1 to 10, got {size}"):
            next(minibatches(rng, 10, size))


def test_accuracy_by_the_highest_score_or_the_sign():
    assert accuracy(np.array([[0.1, 0.2], [3.0, 1.0], [0.0, 1.0]]), np.array([1, 0, 0])) == 2 / 3
    assert accuracy(np.array([[0.1], [-0.2], [-3.0], [2.0]]), np.array([1, 0, 1, 1])) == 0.75
