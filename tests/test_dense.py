"""The multilayer perceptron against torch, differentiated automatically."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from livenotes import dense
from livenotes.activations import prelu, relu, sigmoid, softplus, tanh

TORCH = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": functional.softplus}


@pytest.mark.parametrize("activation", [relu, sigmoid, tanh, softplus], ids=lambda a: a.name)
@pytest.mark.parametrize("widths", [(3, 2), (3, 5, 2), (4, 6, 3, 1)], ids=str)
def test_forward_and_backward_are_torchs(rng, activation, widths):
    layers = [
        dense.Layer(w, rng.normal(size=b.shape)) for w, b in dense.init(rng, widths, gain=2.0)
    ]  # biases away from zero
    x, g_out = rng.normal(size=(7, widths[0])), rng.normal(size=(7, widths[-1]))
    out, tape = dense.forward(layers, x, activation)
    g_layers, g_x = dense.backward(tape, g_out)

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
    _, g_x = dense.backward(tape, np.ones((4, 1)))
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
    g_layers, g_x = dense.backward(tape, np.ones_like(out))
    assert {a.dtype for a in (out, g_x, *(p for g in g_layers for p in g))} == {np.dtype(np.float32)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_inputs_give_finite_gradients(dtype, rng):
    layers, x = dense.init(rng, (3, 4, 2), dtype=dtype), (1e4 * rng.normal(size=(5, 3))).astype(dtype)
    for activation in (relu, sigmoid, softplus, tanh):
        with np.errstate(all="raise", under="ignore"):
            out, tape = dense.forward(layers, x, activation)
            g_layers, g_x = dense.backward(tape, out)
        assert all(np.isfinite(a).all() for a in (out, g_x, *(p for g in g_layers for p in g)))


def test_nothing_is_mutated(rng):
    layers, x = dense.init(rng, (3, 4, 2)), rng.normal(size=(5, 3))
    copies = [p.copy() for layer in layers for p in layer]
    x_copy, g = x.copy(), np.ones((5, 2))
    _, tape = dense.forward(layers, x, relu)
    dense.backward(tape, g)
    for p, copy in zip((p for layer in layers for p in layer), copies, strict=True):
        np.testing.assert_array_equal(p, copy)
    np.testing.assert_array_equal(x, x_copy)
    assert (g == 1).all()


R, X = np.random.default_rng(0), np.ones((2, 3))
NET = dense.init(R, (3, 4, 2))
TAPE = dense.forward(NET, X, relu)[1]
BAD = [
    (ValueError, r"widths must hold at least an input and an output, got \[3\]", lambda: dense.init(R, [3])),
    (ValueError, r"widths\[1\] must be at least 1, got 0", lambda: dense.init(R, [3, 0])),
    (TypeError, r"widths\[0\] must be an integer, got float", lambda: dense.init(R, [3.0, 2])),
    (ValueError, "gain must be greater than 0, got 0", lambda: dense.init(R, [3, 2], gain=0.0)),
    (ValueError, "layers must hold at least one layer, got none", lambda: dense.forward([], X, relu)),
    (
        ValueError,
        r"layers\[0\].w must have axes \(O, I=4\), got shape \(4, 3\)",
        lambda: dense.forward(NET, np.ones((1, 4)), relu),
    ),
    (
        ValueError,
        r"layers\[1\].w must have axes \(O, I=4\), got shape \(4, 3\)",
        lambda: dense.forward(NET[:1] * 2, X, relu),
    ),
    (
        ValueError,
        r"layers\[0\].b must have axes \(O=4\), got shape \(2,\)",
        lambda: dense.forward([dense.Layer(NET[0].w, NET[1].b)], X, relu),
    ),
    (TypeError, r"x must have dtype float64, got float32", lambda: dense.forward(NET, X.astype("f4"), relu)),
    (TypeError, "prelu has no parameter 'beta'", lambda: dense.forward(NET, X, prelu, beta=1.0)),
    (ValueError, r"g_y must have axes \(B=2, O=2\)", lambda: dense.backward(TAPE, X)),
    (TypeError, "g_y must have dtype float64", lambda: dense.backward(TAPE, X.astype("f4"))),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
