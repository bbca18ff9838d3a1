"""What holds for every activation, driven by the registry."""

import inspect
import math
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from livenotes import activations
from livenotes.activations import REGISTRY, Activation, Param, prelu, register, relu
from livenotes.activations.base import BLOCK

every = pytest.mark.parametrize("act", REGISTRY.values(), ids=lambda a: a.name)
ELEMENTWISE = [a for a in REGISTRY.values() if a.elementwise]
each = pytest.mark.parametrize("act", ELEMENTWISE, ids=lambda a: a.name)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])

HALF_PI = math.pi / 2

# An independent formula for every activation, differentiated by torch.
REFERENCE = {
    "step": lambda x: (x.detach() >= 0) + 0 * x,
    "identity": lambda x: x,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "erf": lambda x: torch.erf(math.sqrt(math.pi) / 2 * x),
    "arctan": lambda x: torch.atan(HALF_PI * x) / HALF_PI,
    # asin(tanh u) is the Gudermannian too, but its slope is lost where tanh rounds to 1
    "gudermannian": lambda x: 2 * torch.atan(torch.tanh(HALF_PI * x / 2)) / HALF_PI,
    "algebraic": lambda x: x * torch.rsqrt(1 + x * x),
    "softsign": functional.softsign,
    "relu": torch.relu,
    # torch goes over to a straight line at its threshold; move that out of the way
    "softplus": lambda x, beta: functional.softplus(x, beta, threshold=1e9),
    "leaky_relu": lambda x, alpha: functional.leaky_relu(x, negative_slope=alpha),
    "prelu": lambda x, alpha: functional.prelu(x, torch.tensor([alpha], dtype=x.dtype)),
    "rrelu": lambda x, lower, upper: functional.rrelu(x, lower, upper, training=False),
    "elu": functional.elu,
    "selu": functional.selu,
    # torch's own celu keeps 1/alpha in single precision
    "celu": lambda x, alpha: torch.where(x > 0, x, alpha * torch.expm1(x / alpha)),
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "gelu_sigmoid": lambda x: x * torch.sigmoid(1.702 * x),
    "swish": lambda x, beta: x * torch.sigmoid(beta * x),
    "hardswish": functional.hardswish,
    "mish": functional.mish,
    "su": lambda x: torch.maximum(x, x * torch.exp(-x.abs())),
    "hard_tanh": functional.hardtanh,
    # 1/2 + hardtanh takes the slope of the flat side at its corners, as we do
    "hard_sigmoid": lambda x, alpha: 0.5 + functional.hardtanh(alpha * x, -0.5, 0.5),
    "soft_relu": lambda x, threshold: functional.softplus(
        functional.hardtanh(x, -threshold, threshold), threshold=1e9
    ),
    "relu6": functional.relu6,
}


def settings(act):
    """Every combination of low, default and high of every parameter."""
    axes = [sorted({p.low, p.default, p.high}) for p in act.params.values()]
    return [dict(zip(act.params, values, strict=True)) for values in product(*axes)]


def away_from(x, kinks):
    return x[np.all(np.abs(x[:, None] - np.array([math.inf, *kinks])) > 1e-3, axis=1)]


def test_every_activation_has_a_reference():
    assert set(REFERENCE) == {a.name for a in ELEMENTWISE}


@each
def test_values_and_slopes_match_torch(act, rng):
    for kw in settings(act):
        x = np.concatenate([rng.normal(scale=4, size=200), act.corners(**kw), [0.0, -60.0, 60.0]])
        xt = torch.tensor(x, requires_grad=True)
        y = REFERENCE[act.name](xt, **kw)
        g = rng.normal(size=x.shape)
        (want,) = torch.autograd.grad(y, xt, torch.tensor(g))
        np.testing.assert_allclose(act(x, **kw), y.detach(), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(act.backward(act.forward(x, **kw)[1], g), want, rtol=1e-12, atol=1e-14)
        np.testing.assert_array_equal(act.backward(act.forward(x, **kw)[1], g), g * act.slope(x, **kw))


@pytest.mark.parametrize("act", [a for a in ELEMENTWISE if a.torch_name], ids=lambda a: a.name)
def test_torch_name_is_the_same_function(act, rng):
    x = rng.normal(scale=4, size=200)
    function = getattr(functional, act.torch_name, None) or getattr(torch, act.torch_name)
    extra = [torch.tensor([0.25], dtype=torch.float64)] if act is prelu else []
    np.testing.assert_allclose(act(x), function(torch.tensor(x), *extra), rtol=1e-7, atol=1e-8)


@each
def test_slope_is_central_difference(act, rng):
    e = 1e-6
    for kw in settings(act):
        x = away_from(rng.normal(scale=4, size=200), act.corners(**kw))
        numeric = (act(x + e, **kw) - act(x - e, **kw)) / (2 * e)
        np.testing.assert_allclose(act.slope(x, **kw), numeric, rtol=1e-6, atol=1e-8)


@each
@both_dtypes
def test_keeps_shape_and_dtype_stays_finite_and_leaves_input_alone(act, dtype):
    for shape in [(), (0,), (6,), (2, 3), (3, 1, 2)]:
        x = np.resize(np.array([-1e4, -1.0, 0.0, 1e-30, 1.0, 1e4], dtype), shape)
        x.flags.writeable = False
        for kw in settings(act):
            with np.errstate(all="raise", under="ignore"):
                results = [act(x, **kw), act.slope(x, **kw), act.backward(act.forward(x, **kw)[1], x)]
            for y in results:
                assert isinstance(y, np.ndarray)
                assert (y.shape, y.dtype) == (x.shape, x.dtype)
                assert np.isfinite(y).all()
                assert not np.shares_memory(x, y)


@each
def test_float32_is_as_exact_as_float32_can_be(act, rng):
    x = np.concatenate([rng.normal(scale=4, size=1000), [-1e4, -100, 100, 1e4]]).astype(np.float32)
    rounding = 1e-7 * np.maximum(1, np.abs(x))  # a gate near 0 or 1 is known to 1e-7, and multiplied by x
    for f in (act, act.slope):
        exact = f(x.astype(np.float64))
        assert (np.abs(f(x) - exact) <= rounding + 3e-6 * np.abs(exact)).all()


@each
def test_large_arrays_are_computed_as_small_ones(act, rng):
    x = rng.normal(scale=4, size=(3, BLOCK // 2 + 1)).astype(np.float32)
    for array in (x, x.T, x[:, ::-1]):
        for f in (act, act.slope):
            want = np.stack([f(row) for row in array]) if len(array) == 3 else f(array.T.copy()).T
            np.testing.assert_allclose(f(array), want, rtol=1e-6, atol=1e-7)


@each
def test_image_and_its_ends_are_reached(act):
    x = np.linspace(-50, 50, 100_001)
    assert act.bounds() == act.image
    assert act.outputs(7) == 7
    for kw in settings(act):
        low, high = act.bounds(**kw)
        y = act(np.concatenate([x, [-1e4, 1e4]]), **kw)
        assert low - 1e-12 <= y.min()
        assert y.max() <= high + 1e-12
        assert y.min() < -90 if low == -math.inf else y.min() < low + 1e-3
        assert y.max() > 90 if high == math.inf else y.max() > high - 1e-3


@each
def test_kinks_are_where_the_slope_jumps(act):
    def jump(f, x, **kw):
        right, left = f(x + 1e-7, **kw), f(x - 1e-7, **kw)
        return np.abs(right - left), np.abs(right) + np.abs(left)

    assert act.corners() == act.kinks
    for kw in settings(act):
        x = away_from(np.linspace(-50, 50, 10_001), act.corners(**kw))
        for f in (act, act.slope):
            assert jump(f, x, **kw)[0].max() < 1e-5
        for kink in act.corners(**kw):
            # relative, because at the left end of soft_relu the slope falls from e^-40 to 0
            jumps = [jump(f, np.array([kink]), **kw) for f in (act, act.slope)]
            assert any(size > 1e-3 * scale for size, scale in jumps)


@every
def test_source_and_chapter_are_given(act):
    bibliography = (Path(__file__).parents[2] / "book" / "references.bib").read_text()
    assert re.search(rf"^@\w+{{{act.cite},", bibliography, re.M)
    assert act.chapter in ("activations", "beyond-relu")
    assert f"{{cite}}`{act.cite}`" in act.__doc__
    assert getattr(activations, act.name) is act
    assert act.name in activations.__all__


@every
def test_sliders_start_on_their_grid(act):
    for p in act.params.values():
        assert p.above < p.low <= p.default <= p.high
        steps = (p.default - p.low) / p.step
        assert steps == pytest.approx(round(steps))


def test_chapters_follow_each_other():
    chapters = [act.chapter for act in REGISTRY.values()]
    assert chapters == sorted(chapters)


@pytest.mark.usefixtures("own_errors")
def test_the_name_can_be_taken_once():
    before = list(REGISTRY)
    with pytest.raises(ValueError, match=r"'relu' is registered twice"):
        register(relu)
    with pytest.raises(TypeError, match="activation must be Activation, got int"):
        register(3)
    assert list(REGISTRY) == before


def test_a_record_reads_well_in_a_notebook():
    assert repr(activations.softplus) == "<activation softplus, beta=1>"
    assert "Rectified linear unit" in inspect.getdoc(relu)


X = np.ones(3)
BAD = [
    (TypeError, r"x must be .* got list", lambda a: a([1.0, 2.0])),
    (TypeError, r"x must be .* got float", lambda a: a(1.0)),
    (TypeError, r"x must be .* got dtype int64", lambda a: a(np.arange(3))),
    (TypeError, r"x must be .* got dtype complex128", lambda a: a.slope(X + 0j)),
    (TypeError, r"x must be .* got dtype bool", lambda a: a.slope(X > 0)),
    (TypeError, r"x must be .* got dtype int64", lambda a: a.forward(np.arange(3))),
    (TypeError, r"g_y must be .* got list", lambda a: a.backward(a.forward(X)[1], [1.0, 1.0, 1.0])),
    (ValueError, r"g_y must have shape \(3,\), got \(2,\)", lambda a: a.backward(a.forward(X)[1], X[:2])),
    (
        ValueError,
        r"g_y must have shape \(3,\), got \(\)",
        lambda a: a.backward(a.forward(X)[1], np.array(1.0)),
    ),
    (TypeError, r"no parameter 'gamma'; its parameters: ", lambda a: a(X, gamma=1.0)),
    (TypeError, r"no parameter 'gamma'", lambda a: a.slope(X, gamma=1.0)),
    (
        TypeError,
        r"g_y must have dtype float64, got float32",
        lambda a: a.backward(a.forward(X)[1], X.astype("f4")),
    ),
    (
        TypeError,
        r"g_y must have dtype float64, got float32",
        lambda a: a.backward_params(a.forward(X)[1], X.astype("f4")),
    ),
    (TypeError, r"tape must be ActivationTape, got ndarray", lambda a: a.backward_params(X, X)),
    (TypeError, r"no parameter 'gamma'", lambda a: a.bounds(gamma=1.0)),
]


@each
@pytest.mark.parametrize(("error", "message", "call"), BAD)
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(act, error, message, call):
    with pytest.raises(error, match=message):
        call(act)


BAD_VALUES = [
    (TypeError, "must be a real number, got str", "1"),
    (TypeError, "must be a real number, got bool", True),
    (TypeError, "must be a real number, got complex", 1j),
    (TypeError, "must be a real number, got tuple", (1.0,)),
    (ValueError, "must be finite, got nan", math.nan),
    (ValueError, "must be finite, got inf", math.inf),
]


@every
@pytest.mark.usefixtures("own_errors")
def test_bad_parameters_are_refused(act):
    for key, p in act.params.items():
        for error, message, value in BAD_VALUES:
            with pytest.raises(error, match=f"^{key} {message}"):
                act.bounds(**{key: value})
        if p.above > -math.inf:
            with pytest.raises(ValueError, match=f"^{key} must be greater than {p.above:g}, got {p.above:g}"):
                act.bounds(**{key: p.above})


def test_a_number_may_be_an_int_or_a_numpy_scalar():
    x = np.ones(3, np.float32)
    softplus = activations.softplus
    for beta in (2, np.float64(2), np.float32(2), np.int64(2)):
        y = softplus(x, beta=beta)
        assert y.dtype == np.float32
        np.testing.assert_array_equal(y, softplus(x, beta=2.0))


def test_params_do_not_share_a_record():
    assert isinstance(activations.softplus.params["beta"], Param)
    assert all(isinstance(act, Activation) and act.name == key for key, act in REGISTRY.items())
