"""What crosses the boundary: data comes back as it was, anything else is refused before it costs anything."""

import io
import json
import socket
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib import format as npy

from livenotes.coursework.boundary import wire

VALUES = [
    None,
    True,
    3,
    2**200,
    -1.5,
    "text ∑",
    [1, [2.0, "x"], ()],
    (1, (2, [3])),
    {"a": 1, 2: (3.0,), (1, "k"): None},
    1 + 2j,
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.array(3.0),
    np.float32(1.5),
    np.bool_(True),
    np.zeros((0, 3), np.int8),
    np.array(["ab", "c"]),
    np.array([1 + 1j], np.complex64),
    [np.ones(2), {"w": np.zeros(1)}],
]


def over(value, **options):
    tree, arrays = wire.pack(value)
    return wire.unpack(json.loads(json.dumps(tree)), arrays, **options)


def same(a, b):
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and bool(np.all(a == b))
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_data_come_back_as_they_were(value):
    assert same(value, over(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none(value):
    assert repr(over(value)) == repr(value)
    assert repr(over(np.array([value]))) == repr(np.array([value]))


def test_a_generator_goes_to_the_submission_and_never_back():
    rng = np.random.default_rng(5)
    rng.random(3)
    assert over(rng, generators=True).random() == rng.random()
    with pytest.raises(wire.WireError):
        over(rng)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        len,
        {1, 2},
        np.array([object()]),
        np.zeros(2, [("a", "f8")]),
        np.array(["2020"], "M8[D]"),
        1j.__class__,
    ],
)
def test_what_is_not_data_is_not_sent(value):
    with pytest.raises(TypeError):
        wire.pack(value)


def array_bytes(header, body=b""):
    text = header.encode().ljust(117) + b"\n"
    return npy.magic(1, 0) + struct.pack("<H", len(text)) + text + body


def pickled():
    stream = io.BytesIO()
    npy.write_array(stream, np.array([print]), version=(1, 0), allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        b"garbage",
        pickled(),
        array_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"),
        array_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"),
        array_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", b"12345678"),
        array_bytes("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"12345678"),
        array_bytes("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", b"12345678"),
        array_bytes("{'descr': '|V8', 'fortran_order': False, 'shape': (1,), }", b"12345678"),
        array_bytes("{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,), }"),
        array_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 40 + ")" * 40 + ", }"),
        array_bytes("__import__('os').abort()"),
    ],
)
def test_broken_arrays_are_refused(data):
    with pytest.raises(wire.WireError):
        wire.unpack({"array": 0}, [data])


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"array": 0},
        {"array": -1},
        {"array": True},
        {"array": "0"},
        {"tuple": 3},
        {"tuple": [], "dict": []},
        {"dict": [[1]]},
        {"dict": [[[1], 2]]},
        {"dict": [[{"tuple": [[1]]}, 2]]},
        {"pickle": "gASVAAAA"},
        {"__class__": "x"},
    ],
)
def test_broken_trees_are_refused(tree):
    with pytest.raises(wire.WireError):
        wire.unpack(tree, [])


def test_deep_trees_are_refused():
    tree = 0
    for _ in range(5000):
        tree = [tree]
    with pytest.raises(wire.WireError):
        wire.unpack(tree, [])


@pytest.fixture
def ends():
    mine, theirs = wire.pair()
    yield mine, wire.Channel(theirs)
    mine.close()
    theirs.close()


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">II", 2**31, 0),
        struct.pack(">II", 10, 2**31),
        struct.pack(">II", 4, 0) + b"nope",
        struct.pack(">II", 2, 0) + b"[]",
        struct.pack(">II", 2, 0) + b"{}",
        struct.pack(">II", 13, 4) + b'{"npy": [99]}' + b"1234",
        struct.pack(">II", 14, 0) + b'{"npy": ["4"]}',
        struct.pack(">II", 20_000, 0) + b"[" * 20_000,
        struct.pack(">II", 6000, 0) + b'{"npy":[], "a": ' + b"9" * 5983 + b"}",
    ],
)
def test_broken_messages_are_refused(ends, data):
    mine, channel = ends
    mine.sendall(data)
    with pytest.raises(wire.WireError):
        channel.receive(1.0)


def test_half_a_message_is_too_slow_and_then_closed(ends):
    mine, channel = ends
    mine.sendall(struct.pack(">II", 100, 0) + b"{")
    with pytest.raises(wire.TooSlow):
        channel.receive(0.05)
    mine.shutdown(socket.SHUT_RDWR)
    with pytest.raises(wire.Closed):
        channel.receive(0.05)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 50))
def test_random_bytes_never_do_more_than_be_refused(data, text, arrays):
    mine, theirs = wire.pair()
    with mine, theirs:
        mine.sendall(struct.pack(">II", text, arrays) + data)
        mine.shutdown(socket.SHUT_WR)
        with pytest.raises((wire.WireError, wire.Closed)):
            wire.unpack(*[wire.Channel(theirs).receive(1.0)[k] for k in (0, 1)])


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=0, max_size=150))
def test_random_arrays_never_do_more_than_be_refused(body):
    try:
        value = wire.unpack({"array": 0}, [npy.magic(1, 0) + body])
    except wire.WireError:
        return
    assert isinstance(value, np.ndarray)
    assert value.nbytes <= len(body)
