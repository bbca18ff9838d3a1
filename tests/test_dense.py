"""The multilayer perceptron against torch, differentiated automatically."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from livenotes import dense
from livenotes.activations import relu, sigmoid, softplus, tanh

TORCH = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": functional.softplus}


@pytest.mark.parametrize("activation", [relu, sigmoid, tanh, softplus], ids=lambda a: a.name)
@pytest.mark.parametrize("widths", [(3, 2), (3, 5, 2), (4, 6, 3, 1)], ids=str)
def test_forward_and_backward_are_torchs(rng, activation, widths):
    layers = [
        dense.Layer(w, rng.normal(size=b.shape)) for w, b in dense.init(rng, widths, gain=2.0)
    ]  # biases away from zero
    x, g_out = rng.normal(size=(7, widths[0])), rng.normal(size=(7, widths[-1]))
    out, tape = dense.forward(layers, x, activation)
    g_layers, g_x = dense.backward(layers, tape, g_out)

    x_t = torch.tensor(x, requires_grad=True)
    layers_t = [[torch.tensor(p, requires_grad=True) for p in layer] for layer in layers]
    h = x_t
    for k, (w, b) in enumerate(layers_t):
        h = h @ w.T + b
        h = TORCH[activation.name](h) if k < len(layers_t) - 1 else h
    h.backward(torch.tensor(g_out))
    np.testing.assert_allclose(out, h.detach(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(g_x, x_t.grad, rtol=1e-11, atol=1e-13)
    for found, want in zip(g_layers, layers_t, strict=True):
        np.testing.assert_allclose(found.w, want[0].grad, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(found.b, want[1].grad, rtol=1e-11, atol=1e-13)


def test_parameters_reach_the_activation_in_both_directions(rng):
    layers = dense.init(rng, (2, 3, 1))
    x = rng.normal(size=(4, 2))
    out, tape = dense.forward(layers, x, softplus, beta=5.0)
    hidden = functional.softplus(torch.tensor(x @ layers[0].w.T), beta=5.0).numpy()
    np.testing.assert_allclose(out, hidden @ layers[1].w.T, rtol=1e-12)
    _, g_x = dense.backward(layers, tape, np.ones((4, 1)))
    want = (layers[1].w * sigmoid(5.0 * (x @ layers[0].w.T))) @ layers[0].w
    np.testing.assert_allclose(g_x, want, rtol=1e-12)


@pytest.mark.parametrize("gain", [1.0, np.sqrt(2)])
def test_weights_have_the_scale_that_is_documented(rng, gain):
    first, second = dense.init(rng, (400, 100, 300), gain=gain)
    np.testing.assert_allclose(first.w.std(), gain / 20, rtol=0.02)
    np.testing.assert_allclose(second.w.std(), gain / 10, rtol=0.02)
    assert first.w.shape == (100, 400)
    assert not first.b.any()


def test_float32_stays_float32(rng):
    layers = dense.init(rng, (3, 4, 2), dtype=np.float32)
    out, tape = dense.forward(layers, np.ones((5, 3), np.float32), tanh)
    g_layers, g_x = dense.backward(layers, tape, np.ones_like(out))
    assert {a.dtype for a in (out, g_x, *(p for g in g_layers for p in g))} == {np.dtype(np.float32)}


def test_nothing_is_mutated(rng):
    layers, x = dense.init(rng, (3, 4, 2)), rng.normal(size=(5, 3))
    copies = [p.copy() for layer in layers for p in layer]
    x_copy, g = x.copy(), np.ones((5, 2))
    _, tape = dense.forward(layers, x, relu)
    dense.backward(layers, tape, g)
    for p, copy in zip((p for layer in layers for p in layer), copies, strict=True):
        np.testing.assert_array_equal(p, copy)
    np.testing.assert_array_equal(x, x_copy)
    assert (g == 1).all()


def test_bad_input_is_named(rng):
    with pytest.raises(ValueError, match=r"widths: expected two or more positive numbers, got \[3\]"):
        dense.init(rng, [3])
    with pytest.raises(ValueError, match="widths"):
        dense.init(rng, [3, 0])
    with pytest.raises(ValueError, match=r"gain must be greater than 0, got 0"):
        dense.init(rng, [3, 2], gain=0.0)
    with pytest.raises(ValueError, match="layers: expected at least one"):
        dense.forward([], np.zeros((1, 3)), relu)
    with pytest.raises(ValueError, match=r"layers\[0\]: its weights take 3 inputs, got 4"):
        dense.forward(dense.init(rng, [3, 2]), np.zeros((1, 4)), relu)
