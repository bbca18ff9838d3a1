import re

PAGE = """# Title

```{tip}
:class: dropdown
Folded *tip*.
```

```{note}
Open note.
```

```{exercise}
:label: ex
Do it.
```

```{solution} ex
:class: dropdown
Done.
```
"""


def test_dropdowns_are_details_and_need_no_script(build):
    built = build({"index.md": PAGE}, more=["sphinx_exercise"])
    text = re.sub(r"\s+", " ", built.page())
    assert built.warnings == ""
    tip = '<details class="dropdown tip admonition"> <summary class="admonition-title">Tip</summary> '
    assert f"{tip}<p>Folded <em>tip</em>.</p> </details>" in text
    assert '<div class="admonition note">' in text
    solution = re.search(r'<details class="solution dropdown admonition" id="[\w-]+">(.*?)</details>', text)
    assert solution
    summary = re.search(r'<summary class="admonition-title">(.*?)</summary>', solution[1])
    assert summary
    assert summary[1].startswith("Solution to")
    assert "<a" not in summary[1]
    assert "<p>Done.</p>" in solution[1]
    assert text.count("<details") == text.count("</details>")
