"""The book in JupyterLab: a small extension of the interface, and what the server tells it.

The extension (``labextensions/livenotes``) lets links in the prose move live figures, folds what the page
folds, and gives words to citations and to references between chapters. The server knows these words.
"""

from typing import Any


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextensions/livenotes", "dest": "livenotes"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "livenotes.jupyter"}]


def _load_jupyter_server_extension(server: Any) -> None:
    from .server import handlers

    server.web_app.add_handlers(".*$", handlers(server.web_app.settings["base_url"]))
