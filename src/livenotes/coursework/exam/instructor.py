"""The instructor's own source as the tests see it: run whole, in the instructor's order, outside the sandbox.

A read-only cell makes what the tests rely on: a tolerance, a list of cases, a net. None of it is ever taken
from the submission, where it could have been moved or changed. Only a statement that needs a name which no
cell of the instructor's has made waits, until a test asks for what it makes, and then sees the submission as
that test does.
"""

import ast
import builtins
import contextlib
import functools
from collections.abc import Iterator, Sequence, Set
from types import CodeType

BUILT_IN = frozenset(vars(builtins))
FILE = "<read-only cell>"
BINDS_FIRST = (ast.For, ast.With, ast.If, ast.Try, ast.While, ast.Match)
DRAWING = ("matplotlib", "seaborn", "IPython")
COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


keep = functools.lru_cache(maxsize=2**14)
"""What is found out about the instructor's source is the same for every submission: it is kept."""

RUNS_ITS_CELL = ("time", "timeit", "capture", "prun")
WRITES_ITS_CELL = ("writefile", "file")


def without_magics(source: str) -> str:
    """Return code without the lines that are IPython's; nothing of a cell that is not Python."""
    words, rest = _cell_magic(source)
    if words and words[0] not in RUNS_ITS_CELL:
        return ""
    return "\n".join(line for line in rest.split("\n") if not line.lstrip().startswith(("%", "!")))


def file_of(source: str) -> tuple[str, str] | None:
    """Return the name and the text of the file that a cell writes by ``%%writefile``."""
    words, rest = _cell_magic(source)
    return (words[-1], rest) if len(words) > 1 and words[0] in WRITES_ITS_CELL else None


def _cell_magic(source: str) -> tuple[list[str], str]:
    """Return the words of a cell's first line if it is ``%%name ...``, and the rest of the cell."""
    first, _, rest = source.lstrip("\n").partition("\n")
    return (first[2:].split(), rest) if first.startswith("%%") else ([], source)


@keep
def statements(source: str) -> Sequence[ast.stmt]:
    """Return the statements of a cell; none if it is not Python."""
    for code in (source, without_magics(source)):
        with contextlib.suppress(SyntaxError):
            return tuple(ast.parse(code, FILE).body)
    return ()


@keep
def compiled(statement: ast.stmt) -> CodeType:
    """Return the code of one statement."""
    return compile(ast.Module([statement], []), FILE, "exec")


def imports(source: str) -> str:
    """Return the imports among the statements of a cell."""
    found = (step for step in statements(source) if isinstance(step, ast.Import | ast.ImportFrom))
    return "\n".join(map(ast.unparse, found))


def answers(source: str) -> set[str]:
    """Return the names that a solution makes, other than by import: they are the submission's to make."""
    made = (step for step in statements(source) if not isinstance(step, ast.Import | ast.ImportFrom))
    return {name for step in made for name in binds(step)}


@keep
def binds(statement: ast.AST) -> frozenset[str]:
    """Return the names that a statement binds: by any kind of assignment, by import or definition."""
    found: set[str] = set()
    for node in _in_this_scope(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.Import(names=names):
                found |= {(alias.asname or alias.name).split(".")[0] for alias in names}
            case ast.ImportFrom(names=names):
                found |= {alias.asname or alias.name for alias in names}
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                found.add(name)
    return frozenset(found)


@keep
def changes(statement: ast.AST) -> frozenset[str]:
    """Return the names that a statement binds, or whose value it may change in place."""
    found = set(binds(statement))
    for node in _in_this_scope(statement):
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                found |= _root(node)
            case ast.Call(func=ast.Attribute() as method):
                found |= _root(method)
    return frozenset(found)


@keep
def reads(statement: ast.AST) -> frozenset[str]:
    """Return the names that a statement reads as it is run, and not only when what it defines is called."""
    names = (node for node in _in_this_scope(statement) if isinstance(node, ast.Name))
    read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    return frozenset(read - _of_comprehensions(statement))


@keep
def mentions(statement: ast.AST) -> frozenset[str]:
    """Return all names that occur in a statement, in the bodies of definitions, too."""
    return frozenset(node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def _in_this_scope(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that are evaluated where a statement stands: no bodies of definitions."""
    yield statement
    skipped: list[ast.AST] = []
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            skipped = [*statement.body]
        case ast.Lambda():
            skipped = [statement.body]
        case ast.comprehension():
            skipped = [statement.target]
    for child in ast.iter_child_nodes(statement):
        if child not in skipped:
            yield from _in_this_scope(child)


def _of_comprehensions(statement: ast.AST) -> set[str]:
    targets = (
        generator.target
        for node in ast.walk(statement)
        if isinstance(node, COMPREHENSION)
        for generator in node.generators
    )
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _root(node: ast.expr) -> set[str]:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def draws(statement: ast.stmt) -> bool:
    """Return whether a statement imports what figures are made with, which no test needs for itself."""
    match statement:
        case ast.Import(names=names):
            return any(alias.name.split(".")[0] in DRAWING for alias in names)
        case ast.ImportFrom(module=str(module)):
            return module.split(".")[0] in DRAWING
    return False


def needs(statement: ast.stmt, made: Set[str]) -> Set[str]:
    """Return the names a statement reads that neither the instructor has made so far nor Python has."""
    own = binds(statement) if isinstance(statement, BINDS_FIRST) else frozenset()
    return reads(statement) - made - BUILT_IN - own
