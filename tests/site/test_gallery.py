"""The gallery shows every activation of the registry, drawn from its own function."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from livenotes.activations import REGISTRY
from livenotes.site import gallery

INDEX = "# Top\n\n```{activations}\n```\n\n```{toctree}\n:glob:\n*\n```\n"
CHAPTERS = {name: f"# {name}\n" for name in ("activations.md", "beyond-relu.md")}


@pytest.mark.parametrize("activation", REGISTRY.values(), ids=lambda activation: activation.name)
def test_curves_pass_through_the_values_of_the_function(activation):
    drawn = gallery.picture(activation)
    if activation.pullback is not None:
        assert drawn == ""
        return
    for line in ET.fromstring(drawn).findall("polyline"):
        x, y = np.array([pair.split(",") for pair in line.get("points").split()], float).T
        wanted = (activation.value if line.get("class") == "curve" else activation.slope)(x)
        seen = np.abs(wanted) < 1.5  # beyond the picture's edge it is cut off
        steep = np.abs(np.gradient(wanted, x)) > 3  # x is rounded, which matters at a jump
        np.testing.assert_allclose(-y[seen & ~steep], wanted[seen & ~steep], atol=0.03)


def test_every_activation_stands_there_with_its_formula_and_its_chapter(build):
    built = build({"index.md": INDEX, **CHAPTERS}, more=["sphinxcontrib.bibtex"], bibtex_bibfiles=[])
    page = built.page()
    entries = re.findall(r'<div class="activation docutils container" id="(.*?)">', page)
    assert entries == [f"activation-{name.replace('_', '-')}" for name in REGISTRY]
    assert page.count("<math") >= 2 * len(REGISTRY)
    assert page.count('href="beyond-relu.html"') + page.count('href="activations.html"') >= len(REGISTRY)
