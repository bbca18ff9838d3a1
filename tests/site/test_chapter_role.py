from livenotes.site.chapters import CHAPTERS

INDEX = "# Top\n\nSee {chapter}`dropout`, {chapter}`the next <attention>`.\n\n```{toctree}\n:glob:\n*\n```\n"


def test_a_chapter_is_linked_as_soon_as_it_is_there(build):
    planned = (
        '<span class="planned">Dropout (planned)</span>, <span class="planned">the next (planned)</span>'
    )
    other = {"index.md": INDEX, "other.md": "# Other\n"}
    assert planned in build(other).page()
    built = build({**other, "attention.md": "# Attention\n"})
    assert built.warnings == ""
    assert '<span class="planned">Dropout (planned)</span>, <a class="reference internal" ' in built.page()
    assert 'href="attention.html"><span class="doc">the next</span></a>' in built.page()


def test_an_unknown_chapter_is_an_error(build):
    warnings = build({"index.md": "# Top\n\n{chapter}`droput`\n"}).warnings
    assert f"there is no chapter 'droput'; the chapters are {', '.join(CHAPTERS)}" in warnings
