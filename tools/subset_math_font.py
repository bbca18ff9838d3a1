"""Cut TeX Gyre Pagella Math down to the characters that the book's formulas use.

Needs fontTools and brotli, and the font itself: Debian's package ``fonts-texgyre-math`` or
https://www.gust.org.pl/projects/e-foundry/tg-math. Run from the root of the repository::

    python tools/subset_math_font.py texgyrepagella-math.otf

The license (GUST Font License) asks that a changed font not carry the old name, so the family is
called "Livenotes Math".
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
from livenotes._tex.glyphs import FONT_CHARACTERS

TARGET = Path(__file__).parents[1] / "src/livenotes/site/static/livenotes-math.woff2"
FAMILY = "Livenotes Math"


def thin(font: TTFont) -> None:
    """Keep every second size of the delimiters that come in many; larger ones are assembled anyway."""
    variants = font["MATH"].table.MathVariants
    for construction in variants.VertGlyphConstruction + variants.HorizGlyphConstruction:
        sizes = construction.MathGlyphVariantRecord
        if len(sizes) > 4:
            construction.MathGlyphVariantRecord = sizes[::2]
            construction.VariantCount = len(sizes[::2])


def rename(font: TTFont) -> None:
    """Give the derived font its own name."""
    names = {1: FAMILY, 3: f"{FAMILY} subset of TeX Gyre Pagella Math 1.632", 4: FAMILY, 6: "LivenotesMath"}
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]
    top = font["CFF "].cff
    top.fontNames = ["LivenotesMath"]
    top[0].FamilyName = top[0].FullName = FAMILY


def main(source: str) -> None:
    """Read the font, cut it, and write the web font beside the style sheet."""
    font = TTFont(source)
    thin(font)
    constants = font["MATH"].table.MathConstants
    # Display integrals: the font's own threshold picks one that is hardly taller than the text.
    constants.DisplayOperatorMinHeight = 2000
    # TeX sets the scripts of a letter at one height, whatever the letter; a browser moves them with the
    # letter's own height and depth, which it rounds to pixels, once these exceed the usual shift.
    constants.SubscriptBaselineDropMin.Value = -100  # SubscriptShiftDown 232, depth of y 276
    constants.SuperscriptBaselineDropMax.Value = 420  # SuperscriptShiftUp 354, height of f 733
    options = subset.Options(hinting=False, layout_features=[], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    options.drop_tables += ["GPOS", "GDEF", "GSUB"]
    options.desubroutinize = True  # compresses better
    options.notdef_outline = True
    options.glyph_names = False
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(FONT_CHARACTERS))
    cutter.subset(font)
    if absent := {ord(c) for c in FONT_CHARACTERS} - set(font.getBestCmap()):
        raise SystemExit(f"the font lacks {', '.join(map(hex, sorted(absent)))}")
    rename(font)
    font.flavor = "woff2"
    font.save(TARGET)
    print(f"{TARGET.name}: {len(font.getGlyphOrder())} glyphs, {TARGET.stat().st_size / 1e3:.1f} kB")


if __name__ == "__main__":
    main(sys.argv[1])
