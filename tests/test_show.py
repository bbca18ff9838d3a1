import inspect

import pytest

from livenotes import show
from livenotes.activations import relu
from livenotes.dropout import dropout


def test_source_is_what_stands_in_the_package():
    shown = show.source(relu.function, relu.derivative)
    code = f"{inspect.getsource(relu.function)}\n{inspect.getsource(relu.derivative)}"
    assert shown.text.replace("\n\n", "\n") == f"```python\n{code.rstrip()}\n```".replace("\n\n", "\n")
    assert shown._repr_markdown_() == repr(shown) == shown.text


def test_a_chapter_sees_the_definition_without_its_decorator_and_what_the_reference_says():
    shown = show.source(dropout).text
    assert shown.startswith("```python\ndef dropout(")
    assert inspect.getsource(dropout).startswith("@validated\n")
    assert r"Set each entry to 0 with probability $p$" in shown
    assert not {"Parameters", "Returns", "-----"} & {*shown.split()}
    assert shown.endswith("    return np.asarray(x * factor), DropoutTape(factor)\n```")


def sample(x):
    r"""First line, $x$.

    More of it.

    Raises
    ------
    ValueError
        Never.
    """
    return x


def test_a_long_docstring_keeps_what_stands_before_its_sections():
    assert show.source(sample).text.splitlines() == [
        *("```python", "def sample(x):", '    r"""First line, $x$.', "", "    More of it.", '    """'),
        *("    return x", "```"),
    ]


def test_a_table_aligns_numbers_and_rounds_them():
    shown = show.table(["name", "value"], iter([["a", 1 / 3], ["b", 2]]))
    assert shown.text.splitlines() == [
        "| name | value |",
        "| --- | ---: |",
        "| a | 0.3333 |",
        "| b | 2 |",
    ]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"row \['a'\] has 1 cells, expected 2 as in"):
        show.table(["name", "value"], [["a"]])
