"""How values cross the boundary between a submission and its tests: JSON and npy, never pickle.

A message is a JSON object, followed by the arrays it mentions in npy format. Both sides write with
``pack``; the side that tests reads with ``unpack`` and believes nothing: sizes are checked before
anything is allocated, and only plain numbers, strings and containers come out.
"""

import io
import itertools
import json
import math
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.lib import format as npy

Message: TypeAlias = dict[str, Any]
Tree: TypeAlias = Any

HEADER = struct.Struct(">II")
MAX_JSON = 8 * 2**20
MAX_ARRAYS = 32 * 2**20
MAX_DEPTH = 40
MAX_FILES = 8
ARRAY_KINDS = "biufcUS"
MAX_BITS = 4096  # of an integer in decimals: Python reads and writes no more than 4,300 of them


class WireError(Exception):
    """The other side sent something that is not a message.

    The text quotes nothing of what was sent: it is for the student, and that may hold a hidden test's input.
    """


class TooSlow(Exception):
    """No message arrived in time."""


class Closed(Exception):
    """The other side has gone."""


def pack(value: object) -> tuple[Tree, list[bytes]]:
    """Return ``value`` as a JSON tree and the arrays it refers to; raise TypeError for what is not data."""
    arrays: list[bytes] = []
    return _pack(value, arrays, 0), arrays


def _pack(value: Any, arrays: list[bytes], depth: int) -> Tree:
    if depth > MAX_DEPTH:
        raise TypeError(f"a value nested more than {MAX_DEPTH} deep cannot be sent")
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return {"int": hex(value)}
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, np.generic)):
        return value
    if isinstance(value, np.ndarray | np.generic):
        arrays.append(_to_npy(np.asarray(value)))
        return {"array" if isinstance(value, np.ndarray) else "scalar": len(arrays) - 1}
    if isinstance(value, list | tuple):
        tree = [_pack(item, arrays, depth + 1) for item in value]
        return tree if isinstance(value, list) else {"tuple": tree}
    if isinstance(value, Mapping):
        pairs = [[_pack(k, arrays, depth + 1), _pack(v, arrays, depth + 1)] for k, v in value.items()]
        return {"dict": pairs}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, np.random.Generator):
        return {"generator": value.bit_generator.state}
    raise TypeError(
        f"only numbers, strings, arrays and containers of them can be sent, not {type(value).__name__}"
    )


def _to_npy(array: np.ndarray) -> bytes:
    if array.dtype.kind not in ARRAY_KINDS:
        raise TypeError(f"an array of dtype {array.dtype} cannot be sent")
    stream = io.BytesIO()
    npy.write_array(stream, array, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def unpack(tree: Tree, arrays: Sequence[bytes], *, generators: bool = False) -> Any:
    """Return the value a tree stands for; raise WireError for anything malformed.

    ``generators`` allows random generators, which only ever travel from the tests to the submission.
    """
    builders: dict[str, Callable[[Any], Any]] = {
        "array": lambda i: _from_npy(_pick(arrays, i)),
        "scalar": lambda i: _as_scalar(_from_npy(_pick(arrays, i))),
        "tuple": lambda items: tuple(build(item) for item in _listed(items)),
        "dict": lambda pairs: {_hashable(build(k)): build(v) for k, v in map(_pair, _listed(pairs))},
        "complex": lambda pair: complex(*map(float, _pair(pair))),
        "int": _from_hex,
    }
    if generators:
        builders["generator"] = _to_generator

    def build(node: Any) -> Any:
        if node is None or isinstance(node, bool | int | float | str):
            return node
        if isinstance(node, list):
            return [build(item) for item in node]
        if isinstance(node, dict) and len(node) == 1:
            ((tag, content),) = node.items()
            if tag in builders:
                return builders[tag](content)
        raise WireError("a value is not written as values are")

    try:
        return build(tree)
    except RecursionError as error:
        raise WireError("a value is nested too deep") from error


def unpack_call(tree: Tree, arrays: Sequence[bytes]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call that the other side makes; raise WireError for anything malformed."""
    args, kwargs = _pair(list(call) if isinstance(call := unpack(tree, arrays), tuple) else None)
    if not isinstance(args, tuple) or not isinstance(kwargs, dict) or not all(map(_is_text, kwargs)):
        raise WireError("a call is not written as calls are")
    return args, kwargs


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _from_hex(text: Any) -> int:
    try:
        return int(text, 16)
    except (TypeError, ValueError) as error:
        raise WireError("an integer is not written as large ones are") from error


def _listed(node: Any) -> list[Any]:
    if not isinstance(node, list):
        raise WireError("a container is not written as a list")
    return node


def _pair(node: Any) -> tuple[Any, Any]:
    if not isinstance(node, list) or len(node) != 2:
        raise WireError("a pair is not written as two values")
    return node[0], node[1]


def _hashable(key: Any) -> Any:
    if not isinstance(key, None | bool | int | float | str | tuple):
        raise WireError("a key is neither a number, a string nor a tuple")
    try:
        hash(key)
    except TypeError as error:
        raise WireError("a key holds something that cannot be a key") from error
    return key


def _pick(arrays: Sequence[bytes], index: Any) -> bytes:
    if type(index) is not int or not 0 <= index < len(arrays):
        raise WireError("a value mentions an array that was not sent")
    return arrays[index]


def _from_npy(data: bytes) -> np.ndarray:
    """Read one array; the size its header claims must be the size of what follows."""
    stream = io.BytesIO(data)
    try:
        if npy.read_magic(stream) != (1, 0):
            raise ValueError("unknown version")
        shape, fortran, dtype = npy.read_array_header_1_0(stream)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise WireError("an array has a broken header") from error
    body = data[stream.tell() :]
    if dtype.kind not in ARRAY_KINDS or dtype.names is not None or dtype.subdtype is not None:
        raise WireError("an array has a dtype that is not sent")
    if len(shape) > 32 or min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(body):
        raise WireError("an array is not as large as its header says")
    if not dtype.itemsize:
        raise WireError("an array has items of no size")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C").copy()


def _as_scalar(array: np.ndarray) -> Any:
    if array.shape:
        raise WireError("a scalar has axes")
    return array[()]


def _to_generator(state: Any) -> np.random.Generator:
    generator = np.random.default_rng()
    generator.bit_generator.state = state
    return generator


def encode(message: Message, arrays: Sequence[bytes] = ()) -> bytes:
    """Return a message and its arrays as they cross a socket."""
    text = json.dumps({**message, "npy": [len(a) for a in arrays]}).encode()
    return b"".join([HEADER.pack(len(text), sum(map(len, arrays))), text, *arrays])


class Channel:
    """One end of a socket that carries messages, with a deadline on every read.

    Messages have a largest size, unless the other end is ``trusted``. Open files that come along are dropped,
    but for a channel that ``takes_files``.
    """

    def __init__(self, sock: socket.socket, *, trusted: bool = False, takes_files: bool = False):
        self.sock = sock
        self.trusted = trusted
        self.files: list[int] | None = [] if takes_files else None

    def send(self, message: Message, arrays: Sequence[bytes] = (), fds: Sequence[int] = ()) -> None:
        """Send a message, its arrays, and open files if the socket is a local one."""
        data = encode(message, arrays)
        try:
            if fds:
                sent = socket.send_fds(self.sock, [data], list(fds))
                data = data[sent:]
            self.sock.sendall(data)
        except OSError as error:
            raise Closed(str(error)) from error

    def receive(
        self, timeout: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> tuple[Message, list[bytes]]:
        """Return the next message and its arrays; raise TooSlow, Closed or WireError.

        The time is up when ``clock`` says so.
        """
        end = None if timeout is None else clock() + timeout
        left = None if end is None else lambda: end - clock()
        sizes = HEADER.unpack(_read(self.sock, HEADER.size, left, self.files))
        if not self.trusted and (sizes[0] > MAX_JSON or sizes[1] > MAX_ARRAYS):
            raise WireError("a message is too large")
        try:
            message = json.loads(_read(self.sock, sizes[0], left, self.files))
        except (ValueError, RecursionError) as error:
            raise WireError("a message is not JSON") from error
        body = _read(self.sock, sizes[1], left, self.files)
        if not isinstance(message, dict):
            raise WireError("a message is not an object")
        return message, _split(body, message.pop("npy", None))

    def take_channels(self, count: int) -> list["Channel"]:
        """Return channels over the open files that have come, which must be so many local sockets."""
        files, self.files = self.files or [], []
        taken = [socket.socket(fileno=fd) for fd in files]
        local = [(sock.family, sock.type) == (socket.AF_UNIX, socket.SOCK_STREAM) for sock in taken]
        if len(taken) != count or not all(local):
            for sock in taken:
                sock.close()
            raise WireError("it came with other files than were asked for")
        return [Channel(sock) for sock in taken]

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()
        for fd in self.files or []:
            os.close(fd)


def _read(
    sock: socket.socket,
    size: int,
    left: Callable[[], float] | None = None,
    files: list[int] | None = None,
) -> bytes:
    """Read so many bytes; raise TooSlow when no time is left, or Closed if they do not come.

    Open files that come along are added to ``files``, or dropped.
    """
    parts: list[bytes] = []
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    while size:
        if not poll.poll(None if left is None else 1000 * max(0.0, left())):
            if left is None or left() <= 0:
                raise TooSlow
            continue
        try:
            if files is None:
                part = sock.recv(min(size, 2**20))
            else:
                part, fds, _, _ = socket.recv_fds(sock, min(size, 2**20), MAX_FILES)
                files += fds
        except OSError as error:
            raise Closed(str(error)) from error
        if files is not None and len(files) > MAX_FILES:
            raise WireError("too many open files came with a message")
        if not part:
            raise Closed("the process has ended")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _split(body: bytes, lengths: Any) -> list[bytes]:
    """Cut the bytes that follow a message into its arrays."""
    if not isinstance(lengths, list) or any(type(n) is not int or n < 0 for n in lengths):
        raise WireError("a message does not say how long its arrays are")
    if sum(lengths) != len(body):
        raise WireError("the arrays of a message are not as long as it says")
    ends = np.cumsum([0, *lengths]).tolist()
    return [body[start:end] for start, end in itertools.pairwise(ends)]


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a local socket."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)


def receive_with_fds(sock: socket.socket, count: int) -> tuple[Message, list[int]]:
    """Read one message that carries up to ``count`` open files."""
    head, fds, _, _ = socket.recv_fds(sock, HEADER.size, count)
    if not head:
        raise Closed("the process has ended")
    head += _read(sock, HEADER.size - len(head))
    sizes = HEADER.unpack(head)
    text, _ = _read(sock, sizes[0]), _read(sock, sizes[1])
    return cast(Message, json.loads(text)), list(fds)
