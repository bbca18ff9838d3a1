"""Outputs of a cell in the notebook format, never more than a set amount of text and pictures."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

SHOWN = ("text/plain", "image/png", "image/jpeg")
MAX_PICTURE = 2**20
MAX_SHOWN = 8 * 2**20  # of all cells together, in bytes as they are stored
MAX_ITEMS = 100
MAX_TRACEBACK = 200
CUT = "\n... the rest of the output was dropped ...\n"

DROPPED = {
    "output_type": "stream",
    "name": "stdout",
    "text": "... more output than a submission may have ...\n",
}


class Outputs:
    """What one cell has shown so far; it takes what fits and drops the rest as it comes."""

    def __init__(self, most: int):
        self.begin(most)

    def begin(self, most: int) -> None:
        """Start anew, with room for ``most`` characters."""
        self.items: list[dict[str, Any]] = []
        self.left = most
        self.full = False

    def clear(self) -> None:
        """Forget what was shown, but not that it took room."""
        self.items.clear()

    def write(self, stream: str, text: str) -> int:
        """Add text to a stream; return the number of characters given, as a file does."""
        kept = self._take(clean(str(text)))
        if kept:
            last = self.items[-1] if self.items else {}
            if last.get("output_type") == "stream" and last["name"] == stream:
                last["text"] += kept
            elif len(self.items) < MAX_ITEMS:
                self.items.append({"output_type": "stream", "name": stream, "text": kept})
        return len(text)

    def show(self, kind: str, data: Mapping[str, str]) -> None:
        """Add a display: plain text and pictures; HTML and scripts are left out."""
        bundle = {mime: data[mime] for mime in SHOWN if mime in data}
        if len(self.items) >= MAX_ITEMS or not bundle:
            return
        if "text/plain" in bundle:
            bundle["text/plain"] = self._take(clean(bundle["text/plain"]))
        bundle = {mime: value for mime, value in bundle.items() if mime == "text/plain" or _is_picture(value)}
        item: dict[str, Any] = {"output_type": kind, "data": bundle, "metadata": {}}
        if kind == "execute_result":
            item["execution_count"] = None
        self.items.append(item)

    def fail(self, name: str, text: str, traceback: str) -> None:
        """Add an error."""
        lines = traceback[:8000].split("\n")[:MAX_TRACEBACK]
        if len(self.items) < MAX_ITEMS:
            self.items.append(error(name[:100], text[:1000], lines))

    def _take(self, text: str) -> str:
        kept = text[: self.left]
        self.left -= len(kept)
        if len(kept) < len(text) and not self.full:
            self.full = True
            kept += CUT
        return kept


def error(name: str, text: str, traceback: list[str] | None = None) -> dict[str, Any]:
    """Return an error as an output; without a traceback it is the name and the text."""
    name, text = clean(name), clean(text)
    lines = [f"{name}: {text}"] if traceback is None else [clean(line) for line in traceback]
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": lines}


def clean(text: str) -> str:
    """Return text that can be written: a surrogate by itself, which cannot, becomes a question mark."""
    return text.encode(errors="replace").decode()


def is_base64(text: str) -> bool:
    """Return whether a text is base64 and nothing else: pictures stand in a page's source as they come."""
    try:
        return bool(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError):
        return False


def _is_picture(value: str) -> bool:
    return len(value) <= MAX_PICTURE and is_base64(value)


def checked(items: Any, most: int) -> list[dict[str, Any]]:
    """Return outputs that came out of a sandbox, rebuilt from the parts that are well formed."""
    outputs = Outputs(most)
    for item in items if isinstance(items, list) else []:
        match item:
            case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
                outputs.write(name, text)
            case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
                outputs.show(kind, {str(k): v for k, v in data.items() if isinstance(v, str)})
            case {"output_type": "error", "ename": str(name), "evalue": str(text), "traceback": list(lines)}:
                outputs.fail(name, text, "\n".join(str(line) for line in lines))
    return outputs.items


def size(items: list[dict[str, Any]]) -> int:
    """Return the number of bytes that outputs take in a notebook."""
    return len(json.dumps(items))
