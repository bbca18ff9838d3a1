from typing import Annotated

import pytest
from sphinx.application import Sphinx

from livenotes.site.docstrings import name_types, shorten, shorten_returned, to_rst


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("plain *words* and ``code``", "plain *words* and ``code``"),
        ("{cite}`a2001` and {cite:t}`b`", ":cite:`a2001` and :cite:t:`b`"),
        ("``{cite}`a` `` stays", "``{cite}`a` `` stays"),
        (r"the slope $\alpha_i$, and ($p$)", r"the slope :math:`\alpha_i`, and (:math:`p`)"),
        ("``$HOME`` and $x$", "``$HOME`` and :math:`x`"),
        ("over a\nbreak $a +\n    b$ too", "over a\nbreak :math:`a + b` too"),
        ("two $a$ on\none $b$ line", "two :math:`a` on\none :math:`b` line"),
        ("the $k$th, 2$x$", r"the :math:`k`\ th, 2\ :math:`x`"),
        ("no $ formula\n\nhere $", "no $ formula\n\nhere $"),
        ("Title.\n\n$$a = b$$\n\nMore.", "Title.\n\n\n.. math::\n\n   a = b\n\n\n\nMore."),
        ("    $$a\n    b$$", "    \n.. math::\n\n   a\n   b\n\n"),
        ("f(x) = |x|", r"f(x) = \|x\|"),
        (
            "init : (rng, *, dtype) -> params\n    Text *a*.",
            "init : (rng, \\*, dtype) -> params\n    Text *a*.",
        ),
    ],
)
def test_markup_is_translated(text, want):
    assert to_rst(text) == want


def test_a_block_keeps_its_indent():
    assert to_rst("A.\n\n    $$a\n    b$$") == "A.\n\n\n    .. math::\n\n       a\n       b\n\n"


def test_signatures_name_types_without_their_modules():
    signature = "(x: ~jaxtyping.Float[numpy.ndarray, 'T B'] = <factory>, lr: float = 0.5)"
    want = "(x: Float[ndarray, 'T B'] = ..., lr: float = 0.5)"
    assert shorten(signature) == want
    assert shorten("a.b.C | None") == "C | None"
    assert shorten("livenotes.dense.Gradients") == "Gradients"
    assert (
        shorten_returned("livenotes.dense.Gradients | numpy.ndarray")
        == "~livenotes.dense.Gradients | ndarray"
    )
    assert shorten_returned(None) is None
    assert shorten(None) is None


def test_a_signature_names_types_and_not_what_they_must_fulfil():
    def draw(rng: int, rate: Annotated[float, "from 0 to 1"], more: list[Annotated[int, "even"]] | None): ...

    name_types(object.__new__(Sphinx), draw, False)
    assert draw.__annotations__ == {"rng": int, "rate": float, "more": list[int] | None}

    class Made:
        @classmethod
        def of(cls, rate: Annotated[float, "from 0 to 1"]): ...

    name_types(object.__new__(Sphinx), Made.of, True)
    assert Made.of.__annotations__ == {"rate": float}
