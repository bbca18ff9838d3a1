"""Optimizers against torch's, and the two ways of clipping."""

import math
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from livenotes._trees import leaves, tree_map
from livenotes.checks import relative_error
from livenotes.optimization import (
    AdamState,
    adagrad,
    adam,
    adam_init,
    clip_by_norm,
    clip_by_value,
    global_norm,
    iterations_per_epoch,
    momentum,
    sgd,
    zeros_like,
)


class Net(NamedTuple):
    w: np.ndarray
    rest: list


def net(rng, dtype=np.float64):
    return Net(
        rng.normal(size=(3, 2)).astype(dtype), [rng.normal(size=4).astype(dtype), np.array(0.5, dtype)]
    )


def run_ours(step, state, params, gradients):
    for g in gradients:
        out = step(params, g) if state is None else step(params, g, state)
        params, state = out if isinstance(out, tuple) and not isinstance(out, Net) else (out, None)
    return params


def run_torch(optimizer, params, gradients, **options):
    tensors = [torch.tensor(p, requires_grad=True) for p in leaves(params)]
    opt = optimizer(tensors, **options)
    for g in gradients:
        for tensor, leaf in zip(tensors, leaves(g), strict=True):
            tensor.grad = torch.tensor(leaf)
        opt.step()
    return [t.detach().numpy() for t in tensors]


T = torch.optim
PEERS = {
    "sgd": (lambda p, g: sgd(p, g, lr=0.1), None, T.SGD, {"lr": 0.1}),
    "sgd-l2": (
        lambda p, g: sgd(p, g, lr=0.1, weight_decay=0.3),
        None,
        T.SGD,
        {"lr": 0.1, "weight_decay": 0.3},
    ),
    "sgd-decoupled": (
        lambda p, g: sgd(p, g, lr=0.1, weight_decay=0.3, decoupled=True),
        None,
        T.SGD,
        {"lr": 0.1, "weight_decay": 0.3},
    ),
    "momentum": (
        lambda p, g, v: momentum(p, g, v, lr=0.1, mu=0.8, weight_decay=0.3),
        zeros_like,
        T.SGD,
        {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.3},
    ),
    "adagrad": (
        lambda p, g, s: adagrad(p, g, s, lr=0.1, eps=1e-4),
        zeros_like,
        T.Adagrad,
        {"lr": 0.1, "eps": 1e-4},
    ),
    "adam": (adam, adam_init, T.Adam, {}),
    "adam-l2": (
        lambda p, g, s: adam(p, g, s, lr=0.01, beta1=0.8, beta2=0.95, eps=1e-4, weight_decay=0.3),
        adam_init,
        T.Adam,
        {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.3},
    ),
    "adamw": (
        lambda p, g, s: adam(p, g, s, lr=0.01, weight_decay=0.3, decoupled=True),
        adam_init,
        T.AdamW,
        {"lr": 0.01, "weight_decay": 0.3},
    ),
}


@pytest.mark.parametrize("name", PEERS)
def test_optimizers_match_torch(name, rng):
    step, init, optimizer, options = PEERS[name]
    params, gradients = net(rng), [net(rng) for _ in range(5)]
    before = tree_map(np.copy, params)
    ours = run_ours(step, init and init(params), params, gradients)
    assert relative_error(leaves(ours), run_torch(optimizer, params, gradients, **options)) < 1e-13
    assert relative_error(before, params) == 0
    assert isinstance(ours, Net)


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_stay_and_large_gradients_are_fine(name, dtype, rng):
    step, init, _, _ = PEERS[name]
    params = net(rng, dtype)
    huge = tree_map(lambda p: np.full_like(p, 1e4), params)
    for array in leaves((params, huge)):
        array.flags.writeable = False
    with np.errstate(all="raise", under="ignore"):
        ours = run_ours(step, init and init(params), params, [huge, huge])
    for p, q in zip(leaves(params), leaves(ours), strict=True):
        assert (p.dtype, p.shape) == (q.dtype, q.shape)
        assert np.isfinite(q).all()


def test_decoupled_momentum_by_hand():
    p, v = momentum(
        np.array([2.0]), np.array([1.0]), np.array([4.0]), lr=0.5, mu=0.5, weight_decay=0.1, decoupled=True
    )
    assert v == 3.0  # 0.5 * 4 + 1: the decay is not in it
    assert p == pytest.approx(2.0 * (1 - 0.05) - 1.5)


# Smaller entries than these lose digits when they are squared or divided, in the reference too.
entries = st.floats(-1e6, 1e6).filter(lambda entry: entry == 0 or abs(entry) > 1e-100)
gradients = arrays(np.float64, array_shapes(max_dims=2, max_side=4), elements=entries)


@given(st.lists(gradients, min_size=1, max_size=3), st.floats(1e-3, 1e3))
def test_clipping_by_norm_bounds_the_norm_and_keeps_the_direction(grads, limit):
    clipped = clip_by_norm(grads, limit)
    norm = global_norm(grads)
    np.testing.assert_allclose(norm, np.linalg.norm(np.concatenate([g.ravel() for g in grads])), rtol=1e-12)
    assert global_norm(clipped) <= limit * (1 + 1e-12)
    if norm <= limit:
        assert relative_error(clipped, grads) == 0
    else:
        assert relative_error(tree_map(lambda c: c * (norm / limit), clipped), grads) < 1e-12


@given(st.lists(gradients, min_size=1, max_size=3), st.floats(1e-3, 1e3))
def test_clipping_by_value_moves_only_what_is_outside(grads, limit):
    for g, c in zip(grads, clip_by_value(grads, limit), strict=True):
        inside = np.abs(g) <= limit
        np.testing.assert_array_equal(c[inside], g[inside])
        np.testing.assert_array_equal(c[~inside], np.sign(g[~inside]) * limit)


def test_clipping_matches_torch(rng):
    grads = [rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=5).astype(np.float32)]
    for g in grads:
        g.flags.writeable = False
    tensors = [torch.zeros(g.shape, requires_grad=True) for g in grads]
    for tensor, g in zip(tensors, grads, strict=True):
        tensor.grad = torch.tensor(g)
    norm = torch.nn.utils.clip_grad_norm_(tensors, 0.5)
    assert global_norm(grads) == pytest.approx(float(norm), rel=1e-6)
    for ours, tensor in zip(clip_by_norm(grads, 0.5), tensors, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, tensor.grad, rtol=1e-5)


def test_the_norm_neither_overflows_nor_underflows():
    assert global_norm([np.full(4, 1e30, np.float32)]) == pytest.approx(2e30, rel=1e-6, abs=0)
    assert global_norm([np.full(4, 1e-30, np.float32)]) == pytest.approx(2e-30, rel=1e-6, abs=0)
    assert global_norm([]) == global_norm([np.zeros(3)]) == 0


@given(st.integers(1, 10**6), st.integers(1, 10**4))
def test_an_epoch_sees_every_example_once(examples, batch):
    steps = iterations_per_epoch(examples, batch)
    assert (steps - 1) * batch < examples <= steps * batch
    full = iterations_per_epoch(examples, batch, drop_last=True)
    assert full * batch <= examples < (full + 1) * batch


P, F4 = [np.ones(2)], [np.ones(2, np.float32)]
S = AdamState(0, P, P)
BAD = [
    (ValueError, "lr must be greater than 0", lambda: sgd(P, P, lr=0)),
    (TypeError, "lr must be a real number, got str", lambda: sgd(P, P, lr="1")),
    (ValueError, "weight_decay must be 0 or greater", lambda: sgd(P, P, lr=1, weight_decay=-1)),
    (ValueError, r"grads.0 must have shape \(2,\) in both, got \(1,\)", lambda: sgd(P, [np.ones(1)], lr=1)),
    (ValueError, "grads must have the same structure", lambda: sgd(P, P + P, lr=1)),
    (TypeError, "every leaf of params must be .* got float", lambda: sgd([1.0], P, lr=1)),
    (TypeError, "every leaf of grads must be .* got dtype int64", lambda: sgd(P, [np.ones(2, int)], lr=1)),
    (TypeError, "every leaf of grads must have dtype float64, got float32", lambda: sgd(P, F4, lr=1)),
    (ValueError, r"mu must be in \[0, 1\)", lambda: momentum(P, P, P, lr=1, mu=1)),
    (ValueError, "velocity must have the same structure", lambda: momentum(P, P, [], lr=1)),
    (TypeError, "every leaf of velocity must have dtype", lambda: momentum(P, P, F4, lr=1)),
    (ValueError, "square must have the same structure", lambda: adagrad(P, P, [], lr=1)),
    (ValueError, r"beta1 must be in \[0, 1\)", lambda: adam(P, P, S, beta1=1)),
    (ValueError, r"beta2 must be in \[0, 1\)", lambda: adam(P, P, S, beta2=-0.1)),
    (ValueError, "eps must be greater than 0", lambda: adam(P, P, S, eps=0)),
    (ValueError, "state.mean must have the same structure", lambda: adam(P, P, AdamState(0, [], P))),
    (ValueError, "state.square must have the same structure", lambda: adam(P, P, AdamState(0, P, []))),
    (ValueError, "limit must be greater than 0", lambda: clip_by_norm(P, 0)),
    (ValueError, "limit must be greater than 0", lambda: clip_by_value(P, -1)),
    (ValueError, "grads must be finite, got norm nan", lambda: clip_by_norm([np.array([1.0, math.nan])], 1)),
    (ValueError, "grads must be finite, got norm inf", lambda: clip_by_norm([np.array([1.0, math.inf])], 1)),
    (TypeError, "every leaf of grads must be", lambda: clip_by_value([1.0], 1)),
    (TypeError, "every leaf of grads must be", lambda: global_norm(["three"])),
    (ValueError, "examples must be at least 1", lambda: iterations_per_epoch(0, 1)),
    (TypeError, "batch_size must be an integer, got float", lambda: iterations_per_epoch(1, 1.0)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
