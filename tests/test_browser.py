"""The helper that the browser tests stand on: a missing browser is never a silent pass."""

import pytest

import browser


def test_a_missing_browser_skips_on_a_laptop(monkeypatch):
    monkeypatch.setenv("LIVENOTES_BROWSER", "/nowhere/chromium")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="/nowhere/chromium not found"):
        browser.executable()


def test_a_missing_browser_fails_in_continuous_integration(monkeypatch):
    monkeypatch.setenv("LIVENOTES_BROWSER", "/nowhere/chromium")
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="set LIVENOTES_BROWSER"):
        browser.executable()


def test_an_error_on_a_page_is_an_error_of_the_test(tmp_path):
    (tmp_path / "page.html").write_text(
        '<!DOCTYPE html><title>t</title><script src="missing.js"></script>'
        '<script>console.error("said"); undefined_name();</script>'
        '<img src="http://127.0.0.1:9/x.png" alt="">',
        encoding="utf-8",
    )

    def visit(chromium):
        with browser.watched_page(chromium, tmp_path.as_uri()) as page:
            page.goto((tmp_path / "page.html").as_uri())
            page.wait_for_load_state("networkidle")

    with browser.launched() as chromium, pytest.raises(AssertionError) as caught:
        visit(chromium)
    said = str(caught.value)
    assert "console: said" in said
    assert "page error: undefined_name is not defined" in said
    assert "missing.js" in said
    assert "request to elsewhere: http://127.0.0.1:9/x.png" in said


def test_axe_finds_what_is_wrong(tmp_path):
    (tmp_path / "page.html").write_text('<!DOCTYPE html><title>t</title><img src="data:,">', encoding="utf-8")
    with browser.launched() as chromium:
        page = chromium.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        assert any("image-alt" in line for line in browser.axe_violations(page))
