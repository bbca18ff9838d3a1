import re
from pathlib import Path

import yaml
from tools.subset_fonts import MORE_MATH, MORE_TEXT, named, unicode_range

from livenotes._tex.glyphs import FONT_CHARACTERS
from livenotes.site.assets import FONTS, STATIC

BOOK = {"extensions": ["myst_nb", "sphinx_book_theme", "livenotes.site"], "html_theme": "sphinx_book_theme"}
REPOSITORY = {
    "repository_url": "https://github.com/owner/name",
    "launch_buttons": {
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
    },
}


def assets(page):
    return re.findall(r'(?:src|href)="([^"#?]*\.(?:js|css|woff2|png|svg))', page)


def test_a_page_loads_what_lies_beside_it_and_little_of_it(build, notebook):
    built = build({"index.ipynb": notebook("# Title\n\n## Section\n\nText.")}, **BOOK)
    page = built.page()
    assert built.warnings == ""
    assert "_static/livenotes.css" in assets(page)
    assert not [name for name in assets(page) if "//" in name]
    for name in ("fontawesome", "bootstrap", "require", "MathJax", "thebe", "searchindex", "searchtools"):
        assert name not in page
    for name in assets(page):
        assert (built.folder / name).is_file()
    assert not list(built.folder.rglob("*.map"))
    assert not (built.folder / "_static" / "vendor").exists()
    assert (built.folder / "_static" / "livenotes-math.woff2").stat().st_size <= 60_000
    assert (built.folder / "_static" / "livenotes-fonts.LICENSE.txt").is_file()
    assert (built.folder / "_static" / "styles" / "pydata-sphinx-theme.css").stat().st_size < 150_000
    assert '_sources/index.ipynb" download' in page


def fonts(page):
    without_script = re.search("<noscript>(<link.*?)</noscript>", page)[1]
    return re.findall(
        r'rel="preload" as="font" [^>]*href="_static/livenotes-([\w-]+)\.woff2"', without_script
    )


def test_a_page_asks_first_for_the_fonts_that_it_uses_and_for_no_others(build):
    built = build(
        {"index.md": "# Title\n\nText.\n", "more.md": "# Title\n\n*A* matrix $\\mathbf{W}$.\n"}, **BOOK
    )
    assert fonts(built.page()) == ["regular", "bold"]
    assert fonts(built.page("more.html")) == ["regular", "italic", "bold", "math", "math-bold"]


def test_the_style_sheet_names_the_letters_that_each_font_holds():
    rare = {"regular-more": MORE_TEXT, **{f"math-{file}": named(file) for file in MORE_MATH}}
    sheet = " ".join((STATIC / "livenotes.css").read_text().split())
    given = re.findall(r"url\(livenotes-([\w-]+)\.woff2\)[^}]*unicode-range: ([^;]*);", sheet)
    assert dict(given) == {file: unicode_range(letters) for file, letters in rare.items()}
    for file in MORE_MATH:
        letters = FONTS[f"livenotes-math-{file}.woff2"]
        assert {c for c in FONT_CHARACTERS if letters.search(c)} == named(file)


def test_search_works_on_its_page(build):
    page = build({"index.md": "# Title\n"}, **BOOK).page("search.html")
    assert {"_static/searchtools.js", "searchindex.js"} <= set(assets(page))
    assert 'location.protocol === "file:"' in page


def test_every_icon_of_the_theme_is_drawn(build, notebook):
    book = yaml.safe_load((Path(__file__).parents[2] / "_config.yml").read_text())
    options = {**book["sphinx"]["config"]["html_theme_options"], **REPOSITORY}
    built = build({"index.ipynb": notebook("# Title\n\n## Section")}, html_theme_options=options, **BOOK)
    used = set(re.findall(r"fa-(?!solid|lg|brands)[\w-]+", built.page()))
    drawn = set(re.findall(r"\.(fa-[\w-]+) \{", built.page("_static/livenotes.css")))
    assert used
    assert used <= drawn


def test_launch_buttons_wait_for_the_address_of_the_repository(build, notebook):
    files = {"index.ipynb": notebook("# Title")}
    options = {**REPOSITORY, "repository_url": ""}
    page = build(files, html_theme_options=options, **BOOK).page()
    assert "mybinder" not in page
    page = build(files, html_theme_options=REPOSITORY, **BOOK).page()
    assert 'href="https://mybinder.org/v2/gh/owner/name/' in page
    assert "colab.research.google.com/github/owner/name/" in page
    assert 'href="https://github.com/owner/name"' in page


def test_pages_with_a_live_figure_load_its_script(build, notebook, tmp_path, monkeypatch):
    live = tmp_path / "live"
    live.mkdir()
    (live / "live.css").write_text(".live{}")
    (live / "live.js").write_text("0")
    monkeypatch.setattr("livenotes.site.assets.LIVE", live)
    index = notebook(
        "# Title\n\n```{toctree}\nplain\n```", {"text/html": '<figure class="live" id="a"></figure>'}
    )
    built = build({"index.ipynb": index, "plain.md": "# Plain\n"}, **BOOK)
    assert {"_static/live.css", "_static/live.js"} <= set(assets(built.page()))
    assert not [name for name in assets(built.page("plain.html")) if "live." in name]
