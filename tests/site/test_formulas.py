import re

PAGE = r"""# A heading with $x^2$

Inline $\hat{x}_i$, and as {eq}`euler` says:

$$e^{i\pi} = -1$$ (euler)

$$a = b$$

| Table |
|---|
| $\frac12$ |

\begin{align}
a &= b \\
c &= d
\end{align}
"""


def test_formulas_become_mathml_with_numbers_and_no_script(build):
    built = build({"index.md": PAGE})
    page = built.page()
    assert built.warnings == ""
    assert page.count("<math ") >= 6  # the heading's stands in the contents too
    assert '<td><p><span class="math notranslate nohighlight"><math ' in page
    assert 'id="equation-euler"' in page
    assert '<span class="eqno">(1)<a class="headerlink" href="#equation-euler"' in page
    assert '<a class="reference internal" href="#equation-euler">(1)</a>' in page
    assert page.count('class="eqno"') == 2  # MyST numbers an align, and not a formula without label
    assert "MathJax" not in page


def test_formulas_in_stored_outputs_of_cells(build, notebook):
    page = notebook("# Title", {"text/latex": r"$$\frac{1}{2}$$"}, {"text/latex": r"$\displaystyle x^2$"})
    built = build({"index.ipynb": page})
    assert built.warnings == ""
    assert "<mfrac><mn>1</mn><mn>2</mn></mfrac>" in built.page()
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in built.page()


def test_a_formula_that_cannot_be_read_is_a_warning_that_names_the_document(build):
    built = build({"index.md": "# Title\n\n$\\foo$\n\n$$\n\\baz\n$$\n"})
    assert r"index.md:3: WARNING: formula \foo: unknown command \foo" in built.warnings
    assert r"index.md:5: WARNING: formula \baz: unknown command \baz" in built.warnings
    assert built.page().count('<code class="tex-error">') == 2


def test_formulas_are_well_formed_in_an_epub(build):
    built = build({"index.md": PAGE}, builder="epub", epub_basename="book", version="1")
    text = built.page("index.xhtml")
    assert "<mfrac>" in text
    assert "&ApplyFunction" not in text


def test_a_formula_in_a_line_stays_with_the_punctuation_that_it_touches(build):
    page = build({"index.md": "# Title\n\n$a$, ($b$) and $c$ *or* *$d$*-th $e$\n"}).page()
    found = re.findall(
        r"(&#8288;)?<span class=\"math[^>]*><math.*?<mi>(.)</mi></math></span>(&#8288;)?", page
    )
    joined = {letter: (bool(left), bool(right)) for left, letter, right in found}
    sides = [(False, True), (True, True), (False, False), (False, False), (False, False)]
    assert joined == dict(zip("abcde", sides, strict=True))


def test_marks_that_touch_a_formula_stay_on_its_line(build):
    page = build({"index.md": "# Title\n\nSum ($x$), of $y$, and $z$ alone, $n$-fold.\n"}).page()
    kept = re.findall(r'<span class="unbroken">(.*?)</span>(?=[^<]*<span|[^<]*</p>)', page)
    assert [re.sub("<.*?>|&#8288;", "", each) for each in kept] == ["(x),", "y,"]
