"""The checks that every method calls first."""

import math

import numpy as np
import pytest

from livenotes import _arguments as a

X = np.ones((2, 3))

BAD = [
    (TypeError, "tape must be dict, got list", lambda: a.require_type("tape", [], dict)),
    (TypeError, "loss must be a function, got int", lambda: a.require_callable("loss", 3)),
    (TypeError, "dtype must be a float type, got int64", lambda: a.require_float_dtype(int)),
    (TypeError, "dtype must be a float type, got complex128", lambda: a.require_float_dtype(complex)),
    (TypeError, "x must be a NumPy array of floats, got list", lambda: a.require_float_array("x", [1.0])),
    (TypeError, "x must be .* got dtype int64", lambda: a.require_float_array("x", np.arange(2))),
    (ValueError, r"x must have shape \(3,\), got \(2, 3\)", lambda: a.require_shape("x", X, (3,))),
    (TypeError, "x must have dtype float32, got float64", lambda: a.require_dtype("x", X, np.dtype("f4"))),
    (
        TypeError,
        "rng must be a numpy.random.Generator, got RandomState",
        lambda: a.require_generator(np.random.RandomState(0)),
    ),
    (TypeError, "p must be a real number, got str", lambda: a.require_number("p", "1")),
    (TypeError, "p must be a real number, got bool", lambda: a.require_number("p", True)),
    (ValueError, "p must be finite, got nan", lambda: a.require_number("p", math.nan)),
    (ValueError, "p must be greater than 0, got 0", lambda: a.require_positive("p", 0)),
    (ValueError, "p must be 0 or greater, got -1", lambda: a.require_nonnegative("p", -1)),
    (ValueError, r"p must be in \[0, 1\), got 1", lambda: a.require_fraction("p", 1)),
    (ValueError, r"p must be in \[0, 1\), got -0.5", lambda: a.require_fraction("p", -0.5)),
    (TypeError, "n must be an array of integers, got list", lambda: a.require_ids("n", [1], 3)),
    (TypeError, "n must be an array of integers, got float64", lambda: a.require_ids("n", X, 3)),
    (ValueError, r"n must be in 0..2, got 0..3", lambda: a.require_ids("n", np.arange(4), 3)),
    (ValueError, r"n must be in 0..2, got -1..1", lambda: a.require_ids("n", np.arange(-1, 2), 3)),
    (TypeError, "n must be an integer, got float", lambda: a.require_count("n", 2.0)),
    (TypeError, "n must be an integer, got bool", lambda: a.require_count("n", True)),
    (ValueError, "n must be at least 1, got 0", lambda: a.require_count("n", 0)),
    (
        ValueError,
        "s must be one of up, down, got 'left'",
        lambda: a.require_choice("s", "left", ("up", "down")),
    ),
    (ValueError, "s must be one of up, got None", lambda: a.require_choice("s", None, {"up": 1})),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()


def test_good_input_passes():
    a.require_generator(np.random.default_rng(0))
    a.require_ids("n", np.arange(3, dtype=np.int8), 3)
    a.require_ids("n", np.zeros(0, int), 0)
    a.require_choice("s", "up", {"up": 1})


def test_numbers_come_back_as_python_numbers():
    for check in (a.require_number, a.require_positive, a.require_nonnegative, a.require_fraction):
        assert type(check("p", np.float32(0.5))) is float
    assert type(a.require_count("n", np.int64(3))) is int
    assert a.require_float_dtype("f4") is np.dtype(np.float32)
    assert (
        a.require_fraction("p", 0) == a.require_nonnegative("p", 0) == a.require_count("n", 0, least=0) == 0
    )
