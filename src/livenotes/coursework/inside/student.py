"""What runs in the submission's process: its cells, as a notebook would run them, and the calls tests make.

Nothing here is trusted once the first cell has run: a submission may change any of it. Whoever reads the
answers treats them as written by the submission.
"""

import base64
import builtins
import contextlib
import functools
import gc
import inspect
import io
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import matplotlib.pyplot as plt
import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from matplotlib import font_manager, ft2font, mathtext
from matplotlib.backends import backend_agg
from matplotlib_inline.backend_inline import configure_inline_support as inline
from traitlets.config import Config

from livenotes._guard import require
from livenotes.coursework.boundary import namespaces, wire
from livenotes.coursework.boundary.outputs import Outputs

OUTPUTS = Outputs(0)
ORIGINALS: dict[str, Any] = {}  # what the names that a test has bound anew stood for before
MUTABLE = (list, dict, np.ndarray)

WARM_UP = (
    "1 / 0",
    "%matplotlib inline",
    # powers of ten on an axis are set as formulas, which takes a parser and three fonts
    "import matplotlib.pyplot as plt; plt.semilogy([1, 2], [1e-18, 1e6], '.-', label='$x$'); plt.xlabel('x');"
    "plt.yticks([10.0**k for k in range(-18, 7)]); plt.title('x'); plt.legend(); plt.grid(); plt.show()",
)


class _Publisher(DisplayPublisher):
    """Keeps what ``display`` shows."""

    def publish(self, data: Any, *_: Any, **__: Any) -> None:
        OUTPUTS.show("display_data", _in_text(data))

    def clear_output(self, wait: bool = False) -> None:
        OUTPUTS.clear()


class _Hook(DisplayHook):
    """Keeps the value of a cell's last line."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Mapping[str, Any], md_dict: Any = None) -> None:
        OUTPUTS.show("execute_result", _in_text(format_dict))

    def finish_displayhook(self) -> None:
        pass


def _in_text(data: Mapping[str, Any]) -> dict[str, str]:
    return {
        mime: base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        for mime, value in data.items()
    }


class _Stream(io.TextIOBase):
    """Standard output or standard error of the cells."""

    def __init__(self, name: str):
        self.name = name

    def write(self, text: str) -> int:
        return OUTPUTS.write(self.name, text)

    def isatty(self) -> bool:
        return False


class _Shell(InteractiveShell):
    """IPython without a terminal or a kernel: magics, displays and tracebacks as in a notebook."""

    system = InteractiveShell.system_piped  # what `!command` prints is then kept, too

    def ask_exit(self) -> None:
        """Do nothing: ``exit`` in a notebook ends a kernel, and there is none."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: there is no screen."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        OUTPUTS.fail(getattr(etype, "__name__", "Error"), _message(evalue), self.InteractiveTB.stb2text(stb))


def keep_formulas() -> None:
    """Have Matplotlib parse formulas with one parser for all figures, which keeps those of the warm-up."""
    parser: Any = getattr(backend_agg, "MathTextParser", None)
    require(
        "matplotlib",
        "backend_agg makes every renderer's parser by calling MathTextParser with the kind of its output",
        parser is mathtext.MathTextParser and [*inspect.signature(parser).parameters] == ["output"],
    )
    vars(backend_agg)["MathTextParser"] = functools.cache(parser)


class _FontFile(io.BytesIO):
    """A font in memory, with the name of its file: that is asked for when a plot is saved with its fonts."""

    def __init__(self, path: str):
        super().__init__(_content(path))
        self.path = path

    def __str__(self) -> str:
        return self.path


@functools.cache
def _content(path: str) -> bytes:
    return Path(path).read_bytes()


def keep_fonts() -> None:
    """Have Matplotlib read fonts from memory, and keep those of the warm-up: a file would be shared by all.

    A submission begins with no file open that is open now, and Matplotlib forgets its fonts on every fork.
    """
    parts: Any = vars(font_manager)
    font: Any = ft2font.FT2Font
    require(
        "matplotlib",
        "font_manager._get_font, a cache, opens fonts by ft2font.FT2Font",
        parts.get("ft2font") is ft2font and callable(getattr(parts.get("_get_font"), "__wrapped__", None)),
    )

    def open_font(path: str, *args: Any, **settings: Any) -> Any:
        return font(_FontFile(path), *args, **settings)

    parts["ft2font"] = SimpleNamespace(**{**vars(ft2font), "FT2Font": open_font})
    parts["_get_font"] = functools.lru_cache(64)(parts["_get_font"].__wrapped__)


def make_shell() -> InteractiveShell:
    """Create the shell and run everything once that is slow the first time."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    shell = _Shell.instance(config=config, displayhook_class=_Hook, display_pub_class=_Publisher)
    keep_fonts()
    keep_formulas()
    inline(shell, "module://matplotlib_inline.backend_inline")
    for source in WARM_UP:
        run(shell, source, 1000)
    shell.reset()
    return shell


@contextlib.contextmanager
def _captured(most: int) -> Iterator[None]:
    """Collect outputs anew, and let Ctrl-C interrupt what is inside."""
    OUTPUTS.begin(most)
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Stream("stdout"), _Stream("stderr")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stdout, sys.stderr = before


def run(shell: InteractiveShell, source: str, most: int) -> wire.Message:
    """Run one cell; return its outputs and the name of the error it ended with, if any."""
    error: BaseException | None = None
    with contextlib.suppress(KeyboardInterrupt), _captured(most):
        try:
            result = shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as raised:  # SystemExit among them: a cell never ends the process by raising
            error = raised
        finally:
            plt.close("all")
    return {"outputs": OUTPUTS.items, "error": type(error).__name__ if error is not None else None}


def call(
    shell: InteractiveShell, message: wire.Message, arrays: list[bytes], mine: wire.Channel
) -> tuple[wire.Message, list[bytes]]:
    """Call a function of the submission with data; answer with data, or with what was raised."""
    generators: list[np.random.Generator] = []
    try:
        with _captured(0):
            args, kwargs = wire.unpack(message["arguments"], arrays, generators=True)
            generators = [x for x in (*args, *kwargs.values()) if isinstance(x, np.random.Generator)]
            _bind(shell, message, arrays, mine)
            function = ORIGINALS.get(message["name"], shell.user_ns.get(message["name"]))
            value = function(*args, **kwargs)
            answer, blobs = _in_full(value, args, kwargs)
    except BaseException as raised:
        answer, blobs = {"raised": type(raised).__name__, "text": _message(raised)}, []
    if generators:
        answer["drawn"] = [_state(generator) for generator in generators]
    return answer, blobs


def _in_full(value: Any, args: Any, kwargs: Any) -> tuple[wire.Message, list[bytes]]:
    """Return an answer; of a function that returns nothing, also what it has made of its arguments."""
    if value is not None or not any(isinstance(x, MUTABLE) for x in (*args, *kwargs.values())):
        tree, blobs = wire.pack(value)
        return {"value": tree}, blobs
    after = tuple(map(_data, args)), {key: _data(item) for key, item in kwargs.items()}
    tree, blobs = wire.pack(after)
    return {"value": None, "after": tree}, blobs


def _data(value: Any) -> Any:
    return None if isinstance(value, np.random.Generator) else value


def _state(generator: np.random.Generator) -> Any:
    state = generator.bit_generator.state.get("state")
    return state.get("state") if isinstance(state, dict) else None


def _bind(shell: InteractiveShell, message: wire.Message, arrays: list[bytes], mine: wire.Channel) -> None:
    """Bind names of the submission as the test has bound them: to nothing, its own, data or a stub."""
    for name, kind, what in message.get("bound", []):
        if name in shell.user_ns:
            ORIGINALS.setdefault(name, shell.user_ns[name])
        if kind == "nothing":
            shell.user_ns.pop(name, None)
        elif kind == "own":
            shell.user_ns[name] = ORIGINALS.get(what, shell.user_ns.get(what))
        elif kind == "data":
            shell.user_ns[name] = wire.unpack(message["values"][what], arrays)
        else:
            shell.user_ns[name] = functools.partial(_call_back, what, message, mine)


def _call_back(number: int, message: wire.Message, mine: wire.Channel, /, *args: Any, **kwargs: Any) -> Any:
    """Call what a test has put in place of a name: it runs where the test does."""
    tree, arrays = wire.pack((args, kwargs))
    mine.send({"back": number, "arguments": tree, "id": message["id"]}, arrays)
    reply, blobs = mine.receive()
    message["id"] = reply["id"]  # what is answered now is this
    if "raised" in reply:
        raise getattr(builtins, reply["raised"], RuntimeError)(reply["text"])
    return wire.unpack(reply["value"], blobs)


def _message(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except Exception:  # a submission may raise errors that cannot be printed
        return "no message"


def look_up(shell: InteractiveShell, name: str) -> tuple[wire.Message, list[bytes]]:
    """Answer what a name that is no function stands for: nothing, data, or something that cannot be sent."""
    if name not in shell.user_ns:
        return {"kind": "absent"}, []
    value = shell.user_ns[name]
    try:
        tree, blobs = wire.pack(value)
    except Exception:
        return {"kind": "opaque", "type": type(value).__name__}, []
    return {"kind": "value", "value": tree}, blobs


def write_files(message: wire.Message, blobs: list[bytes]) -> None:
    """Write the files that came with the submission, and the assignment's own, into the working folder."""
    for name, blob in zip(message["names"], blobs, strict=True):
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(blob)


def serve(shell: InteractiveShell, main: wire.Channel, limits: Mapping[str, Any]) -> None:
    """Answer requests: run cells, and where a test stands leave as many snapshots as it wants.

    Where a snapshot would not do, the process itself is called.
    """
    namespaces.die_with_parent()
    sys.path.insert(0, "")  # modules beside the notebook are found, as Jupyter finds them
    for message, blobs in _requests(main):
        if message["do"] == "files":
            write_files(message, blobs)
            main.send({"id": message["id"]})
        elif message["do"] != "cells":
            _answer(shell, message, blobs, main)
        for source in message.get("cells", []):
            if isinstance(source, str):
                answer = run(shell, source, limits["output"])
                main.send({**answer, "id": message["id"]})
            else:
                _leave_snapshots(shell, main, source, message["id"])


def _requests(channel: wire.Channel) -> Iterator[tuple[wire.Message, list[bytes]]]:
    while True:
        try:
            yield channel.receive()
        except wire.Closed:
            return


def _leave_snapshots(shell: InteractiveShell, main: wire.Channel, count: int, ticket: int) -> None:
    """Fork processes that keep the present state; hand over the sockets on which each can be called."""
    theirs: list[socket.socket] = []
    for _ in range(count):
        one, other = wire.pair()
        if not os.fork():
            main.close()
            for sock in (one, *theirs):
                sock.close()
            _answer_calls(shell, wire.Channel(other))
        other.close()
        theirs.append(one)
    functions = [name for name, value in shell.user_ns.items() if callable(value)]
    threads = threading.active_count() > 1  # no copy of a process has those
    main.send(
        {"functions": functions, "threads": threads, "id": ticket}, fds=[sock.fileno() for sock in theirs]
    )
    for sock in theirs:
        sock.close()


def _answer_calls(shell: InteractiveShell, mine: wire.Channel) -> NoReturn:
    """Be a snapshot: answer what a test asks, and end when it has gone."""
    gc.freeze()  # the collector would copy nearly all that this process shares with the others
    try:
        for message, blobs in _requests(mine):
            _answer(shell, message, blobs, mine)
    finally:
        os._exit(0)


def _answer(shell: InteractiveShell, message: wire.Message, blobs: list[bytes], mine: wire.Channel) -> None:
    if message["do"] == "call":
        answer, arrays = call(shell, message, blobs, mine)
    else:
        answer, arrays = look_up(shell, message["name"])
    mine.send({**answer, "id": message["id"]}, arrays)
