"""Every public function of the methods, found in the packages."""

import inspect
from importlib import import_module
from pkgutil import walk_packages

from livenotes.activations import Activation

PACKAGES = (
    *("activations", "attention", "checks", "datasets", "dense", "dropout", "embeddings"),
    *("encoder_decoder", "losses"),
    *("normalization", "optimization", "recurrent", "residual", "torch_bridge"),
)


def public():
    """Every public function and method of the packages by its dotted name below livenotes."""
    found = {"activations.base.Activation.value": Activation.value}
    for name in PACKAGES:
        package = import_module(f"livenotes.{name}")
        below = walk_packages(getattr(package, "__path__", []), f"{package.__name__}.")
        for module in [package, *(import_module(m.name) for m in below if "._" not in m.name)]:
            own = [v for v in vars(module).values() if getattr(v, "__module__", "") == module.__name__]
            methods = [f for c in own if inspect.isclass(c) for f in vars(c).values()]
            for function in filter(inspect.isfunction, own + methods):
                label = f"{module.__name__}.{function.__qualname__}".removeprefix("livenotes.")
                if not any(part.startswith("_") for part in label.split(".")):
                    found[label] = function
    return found


FUNCTIONS = public()
