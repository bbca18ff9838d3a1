"""Which code runs beside student code is visible from the tree: imports hold to the shelves."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from livenotes import coursework

ROOT = Path(coursework.__file__).parent
NAME = "livenotes.coursework"
MAY_IMPORT = {
    "boundary": {"boundary"},
    "inside": {"inside", "boundary"},
    "exam": {"exam", "boundary"},
    "nbgrader": {"nbgrader", "exam", "boundary"},
}
# all that is loaded of livenotes where student code runs; a longer list is a larger surface
INSIDE = {
    *("boundary.namespaces", "boundary.outputs", "boundary.seccomp", "boundary.wire"),
    *("inside.student", "inside.zygote"),
}
GUARD = "livenotes._guard"


def imports(path):
    """Yield every module of livenotes that a file imports, at its top or anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of(shelf):
    return sorted((ROOT / shelf).rglob("*.py"))


def test_every_module_stands_on_a_shelf():
    assert {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"} == {
        *MAY_IMPORT
    }
    assert {path.stem for path in ROOT.glob("*.py")} == {"__init__", "adopt", "command"}, "the ways in"


@pytest.mark.parametrize("shelf", MAY_IMPORT)
def test_imports_hold_to_the_shelves(shelf):
    for path in of(shelf):
        own = [name for name in imports(path) if name.startswith("livenotes")]
        strange = [
            name
            for name in own
            if name != "livenotes.livenotes"
            and not name.startswith(GUARD)
            and not any(name.startswith(f"{NAME}.{other}.") for other in MAY_IMPORT[shelf])
        ]
        assert strange in ([], ["livenotes"]), f"{path.relative_to(ROOT)} imports {strange}"


def test_only_the_shelf_of_nbgrader_knows_nbgrader():
    for shelf in {*MAY_IMPORT} - {"nbgrader"}:
        for path in of(shelf):
            assert not [name for name in imports(path) if name.split(".")[0] == "nbgrader"], path


def loaded(module):
    """Return what a process has of livenotes once it has imported a module."""
    listed = "print(*(name for name in sys.modules if name.startswith('livenotes')))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; {listed}"], capture_output=True, text=True, check=True
    )
    return {*done.stdout.split()}


def test_what_runs_beside_student_code_is_this_and_no_more():
    packages = {"livenotes", NAME, f"{NAME}.inside", f"{NAME}.boundary"}
    assert loaded(f"{NAME}.inside.zygote") == {GUARD, *packages, *(f"{NAME}.{name}" for name in INSIDE)}


def test_the_server_and_its_client_are_apart():
    assert f"{NAME}.exam.server" not in loaded(f"{NAME}.exam.client")
    assert f"{NAME}.exam.client" not in loaded(f"{NAME}.exam.server")
    assert not [name for name in loaded(f"{NAME}.exam.server") if "nbgrader" in name or "inside" in name]
