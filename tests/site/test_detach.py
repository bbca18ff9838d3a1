import json
import re
import shutil
import subprocess

import pytest

from livenotes.site.detach import move

LARGE = json.dumps({"svg": "\\u003csvg>" + "x" * 5000})


def figure(name="curves", plates=("{}", LARGE, "[1]"), start=0):
    scripts = "".join(
        f'<script type="application/json" class="live-plate" data-plate="{number}"'
        f"{' data-start=' + chr(34) + '1' + chr(34) if number == start else ''}>{text}</script>"
        for number, text in enumerate(plates)
    )
    return f'<figure class="live" id="{name}" data-controls="{{}}"><svg></svg>{scripts}</figure>'


def test_large_plates_move_and_the_rest_stays(tmp_path):
    body = f"<p>before</p>{figure()}<p>between</p>{figure('other', ('{}', LARGE))}<p>after</p>"
    moved = move(body, tmp_path, "../_live")
    names = re.findall(r'data-src="\.\./_live/([\w.-]+)"></script>', moved)
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
    assert [re.sub("[0-9a-f]{8}", "HASH", name) for name in names] == ["curves-1-HASH.js", "other-1-HASH.js"]
    text = (tmp_path / names[0]).read_text()
    assert text == f'liveNotes.plate("curves", 1, {LARGE});\n'
    expected = body.replace(f">{LARGE}<", "><")
    for name in names:
        expected = expected.replace('data-plate="1">', f'data-plate="1" data-src="../_live/{name}">', 1)
    assert moved == expected


def test_the_plate_that_is_shown_first_stays_however_large(tmp_path):
    body = figure(plates=(LARGE, LARGE), start=1)
    moved = move(body, tmp_path, "_live")
    assert moved.count(LARGE) == 1
    assert 'data-plate="0" data-src=' in moved
    assert [path.name[:9] for path in tmp_path.iterdir()] == ["curves-0-"]


def test_a_page_without_large_plates_is_left_alone(tmp_path):
    body = figure(plates=("{}", "[1]"))
    assert move(body, tmp_path / "new", "_live") == body
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(not shutil.which("node"), reason="needs a JavaScript engine")
def test_the_file_is_a_script_that_hands_the_data_over(tmp_path):
    move(figure(), tmp_path, "_live")
    (script,) = tmp_path.iterdir()
    code = "globalThis.liveNotes = {plate: (...a) => console.log(JSON.stringify(a))};" + script.read_text()
    said = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == ["curves", 1, json.loads(LARGE)]


def test_a_built_page_refers_to_its_plates_and_old_ones_are_deleted(build, notebook):
    def page(text):
        return {
            "index.md": "# Top\n\n```{toctree}\nsub/page\n```\n",
            "sub/page.ipynb": notebook("# Page", text),
        }

    built = build(page({"text/html": figure()}))
    (old,) = (built.folder / "_live").iterdir()
    assert f'data-src="../_live/{old.name}"' in built.page("sub/page.html")
    built = build(page({"text/html": figure(plates=("{}", LARGE.replace("x", "y")))}))
    (new,) = (built.folder / "_live").iterdir()
    assert new.name != old.name
    assert built.warnings == ""


def test_an_epub_keeps_its_plates(build, notebook):
    files = {"index.ipynb": notebook("# Page", {"text/html": figure()})}
    built = build(files, builder="epub", epub_basename="book", version="1")
    assert LARGE in built.page("index.xhtml")
    assert not (built.folder / "_live").exists()


def test_a_broken_figure_is_a_warning_that_names_the_page(build, notebook):
    broken = figure().replace('id="curves"', "")
    assert (
        "index: a live figure has no id"
        in build({"index.ipynb": notebook("# A", {"text/html": broken})}).warnings
    )
