import pytest

from livenotes.site.prune import prune, words_of

WORDS = {"kept", "also", "name"}


@pytest.mark.parametrize(
    ("css", "want"),
    [
        ("p{a:b}", "p{a:b}"),
        (".kept{a:b}", ".kept{a:b}"),
        (".gone{a:b}", ""),
        ("#gone{a:b}", ""),
        (".kept .gone{a:b}", ""),
        (".-kept[class*=-gone]{a:b}", ""),
        (".kept,.gone,p{a:b}", ".kept,p{a:b}"),
        (".kept.also>#name{a:b}", ".kept.also>#name{a:b}"),
        (".kept:not(.gone){a:b}", ".kept:not(.gone){a:b}"),  # it matches just because there is none
        ("p:is(.gone,.kept){a:b}", "p:is(.gone,.kept){a:b}"),
        ("p:not(:is(.gone)) .gone{a:b}", ""),
        ('[class*=".gone"]{a:b}', '[class*=".gone"]{a:b}'),
        (r".gone\:hover{a:b}", r".gone\:hover{a:b}"),
        ("@media print{.gone{a:b}.kept{a:b}}", "@media print{.kept{a:b}}"),
        ("@media print{.gone{a:b}}", ""),
        ("@supports (a:b){@media print{.kept{a:b}}}", "@supports (a:b){@media print{.kept{a:b}}}"),
        ("@import url(x.css);.gone{a:b}", "@import url(x.css);"),
        ('@charset "a;b{";p{a:b}', '@charset "a;b{";p{a:b}'),
        ("@keyframes gone{from{a:b}}", "@keyframes gone{from{a:b}}"),
        ("@font-face{src:url(FontAwesome.woff2)}", ""),
        ("@font-face{src:url(other.woff2)}", "@font-face{src:url(other.woff2)}"),
        ("/* .kept{ */.gone{a:b}/* */p{a:b}", "p{a:b}"),
        ('p{content:"}.gone{"}.kept{a:b}', 'p{content:"}.gone{"}.kept{a:b}'),
        (r'p{content:"\""}.kept{a:b}', r'p{content:"\""}.kept{a:b}'),
        ("p{margin:.5em;a:url(x.kept)}", "p{margin:.5em;a:url(x.kept)}"),
        ("", ""),
    ],
)
def test_rules_that_can_match_are_kept_and_no_others(css, want):
    assert prune(css, WORDS) == want


def test_words_come_from_pages_and_scripts(tmp_path):
    (tmp_path / "a.html").write_text('<p class="one two-three -eight">four</p>')
    (tmp_path / "b.js").write_text("x.classList.add('five')")
    (tmp_path / "c.css").write_text(".six{}")
    (tmp_path / "fontawesome.js").write_text("seven")
    assert {"one", "two-three", "four", "five", "-eight", "eight"} <= words_of(tmp_path)
    assert not {"six", "seven"} & words_of(tmp_path)
