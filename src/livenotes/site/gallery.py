"""The directive ``activations``: every activation of the registry, with its curve, formulas and source.

Curves are drawn here, from the functions themselves, as a few numbers of SVG; colors are those of the style
sheet. An activation that makes one number of several has no curve.
"""

import math
from html import escape

import numpy as np
from docutils import nodes
from docutils.statemachine import StringList
from jaxtyping import Float
from numpy import ndarray
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from livenotes.activations import REGISTRY, Activation

ACROSS, LOW, HIGH = 4.0, -1.5, 4.0  # what of the plane is drawn
POINTS = 81


def picture(activation: Activation) -> str:
    """Draw the curve and its slope at the default parameters; nothing where there is no curve."""
    if activation.derivative is None:
        return ""
    x = np.linspace(-ACROSS, ACROSS, POINTS)
    box = f"{-ACROSS:g} {-HIGH:g} {2 * ACROSS:g} {HIGH - LOW:g}"
    axes = f'<path class="axes" d="M{-ACROSS:g} 0H{ACROSS:g}M0 {-HIGH:g}V{-LOW:g}"/>'
    curves = "".join(
        f'<polyline class="{name}" points="{_points(x, y)}"/>'
        for name, y in (("slope", activation.slope(x)), ("curve", activation.value(x)))
    )
    label = escape(f"{activation.name}: curve and slope from {-ACROSS:g} to {ACROSS:g}")
    return (
        f'<svg class="activation-curve" viewBox="{box}" role="img" aria-label="{label}">{axes}{curves}</svg>'
    )


def _points(x: Float[ndarray, " N"], y: Float[ndarray, " N"]) -> str:
    inside = np.clip(y, LOW - 1, HIGH + 1)  # the picture's edge cuts the rest off
    return " ".join(f"{a:g},{b:g}" for a, b in zip(x.round(2), -inside.round(3), strict=True))


def describe(activation: Activation) -> list[str]:
    """Write an entry: what the activation is, its formulas, its values, its parameters, its chapter."""
    what = (activation.function.__doc__ or "").split("\n\n")[0]
    low, high = (_number(end) for end in activation.image)
    facts = [f"Values from {low} to {high}"]
    for name, param in activation.params.items():
        learned = ", learned" if name in activation.learned else ""
        facts.append(f"${param.symbol}$ is {param.default:g} unless given{learned}")
    if activation.torch_name:
        facts.append(f"in PyTorch `{activation.torch_name}`")
    facts.append(f"explained in {{chapter}}`{activation.chapter}`")
    # Of one number the slope; of several the gradient, whose formula begins with what it is the gradient of.
    slope = activation.slope_formula
    slope = f"f'(x)={slope}" if activation.derivative is not None else slope
    return [
        *(f"**`{activation.name}`** {what}".splitlines()),
        "",
        f"$$f(x)={activation.formula},\\qquad {slope}$$",
        "",
        "; ".join(facts) + ".",
    ]


def _number(end: float) -> str:
    if math.isinf(end):
        return r"$\infty$" if end > 0 else r"$-\infty$"
    return f"${end:.4g}$"


class ActivationsDirective(SphinxDirective):
    """Show every activation in the registry's order, which is that of teaching."""

    def run(self) -> list[nodes.Node]:
        """Return one container for each."""
        return [self._entry(activation) for activation in REGISTRY.values()]

    def _entry(self, activation: Activation) -> nodes.container:
        entry = nodes.container(
            classes=["activation"], ids=[f"activation-{activation.name.replace('_', '-')}"]
        )
        entry += nodes.raw("", f"<div>{picture(activation)}</div>", format="html")
        words = nodes.container()
        self.state.nested_parse(
            StringList(describe(activation), self.env.docname), self.content_offset, words
        )
        entry += words
        return entry


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("activations", ActivationsDirective)
