"""What the README, CONTRIBUTING and the Makefile tell a reader to type: it starts, as written there."""

import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from benchmarks.__main__ import names as benchmarks
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
MAKE = [
    shutil.which("make") or "make",
    "--no-print-directory",
    "-f",
    str(ROOT / "Makefile"),
    "READY=",
    "DEV=",
    f"VENV={sys.prefix}",
]
TOOLS = (
    "make",
    "python",
    "python3",
    "pip",
    "pytest",
    "jupyter",
    "jupyter-book",
    "livenotes",
    "pre-commit",
    "npm",
)
PLACE = {"<name>": "activations", "<Title>": "A title", "NAME": "activations"}


def run(*command, cwd=ROOT, **options):
    """Run a command to its end; return what it printed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, (
        f"{shlex.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    )
    return done.stdout


def targets():
    """Return what the Makefile can make."""
    (line,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return line.split()


def commands(text):
    """Return the commands of a page: the lines of its shell blocks, and what stands in the prose as code."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [part for block in blocks for line in block.splitlines() for part in line.split("&&")]
    lines += re.findall(
        r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    )
    split = [shlex.split(line, comments=True) for line in lines if line.split()[0] in (*TOOLS, ".")]
    return [
        [PLACE.get(w, w.replace("<name>", PLACE["<name>"])) for w in words]
        for words in split
        if len(words) > 1
    ]


def check_make(target, *_):
    assert target in targets()


def check_python(*words):
    """A module can be found, a script and the files that it is given are there."""
    if words[0] == "-m":
        assert find_spec(words[1]) is not None
        if words[1] == "benchmarks":
            assert set(words[2:]) <= set(benchmarks())
    else:
        assert [word for word in words if not (ROOT / word).is_file()] == []


def check_pip(*words):
    """The file is there, and this environment holds what it asks for."""
    assert words[:2] == ("install", "-r")
    for line in (ROOT / words[2]).read_text(encoding="utf-8").splitlines():
        wanted = line.partition("#")[0].strip()
        if wanted and not wanted.startswith("-"):
            requirement = Requirement(wanted)
            assert requirement.specifier.contains(version(requirement.name)), wanted


def check_pytest(*words):
    """Its files are there, and its options known."""
    if options := [word for word in words if word.startswith("-")]:
        known = run(sys.executable, "-m", "pytest", "--help", "--no-header")
        assert [option for option in options if not re.search(rf"\s{option}\b", known)] == []
    assert [w for w in words if "/" in w and not (ROOT / w).exists()] == []


def check_jupyter(application, folder):
    run(sys.executable, "-m", "jupyter", application, "--version")
    assert (ROOT / folder).is_dir()


def check_jupyter_book(command, folder, *options):
    known = run(BIN / "jupyter-book", command, "--help")
    assert [option for option in options if not re.search(rf"(^|\s){option}\b", known)] == []
    assert (ROOT / folder / "_config.yml").is_file()


CHECKS = {
    "make": check_make,
    "python": check_python,
    "python3": check_python,
    "pip": check_pip,
    "pytest": check_pytest,
    "jupyter": check_jupyter,
    "jupyter-book": check_jupyter_book,
    "livenotes": lambda command, *_: run(BIN / "livenotes", command, "--help"),
    "pre-commit": lambda *_: run(BIN / "pre-commit", "validate-config"),
    "npm": lambda command, *_: None,  # what it brings is not this project's, and a test of its own uses it
    ".": lambda script: None,  # the environment that the line before makes
}
SAID = {
    shlex.join(words): words
    for page in ("README.md", "CONTRIBUTING.md")
    for words in commands((ROOT / page).read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("words", SAID.values(), ids=SAID)
def test_a_command_of_the_pages_starts(words):
    CHECKS[words[0]](*words[1:])


def test_commands_are_found_in_blocks_and_in_prose():
    shell, code = "```sh\nmake a && pip install b # c\n```\n", "```python\nmake c\n```\n"
    text = f"Try `make read`, `x.py` and `pytest`.\n{shell}{code}"
    assert commands(text) == [["make", "a"], ["pip", "install", "b"], ["make", "read"]]
    assert {words[0] for words in SAID.values()} >= {
        "make",
        "pip",
        "jupyter-book",
        "jupyter",
        "pytest",
        "python",
    }


@pytest.mark.parametrize("target", targets())
def test_what_a_target_runs_is_there(target):
    for line in run(*MAKE, "-n", target).splitlines():
        words = shlex.split(line, comments=True)
        programs = [word for word in words if word.startswith(f"{BIN}/")]
        assert [program for program in programs if not Path(program).exists()] == []
        if "-m" in words:
            assert find_spec(words[words.index("-m") + 1]) is not None
        assert [word for word in words if word.startswith("tests/") and not (ROOT / word).exists()] == []


def test_help_names_every_target():
    said = [line.split()[0] for line in run(*MAKE, "help").splitlines()]
    assert sorted(said) == sorted(targets())


def test_clean_removes_what_was_built(tmp_path):
    (tmp_path / "_build" / "html").mkdir(parents=True)
    run(*MAKE, "clean", cwd=tmp_path)
    assert not (tmp_path / "_build").exists()


def test_serve_serves_the_built_book_at_the_address_it_prints(tmp_path):
    (tmp_path / "_build" / "html").mkdir(parents=True)
    (tmp_path / "_build" / "html" / "index.html").write_text("the book")
    with subprocess.Popen(
        [*MAKE, "serve"], cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        try:
            address = next(
                found[0] for line in server.stdout if (found := re.findall(r"http://[\d.:]+", line))
            )
            assert urllib.request.urlopen(address, timeout=60).read() == b"the book"
        finally:
            subprocess.run(["kill", "--", f"-{server.pid}"], check=False)
