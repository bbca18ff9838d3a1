import inspect

import pytest

from livenotes import show
from livenotes.activations import relu


def test_source_is_what_stands_in_the_package():
    shown = show.source(relu.function, relu.derivative)
    code = f"{inspect.getsource(relu.function)}\n{inspect.getsource(relu.derivative)}"
    assert shown.text.replace("\n\n", "\n") == f"```python\n{code.rstrip()}\n```".replace("\n\n", "\n")
    assert shown._repr_markdown_() == repr(shown) == shown.text


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
