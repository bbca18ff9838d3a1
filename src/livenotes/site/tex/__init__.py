r"""LaTeX formulas as MathML, computed when the book is built.

docutils has such a converter, and its tables of characters are used here. The converter itself reads
some formulas wrongly without saying so - :math:`\hat{x}_i` sets the index under the letter,
``\tfrac12`` takes twelve for a numerator - and leaves the space around operators to the browser,
which spreads subscripts and gaps absolute values. This one follows TeX's rules for both, and refuses
what it does not know: a formula is set as it was meant, or the build says which one is not.
"""

from xml.etree.ElementTree import tostring

from .atoms import element
from .environments import aligned
from .glyphs import missing
from .parser import Parser
from .reader import TexError

__all__ = ["TexError", "to_mathml"]


def to_mathml(tex: str, display: bool = False) -> str:
    r"""Return a formula as a ``<math>`` element.

    Parameters
    ----------
    tex : str
        The formula, without dollars.
    display : bool
        Whether it stands on lines of its own.

    Returns
    -------
    str
        MathML Core, well-formed XML.

    Raises
    ------
    TexError
        The formula is empty, incomplete, uses a command that is not known here, or a character that
        the book's font lacks.
    """
    if not tex.strip():
        raise TexError("the formula is empty")
    parser = Parser(tex)
    try:
        body = parser.whole()
    except TexError:
        if not display or parser.read.peek() not in ("&", "\\\\"):
            raise
        body = aligned(Parser(tex))
    if absent := missing(body):
        raise TexError(f"the book's font has no {', '.join(sorted(absent))}: add it to glyphs.py")
    attributes = {"xmlns": "http://www.w3.org/1998/Math/MathML"}
    if display:
        attributes["display"] = "block"
    return tostring(element("math", body, **attributes), encoding="unicode")
