import re

from docutils import nodes

from livenotes.site.tidy import unique_ids


def test_the_first_of_several_ids_stays():
    document = nodes.section("", nodes.paragraph(ids=["b", "a"]), nodes.paragraph(ids=["c", "c"]), ids=["a"])
    unique_ids(document)
    assert [element["ids"] for element in document.findall(nodes.Element)] == [["a"], ["b"], ["c"]]


PAGE = """# Title

```{exercise}
:label: one
One, by {cite:t}`one2001`.
```

```{exercise}
:label: two
Two, by {cite:t}`one2001`.
```

```{bibliography}
```
"""


def test_a_page_has_no_id_twice_and_no_list_without_items(build):
    files = {
        "index.md": PAGE,
        "references.bib": "@article{one2001, author={One, Ann}, title={T}, journal={J}, year={2001}}",
    }
    extensions = ["sphinx_exercise", "sphinxcontrib.bibtex"]
    built = build(files, more=extensions, bibtex_bibfiles=["references.bib"])
    page = built.page()
    assert built.warnings == ""
    ids = re.findall(r' id="([^"]+)"', page)
    assert "exercise-content" in ids
    assert len(ids) == len(set(ids))
    assert '<div class="citation-list">' in page
    assert 'class="citation"' in page
    assert 'role="doc-biblioentry"' in page
    assert 'role="list"' not in page
