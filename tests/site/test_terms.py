"""Words of the glossary are explained where a chapter first uses them."""

import re

GLOSSARY = """# Glossary

```{glossary}
batch
  The examples of one update, & more.
  {chapter}`learning`

batch size
批大小
  How many examples.
  {chapter}`learning`

Adam
  A rule for the step.
  {chapter}`learning`

window
  How far a word's company reaches.
  {chapter}`dropout`
```
"""
INDEX = "# Top\n\n```{toctree}\n:glob:\n*\n```\n"
LEARNING = """# About a batch

A `batch`, a [batch](dropout.md) and $batch$ are no words. *Batches* of one
size, or a batch size, not a mini-batch. A window was the work of ADAM, said Adam.
"""
FILES = {
    "index.md": INDEX,
    "glossary.md": GLOSSARY,
    "learning.md": LEARNING,
    "dropout.md": "# D\n\nThe window.\n",
}


def explained(page):
    return dict(
        re.findall(r'<span class="term"><span tabindex="0" aria-describedby="(.*?)">(.*?)</span>', page, re.S)
    )


def says(page):
    return dict(re.findall(r'<span role="tooltip" id="(.*?)">(.*?)</span></span>', page, re.S))


def test_the_first_use_in_running_text_is_explained(build):
    built = build(FILES)
    assert built.warnings == ""
    page = built.page("learning.html")
    assert explained(page) == {
        "says-batch": "Batches",
        "says-batch-size": "batch size",
        "says-adam": "Adam",
    }
    assert page.index(">Adam<") > page.index("ADAM")
    assert says(page) == {
        "says-batch": "<b>batch</b> The examples of one update, &amp; more.",
        "says-batch-size": '<b>batch size</b> <span lang="zh">批大小</span> How many examples.',
        "says-adam": "<b>Adam</b> A rule for the step.",
    }
    assert 'src="_static/terms.js' in page
    assert "<em>" in page.split("says-batch")[0].split("no words")[1]


def test_an_everyday_word_is_explained_in_its_own_chapter_alone(build):
    built = build(FILES)
    assert explained(built.page("dropout.html")) == {"says-window": "window"}


def test_other_pages_are_left_as_they_are(build):
    built = build(FILES | {"other.md": "# Other\n\nA batch.\n"})
    assert 'class="term"' not in built.page("other.html")
    assert "terms.js" not in built.page("other.html")


def test_a_changed_glossary_reaches_the_chapters(build):
    build(FILES)
    built = build({"glossary.md": GLOSSARY.replace("A rule", "One rule")})
    assert says(built.page("learning.html"))["says-adam"] == "<b>Adam</b> One rule for the step."
