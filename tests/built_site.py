"""The built book as files: build it, serve it, and read what its pages link to."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

LOADED = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest"}


def build(root: Path) -> Path:
    """Build the book as `make book` does and return the folder of its pages."""
    command = [Path(sys.executable).parent / "jupyter-book", "build", ".", "-W", "-n", "--keep-going"]
    built = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert built.returncode == 0, (built.stdout + built.stderr)[-4000:]
    return root / "_build" / "html"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Write no log."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine and yield the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Page(HTMLParser):
    """What a page loads, what it links to, and what may be linked to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.resources: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Note what one tag refers to."""
        given = dict(attributes)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        loads = tag == "link" and LOADED & set(given.get("rel", "").split())
        source = given.get("href") if loads else given.get("src")
        if source:
            self.resources.append(source)

    def loads_from_elsewhere(self, path: Path, folder: Path) -> list[str]:
        """Name what the page loads from other machines."""
        return [
            f"{path.relative_to(folder)}: {source}" for source in self.resources if urlsplit(source).netloc
        ]

    def ids_given_twice(self) -> list[str]:
        """Name the ids that more than one element has."""
        return [name for name, count in Counter(self.ids).items() if count > 1]


def broken_links(path: Path, pages: Mapping[Path, Page], folder: Path) -> Iterator[str]:
    """Name the links of a page to files and places of the book that do not exist."""
    for link in pages[path].links:
        if urlsplit(link).scheme or link.startswith("//"):
            continue
        address, place = urldefrag(urljoin(path.as_uri(), link))
        target = Path(unquote(urlsplit(address).path))
        if not target.is_file():
            yield f"{path.relative_to(folder)}: {link}: there is no such file"
        elif place and target in pages and unquote(place) not in pages[target].ids:
            yield f"{path.relative_to(folder)}: {link}: there is no such place on the page"
