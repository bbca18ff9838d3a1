"""The directive ``reference``: the documentation of every public module of a package, one section each.

A package that has an ``__all__`` is documented under the names that users import from it; of its modules
only those that it names there have a section of their own.
"""

import importlib.util
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective


def public_modules(package: str, skip: list[str]) -> dict[str, list[str]]:
    """Return the public modules of a package, and of each the names to document there.

    Parameters
    ----------
    package : str
    skip : list of str
        Parts of the package to leave out, relative to it.
    """
    found: dict[str, list[str]] = {}
    waiting = [package]
    while waiting:
        name = waiting.pop()
        module = importlib.import_module(name)
        if members := _members(module):
            found[name] = members
        for inside in _modules(module):
            if inside.removeprefix(f"{package}.") not in skip:
                waiting.append(inside)
    return dict(sorted(found.items()))


def public_files(package: str, skip: list[str]) -> list[str]:
    """Return the files of the public modules of a package, without importing any; arguments as above."""
    spec = importlib.util.find_spec(package)
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    found = []
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder).with_suffix("").parts
        parts = inside[:-1] if inside[-1] == "__init__" else inside
        names = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
        if not names & set(skip) and not any(part.startswith("_") for part in parts):
            found.append(str(path))
    return found


def _modules(module: ModuleType) -> list[str]:
    """Return the public modules of a package; none if the module is no package."""
    names = [inside.name for inside in pkgutil.iter_modules(getattr(module, "__path__", []))]
    if hasattr(module, "__all__"):  # a function may hide the module of the same name
        exported = [getattr(module, name) for name in module.__all__]
        names = [thing.__name__.rpartition(".")[2] for thing in exported if inspect.ismodule(thing)]
    return [f"{module.__name__}.{name}" for name in names if not name.startswith("_")]


def _members(module: ModuleType) -> list[str]:
    """Return what a module exports: its ``__all__``, or the functions, classes and documented data in it."""
    if hasattr(module, "__all__"):
        return [name for name in module.__all__ if not inspect.ismodule(getattr(module, name))]
    documented = _documented_data(module)
    return [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (name in documented or getattr(thing, "__module__", "") == module.__name__)
        and (name in documented or inspect.isclass(thing) or inspect.isroutine(thing))
    ]


def _documented_data(module: ModuleType) -> set[str]:
    """Return the names of constants that carry a comment or a string as their documentation."""
    return {name for _, name in ModuleAnalyzer.for_module(module.__name__).find_attr_docs()}


class ReferenceDirective(SphinxDirective):
    """Document a package; ``skip`` names parts of it, separated by blanks, that are no library."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"skip": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return one section for each module."""
        package, skip = self.arguments[0], self.options.get("skip", "").split()
        modules = public_modules(package, skip)
        files = public_files(package, skip)
        self.env.metadata[self.env.docname].setdefault("reference", []).append((package, skip, files))
        for path in files:
            self.env.note_dependency(path)
        return [self._section(name, members) for name, members in modules.items()]

    def _section(self, name: str, members: list[str]) -> nodes.section:
        section = nodes.section(ids=[nodes.make_id(f"api-{name}")], names=[f"api-{name}"])
        section += nodes.title("", "", nodes.literal("", name))
        self.state.document.note_implicit_target(section, section)
        module = importlib.import_module(name)
        documented = _documented_data(module)
        text = ["```{eval-rst}", f".. automodule:: {name}", f".. currentmodule:: {name}", ""]
        for member in members:
            text += [*_entry(member, getattr(module, member), member in documented), ""]
        self.state.nested_parse(StringList([*text, "```"], self.env.docname), self.content_offset, section)
        return section


def _entry(name: str, thing: Any, documented: bool) -> list[str]:
    """Return the directive that documents one thing."""
    if inspect.isclass(thing):
        kind = "autoexception" if issubclass(thing, BaseException) else "autoclass"
        return [f".. {kind}:: {name}", "   :members:"]
    if inspect.isroutine(thing):
        return [f".. autofunction:: {name}"]
    if documented or inspect.getdoc(thing) != inspect.getdoc(type(thing)):
        return [f".. autodata:: {name}", "   :no-value:"]
    return [f".. py:data:: {name}"]  # its docstring would be that of its type


def reread(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Read a reference again when its package has gained a module; Sphinx sees when one changes or goes."""
    return [
        page
        for page in env.found_docs & set(env.all_docs)
        for package, skip, files in env.metadata[page].get("reference", [])
        if public_files(package, skip) != files
    ]


def skip_fields(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out the fields of a named tuple: its class names them all in the signature."""
    return True if type(thing).__name__ == "_tuplegetter" else None


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("reference", ReferenceDirective)
    app.connect("env-get-outdated", reread)
    app.connect("autodoc-skip-member", skip_fields)
