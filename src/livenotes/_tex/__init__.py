r"""LaTeX formulas as MathML, computed when the book is built.

latex2mathml reads the formula. It leaves the space around operators to the browser, which spreads
subscripts and gaps absolute values, and it passes over what it does not know; so :mod:`.source` says
beforehand what is wrong with a formula, :mod:`.setting` turns what the library read into what the book
shows, and :mod:`.spacing` spaces it by TeX's rules. A formula is set as it was meant, or the build says
which one is not.
"""

from xml.etree.ElementTree import tostring

from .glyphs import missing
from .setting import joined
from .source import TexError, read
from .spacing import element

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
    body = joined(read(tex, display))
    if absent := missing(body):
        raise TexError(f"the book's font has no {', '.join(sorted(absent))}: add it to glyphs.py")
    attributes = {"xmlns": "http://www.w3.org/1998/Math/MathML"}
    if display:
        attributes["display"] = "block"
    return tostring(element("math", body, **attributes), encoding="unicode")
