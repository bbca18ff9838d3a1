"""One unit, hinges that add up, and the numbers that flow through the small network."""

import numpy as np
import pytest

from livenotes import checks, dense, losses
from livenotes.activations import relu
from livenotes.chapters.learning import flow, hinges, hinges_through, scores, small_network, unit
from livenotes.chapters.learning.plots import _arithmetic
from livenotes.dense import Layer


def test_a_unit_is_off_left_of_its_bend():
    result = unit(2.0, -1.0, np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(result["sum"], [-1, 0, 1])
    np.testing.assert_allclose(result.output, [0, 0, 1])


def test_slopes_of_a_sum_of_hinges_add_up():
    x = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    total = hinges((1.0, -3.0, 0.5), x)["sum"]
    np.testing.assert_allclose(np.diff(total), [0, 1, -2, -1.5])


def test_hinges_pass_through_every_point(rng):
    x, y = np.sort(rng.uniform(-2, 2, size=9)), rng.normal(size=9)
    out, _ = dense.forward(hinges_through(x, y), x[:, None], relu)
    np.testing.assert_allclose(out[:, 0], y, atol=1e-9)


@pytest.mark.parametrize(("x1", "target"), [(1.0, 3.0), (3.0, -2.0), (0.0, 0.5)])
def test_the_numbers_of_the_small_network_are_its_slopes(x1, target):
    def loss(layers):
        y, _ = dense.forward(layers, np.array([[x1, 2.0]]), relu)
        return losses.squared_error(y, np.array([[target]]))[0]

    found = flow(x1, target)
    numeric = checks.central_differences(loss, small_network())
    np.testing.assert_allclose(found.g_w, numeric[0].w, atol=1e-6)
    np.testing.assert_allclose(found.g_v, numeric[1].w[0], atol=1e-6)
    np.testing.assert_allclose(found.g_a, found.g_h * (found.a > 0))


@pytest.mark.parametrize("x1", [0.0, 1.0, 3.0])
def test_the_arithmetic_that_is_written_out_is_right(x1):
    """Every line of the figure ends in the number that its left side has; Python agrees with each."""
    for line in _arithmetic(flow(x1, 4.0), 4.0)[1:]:
        for sum_ in line.split("; "):
            _, *middle, value = (
                part.partition(",")[0] if "max" not in part else part for part in sum_.split(" = ")
            )
            code = middle[-1].replace("·", "*").replace("−", "-").replace("²", "**2")
            assert eval(code) == pytest.approx(float(value.replace("−", "-"))), line


def test_slopes_of_the_two_losses():
    for z in (-6.0, -0.5, 3.0):
        here, step = scores(z), 1e-5
        for name in ("entropy", "square"):
            numeric = (scores(z + step)[name] - scores(z - step)[name]) / (2 * step)
            assert here[f"g_{name}"] == pytest.approx(numeric, abs=1e-8)


def test_twins_stay_twins():
    """Units that start alike get the same gradient: the reason why weights start at random."""
    layers = [Layer(np.full((3, 1), 0.5), np.zeros(3)), Layer(np.full((1, 3), 0.5), np.zeros(1))]
    y, tape = dense.forward(layers, np.array([[1.0], [2.0]]), relu)
    _, g_y = losses.squared_error(y, np.array([[1.0], [5.0]]))
    first = dense.backward(tape, g_y).g_layers[0].w
    assert np.ptp(first) == 0 != first[0, 0]
