"""The notebook with which a chapter begins."""

import nbformat
import pytest
from tools import new_chapter

from notebooks import problems_of


def test_it_begins_as_the_others_are_stored(tmp_path):
    path = new_chapter.main("beyond-relu", "Beyond ReLU", tmp_path)
    nbformat.validate(nbformat.read(path, as_version=4))
    (problem,) = problems_of(path)  # nothing has been run yet
    assert "stores no text output" in problem


def test_its_labels_and_modules_carry_its_name(tmp_path):
    text = new_chapter.main("beyond-relu", "Beyond ReLU", tmp_path).read_text(encoding="utf-8")
    assert "(beyond-relu-idea)=" in text
    assert "chapters import beyond_relu as measure" in text


@pytest.mark.parametrize("name", ["Beyond", "beyond_relu", "-x", "../x", ""])
def test_a_bad_name_is_refused(tmp_path, name):
    with pytest.raises(SystemExit, match="kebab case"):
        new_chapter.main(name, "Title", tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_chapter_that_stands_is_left_alone(tmp_path):
    path = new_chapter.main("residual", "Residual networks", tmp_path)
    path.write_text("mine")
    with pytest.raises(SystemExit, match="there already"):
        new_chapter.main("residual", "Again", tmp_path)
    assert path.read_text() == "mine"
