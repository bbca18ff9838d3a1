"""The gradient check, which must itself be able to fail."""

from typing import NamedTuple

import numpy as np
import pytest

from livenotes.checks import central_differences, relative_error


class Pair(NamedTuple):
    a: np.ndarray
    b: np.ndarray


def test_gradient_of_a_known_function(rng):
    p = Pair(rng.normal(size=(3, 2)), [rng.normal(size=4), np.array(1e3)])

    def loss(p):
        return np.sin(p.a).sum() * np.exp(p.b[0]).sum() + np.log(p.b[1])

    before = p.a.copy()
    numeric = central_differences(loss, p)
    exact = Pair(
        np.cos(p.a) * np.exp(p.b[0]).sum(), [np.sin(p.a).sum() * np.exp(p.b[0]), 1 / np.asarray(p.b[1])]
    )
    assert isinstance(numeric, Pair)
    assert relative_error(numeric, exact) < 1e-8
    np.testing.assert_array_equal(p.a, before)


def test_error_falls_as_the_square_of_the_step():
    x = np.array([1.0])
    errors = [abs(central_differences(np.exp, x, step=h)[0] - np.e) for h in (1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)


def test_a_wrong_gradient_is_seen(rng):
    x = rng.normal(size=5)
    numeric = central_differences(lambda x: (x**3).sum(), x)
    assert relative_error(numeric, 3 * x**2) < 1e-8
    wrong = 3 * x**2
    wrong[2] *= 1.01
    assert relative_error(numeric, wrong) > 1e-4


def test_relative_error_by_hand():
    assert relative_error(np.array([1.0, 2.0]), np.array([1.0, 4.0])) == 0.5
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(np.zeros(0), np.zeros(0)) == 0
    assert relative_error(np.zeros(1), np.full(1, 1e-300)) == 1
    # a small leaf is judged on its own scale
    assert relative_error([np.ones(2), np.full(2, 1e-9)], [np.ones(2), np.full(2, 2e-9)]) == 0.5


X = np.ones(2)
BAD = [
    (
        TypeError,
        "at must hold arrays of float64, got float32 as leaf 1",
        lambda: central_differences(sum, [X, X.astype("f4")]),
    ),
    (TypeError, "at must hold arrays of float64, got float", lambda: central_differences(sum, 1.0)),
    (
        ValueError,
        r"one finite number, got nan at entry \(0,\)",
        lambda: central_differences(lambda x: np.nan, X),
    ),
    (ValueError, r"one finite number, got \[1", lambda: central_differences(lambda x: x, X)),
    (ValueError, "step must be greater than 0", lambda: central_differences(sum, X, step=0)),
    (ValueError, "step must be finite", lambda: central_differences(sum, X, step=np.inf)),
    (ValueError, r"tree must have shape \(2,\) in both, got \(1,\)", lambda: relative_error(X, X[:1])),
    (
        ValueError,
        r"a must be finite, got nan in leaf 0 at \(1,\)",
        lambda: relative_error(np.array([0, np.nan]), X),
    ),
    (
        ValueError,
        r"b must be finite, got inf in leaf 1 at \(0,\)",
        lambda: relative_error([X, X], [X, X / 0]),
    ),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with np.errstate(divide="ignore"), pytest.raises(error, match=message):
        call()
