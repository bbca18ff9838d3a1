"""Initializers, masks and nonlinearities: the small parts."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from livenotes._trees import leaves
from livenotes.recurrent import CELLS, initializers, mask_from_lengths, nonlinearities
from livenotes.recurrent.nonlinearities import IDENTITY, RELU, SIGMOID, TANH

from .references import LAYERS

seeds = st.integers(0, 2**32 - 1)
sides = st.integers(1, 12)
each_function = pytest.mark.parametrize("f", [SIGMOID, TANH, RELU, IDENTITY], ids=lambda f: f.name)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, rows=sides, columns=sides, gain=st.floats(0.1, 3))
def test_orthogonal_means_orthogonal(seed, rows, columns, gain):
    w = initializers.orthogonal(np.random.default_rng(seed), rows, columns, gain=gain)
    assert w.shape == (rows, columns)
    short = w if rows <= columns else w.T
    np.testing.assert_allclose(short @ short.T, gain**2 * np.eye(len(short)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.svd(w, compute_uv=False), gain, rtol=1e-12)


def test_orthogonal_is_uniform_over_rotations_and_reflections(rng):
    """Haar measure: an entry has mean 0 and variance 1/n. Without the sign correction its mean is not 0."""
    draws = np.stack([initializers.orthogonal(rng, 3, 3) for _ in range(3000)])
    assert np.abs(draws.mean(axis=0)).max() < 5 * np.sqrt(1 / 3 / 3000)
    np.testing.assert_allclose(draws.var(axis=0), 1 / 3, rtol=0.1)
    assert 0.45 < (np.linalg.det(draws) > 0).mean() < 0.55


@settings(max_examples=40, deadline=None)
@given(seed=seeds, n=sides, radius=st.just(0.0) | st.floats(1e-3, 3))
def test_spectral_radius_is_what_was_asked_for(seed, n, radius):
    w = initializers.spectral(np.random.default_rng(seed), n, n, radius=radius)
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(w)).max(), radius, rtol=1e-9)


def test_identity_and_glorot(rng):
    np.testing.assert_array_equal(initializers.identity(rng, 2, 3, scale=0.5), [[0.5, 0, 0], [0, 0.5, 0]])
    w = initializers.glorot_uniform(rng, 200, 400)
    assert np.abs(w).max() <= np.sqrt(6 / 600)
    np.testing.assert_allclose(w.var(), 2 / 600, rtol=0.02)


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_init_uses_the_generator_and_the_initializer_given(layer):
    def eyes(rng, rows, columns):
        return np.eye(rows, columns)

    draws = [layer.init(np.random.default_rng(seed), 2, 3, dtype=np.float32) for seed in (1, 1, 2)]
    first, same, other = ([a for a in leaves(d) if a.ndim == 2 and a.any()] for d in draws)
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert all(a.dtype == np.float32 for a in first)
    chosen = leaves(layer.init(np.random.default_rng(1), 2, 3, recurrent=eyes))
    assert any(a.shape[1:] == (3,) and np.array_equal(a[:3], np.eye(3)) for a in chosen)


def test_init_of_single_cells(rng):
    p = CELLS["lstm"].init(rng, 2, 3, forget_bias=2.5)
    np.testing.assert_array_equal(p.b.reshape(4, 3), [[0] * 3, [2.5] * 3, [0] * 3, [0] * 3])
    p = CELLS["lstm_coupled"].init(rng, 2, 3)
    np.testing.assert_array_equal(p.b.reshape(3, 3), [[1] * 3, [0] * 3, [0] * 3])
    blocks = CELLS["gru"].init(rng, 2, 3).w_h.reshape(3, 3, 3)
    for block in blocks:
        np.testing.assert_allclose(block @ block.T, np.eye(3), atol=1e-12)
    assert not np.allclose(blocks[0], blocks[1])
    np.testing.assert_array_equal(CELLS["elman_relu"].init(rng, 2, 3).w_h, np.eye(3))


def test_no_two_parts_of_a_composed_layer_start_alike(rng):
    for name in ("bidirectional_gru", "two_bidirectional"):
        weights = [a for a in leaves(LAYERS[name].init(rng, 3, 3)) if a.ndim == 2]
        assert len({a.tobytes() for a in weights}) == len(weights)


@each_function
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nonlinearity_and_slope_against_torch(f, dtype, rng):
    x = np.concatenate([rng.normal(scale=4, size=200), [-1e4, -60, 0, 60, 1e4]]).astype(dtype)
    x_t = torch.tensor(x, requires_grad=True)
    y_t = x_t * 1 if f is IDENTITY else getattr(torch, f.name)(x_t)
    y_t.sum().backward()
    with np.errstate(all="raise", under="ignore"):
        y = f.value(x)
        slope = f.slope(y)
    tolerance = {"rtol": 0, "atol": 4 * np.finfo(dtype).eps}
    np.testing.assert_allclose(y, y_t.detach(), **tolerance)
    np.testing.assert_allclose(slope, x_t.grad, **tolerance)
    assert y.dtype == slope.dtype == dtype
    alone = f.value(x[:1].reshape(()))
    assert isinstance(alone, np.ndarray)
    assert (alone, f.slope(alone)) == (y[0], slope[0])


@each_function
def test_nonlinearity_writes_into_out_and_nowhere_else(f, rng):
    x = rng.normal(size=(3, 4))
    x.flags.writeable = False
    for function in (f.value, f.slope):
        out = np.full_like(x, np.nan)
        assert function(x, out=out) is out
        np.testing.assert_array_equal(out, function(x))
    in_place = x.copy()
    np.testing.assert_array_equal(f.value(in_place, out=in_place), f.value(x))


def test_nonlinearities_are_all_tested():
    records = [v for v in vars(nonlinearities).values() if isinstance(v, nonlinearities.Nonlinearity)]
    assert records == [SIGMOID, TANH, RELU, IDENTITY]


def test_mask_from_lengths():
    expected = np.array([[True, True, False], [True, False, False], [True, False, False]])
    np.testing.assert_array_equal(mask_from_lengths(np.array([3, 1, 0]), 3), expected)
    assert mask_from_lengths(np.array([], int), 2).shape == (2, 0)
    assert mask_from_lengths(np.array([0]), 0).shape == (0, 1)
