import re

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from tools.store import METADATA

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


def cell(source, *outputs, tags=("hide-input",)):
    shown = [new_output("display_data", {"text/html": html}) for html in outputs]
    return new_code_cell(source, outputs=shown, metadata={"tags": list(tags)})


def test_hidden_code_is_folded_below_what_it_made_and_says_what_it_is_the_code_of(build):
    cells = [
        new_markdown_cell("# Title"),
        cell("import numpy"),
        new_markdown_cell("Between."),
        cell("first = 1"),
        cell("second = first"),
        cell("live(second)", '<figure class="live"></figure>'),
        cell("table", "<table></table>"),
        cell("ask(live)", '<div class="live ask" id="ask-one" data-right="0"></div>'),
        cell("1 + 1", "<p>2</p>"),
        cell("shown = 0", tags=()),
    ]
    notebook = nbformat.writes(new_notebook(cells=cells, metadata=METADATA))
    text = build({"index.ipynb": notebook}).page()
    folds = re.findall(r'<details class="code-of admonition">(.*?)</details>', text, re.DOTALL)
    titles = [re.search("<summary.*?>(.*?)</summary>", each)[1] for each in folds]
    code = [
        re.sub(r"\s+", " ", re.sub("<.*?>", "", each.partition("</summary>")[2])).strip() for each in folds
    ]
    assert dict(zip(titles, code, strict=True)) == {
        "What this page imports": "import numpy",
        "The code of this figure": "first = 1 second = first live(second)",
        "The code of this table": "table",
        "The code of this question": "ask(live)",
        "The code of this output": "1 + 1",
    }
    assert text.index('<figure class="live">') < text.index("The code of this figure")
    assert "Show code cell" not in text
