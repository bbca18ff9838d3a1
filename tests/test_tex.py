import re
from xml.etree import ElementTree as ET

import pytest
from docutils.utils.math.latex2mathml import tex2mathml

from livenotes._tex import TexError, to_mathml
from livenotes._tex.glyphs import FONT_CHARACTERS

SPACING = ("lspace", "rspace", "form", "symmetric", "xmlns")


def mathml(tex, display=False, spacing=False):
    """Return the formula's MathML without the outermost tag, and without spaces unless asked for."""
    root = ET.fromstring(re.sub(r' xmlns="[^"]*"', "", to_mathml(tex, display)))
    if not spacing:
        for node in root.iter():
            for name in SPACING:
                node.attrib.pop(name, None)
    inside = "".join(ET.tostring(child, encoding="unicode") for child in root)
    inside = inside.replace(" />", "/>")
    if inside.startswith("<mrow>") and len(root) == 1 and not root[0].attrib:
        inside = inside.removeprefix("<mrow>").removesuffix("</mrow>")
    return inside


KINDS = {
    "letter": ("x", "<mi>x</mi>"),
    "greek": (r"\alpha", "<mi>α</mi>"),
    "capital greek is upright": (r"\Sigma", '<mi mathvariant="normal">Σ</mi>'),
    "nabla is upright": (r"\nabla", '<mi mathvariant="normal">∇</mi>'),
    "number": ("0.044715", "<mn>0.044715</mn>"),
    "thousands": ("50{,}000", "<mn>50,000</mn>"),
    "comma is no decimal": ("0,1", "<mn>0</mn><mo>,</mo><mn>1</mn>"),
    "point at the end": ("2.", "<mn>2</mn><mo>.</mo>"),
    "script takes one digit": ("x_12", "<msub><mi>x</mi><mn>1</mn></msub><mn>2</mn>"),
    "both scripts": ("x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
    "scripts in the other order": ("x^2_i", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
    "script of a command": (r"x_\theta", "<msub><mi>x</mi><mi>θ</mi></msub>"),
    "script without base": ("{}^2", "<msup><mrow/><mn>2</mn></msup>"),
    "prime": ("f'", '<mi class="tex-leaning">f</mi><mo>′</mo>'),
    "double prime": ("f''", '<mi class="tex-leaning">f</mi><mo>″</mo>'),
    "prime and index": ("x'_i", "<msub><mrow><mi>x</mi><mo>′</mo></mrow><mi>i</mi></msub>"),
    "prime and power": (
        "f'^2",
        '<msup><mrow><mi class="tex-leaning">f</mi><mo>′</mo></mrow><mn>2</mn></msup>',
    ),
    "power of a letter that leans": (
        "f^2",
        '<msup><mi class="tex-leaning">f</mi><mn>2</mn></msup>',
    ),
    "power of a sized fence, which stretches in a row alone": (
        r"\bigr)^2",
        '<msup><mrow><mo stretchy="true" minsize="1.2em" maxsize="1.2em">)</mo></mrow><mn>2</mn></msup>',
    ),
    "fraction": (r"\frac{a}{b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
    "fraction of digits": (r"\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
    "small fraction": (r"\tfrac12", '<mfrac displaystyle="false"><mn>1</mn><mn>2</mn></mfrac>'),
    "large fraction": (r"\dfrac1n", '<mfrac displaystyle="true"><mn>1</mn><mi>n</mi></mfrac>'),
    "binomial": (
        r"\binom nk",
        '<mo stretchy="true">(</mo><mfrac linethickness="0"><mi>n</mi><mi>k</mi></mfrac>'
        '<mo stretchy="true">)</mo>',
    ),
    "root": (r"\sqrt x", "<msqrt><mi>x</mi></msqrt>"),
    "cube root": (r"\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>"),
    "sum": (
        r"\sum_{i}^n",
        '<munderover><mo movablelimits="true">∑</mo><mi>i</mi><mi>n</mi></munderover>',
    ),
    "integral": (r"\int_0^1", "<msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup>"),
    "integral with limits": (
        r"\int\limits_0^1",
        '<munderover><mo movablelimits="false">∫</mo><mn>0</mn><mn>1</mn></munderover>',
    ),
    "sum without limits": (r"\sum\nolimits_i", '<msub><mo movablelimits="true">∑</mo><mi>i</mi></msub>'),
    "function": (r"\tanh", "<mi>tanh</mi>"),
    "function with limits": (r"\max_i", '<munder><mo movablelimits="true">max</mo><mi>i</mi></munder>'),
    "named operator": (r"\operatorname{erf}", "<mi>erf</mi>"),
    "named operator of one letter": (r"\operatorname{P}", '<mi mathvariant="normal">P</mi>'),
    "named operator with limits": (
        r"\operatorname*{arg\,max}_x",
        '<munder><mo movablelimits="true">arg\u2009max</mo><mi>x</mi></munder>',
    ),
    "hat and index": (
        r"\hat{x}_i",
        '<msub><mover accent="true"><mi>x</mi><mo stretchy="false">ˆ</mo></mover><mi>i</mi></msub>',
    ),
    "wide hat": (
        r"\widehat{ab}",
        '<mover accent="true"><mrow><mi>a</mi><mi>b</mi></mrow><mo stretchy="true">\u0302</mo></mover>',
    ),
    "overline": (r"\overline{ab}", '<mrow class="tex-overline"><mrow><mi>a</mi><mi>b</mi></mrow></mrow>'),
    "brace with label": (
        r"\underbrace{a}_n",
        '<munder><munder><mi>a</mi><mo stretchy="true">⏟</mo></munder><mi>n</mi></munder>',
    ),
    "blackboard": (r"\mathbb{R}", "<mi>ℝ</mi>"),
    "script letter": (r"\mathcal{L}", "<mi>ℒ</mi>"),
    "bold": (r"\mathbf{W}", "<mi>𝐖</mi>"),
    "bold digit": (r"\mathbf 1", "<mn>𝟏</mn>"),
    "bold italic": (r"\boldsymbol{x}", "<mi>𝒙</mi>"),
    "bold greek": (r"\bm\theta", "<mi>𝜽</mi>"),
    "bold capital greek": (r"\boldsymbol\Sigma", '<mi mathvariant="normal">𝚺</mi>'),
    "upright word": (r"\mathrm{out}", "<mi>out</mi>"),
    "upright letter": (r"\mathrm{d}", '<mi mathvariant="normal">d</mi>'),
    "bold under a hat": (
        r"\boldsymbol{\hat x}",
        '<mover accent="true"><mi>𝒙</mi><mo stretchy="false">ˆ</mo></mover>',
    ),
    "text": (r"\text{if } x", "<mtext>if\u00a0</mtext><mi>x</mi>"),
    "formula in text": (
        r"\text{for $n$ of them}",
        "<mtext>for\u00a0</mtext><mi>n</mi><mtext>\u00a0of them</mtext>",
    ),
    "bars do not stretch": ("|x|", '<mo stretchy="false">|</mo><mi>x</mi><mo stretchy="false">|</mo>'),
    "norm": (
        r"\lVert x\rVert",
        '<mo stretchy="false">‖</mo><mi>x</mi><mo stretchy="false">‖</mo>',
    ),
    "fences": (
        r"\left(x\right]",
        '<mo stretchy="true">(</mo><mi>x</mi><mo stretchy="true">]</mo>',
    ),
    "one fence": (
        r"\left.x\right|_0",
        '<msub><mrow><mi>x</mi><mo stretchy="true">|</mo></mrow><mn>0</mn></msub>',
    ),
    "middle fence": (
        r"\left\{x\middle|y\right\}",
        '<mo stretchy="true">{</mo><mi>x</mi><mo stretchy="true">|</mo><mi>y</mi><mo stretchy="true">}</mo>',
    ),
    "angle fences": (
        r"\left<x\right>",
        '<mo stretchy="true">⟨</mo><mi>x</mi><mo stretchy="true">⟩</mo>',
    ),
    "sized fence": (r"\Bigl(", '<mo stretchy="true" minsize="1.8em" maxsize="1.8em">(</mo>'),
    "sized fence of a command": (
        r"\bigr\rVert",
        '<mo stretchy="true" minsize="1.2em" maxsize="1.2em">‖</mo>',
    ),
    "sized brace": (r"\Big\{", '<mo stretchy="true" minsize="1.8em" maxsize="1.8em">{</mo>'),
    "name with a digit": (r"\operatorname{ReLU6}", "<mi>ReLU6</mi>"),
    "negation": (r"\not=", "<mo>≠</mo>"),
    "mark over a relation": (r"\overset{!}{=}", "<mover><mo>=</mo><mo>!</mo></mover>"),
    "mark over a bare relation": (r"\overset{!}=", "<mover><mo>=</mo><mo>!</mo></mover>"),
    "mark under": (r"\underset{n}{\to}", "<munder><mo>→</mo><mi>n</mi></munder>"),
    "phantom": (r"\phantom{x}", "<mphantom><mi>x</mi></mphantom>"),
    "box": (r"\boxed{x}", '<mrow class="tex-boxed"><mi>x</mi></mrow>'),
    "style": (
        r"\displaystyle x",
        '<mstyle displaystyle="true" scriptlevel="0"><mi>x</mi></mstyle>',
    ),
    "comment": ("x % not y\n+ z", "<mi>x</mi><mo>+</mo><mi>z</mi>"),
    "unicode": ("α≤β", "<mi>α</mi><mo>≤</mo><mi>β</mi>"),
    "cases": (
        r"\begin{cases}a & b\\ c & d\end{cases}",
        '<mo stretchy="true">{</mo><mtable class="tex-cases">'
        "<mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr>"
        "<mtr><mtd><mi>c</mi></mtd><mtd><mi>d</mi></mtd></mtr></mtable>",
    ),
    "matrix": (
        r"\begin{bmatrix}1 & 0\end{bmatrix}",
        '<mo stretchy="true">[</mo><mtable class="tex-matrix">'
        '<mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr></mtable><mo stretchy="true">]</mo>',
    ),
    "array": (
        r"\begin{array}{lr}a & b\end{array}",
        '<mtable class="tex-array"><mtr><mtd class="tex-l"><mi>a</mi></mtd>'
        '<mtd class="tex-r"><mi>b</mi></mtd></mtr></mtable>',
    ),
    "row with a distance, and an empty last row": (
        r"\begin{matrix}a\\[2pt] b\\\end{matrix}",
        '<mtable class="tex-matrix"><mtr><mtd><mi>a</mi></mtd></mtr>'
        "<mtr><mtd><mi>b</mi></mtd></mtr></mtable>",
    ),
    "aligned": (
        r"\begin{aligned}a &= b\end{aligned}",
        '<mtable class="tex-align" displaystyle="true"><mtr><mtd><mi>a</mi></mtd>'
        "<mtd><mrow><mrow/><mo>=</mo><mi>b</mi></mrow></mtd></mtr></mtable>",
    ),
}


@pytest.mark.parametrize(("tex", "want"), KINDS.values(), ids=KINDS)
def test_every_kind_of_formula(tex, want):
    assert mathml(tex) == want


def test_lines_without_an_environment_are_aligned():
    inside = mathml(r"a &= b \\ c &= d", display=True)
    assert inside == mathml(r"\begin{align}a &= b \\ c &= d\end{align}", display=True)
    with pytest.raises(TexError, match="closes nothing"):
        to_mathml(r"a &= b")


# Where docutils reads a formula rightly it is an independent reading of the same source.
@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{\partial L}{\partial x_i}",
        r"\sqrt{\frac{2}{n}}",
        r"e^{-t^2}",
        r"W^{(l)}_{ji}",
        r"\sigma(Wx+b)",
        r"x\in\mathbb{R}^{n\times m}",
        r"\frac{e^x-e^{-x}}{e^x+e^{-x}}",
        r"h_{t-1}\odot f_t",
        r"\sum_{i=1}^m x_i",
        r"\sqrt[3]{x+1}",
        r"\alpha\to\infty",
        r"p\propto q",
    ],
)
def test_reads_what_docutils_reads(tex):
    def bare(xml):
        root = ET.fromstring(re.sub(r' xmlns="[^"]*"', "", xml))

        def walk(node):
            parts = [walk(child) for child in node]
            text = (node.text or "").strip()
            tag = "" if node.tag in ("math", "mrow") else node.tag
            return (
                f"{tag}({text}{','.join(p for p in parts if p)})" if tag or len(parts) > 1 else "".join(parts)
            )

        return walk(root)

    assert bare(to_mathml(tex)) == bare(tex2mathml(tex))


@pytest.mark.parametrize(
    ("tex", "operator", "want"),
    [
        ("a+b", "+", ("0.2222em", "0.2222em")),
        ("a=b", "=", ("0.2778em", "0.2778em")),
        ("a=-b", "−", ("0", "0")),
        ("-b", "−", ("0", "0")),
        ("(-b)", "−", ("0", "0")),
        ("a,b", ",", ("0", "0.1667em")),
        ("x_{a+b}", "+", ("0", "0")),
        ("x_{a=b}", "=", ("0", "0")),
        ("x_{a,b}", ",", ("0", "0")),
        (r"\sum x", "∑", ("0", "0.1667em")),
        (r"a\mid b", "∣", ("0.2778em", "0.2778em")),
        ("|a|", "|", ("0", "0")),
        ("|-a|", "−", ("0", "0")),
        ("a/b", "/", ("0", "0")),
        (r"a\cdot b", "⋅", ("0.2222em", "0.2222em")),
        (r"\max(0,x)", "max", ("0", "0")),
        (r"\max x", "max", ("0", "0.1667em")),
        (r"2\max x", "max", ("0.1667em", "0.1667em")),
    ],
)
def test_space_around_an_operator_is_that_of_tex(tex, operator, want):
    found = next(m for m in ET.fromstring(to_mathml(tex)).iter() if m.text == operator)
    assert (found.get("lspace"), found.get("rspace")) == want


@pytest.mark.parametrize(
    ("tex", "spaces"),
    [
        (r"\sin x", 1),  # a function keeps a thin space from its argument
        (r"\sin(x)", 0),
        (r"\tanh\left(x\right)", 0),
        (r"x\sin y", 2),
        (r"a\frac12", 1),
        ("ab", 0),
        (r"a\,b", 1),
        (r"a\quad b", 1),
        ("a~b", 1),
    ],
)
def test_other_spaces(tex, spaces):
    assert mathml(tex).count("<mspace") == spaces


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        ("", "the formula is empty"),
        ("  ", "the formula is empty"),
        (r"\foo", r"unknown command \\foo"),
        (r"\frac{1}", "needs an argument, found the end of the formula"),
        ("x_", "needs an argument"),
        ("x^{2", "a group is never closed"),
        ("x}", "'}' closes nothing"),
        ("x^2^3", r"a second '\^'"),
        ("x_1_2", "a second '_'"),
        ("x^2'", "a prime after a superscript"),
        (r"\left(x", r"\\left without \\right: .*found the end"),
        (r"\left x\right)", r"\\left needs a delimiter, found 'x'"),
        (r"\left", r"\\left is cut off"),
        (r"\bigl.", r"\\bigl needs a delimiter"),
        (r"\right)", "closes nothing"),
        (r"\begin{foo}\end{foo}", "unknown environment 'foo'; known are .*cases"),
        (r"\begin{cases}x", "'cases' is not closed"),
        (r"\begin{cases}x\end{matrix}", r"\\begin{cases} is closed by \\end{matrix}"),
        (r"\begin{array}{l|r}a&b\end{array}", "letters l, c and r, found 'l|r'"),
        (r"\begin{array}{l}a&b\end{array}", "an array of 1 columns has a row of 2 cells"),
        (r"\text{if", "never closed"),
        (r"\text x", "expected '{', found 'x'"),
        (r"\operatorname{\foo}", "takes plain letters"),
        (r"\limits_x", "must follow an operator"),
        (r"\sqrt[3", "an optional argument is never closed"),
        (r"\mathbin{+}", "which this book does not set"),
        (r"\cancel{x}", "which this book does not set"),
        (r"3 in", "the number '3in' runs into letters"),
        (r"\not x", "can strike out one relation only"),
        ("x \x01", "has no meaning in a formula"),
        (r"\aleph", "the book's font has no ℵ"),
        ("ж", "the book's font has no"),
    ],
)
def test_what_cannot_be_read_is_named(tex, message):
    with pytest.raises(TexError, match=message):
        to_mathml(tex, display=True)


def test_every_character_of_these_formulas_is_in_the_font():
    for tex, _ in KINDS.values():
        to_mathml(tex)  # raises otherwise
    assert {"∑", "√", "𝐖", "ℝ", "𝜽", "⏟"} <= FONT_CHARACTERS
