"""Who shares a mean, the two functions of batch norm, scaled weights, and gradients by layer."""

import numpy as np
import pytest

from livenotes.chapters.normalization import cells, column, companies, flow, scaled
from livenotes.chapters.normalization.one_layer import BETA, BLOCK, GAMMA, MINE, NEIGHBORS
from livenotes.normalization import layer_norm


@pytest.mark.parametrize("kind", ["batch", "layer"])
@pytest.mark.parametrize("neighbor", NEIGHBORS)
def test_what_shares_a_mean_is_what_moves(kind, neighbor):
    """An output moves if and only if its cell shares a mean with the neighbor that was changed."""
    before, after = cells(kind, neighbor, 2.0), cells(kind, neighbor, 100.0)
    assert np.argwhere(before.x != after.x).tolist() == [list(NEIGHBORS[neighbor])]
    row, col = NEIGHBORS[neighbor]
    moved = np.abs(before.y - after.y) > 1e-9
    expected = np.zeros(BLOCK.shape, bool)
    expected[(slice(None), col) if kind == "batch" else (row, slice(None))] = True
    np.testing.assert_array_equal(moved, expected)
    assert moved[MINE] == after.shared[NEIGHBORS[neighbor]]


def test_mean_and_deviation_are_those_of_the_shared_cells():
    found = cells("batch", "column", 100.0)
    values = [100.0, 4.0, 3.0, 1.0, 5.0]
    np.testing.assert_allclose([found.mean, found.deviation], [np.mean(values), np.std(values)])
    np.testing.assert_allclose(found.y[:, 1], (np.array(values) - 22.6) / np.std(values), rtol=1e-6)


def test_layer_norm_treats_every_example_alone(rng):
    x, gamma, beta = rng.normal(2, 3, size=(9, 6)), rng.normal(size=6), rng.normal(size=6)
    together, _ = layer_norm(x, gamma, beta)
    for row in range(9):
        alone, _ = layer_norm(x[row : row + 1], gamma, beta)
        np.testing.assert_allclose(alone[0], together[row], rtol=1e-12)
        by_hand = (x[row] - x[row].mean()) / np.sqrt(x[row].var() + 1e-5)
        np.testing.assert_allclose(alone[0], gamma * by_hand + beta, rtol=1e-10)


@pytest.mark.parametrize("first", [-2.0, 1.0, 10.0])
@pytest.mark.parametrize("loss", [1, 4])
def test_the_column_is_right_number_by_number(first, loss):
    found = column(first, loss)
    x = np.array([first, 2.0, 3.0, 6.0])
    np.testing.assert_allclose(found.x_hat, (x - x.mean()) / x.std(), rtol=1e-4)
    np.testing.assert_allclose(found.y, GAMMA * found.x_hat + BETA)
    step, slopes = 1e-5, []
    for k in range(4):
        ends = []
        for sign in (1, -1):
            moved = x + sign * step * np.eye(4)[k]
            ends.append(GAMMA * (moved[loss - 1] - moved.mean()) / np.sqrt(moved.var() + 1e-5))
        slopes.append((ends[0] - ends[1]) / (2 * step))
    np.testing.assert_allclose(found.g_x, slopes, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(found.g_x.sum(), 0, atol=1e-12)


def test_a_batch_of_two_knows_only_which_is_larger():
    found = companies(2)
    np.testing.assert_allclose(np.abs(found.output), 1, atol=1e-2)
    assert set(np.sign(found.output.values)) == {-1.0, 1.0}


@pytest.mark.parametrize("batch", [3, 4, 8, 16])
def test_no_output_exceeds_the_root_of_the_others(batch):
    output = companies(batch).output.values
    assert np.abs(output).max() <= np.sqrt(batch - 1)
    assert np.abs(output).max() > 0.75 * min(np.sqrt(batch - 1), 3)


def test_a_batch_of_one_says_nothing_and_a_large_one_what_prediction_says():
    assert not companies(1).output.any()
    large = companies(256)
    assert np.abs(large.output - large.mine).max() < 0.6
    spreads = [float(companies(batch).spread) for batch in (4, 16, 64, 256)]
    np.testing.assert_allclose(np.divide(spreads[:-1], spreads[1:]), 2, rtol=0.25)


@pytest.mark.parametrize("kind", ["batch", "layer", "weight"])
def test_scaled_weights_leave_the_scores_and_divide_the_gradient(kind):
    one, large = scaled(kind, 1.0), scaled(kind, 100.0)
    np.testing.assert_allclose(large.output, one.output, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(100 * large.gradient, one.gradient, rtol=1e-3)
    np.testing.assert_allclose(large.length, 100 * one.length)
    assert large.turn < 1e-3 * one.turn


def test_without_normalization_the_scores_grow():
    one, large = scaled("none", 1.0), scaled("none", 100.0)
    np.testing.assert_allclose(large.output, 100 * one.output, rtol=1e-6)
    assert large.gradient > 0.5 * one.gradient


def test_gradients_with_batch_norm_do_not_see_the_weights_and_grow_as_theory_says():
    small, large = flow("relu", 20, 0.5), flow("relu", 20, 2.0)
    for kind in ("batch", "layer"):
        np.testing.assert_allclose(small.sel(kind=kind), large.sel(kind=kind), rtol=0.05)
    ratio = large.sel(kind="none") / small.sel(kind="none")
    np.testing.assert_allclose(np.log2(ratio.isel(layer=0)), 2 * 19, rtol=0.02)
    growth = flow("relu", 30, 1.0).sel(kind="batch", layer=1).mean("seed") ** (1 / 29)
    np.testing.assert_allclose(growth, np.sqrt(np.pi / (np.pi - 1)), rtol=0.03)
