"""Activations that mix the entries of the last axis, that learn a slope, or that draw one."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from livenotes.activations import (
    REGISTRY,
    Activation,
    crelu,
    glu,
    leaky_relu,
    maxout,
    prelu,
    relu,
    rrelu,
    rrelu_train,
    rrelu_train_backward,
    swish,
)

MIXING = [a for a in REGISTRY.values() if not a.elementwise]
each = pytest.mark.parametrize("act", MIXING, ids=lambda a: a.name)

REFERENCE = {
    "crelu": lambda x: torch.cat([torch.relu(x), torch.relu(-x)], dim=-1),
    "maxout": lambda x, k: x.unflatten(-1, (-1, k)).max(dim=-1).values,
    "glu": functional.glu,
}


def test_every_one_has_a_reference():
    assert set(REFERENCE) == {a.name for a in MIXING}


def settings(act):
    return [{"k": k} for k in (1, 2, 3, 6)] if act is maxout else [{}]


@each
def test_values_and_gradients_match_torch(act, rng):
    for kw in settings(act):
        x = rng.normal(scale=3, size=(4, 3, 12))
        xt = torch.tensor(x, requires_grad=True)
        y = REFERENCE[act.name](xt, **kw)
        g = rng.normal(size=y.shape)
        (want,) = torch.autograd.grad(y, xt, torch.tensor(g))
        np.testing.assert_allclose(act(x, **kw), y.detach(), rtol=1e-12)
        assert act.outputs(12, **kw) == y.shape[-1]
        np.testing.assert_allclose(act.backward(act.forward(x, **kw)[1], g), want, rtol=1e-12, atol=1e-14)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keeps_dtype_stays_finite_and_leaves_input_alone(act, dtype):
    for shape in [(12,), (0, 12), (2, 12), (3, 1, 12)]:
        x = np.resize(np.array([-1e4, -1.0, 0.0, 1.0, 1e4], dtype), shape)
        x.flags.writeable = False
        for kw in settings(act):
            with np.errstate(all="raise", under="ignore"):
                y, tape = act.forward(x, **kw)
                g_x = act.backward(tape, y)
            assert y.dtype == g_x.dtype == dtype
            assert y.shape[:-1] == x.shape[:-1]
            assert g_x.shape == x.shape
            assert np.isfinite(y).all()
            assert np.isfinite(g_x).all()
            assert not np.shares_memory(x, y)


def test_ties_and_kinks_are_settled():
    g = np.array([1.0, 10.0])
    np.testing.assert_array_equal(
        maxout.backward(maxout.forward(np.full(6, 2.0), k=3)[1], g), [1, 0, 0, 10, 0, 0]
    )
    np.testing.assert_array_equal(crelu.backward(crelu.forward(np.zeros(1))[1], g), [0])


def test_known_special_cases(rng):
    x = rng.normal(size=(5, 4))
    pairs = np.stack([x, np.zeros_like(x)], axis=-1).reshape(5, 8)
    np.testing.assert_array_equal(maxout(pairs), relu(x))
    np.testing.assert_allclose(glu(np.concatenate([x, x], axis=-1)), swish(x), rtol=1e-15)
    np.testing.assert_array_equal(crelu(x)[:, :4] - crelu(x)[:, 4:], x)


def test_prelu_learns_one_slope_per_channel(rng):
    x, alpha, g = rng.normal(size=(6, 5, 3)), rng.normal(size=3), rng.normal(size=(6, 5, 3))
    xt, at = torch.tensor(x, requires_grad=True), torch.tensor(alpha, requires_grad=True)
    y = functional.prelu(xt.movedim(-1, 1), at).movedim(1, -1)
    want_x, want_alpha = torch.autograd.grad(y, (xt, at), torch.tensor(g))
    np.testing.assert_allclose(prelu(x, alpha=alpha), y.detach(), rtol=1e-13)
    np.testing.assert_allclose(prelu.backward(prelu.forward(x, alpha=alpha)[1], g), want_x, rtol=1e-13)
    g_alpha = prelu.backward_params(prelu.forward(x, alpha=alpha)[1], g)["alpha"]
    np.testing.assert_allclose(g_alpha, want_alpha, rtol=1e-12)
    shared = prelu.backward_params(prelu.forward(x, alpha=0.5)[1], g)["alpha"]
    assert shared.shape == ()
    np.testing.assert_allclose(shared, g_alpha.sum(), rtol=1e-12)


def test_swish_learns_its_beta(rng):
    x, g = rng.normal(size=50), rng.normal(size=50)
    for beta in (-0.5, 0.0, 1.0, 4.0):
        bt = torch.tensor(beta, dtype=torch.float64, requires_grad=True)
        y = torch.tensor(x) * torch.sigmoid(bt * torch.tensor(x))
        (want,) = torch.autograd.grad(y, bt, torch.tensor(g))
        _, tape = swish.forward(x, beta=beta)
        np.testing.assert_allclose(swish.backward_params(tape, g)["beta"], want, rtol=1e-11)


def test_only_learned_parameters_have_gradients(rng):
    x = rng.normal(size=4)
    learned = {a.name: list(a.backward_params(a.forward(x)[1], x)) for a in REGISTRY.values() if a.learned}
    assert learned == {"prelu": ["alpha"], "swish": ["beta"]}
    assert leaky_relu.backward_params(leaky_relu.forward(x)[1], x) == {}


@given(seed=st.integers(0, 2**32 - 1), ends=st.tuples(st.floats(-1, 1), st.floats(-1, 1)).map(sorted))
def test_rrelu_draws_within_its_limits_and_backpropagates_them(seed, ends):
    lower, upper = ends
    x = np.random.default_rng(seed).normal(size=(4, 7))
    x[0, 0] = 0  # at the kink a slope is drawn too
    y, tape = rrelu_train(x, np.random.default_rng(seed), lower=lower, upper=upper)
    np.testing.assert_array_equal(tape[x > 0], 1)
    assert ((tape[x <= 0] >= lower) & (tape[x <= 0] <= upper)).all()
    np.testing.assert_array_equal(y, x * tape)
    np.testing.assert_array_equal(rrelu_train_backward(tape, x), x * tape)
    again, _ = rrelu_train(x, np.random.default_rng(seed), lower=lower, upper=upper)
    np.testing.assert_array_equal(again, y)


def test_rrelu_predicts_the_mean_of_training(rng):
    x = np.full(200_000, -1.0, np.float32)
    y, tape = rrelu_train(x, rng)
    assert y.dtype == tape.dtype == np.float32
    assert y.mean() == pytest.approx(rrelu(x[:1])[0], abs=5 * float(y.std()) / len(x) ** 0.5)
    assert y.std() == pytest.approx((1 / 3 - 1 / 8) / 12**0.5, rel=0.01)


X = np.ones((2, 12))
RNG = np.random.default_rng(0)
RECORD = {"formula": "x", "slope_formula": "1", "image": (0.0, 1.0), "cite": "x", "chapter": "activations"}
BAD = [
    (TypeError, "glu mixes the entries of x and has no slope", lambda: glu.slope(X)),
    (TypeError, "crelu mixes the entries of x", lambda: crelu.slope(X)),
    (TypeError, "maxout mixes the entries of x", lambda: maxout.slope(X, k=2)),
    (ValueError, "x must have an even last axis, got one of length 3", lambda: glu(X[:, :3])),
    (ValueError, r"x must have at least one axis", lambda: glu(np.array(1.0))),
    (ValueError, r"x must have at least one axis", lambda: crelu.forward(np.array(1.0))),
    (ValueError, "x must have a last axis that k=5 divides, got one of length 12", lambda: maxout(X, k=5)),
    (ValueError, r"k must be a whole number, got 1.5", lambda: maxout(X, k=1.5)),
    (ValueError, r"k must be greater than 0, got 0", lambda: maxout(X, k=0)),
    (
        ValueError,
        r"g_y must have shape \(2, 6\), got \(2, 12\)",
        lambda: maxout.backward(maxout.forward(X)[1], X),
    ),
    (
        ValueError,
        r"g_y must have shape \(2, 24\), got \(2, 12\)",
        lambda: crelu.backward(crelu.forward(X)[1], X),
    ),
    (
        TypeError,
        r"g_y must have dtype float64, got float32",
        lambda: glu.backward(glu.forward(X)[1], X.astype("f4")),
    ),
    (ValueError, r"alpha must have shape \(12,\), got \(2,\)", lambda: prelu(X, alpha=np.ones(2))),
    (TypeError, r"alpha must have dtype float64, got float32", lambda: prelu(X, alpha=np.ones(12, "f4"))),
    (TypeError, r"alpha must be .* got dtype int64", lambda: prelu(X, alpha=np.ones(12, int))),
    (TypeError, r"alpha must be a real number, got ndarray", lambda: leaky_relu(X, alpha=np.ones(12))),
    (ValueError, r"lower must not exceed upper", lambda: rrelu(X, lower=0.5, upper=0.1)),
    (ValueError, r"lower must not exceed upper", lambda: rrelu_train(X, RNG, lower=0.5, upper=0.1)),
    (ValueError, r"upper must be finite", lambda: rrelu_train(X, RNG, upper=np.inf)),
    (TypeError, r"rng must be a numpy.random.Generator, got int", lambda: rrelu_train(X, 0)),
    (TypeError, r"x must be .* got list", lambda: rrelu_train([1.0], RNG)),
    (ValueError, r"g_y must have shape \(2, 12\)", lambda: rrelu_train_backward(X, X[:1])),
    (ValueError, r"'x' must have a derivative or a pullback", lambda: Activation("x", abs, **RECORD)),
    (
        ValueError,
        r"'x' must have a derivative or a pullback",
        lambda: Activation("x", abs, **RECORD, derivative=abs, pullback=abs),
    ),
    (ValueError, r"'x' must have a width", lambda: Activation("x", abs, **RECORD, pullback=abs)),
    (ValueError, r"'x' must have a width", lambda: Activation("x", abs, **RECORD, derivative=abs, width=abs)),
    (TypeError, r"g_y must be .* got list", lambda: glu.backward(glu.forward(X)[1], [1.0])),
    (ValueError, r"x must have an even last axis", lambda: glu.forward(X[:, :3])),
    (ValueError, r"x must have an even last axis, got one of length 3", lambda: glu.outputs(3)),
    (ValueError, "features must be at least 0, got -1", lambda: crelu.outputs(-1)),
    (
        ValueError,
        r"tape must be one of prelu, got one of leaky_relu",
        lambda: prelu.backward(leaky_relu.forward(X)[1], X),
    ),
    (TypeError, r"no parameter 'k'", lambda: glu.outputs(4, k=2)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
