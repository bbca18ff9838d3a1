"""Cut the faces of the book, TeX Gyre Pagella and TeX Gyre Pagella Math, down to the characters it uses.

Needs fontTools and brotli, and the fonts themselves: Debian's packages ``fonts-texgyre`` and
``fonts-texgyre-math``, or https://www.gust.org.pl/projects/e-foundry. Run from the root of the repository
with the folders that hold them::

    python tools/subset_fonts.py /usr/share/texmf/fonts/opentype/public/tex-gyre*

The same fonts give the same files. Their license (GUST Font License) asks that a changed font not carry the
old name, so the families are called "Livenotes Text" and "Livenotes Math". Pages load web fonts; Matplotlib,
which measures the words of a figure, reads OpenType alone.
"""

import sys
import unicodedata
from collections.abc import Set
from pathlib import Path

from fontTools import subset
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

SOURCE = Path(__file__).parents[1] / "src"
sys.path.insert(0, str(SOURCE))
from livenotes._tex.glyphs import FONT_CHARACTERS  # noqa: E402

WEB = SOURCE / "livenotes/site/static"
MEASURED = SOURCE / "livenotes/live/fonts"
TEXT = {"regular": "Regular", "italic": "Italic", "bold": "Bold"}
TEXT_CHARACTERS = (
    {chr(code) for code in range(0x20, 0x7F)}
    | {chr(code) for code in range(0xA0, 0x100)}
    | set("ıŁłŒœŠšŽžαβγδεζηθικλμνξοπρςστυφχψωΔΩ–—‘’‚“”„†•…′″⁄−·×÷←↑→↓∂√∞≈≠≤≥")
)
MORE_TEXT = (  # the names of Europe, Greek capitals and signs that are rare
    {chr(code) for code in range(0x100, 0x180)} - set("ĸŉſŦŧ") - TEXT_CHARACTERS
    | set("ȘșȚțΑΒΓΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨ‡‰‹›€№™ℓ∆∇∈∏∑∫◦")
)
MORE_MATH = {
    "bold": (
        "MATHEMATICAL BOLD CAPITAL",
        "MATHEMATICAL BOLD SMALL",
        "MATHEMATICAL BOLD DIGIT",
        "DOUBLE-STRUCK",
        "MATHEMATICAL DOUBLE-STRUCK",
    ),
    "rare": ("MATHEMATICAL BOLD ITALIC", "MATHEMATICAL SCRIPT", "SCRIPT CAPITAL"),
}
"""Alphabets that few formulas use, by the beginning of their names: loaded by the pages that show one."""
SMALL = {
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789−+n", strict=True)),
    **dict(zip("₀₁₂₃₄₅₆₇₈₉₋₊ₜₙₕₖₓ", "0123456789−+tnhkx", strict=True)),
}
"""Scripts that the face lacks, in part: the letter, at six tenths of its size."""
_ASCII = {chr(code) for code in range(0x20, 0x7F)}
KEPT = {
    "regular": TEXT_CHARACTERS | set(SMALL),
    "italic": _ASCII | set("äçéèêëïñóöøüßÄÉÖØÜ–—‘’“”…−·×αβγδεθλμρσφ"),
    "bold": _ASCII | set("–—‘’“”…−·×≈≤≥→°∂éβγδερσ⁰¹²³⁴⁵⁶⁷⁸⁹⁻"),
}
"""What a page loads of each face; a rare letter in italics or in bold is the reader's own serif's."""
RAISED, LOWERED = 330, -120  # thousandths of the size, as the formulas have it


def add_scripts(font: TTFont) -> None:
    """Draw superscripts and subscripts from the letters, a little wider than tall to keep their weight."""
    top, metrics, glyphs = font["CFF "].cff[0], font["hmtx"], font.getGlyphSet()
    order, names = font.getGlyphOrder(), font.getBestCmap()
    for character, letter in SMALL.items():
        base, name = names[ord(letter)], f"livenotes{ord(character):04X}"
        width = round(0.65 * metrics[base][0])
        pen = T2CharStringPen(width, glyphs)
        shift = RAISED if unicodedata.name(character).startswith("SUPERSCRIPT") else LOWERED
        glyphs[base].draw(TransformPen(pen, (0.65, 0, 0, 0.6, 0, shift)))
        top.CharStrings.charStrings[name] = len(top.CharStrings.charStringsIndex)
        top.CharStrings.charStringsIndex.append(pen.getCharString(top.Private, top.GlobalSubrs))
        order.append(name)
        metrics[name] = (width, round(0.65 * metrics[base][1]))
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[ord(character)] = name
    font.setGlyphOrder(order)
    top.charset = order
    font["maxp"].numGlyphs = len(order)


def thin(font: TTFont) -> None:
    """Of delimiters that come in many sizes keep the first two, then every second one.

    A root or a bracket in a line of text takes one of the first; larger ones are assembled anyway.
    """
    variants = font["MATH"].table.MathVariants
    for construction in variants.VertGlyphConstruction + variants.HorizGlyphConstruction:
        sizes = construction.MathGlyphVariantRecord
        if len(sizes) > 4:
            construction.MathGlyphVariantRecord = kept = [sizes[0], *sizes[1::2]]
            construction.VariantCount = len(kept)


def place_scripts(font: TTFont) -> None:
    """Let a browser set display integrals and scripts as TeX does."""
    constants = font["MATH"].table.MathConstants
    # Display integrals: the font's own threshold picks one that is hardly taller than the text.
    constants.DisplayOperatorMinHeight = 2000
    # TeX sets the scripts of a letter at one height, whatever the letter; a browser moves them with the
    # letter's own height and depth, which it rounds to pixels, once these exceed the usual shift.
    constants.SubscriptBaselineDropMin.Value = -100  # SubscriptShiftDown 232, depth of y 276
    constants.SuperscriptBaselineDropMax.Value = 420  # SuperscriptShiftUp 354, height of f 733


def rename(font: TTFont, family: str, style: str, origin: str) -> None:
    """Give the derived font its own name."""
    name = f"{family.replace(' ', '')}-{style}"
    names = {1: family, 2: style, 3: f"{family} {style}, subset of {origin}", 4: f"{family} {style}", 6: name}
    for record in list(font["name"].names):
        if record.nameID in names:
            record.string = names[record.nameID]
        elif record.nameID in (16, 17):  # families of more than four faces
            font["name"].names.remove(record)
    top = font["CFF "].cff
    top.fontNames = [name]
    top[0].FamilyName = top[0].FullName = family


def cut(font: TTFont, characters: Set[str], features: list[str]) -> None:
    """Keep the characters and features, and nothing that a screen does not need."""
    if absent := {ord(c) for c in characters} - set(font.getBestCmap()):
        raise SystemExit(f"the font lacks {', '.join(map(hex, sorted(absent)))}")
    options = subset.Options(hinting=False, layout_features=features)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["GDEF"] if features else ["GPOS", "GDEF", "GSUB"]
    options.desubroutinize = True  # compresses better
    options.notdef_outline = True
    options.glyph_names = False
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(characters))
    cutter.subset(font)


def save(font: TTFont, path: Path, flavor: str | None) -> None:
    """Write the font and say how large it is."""
    font.flavor = flavor
    path.parent.mkdir(exist_ok=True)
    font.save(path)
    print(f"{path.name}: {len(font.getGlyphOrder())} glyphs, {path.stat().st_size / 1e3:.1f} kB")


def text_face(source: Path, style: str, characters: Set[str]) -> TTFont:
    """Cut one face of the text."""
    font = TTFont(source, recalcTimestamp=False)
    add_scripts(font)
    cut(font, characters, ["kern", "liga"])
    rename(font, "Livenotes Text", style, "TeX Gyre Pagella 2.501")
    return font


def math_face(source: Path, characters: Set[str]) -> TTFont:
    """Cut the face of the formulas."""
    font = TTFont(source, recalcTimestamp=False)
    thin(font)
    place_scripts(font)
    cut(font, characters, [])
    rename(font, "Livenotes Math", "Regular", "TeX Gyre Pagella Math 1.632")
    return font


def main(*folders: str) -> None:
    """Read the fonts, cut them, and write them where they are used."""
    found = {path.name: path for folder in folders for path in Path(folder).rglob("texgyrepagella*.otf")}
    for face, style in TEXT.items():
        source = found[f"texgyrepagella-{face}.otf"]
        save(text_face(source, style, KEPT[face]), WEB / f"livenotes-{face}.woff2", "woff2")
        everything = TEXT_CHARACTERS | MORE_TEXT | set(SMALL)
        save(text_face(source, style, everything), MEASURED / f"livenotes-{face}.otf", None)
    source = found["texgyrepagella-regular.otf"]
    save(text_face(source, "Regular", MORE_TEXT), WEB / "livenotes-regular-more.woff2", "woff2")
    source = found["texgyrepagella-math.otf"]
    more = {file: named(file) for file in MORE_MATH}
    save(math_face(source, FONT_CHARACTERS.difference(*more.values())), WEB / "livenotes-math.woff2", "woff2")
    for file, characters in more.items():
        save(math_face(source, characters), WEB / f"livenotes-math-{file}.woff2", "woff2")
    for file, characters in {"more": MORE_TEXT, **more}.items():
        print(f"unicode-range of {file}: {unicode_range(characters)}")


def named(file: str) -> frozenset[str]:
    """Return the characters of one of the fonts that hold more."""
    named = (c for c in FONT_CHARACTERS if unicodedata.name(c).startswith(MORE_MATH[file]))
    return frozenset(named) - set("𝒩ℒ")  # which are not rare here


def unicode_range(characters: Set[str]) -> str:
    """Write characters as a style sheet has them."""
    spans: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return ", ".join(f"U+{low:X}" + (f"-{high:X}" if high > low else "") for low, high in spans)


if __name__ == "__main__":
    main(*sys.argv[1:])
