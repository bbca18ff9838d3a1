"""Hand-written gradients inside torch's graph."""

from typing import NamedTuple

import numpy as np
import pytest
import torch

from livenotes import attention, normalization, residual, torch_bridge
from livenotes._trees import leaves, unflatten
from livenotes.activations import REGISTRY, elu, glu, prelu, tanh
from livenotes.datasets.planar import moons
from livenotes.recurrent import CELLS


class Affine(NamedTuple):
    w: np.ndarray
    b: np.ndarray


def affine(p, x):
    """Two outputs, one of them in a nested tree."""
    y = x @ p.w.T + p.b
    return (y, [y.sum(axis=0)]), (p, x)


def affine_backward(tape, g):
    p, x = tape
    g_y = g[0] + g[1][0]
    return Affine(g_y.T @ x, g_y.sum(axis=0)), g_y @ p.w


def tensors(rng, *shapes):
    return [torch.tensor(rng.normal(size=s), requires_grad=True) for s in shapes]


@pytest.mark.parametrize("act", REGISTRY.values(), ids=lambda a: a.name)
def test_every_activation_passes_torchs_own_check(act, rng):
    x = rng.normal(scale=2, size=(3, 12))
    for kink in act.kinks:
        x[np.abs(x - kink) < 1e-2] += 0.1
    x = torch.tensor(x, requires_grad=True)
    assert torch.autograd.gradcheck(torch_bridge.activation(act), x)


def recurrent_layer(cell):
    """Outputs and final state as one function; its tape holds the parameters that backward asks for."""

    def forward(params, x, state0):
        outputs, tape = cell.forward(params, x, state0)
        return (outputs, cell.final_state(tape)), (params, tape)

    return forward, lambda saved, g: cell.backward(*saved, *g)


def residual_block(kind):
    return lambda params, x: residual.forward(kind, params, x), residual.backward


METHODS = {
    "batch_norm": (normalization.batch_norm, normalization.batch_norm_backward),
    "layer_norm": (normalization.layer_norm, normalization.layer_norm_backward),
    "cosine_norm": (normalization.cosine_norm, normalization.cosine_norm_backward),
    "whiten": (normalization.whiten, normalization.whiten_backward),
    "dot_product": (attention.dot_product_attention, attention.dot_product_attention_backward),
    "additive": (attention.additive_attention, attention.additive_attention_backward),
    "original": residual_block("original"),
    **{name: recurrent_layer(cell) for name, cell in CELLS.items()},
}


def arguments(name, rng):
    """Random arguments of a method, in its own order."""
    x, w, v = (rng.normal(size=shape) for shape in [(5, 3), (4, 3), 3])
    if name in CELLS:
        params = CELLS[name].init(rng, 3, 2)
        return params, rng.normal(size=(3, 2, 3)), CELLS[name].zero_state(params, 2)
    return {
        "batch_norm": (x, v, v),
        "layer_norm": (x, v, v),
        "cosine_norm": (x, w),
        "whiten": (x,),
        "dot_product": (x, w, w),
        "additive": (attention.additive_init(rng, 3, 3, 2), x, w, w),
        "original": (residual.init(rng, "original", 3), x),
    }[name]


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_every_kind_pass_torchs_own_check(name, rng):
    trees = arguments(name, rng)
    flat = [torch.tensor(a + 0.1 * rng.normal(size=a.shape), requires_grad=True) for a in leaves(trees)]
    f = torch_bridge.differentiable(*METHODS[name])
    assert torch.autograd.gradcheck(lambda *t: tuple(leaves((f(*unflatten(trees, t)),))), flat)


def test_a_network_in_torch_trains_through_our_gradients(rng):
    x, labels = (torch.tensor(a) for a in moons(rng, 40))
    losses, trained = [], []
    for hidden in (torch.tanh, torch_bridge.activation(tanh)):
        torch.manual_seed(0)
        first, second = torch.nn.Linear(2, 8, dtype=x.dtype), torch.nn.Linear(8, 2, dtype=x.dtype)
        optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.5, momentum=0.5)
        for _ in range(30):
            loss = torch.nn.functional.cross_entropy(second(hidden(first(x))), labels)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        trained.append(first.weight.detach())
    np.testing.assert_allclose(losses[30:], losses[:30], rtol=1e-10)
    np.testing.assert_allclose(*trained, rtol=1e-10)
    assert losses[-1] < losses[30] / 2


def test_parameters_of_an_activation_are_passed_on(rng):
    (x,) = tensors(rng, (4,))
    torch_bridge.activation(elu, alpha=2.5)(x).sum().backward()
    np.testing.assert_allclose(x.grad, elu.slope(x.detach().numpy(), alpha=2.5))
    y = torch_bridge.activation(prelu, alpha=np.array([0.0, 1.0, 2.0, 3.0]))(
        -torch.ones(4, dtype=torch.float64)
    )
    np.testing.assert_array_equal(y, [0, -1, -2, -3])


def test_trees_of_arguments_and_outputs(rng):
    w, b, x = tensors(rng, (2, 3), (2,), (5, 3))
    f = torch_bridge.differentiable(affine, affine_backward)
    assert torch.autograd.gradcheck(
        lambda w, b, x: (lambda o: (o[0], o[1][0]))(f(Affine(w, b), x)), (w, b, x)
    )
    y, (total,) = f(Affine(w, b), x)
    assert y.shape == (5, 2)
    total.sum().backward()
    np.testing.assert_allclose(w.grad, (5 * x.mean(dim=0)).detach().expand(2, 3))


def test_float32_stays_float32():
    x = torch.ones(4, requires_grad=True)
    y = torch_bridge.activation(glu)(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == torch.float32


def test_torch_cannot_reach_into_our_arrays():
    kept = np.ones(3)
    f = torch_bridge.differentiable(lambda x: (kept, None), lambda tape, g: kept)
    x = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    y = f(x)
    with torch.no_grad():
        y += 1
    np.testing.assert_array_equal(kept, 1)


X = torch.ones(3, requires_grad=True)
BAD = [
    (
        TypeError,
        "arguments must be tensors on the CPU, got ndarray",
        lambda: torch_bridge.activation(elu)(np.ones(3)),
    ),
    (
        TypeError,
        "arguments must be tensors on the CPU, got a tensor on meta",
        lambda: torch_bridge.activation(elu)(torch.ones(3, device="meta")),
    ),
    (TypeError, "x must be .* got dtype int64", lambda: torch_bridge.activation(elu)(torch.arange(3))),
    (
        TypeError,
        "outputs of forward must be a NumPy array of floats, got float",
        lambda: torch_bridge.differentiable(lambda x: (1.0, None), print)(X),
    ),
    (
        ValueError,
        r"gradients of backward.0 must have shape torch.Size\(\[3\]\) in both, got \(1,\)",
        lambda: torch_bridge.differentiable(lambda x: (x, None), lambda t, g: g[:1])(X).sum().backward(),
    ),
    (
        ValueError,
        r"gradients of backward must have the same structure in both, got tuple of 2 and tuple of 3",
        lambda: (
            torch_bridge.differentiable(lambda x, y: (x, None), lambda t, g: (g, g, g))(X, X).sum().backward()
        ),
    ),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
