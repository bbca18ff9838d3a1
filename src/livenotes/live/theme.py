"""The colors and the type of every figure.

Colors are read from the style sheet, so that page and picture cannot disagree. The type is the page's: the
picture names no face, and the page sets its words in its own; Matplotlib measures them in the same face.
"""

import re
from pathlib import Path
from typing import Any

from matplotlib.font_manager import fontManager

STATIC = Path(__file__).parent / "static"
STYLE_SHEET = (STATIC / "live.css").read_text(encoding="utf-8")
KERNEL_SHEET = (STATIC / "kernel.css").read_text(encoding="utf-8")

#: Color names and their value on a light page, e.g. ``PALETTE["blue"]``.
PALETTE: dict[str, str] = dict(
    re.findall(r"--live-(\w+): (#[0-9a-f]{6});", STYLE_SHEET.partition("/* dark */")[0])
)
_VARIABLE = {color: f"var(--live-{name},{color})" for name, color in PALETTE.items()}

CYCLE = ("blue", "orange", "green", "purple", "red", "sky")

FACE = "Livenotes Text"
for _path in sorted((Path(__file__).parent / "fonts").glob("*.otf")):
    fontManager.addfont(_path)

#: Matplotlib settings of every live figure.
RC: Any = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.edgecolor": PALETTE["muted"],
    "axes.labelcolor": PALETTE["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.titlesize": "medium",
    "axes.titlecolor": PALETTE["ink"],
    "axes.titlelocation": "left",
    "axes.prop_cycle": f"cycler('color', {[PALETTE[name] for name in CYCLE]})",
    "text.color": PALETTE["ink"],
    "xtick.color": PALETTE["muted"],
    "ytick.color": PALETTE["muted"],
    "xtick.labelcolor": PALETTE["ink"],
    "ytick.labelcolor": PALETTE["ink"],
    "hatch.color": PALETTE["muted"],
    "grid.color": PALETTE["grid"],
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "font.family": [FACE, "DejaVu Sans"],  # the second for signs that the first lacks
    "font.size": 11,
    "mathtext.fontset": "custom",
    "mathtext.rm": FACE,
    "mathtext.it": f"{FACE}:italic",
    "mathtext.bf": f"{FACE}:bold",
    "mathtext.cal": f"{FACE}:italic",  # Matplotlib looks for every face, used or not, and warns
    "mathtext.sf": FACE,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "livenotes",
    "svg.image_inline": True,
}


def with_variables(style: str) -> str:
    """Replace the palette's colors in an SVG style by CSS variables, which the page's theme sets."""
    return re.sub(r"#[0-9a-f]{6}", lambda m: _VARIABLE.get(m[0], m[0]), style)
