"""Arguments validated from annotations: what is refused, in which words, and what comes through."""

import inspect
import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pytest
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from livenotes._arguments import Count, Finite, FloatDtype, Fraction, Natural, NonNegative, Positive, at_least
from livenotes._validated import body, validated

X, W, B = np.ones((2, 3)), np.ones((4, 3)), np.ones(4)
F4 = X.astype("f4")


class Params(NamedTuple):
    w: Float[ndarray, "H D"]
    b: Float[ndarray, " H"] | None = None


class Tape(NamedTuple):
    params: Params
    x: Float[ndarray, "B D"]
    kept: tuple[Float[ndarray, "B _"], ...] = ()


@validated
def layer(params: Params, x: Float[ndarray, "B D"], mask: Bool[ndarray, "#B #D"] | None = None):
    """A layer."""
    return x @ params.w.T


@validated
def back(tape: Tape, g: Float[ndarray, "B H"]):
    return g


@validated
def net(layers: Sequence[Params], x: Float[ndarray, "B D"], **options: float):
    return options


@validated
def alike(x: Float[ndarray, "..."], y: Float[ndarray, "..."]):
    return y


@validated
def front(x: Float[ndarray, "*B T D"], y: Float[ndarray, "*B S D"]):
    return y


@validated
def fixed(x: Float[ndarray, "3 T"], y: Float[ndarray, "T+1 T"], square: Float[ndarray, "D D"] | None = None):
    return y


@validated
def numbers(
    a: Finite = 0.0,
    p: Positive = 1.0,
    n: NonNegative = 0.0,
    r: Fraction = 0.0,
    k: Count = 1,
    i: Natural = 0,
    m: Annotated[int, at_least(6)] = 6,
    j: int = 0,
    t: Positive | None = None,
    dtype: FloatDtype = np.float64,
):
    return locals()


@validated
def others(
    rng: np.random.Generator | None = None,
    f: Callable[[int], int] = abs,
    way: Literal["up", "down"] = "up",
    words: Iterable[str] = (),
    flag: bool = False,
    pair: tuple[int, str] = (1, ""),
    counts: list[int] | None = None,
    ids: Int[ndarray, " N"] | None = None,
    anything: Any = None,
):
    return flag


@validated
def many(*layers: Params, x: Float[ndarray, "B D"] = X):
    return len(layers)


def below(ids, size):
    if ids.max() >= size:
        raise ValueError(f"ids must be below {size}, got {ids.max()}")


@validated(where=below)
def look_up(x: Float[ndarray, "N D"], ids: Int[ndarray, " N"], *, size: Count = 3):
    return x[ids]


def examples(name, value):
    if len(value) < 2:
        raise ValueError(f"{name} must hold at least two examples, got {len(value)}")
    return value


@validated
def variance(x: Annotated[Float[ndarray, "B D"], examples]):
    return x.var(axis=0)


P = Params(W, B)
BAD = [
    (TypeError, "params must be Params, got tuple", lambda: layer((W, B), X)),
    (TypeError, "params.w must be a NumPy array of floats, got list", lambda: layer(Params([1.0]), X)),
    (TypeError, "params.b must be None or a NumPy array of floats, got int", lambda: layer(Params(W, 3), X)),
    (TypeError, "params.w must be .* got dtype int64", lambda: layer(Params(W.astype(int)), X)),
    (TypeError, "x must be a NumPy array of floats, got dtype complex128", lambda: layer(P, X + 0j)),
    (TypeError, "x must have dtype float64, got float32", lambda: layer(P, F4)),
    (TypeError, "params.b must have dtype float64, got float32", lambda: layer(P._replace(b=F4[0]), X)),
    (ValueError, r"params.b must have axes \(H=4\), got shape \(3,\)", lambda: layer(Params(W, W[0]), X)),
    (ValueError, r"x must have axes \(B, D=3\), got shape \(2, 1\)", lambda: layer(P, X[:, :1])),
    (ValueError, r"x must have axes \(B, D=3\), got shape \(1, 2, 3\)", lambda: layer(P, X[None])),
    (ValueError, r"x must have axes \(B, D=3\), got shape \(2, 1\)", lambda: layer(x=X[:, :1], params=P)),
    (TypeError, "mask must be None or an array of bools, got float64", lambda: layer(P, X, X)),
    (TypeError, "mask must be None or an array of bools, got list", lambda: layer(P, X, [True])),
    (ValueError, r"mask must broadcast to shape \(2, 3\), got \(2, 2\)", lambda: layer(P, X, X[:, :2] > 0)),
    (ValueError, r"mask must broadcast to shape \(2, 3\), got \(1, 2, 3\)", lambda: layer(P, X, X[None] > 0)),
    (TypeError, "tape must be Tape, got NoneType", lambda: back(None, X)),
    (ValueError, r"tape.params.b must have axes \(H=4\)", lambda: back(Tape(Params(W, W[0]), X), X)),
    (ValueError, r"tape.x must have axes \(B, D=3\)", lambda: back(Tape(P, B), X)),
    (ValueError, r"tape.kept\[1\] must have axes \(B=2, _\), got", lambda: back(Tape(P, X, (X, W)), X)),
    (ValueError, r"g must have axes \(B=2, H=4\), got shape \(2, 3\)", lambda: back(Tape(P, X), X)),
    (TypeError, "layers must be Sequence, got int", lambda: net(3, X)),
    (TypeError, r"layers\[1\] must be Params, got int", lambda: net([P, 3], X)),
    (ValueError, r"layers\[1\].b must have axes \(H=4\)", lambda: net([P, Params(W, X[0])], X)),
    (TypeError, r"layers\[1\].w must have dtype float64", lambda: net([P, Params(F4)], X)),
    (TypeError, "x must have dtype float32", lambda: net([Params(F4)], X)),
    (TypeError, "alpha must be a real number, got str", lambda: net([P], X, alpha="1")),
    (ValueError, r"y must have shape \(2, 3\), got \(3,\)", lambda: alike(X, X[0])),
    (TypeError, "y must have dtype float64", lambda: alike(X, F4)),
    (ValueError, r"x must have axes \(\*B, T, D\), got shape \(4,\)", lambda: front(B, B)),
    (ValueError, r"y must have axes \(axis 0=5, S, D=3\), got", lambda: front(np.ones((5, 2, 3)), X)),
    (
        ValueError,
        r"y must have axes \(axis 0=5, S, D=3\), got",
        lambda: front(np.ones((5, 2, 3)), X[None, None]),
    ),
    (ValueError, r"x must have axes \(3, T\), got shape \(2, 3\)", lambda: fixed(X, X)),
    (ValueError, r"y must have axes \(T\+1, T=2\), got shape \(2, 3\)", lambda: fixed(X.T, X)),
    (ValueError, r"square must have axes \(D, D\), got shape \(2, 3\)", lambda: fixed(X.T, X.T, X)),
    (TypeError, "a must be a real number, got bool", lambda: numbers(a=True)),
    (ValueError, "a must be finite, got nan", lambda: numbers(np.nan)),
    (ValueError, "p must be greater than 0, got 0", lambda: numbers(p=0)),
    (ValueError, "n must be 0 or greater, got -1", lambda: numbers(n=-1)),
    (ValueError, r"r must be in \[0, 1\), got 1", lambda: numbers(r=1)),
    (ValueError, "k must be at least 1, got 0", lambda: numbers(k=0)),
    (ValueError, "i must be at least 0, got -1", lambda: numbers(i=-1)),
    (ValueError, "m must be at least 6, got 5", lambda: numbers(m=5)),
    (TypeError, "j must be an integer, got float", lambda: numbers(j=1.0)),
    (ValueError, "t must be greater than 0, got -1", lambda: numbers(t=-1)),
    (TypeError, "dtype must be a float type, got int64", lambda: numbers(dtype=int)),
    (TypeError, "rng must be a numpy.random.Generator, got int", lambda: others(rng=3)),
    (TypeError, "f must be a function, got int", lambda: others(f=3)),
    (ValueError, "way must be one of up, down, got 'left'", lambda: others(way="left")),
    (TypeError, "words must be Iterable, got int", lambda: others(words=3)),
    (TypeError, "flag must be bool, got str", lambda: others(flag="no")),
    (ValueError, "pair must have 2 entries, got 1", lambda: others(pair=(1,))),
    (TypeError, r"pair\[0\] must be an integer, got str", lambda: others(pair=("1", ""))),
    (TypeError, r"pair\[1\] must be str, got int", lambda: others(pair=(1, 1))),
    (TypeError, r"counts\[1\] must be an integer, got float", lambda: others(counts=[1, 2.0])),
    (TypeError, "ids must be None or an array of integers, got list", lambda: others(ids=[1])),
    (TypeError, "ids must be None or an array of integers, got float64", lambda: others(ids=B)),
    (TypeError, r"layers\[1\] must be Params, got int", lambda: many(P, 3)),
    (ValueError, "ids must be below 3, got 3", lambda: look_up(W, np.arange(4))),
    (ValueError, "ids must be below 2, got 2", lambda: look_up(X.T, np.arange(3), size=2)),
    (ValueError, r"ids must have axes \(N=4\)", lambda: look_up(W, np.arange(3))),
    (ValueError, "x must hold at least two examples, got 1", lambda: variance(X[:1])),
    (ValueError, r"x must have axes \(B, D\)", lambda: variance(B)),
    (TypeError, "missing 1 required positional argument: 'ids'", lambda: look_up(W)),
    (TypeError, "unexpected keyword argument 'y'", lambda: layer(P, X, y=3)),
    (TypeError, "takes from 2 to 3 positional arguments but 4 were given", lambda: layer(P, X, None, 4)),
    (TypeError, "got multiple values for argument 'x'", lambda: layer(P, X, x=X)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
def test_bad_arguments_are_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()


def test_good_arguments_come_through_as_they_are():
    assert layer(P, X).shape == (2, 4)
    assert layer(Params(W), x=X, mask=np.ones((1, 3), bool)).shape == (2, 4)
    assert layer(P, X, np.ones(3, bool)).shape == (2, 4)
    assert alike(X, W[:2]) is not X
    assert front(np.ones((5, 2, 3)), np.ones((5, 4, 3))).shape == (5, 4, 3)
    assert back(Tape(P, X, (X, X[:, :1])), np.ones((2, 4))).shape == (2, 4)
    assert fixed(X.T, X.T, np.eye(5)) is not None
    assert others(np.random.default_rng(0), flag=np.True_, counts=[], ids=np.zeros(0, np.uint8)) is np.True_
    assert many() == 0
    assert many(P, P) == 2
    assert variance(X).shape == (3,)


def test_entries_of_a_sequence_have_axes_of_their_own():
    assert net([P, Params(np.ones((5, 4))), Params(np.ones((1, 5)))], X) == {}


def test_numbers_are_converted():
    given = numbers(np.float32(0.5), k=np.int64(3), t=2, dtype="f4", j=np.uint8(1))
    assert [type(given[name]) for name in ("a", "k", "t", "j")] == [float, int, float, int]
    assert given["dtype"] is np.dtype(np.float32)
    assert type(net([P], X, alpha=np.float32(1))["alpha"]) is float


def test_a_function_stays_what_it_was():
    assert str(inspect.signature(layer)).startswith("(params: test_validated.Params, x: ")
    assert (layer.__name__, layer.__doc__) == ("layer", "A layer.")
    assert pickle.loads(pickle.dumps(layer)) is layer
    assert "x @ params.w.T" in inspect.getsource(layer)


def test_a_body_can_be_called_without_validation():
    assert body(numbers)(p=-1)["p"] == -1


def test_an_annotation_that_cannot_be_validated_is_refused_at_once():
    with pytest.raises(TypeError, match="x must be one kind of argument or None, got"):

        @validated
        def f(x: int | str): ...

    with pytest.raises(TypeError, match="x must have an annotation that can be validated, got"):

        @validated
        def g(x: 3): ...
