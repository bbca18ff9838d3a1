"""The directive ``reference``: the documentation of every public module of a package, one section each."""

import importlib
import pkgutil
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def public_modules(package: str, skip: list[str]) -> list[str]:
    """Return the names of a package's modules, those with a leading underscore and ``skip`` left out."""
    names = [package]
    path = importlib.import_module(package).__path__
    names += [module.name for module in pkgutil.walk_packages(path, f"{package}.")]
    hidden = tuple(f"{package}.{name}" for name in skip)
    return [
        name
        for name in sorted(names)
        if not any(part.startswith("_") for part in name.split("."))
        and not any(name == each or name.startswith(f"{each}.") for each in hidden)
    ]


class ReferenceDirective(SphinxDirective):
    """Document a package; ``skip`` names parts of it, separated by blanks, that are no library."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"skip": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return one section for each module."""
        package = self.arguments[0]
        sections: list[nodes.Node] = []
        for name in public_modules(package, self.options.get("skip", "").split()):
            module = importlib.import_module(name)
            self.env.note_dependency(str(module.__file__))
            sections.append(self._section(name))
        return sections

    def _section(self, name: str) -> nodes.section:
        section = nodes.section(ids=[nodes.make_id(f"api-{name}")], names=[f"api-{name}"])
        section += nodes.title("", "", nodes.literal("", name))
        self.state.document.note_implicit_target(section, section)
        options = ["   :members:", "   :show-inheritance:"]
        text = ["```{eval-rst}", f".. automodule:: {name}", *options, "```"]
        self.state.nested_parse(StringList(text, self.env.docname), self.content_offset, section)
        return section


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("reference", ReferenceDirective)
