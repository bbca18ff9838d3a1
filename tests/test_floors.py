"""The floors of the house: an import only ever points down, no chapter knows another, nothing goes round."""

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "livenotes"

# From the top down. A part may import what stands on its own floor and below; the right-hand parts stand
# beside these floors, and each says whom it may know.
FLOORS = [
    {"chapters"},
    {"lab"},
    {"datasets"},
    {"torch_bridge"},
    {
        *("activations", "recurrent", "normalization", "embeddings", "dropout", "attention", "residual"),
        *("dense", "encoder_decoder", "losses", "optimization"),
    },
    {"checks"},
]
BESIDE = {
    "live": set(),
    "show": set(),
    "claims": set(),
    "site": {"activations", "claims", "live"},
    "coursework": set(),
    "cli": {"coursework"},
    "jupyter": {"claims", "site"},
}
LAB_DRAWS = {"live"}  # the style of the figures
METHODS_IMPORT = {"numpy", "scipy", "jaxtyping"}


def modules() -> dict[str, Path]:
    """Return every module of the package by its full name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported(name: str, path: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever in the file; what is not ours by its first name."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name if alias.name in MODULES else alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            whole = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{whole}.{alias.name}"
                yield inner if inner in MODULES else whole if whole in MODULES else whole.partition(".")[0]


GRAPH = {name: set(imported(name, path)) - {name} for name, path in MODULES.items()}


def part_of(module: str) -> str:
    """Return the part of the house that a module belongs to, the empty string for another package's."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] if first == "livenotes" else ""


def allowed(part: str) -> set[str]:
    """Return the parts that a part may import, besides the helpers with an underscore."""
    if part in BESIDE:
        return BESIDE[part] | {part}
    (floor,) = (k for k, names in enumerate(FLOORS) if part in names)
    return set().union(*FLOORS[floor:], LAB_DRAWS if floor <= 1 else set())


PARTS = sorted({part_of(module) for module in MODULES} - {""})


def test_every_part_has_its_floor():
    named = set().union(*FLOORS, BESIDE)
    assert {part for part in PARTS if not part.startswith("_")} == named


@pytest.mark.parametrize("part", [part for part in PARTS if not part.startswith("_")])
def test_imports_point_down(part):
    for module, targets in GRAPH.items():
        if part_of(module) == part:
            known = {part_of(target) for target in targets} - {""}
            upward = {name for name in known if not name.startswith("_")} - allowed(part)
            assert not upward, f"{module} imports {upward}, which stands above or apart"


def test_helpers_know_helpers_alone():
    for module, targets in GRAPH.items():
        if part_of(module).startswith("_"):
            assert all(part_of(target).startswith("_") for target in targets if part_of(target)), module


def test_no_chapter_knows_another():
    for module, targets in GRAPH.items():
        if part_of(module) == "chapters":
            room = module.split(".")[2:3]
            rooms = {target.split(".")[2] for target in targets if target.startswith("livenotes.chapters.")}
            assert rooms <= set(room), f"{module} imports the rooms {rooms}"


def test_methods_import_numpy_and_scipy_alone():
    for module, targets in GRAPH.items():
        if part_of(module) in FLOORS[4] | FLOORS[5]:
            others = {t for t in targets if not t.startswith("livenotes")} - METHODS_IMPORT
            assert others <= set(sys.stdlib_module_names), f"{module} imports {others}"


def test_nothing_goes_round():
    own = {module: {t for t in targets if t in MODULES} for module, targets in GRAPH.items()}
    try:
        TopologicalSorter(own).prepare()
    except CycleError as error:
        pytest.fail("a circle of imports: " + " → ".join(error.args[1]))
