"""The characters that the book's font of mathematics holds.

``tools/subset_fonts.py`` cuts the font down to them; a formula that needs another one would be
set in whatever font a reader happens to have, so it is an error.
"""

from xml.etree.ElementTree import Element

from docutils.utils.math import mathalphabet2unichar as alphabets

_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CAPITAL_GREEK = "ΓΔΘΛΞΠΣΥΦΨΩ"
_SMALL_GREEK = "αβγδεζηθικλμνξοπρςστυφχψωϑϕϖϱϵ"
_CAPITALS, _DIGITS = _LATIN[:26], "0123456789"


def _styled(style: str, letters: str) -> set[str]:
    table = getattr(alphabets, style)
    return {table[letter] for letter in letters if letter in table}


FONT_CHARACTERS: frozenset[str] = frozenset(
    {chr(code) for code in range(0x20, 0x7F)}
    | set(_CAPITAL_GREEK + _SMALL_GREEK)
    | _styled("mathit", _LATIN + _SMALL_GREEK + "∂")
    | _styled("mathbf", _LATIN + _DIGITS + _CAPITAL_GREEK)
    | _styled("mathbfit", _LATIN + _SMALL_GREEK + "∂")
    | _styled("mathcal", _CAPITALS)
    | _styled("mathbb", _CAPITALS + "1")
    | set("\u00a0±·×÷¬¯°ıȷˆˇ˙¨˜\u0302\u0303–—…")  # accents and signs
    | set("‖†′″‴⋯⋮⋱ℏℓℑℜ∀∂∃∅∇∞⊤⊥∠")  # ordinary symbols
    | set("∏∐∑∫∮⋀⋁⋂⋃⨁⨂")  # large operators
    | set("−∓∗∘∖∧∨∩∪⊕⊖⊗⊘⊙⋅⋆")  # binary operators
    | set("∈∉∋∝∣∤∥∼≃≅≈≉≔≜≠≡≢≤≥≪≫≺≻⊂⊃⊆⊇⟂∶")  # relations
    | set("←↑→↓↔↦⇐⇒⇔⟵⟶⟸⟹⟺")  # arrows
    | set("√⌈⌉⌊⌋⟨⟩⏞⏟")  # roots, brackets, braces
)


def missing(formula: Element) -> set[str]:
    """Return the characters of a formula that the font lacks, running text aside."""
    absent: set[str] = set()
    for node in formula.iter():
        if node.tag == "mtext" or not node.text:
            continue
        text = node.text
        if node.tag == "mi" and len(text) == 1 and "mathvariant" not in node.attrib:
            text = alphabets.mathit.get(text, text)  # what a browser shows
        absent |= set(text) - FONT_CHARACTERS - set("\u2009\u202f")
    return absent
