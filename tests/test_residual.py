"""Residual blocks against the same blocks built of torch's layers."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from livenotes import residual
from livenotes._trees import leaves, tree_map, unflatten
from livenotes.checks import central_differences, relative_error
from livenotes.dense import Layer
from livenotes.residual import BLOCKS, BlockParams

D = 4
each = pytest.mark.parametrize("kind", BLOCKS)


def bn(p, x):
    return functional.batch_norm(x.flatten(0, -2), None, None, p.gamma, p.beta, training=True).reshape(
        x.shape
    )


def ln(p, x):
    return functional.layer_norm(x, (x.shape[-1],), p.gamma, p.beta)


lin, act = (lambda p, x: x @ p.w.T + p.b), torch.relu

# The branches and the blocks written out as in the papers.
BRANCHES = {
    "plain": lambda f, x: bn(f[4], lin(f[3], act(bn(f[1], lin(f[0], x))))),
    "original": lambda f, x: bn(f[4], lin(f[3], act(bn(f[1], lin(f[0], x))))),
    "pre_activation": lambda f, x: lin(f[5], act(bn(f[3], lin(f[2], act(bn(f[0], x)))))),
    "pre_norm": lambda f, x: lin(f[3], act(lin(f[1], ln(f[0], x)))),
    "post_norm": lambda f, x: lin(f[2], act(lin(f[0], x))),
}
REFERENCE = {
    "plain": lambda f, _, x: act(BRANCHES["plain"](f, x)),
    "original": lambda f, _, x: act(x + BRANCHES["original"](f, x)),
    "pre_activation": lambda f, _, x: x + BRANCHES["pre_activation"](f, x),
    "pre_norm": lambda f, _, x: x + BRANCHES["pre_norm"](f, x),
    "post_norm": lambda f, a, x: ln(a[0], x + BRANCHES["post_norm"](f, x)),
}


def random_params(rng, kind, dtype=np.float64):
    params = residual.init(rng, kind, D)
    return tree_map(lambda p: (p + 0.3 * rng.normal(size=p.shape)).astype(dtype), params)


@each
@pytest.mark.parametrize("shape", [(6, D), (3, 2, D)])
def test_values_and_gradients_match_torch(kind, shape, rng):
    params, x = random_params(rng, kind), rng.normal(size=shape)
    flat = [torch.tensor(a, requires_grad=True) for a in [*leaves(params), x]]
    branch, after, _ = unflatten(params, flat[:-1])
    want = REFERENCE[kind](branch, after, flat[-1])
    y, tape = residual.forward(kind, params, x)
    g = rng.normal(size=shape)
    wanted = torch.autograd.grad(want, flat, torch.tensor(g))
    np.testing.assert_allclose(y, want.detach(), rtol=1e-10, atol=1e-12)
    for ours, theirs in zip(leaves(residual.backward(tape, g)), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-11)


@each
@pytest.mark.parametrize("outputs", [3, 7])
def test_projections_match_torch(kind, outputs, rng):
    params = residual.init(rng, kind, D, outputs=outputs)
    params = tree_map(lambda p: p + 0.3 * rng.normal(size=p.shape), params)
    x, g = rng.normal(size=(6, D)), rng.normal(size=(6, outputs))
    flat = [torch.tensor(a, requires_grad=True) for a in [*leaves(params), x]]
    branch, after, shortcut = unflatten(params, flat[:-1])
    assert (shortcut is None) == (kind == "plain")
    f = BRANCHES[kind](branch, flat[-1])
    total = f if shortcut is None else flat[-1] @ shortcut.w.T + shortcut.b + f
    want = {"plain": act, "original": act, "post_norm": lambda s: ln(after[0], s)}.get(kind, lambda s: s)(
        total
    )
    y, tape = residual.forward(kind, params, x)
    np.testing.assert_allclose(y, want.detach(), rtol=1e-10, atol=1e-12)
    wanted = torch.autograd.grad(want, flat, torch.tensor(g))
    for ours, theirs in zip(leaves(residual.backward(tape, g)), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-11)
    running = residual.running_statistics(kind, D, outputs=outputs)
    for _ in range(200):
        running = residual.update_statistics(running, tape, momentum=0.5)
    assert residual.predict(kind, params, running, x).shape == (6, outputs)


def test_a_projection_starts_with_variance_1_over_d(rng):
    wide = residual.init(rng, "original", 300, outputs=200)
    assert wide.shortcut.w.std() == pytest.approx(300**-0.5, rel=0.02)
    assert wide.branch[0].w.std() == pytest.approx((2 / 300) ** 0.5, rel=0.02)
    assert wide.branch[3].w.std() == pytest.approx((2 / 200) ** 0.5, rel=0.02)
    assert residual.init(rng, "original", 3, outputs=3).shortcut is None


@each
def test_gradients_are_central_differences(kind, rng):
    params, x, g = random_params(rng, kind), rng.normal(size=(5, D)), rng.normal(size=(5, D))
    _, tape = residual.forward(kind, params, x)
    g_params, g_x = residual.backward(tape, g)
    numeric = central_differences(lambda a: (g * residual.forward(kind, *a)[0]).sum(), (params, x))
    # a bias before batch norm does nothing: both gradients of it are rounding
    zeros = [np.abs(n).max() < 1e-8 for n in leaves(numeric)]
    for ours, theirs, zero in zip(leaves((g_params, g_x)), leaves(numeric), zeros, strict=True):
        assert np.abs(ours).max() < 1e-8 if zero else relative_error(ours, theirs) < 1e-6
    assert sum(zeros) == {"plain": 2, "original": 2, "pre_activation": 1}.get(kind, 0)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtypes_stay_and_inputs_are_left_alone(kind, dtype, rng):
    params = random_params(rng, kind, dtype)
    x = (1e4 * rng.normal(size=(6, D))).astype(dtype)
    for array in (*leaves(params), x):
        array.flags.writeable = False
    with np.errstate(all="raise", under="ignore"):
        y, tape = residual.forward(kind, params, x)
        g_params, g_x = residual.backward(tape, y)
        running = residual.update_statistics(residual.running_statistics(kind, D, dtype), tape)
        z = residual.predict(kind, params, running, x)
    for array, like in zip([y, z, g_x, *leaves(g_params)], [x, x, x, *leaves(params)], strict=True):
        assert (array.shape, array.dtype) == (like.shape, dtype)
        assert np.isfinite(array).all()


@each
def test_prediction_approaches_training_as_statistics_settle(kind, rng):
    params, x = random_params(rng, kind), rng.normal(size=(500, D))
    running = residual.running_statistics(kind, D)
    y, tape = residual.forward(kind, params, x)
    for _ in range(100):
        running = residual.update_statistics(running, tape, momentum=0.5)
    np.testing.assert_allclose(residual.predict(kind, params, running, x), y, atol=0.02)
    alone = [residual.predict(kind, params, running, x[i : i + 1])[0] for i in range(3)]
    np.testing.assert_allclose(alone, residual.predict(kind, params, running, x)[:3], rtol=1e-10)


def test_statistics_move_by_the_momentum(rng):
    _, tape = residual.forward("original", random_params(rng, "original"), rng.normal(size=(9, D)))
    running = residual.update_statistics(residual.running_statistics("original", D), tape, momentum=0.3)
    for layer, statistics in zip((1, 4), running, strict=True):
        np.testing.assert_allclose(statistics.mean, 0.3 * tape.branch[layer].mean)
        np.testing.assert_allclose(statistics.var, 0.7 + 0.3 * 9 / 8 * tape.branch[layer].var)


@pytest.mark.parametrize("kind", ["original", "pre_activation", "pre_norm"])
def test_a_branch_of_zeros_leaves_the_shortcut(kind, rng):
    params = tree_map(np.zeros_like, residual.init(rng, kind, D))
    x, g = np.abs(rng.normal(size=(5, D))), rng.normal(size=(5, D))
    y, tape = residual.forward(kind, params, x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(residual.backward(tape, g)[1], g)


def test_initial_weights_have_hes_variance(rng):
    params = residual.init(rng, "pre_norm", 300, scale=0.5)
    assert params.branch[1].w.std() == pytest.approx(0.5 * math.sqrt(2 / 300), rel=0.01)
    assert not params.branch[1].b.any()
    assert (params.branch[0].gamma == 1).all()


R, X = np.random.default_rng(0), np.ones((3, D))
P = residual.init(R, "original", D)
S = residual.running_statistics("original", D)
_, T = residual.forward("original", P, X)
WIDER = residual.init(R, "original", D, outputs=6)
BAD = [
    (
        ValueError,
        "kind must be one of plain, original, .* got 'dense'",
        lambda: residual.forward("dense", P, X),
    ),
    (ValueError, "kind must be one of", lambda: residual.init(R, "dense", D)),
    (ValueError, "kind must be one of", lambda: residual.running_statistics("dense", D)),
    (TypeError, "rng must be", lambda: residual.init(0, "plain", D)),
    (ValueError, "width must be at least 1", lambda: residual.init(R, "plain", 0)),
    (ValueError, "scale must be greater than 0", lambda: residual.init(R, "plain", D, scale=0)),
    (TypeError, "x must be .* got list", lambda: residual.forward("original", P, [1.0])),
    (
        ValueError,
        r"x must have axes \(..., I=4\), got shape \(3, 2\)",
        lambda: residual.forward("original", P, X[:, :2]),
    ),
    (ValueError, "x must hold at least two examples", lambda: residual.forward("original", P, X[:1])),
    (ValueError, r"g_y must have shape \(3, 4\), got \(3, 2\)", lambda: residual.backward(T, X[:, :2])),
    (TypeError, "g_y must have dtype float64", lambda: residual.backward(T, X.astype("f4"))),
    (
        ValueError,
        "running must hold 2 statistics for 'original', got 1",
        lambda: residual.predict("original", P, S[:1], X),
    ),
    (
        ValueError,
        "running must hold 2 statistics for 'original', got 0",
        lambda: residual.update_statistics((), T),
    ),
    (
        ValueError,
        "params.branch must have 5 entries for 'original', got 0",
        lambda: residual.forward("original", BlockParams((), ()), X),
    ),
    (
        ValueError,
        "params.after must have 1 entries for 'original', got 0",
        lambda: residual.forward("original", P._replace(after=()), X),
    ),
    (
        ValueError,
        "params.shortcut must map 4 to 6 numbers, got None",
        lambda: residual.forward("original", WIDER._replace(shortcut=None), X),
    ),
    (
        ValueError,
        "params.shortcut must map 4 to 6 numbers, got a map of 5 to 6",
        lambda: residual.forward("original", WIDER._replace(shortcut=Layer(np.ones((6, 5)), np.ones(6))), X),
    ),
    (
        ValueError,
        "params.shortcut must be None for 'plain'",
        lambda: residual.forward("plain", residual.init(R, "plain", D)._replace(shortcut=WIDER.shortcut), X),
    ),
    (
        ValueError,
        "outputs must be at least 1",
        lambda: residual.init(R, "plain", D, outputs=0),
    ),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
