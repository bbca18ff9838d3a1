"""The look of the site: the theme's page less what this book does not use, and the book's style sheet."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

HERE = Path(__file__).parent
STATIC, TEMPLATES = HERE / "static", HERE / "templates"
LIVE = HERE.parent / "live" / "static"  # script and style sheet of the figures that can be dragged

# What a page loads first, so that no line of it is set twice, and the letters that call for it.
FONTS = {
    "livenotes-regular.woff2": re.compile("<p"),
    "livenotes-italic.woff2": re.compile("<em|<i>"),
    "livenotes-bold.woff2": re.compile("<h1"),
    "livenotes-math.woff2": re.compile("<math"),
    "livenotes-math-bold.woff2": re.compile(
        "[ℂℍℕℙℚℝℤ\U0001d400-\U0001d433\U0001d538-\U0001d550\U0001d6aa-\U0001d6c0\U0001d7ce-\U0001d7d9]"
    ),
    "livenotes-math-rare.woff2": re.compile(
        "[ℋℐℛℬℰℱℳ\U0001d468-\U0001d49f\U0001d4a2-\U0001d4a6\U0001d4aa-\U0001d4b5\U0001d736-\U0001d755]"
    ),
}


def add_folders(app: Sphinx, config: Config) -> None:
    """Put the book's templates before the theme's, and its static files beside them."""
    config.templates_path.insert(0, str(TEMPLATES))
    config.html_static_path += [str(folder) for folder in (STATIC, LIVE) if folder.is_dir()]


def offer_launch(app: Sphinx, config: Config) -> None:
    """Offer the source and the places to run a chapter once the repository's address is known, not before."""
    options = config.html_theme_options
    known = bool(options.get("repository_url"))
    options["use_repository_button"] = known
    if not known:
        options["launch_buttons"] = {}


def add_live_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load what the live figures of a page need, and its questions, and nothing elsewhere."""
    body = context.get("body", "")
    figures, questions = 'class="live"' in body, 'class="live ask' in body
    wanted = {
        "live.css": figures or questions,
        "live.js": figures,
        "ask.css": questions,
        "ask.js": questions,
    }
    for name in (name for name, is_wanted in wanted.items() if is_wanted and (LIVE / name).is_file()):
        if name.endswith(".css"):
            app.add_css_file(name)
        else:
            app.add_js_file(name, loading_method="defer")


def name_fonts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Name the fonts that the page will need, for its head."""
    body = context.get("body", "")
    context["fonts"] = [name for name, letters in FONTS.items() if letters.search(body)]


def setup(app: Sphinx) -> None:
    """Register templates, static files and the style sheet."""
    app.connect("config-inited", add_folders)
    app.connect("config-inited", offer_launch)
    app.connect("html-page-context", add_live_assets)
    app.connect("html-page-context", name_fonts)
    app.add_css_file("livenotes.css", priority=900)
