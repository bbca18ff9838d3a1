"""What runs in the submission's process: its cells, as a notebook would run them, and the calls tests make.

Nothing here is trusted once the first cell has run: a submission may change any of it. Whoever reads the
answers treats them as written by the submission.
"""

import base64
import contextlib
import functools
import inspect
import io
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
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
    shell: InteractiveShell, message: wire.Message, arrays: list[bytes]
) -> tuple[wire.Message, list[bytes]]:
    """Call a function of the submission with data; answer with data, or with what was raised."""
    try:
        with _captured(0):
            args, kwargs = wire.unpack(message["arguments"], arrays, generators=True)
            value = shell.user_ns[message["name"]](*args, **kwargs)
            tree, blobs = wire.pack(value)
    except BaseException as raised:
        return {"raised": type(raised).__name__, "text": _message(raised)}, []
    return {"value": tree}, blobs


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


def serve(shell: InteractiveShell, channels: list[wire.Channel], limits: Mapping[str, Any]) -> None:
    """Answer requests on the first channel; the others are for the snapshots, in their order."""
    main, *snapshots = channels
    namespaces.die_with_parent()
    sys.path.insert(0, "")  # modules beside the notebook are found, as Jupyter finds them
    for message, blobs in _requests(main):
        if message["do"] == "files":
            write_files(message, blobs)
            main.send({"id": message["id"]})
        for source in message.get("cells", []):
            if source is not None:
                answer = run(shell, source, limits["output"])
            else:
                _snapshot(shell, channels, snapshots.pop(0))
                answer = {"functions": [name for name, value in shell.user_ns.items() if callable(value)]}
            main.send({**answer, "id": message["id"]})


def _requests(channel: wire.Channel) -> Iterator[tuple[wire.Message, list[bytes]]]:
    while True:
        try:
            yield channel.receive()
        except wire.Closed:
            return


def _snapshot(shell: InteractiveShell, channels: list[wire.Channel], mine: wire.Channel) -> None:
    """Fork a process that keeps the present state, to be called by the test that stands here."""
    if os.fork():
        mine.close()
        return
    for channel in channels:
        if channel is not mine:
            channel.close()
    try:
        for message, blobs in _requests(mine):
            if message["do"] == "call":
                answer, arrays = call(shell, message, blobs)
            else:
                answer, arrays = look_up(shell, message["name"])
            mine.send({**answer, "id": message["id"]}, arrays)
    finally:
        os._exit(0)
