"""What is left of Matplotlib's SVG: the same picture, shorter, themable, equal on every run."""

import io
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from livenotes.live.svg import relative_path, svg_text, svg_tree
from livenotes.live.theme import CYCLE, PALETTE, RC

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = {"m": 2, "l": 2, "q": 4, "c": 6, "z": 0}


def evaluate(data):
    """Read path data as the SVG specification has it; return ``(command, absolute points)``."""
    points, here, start = [], (0.0, 0.0), (0.0, 0.0)
    for letter, arguments in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", data):
        numbers = list(map(float, re.findall(r"-?(?:\d+\.?\d*|\.\d+)", arguments)))
        command, size = letter.lower(), NUMBERS[letter.lower()]
        if command == "z":
            points.append(("z", ()))
            here = start
            continue
        assert numbers, f"{letter} without numbers"
        assert len(numbers) % size == 0
        for i in range(0, len(numbers), size):
            base = here if letter.islower() else (0.0, 0.0)
            pairs = [
                (base[0] + x, base[1] + y) for x, y in zip(*[iter(numbers[i : i + size])] * 2, strict=True)
            ]
            here = pairs[-1]
            if command == "m" and i == 0:
                start = here
            points.append(("l" if command == "m" and i else command, tuple(pairs)))
    return points


def same(ours, theirs, tolerance):
    assert [command for command, _ in ours] == [command for command, _ in theirs]
    for (command, a), (_, b) in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance, rtol=0, err_msg=command)


coordinate = st.floats(-4000, 4000, allow_nan=False)


@st.composite
def path_data(draw):
    """Absolute path data as Matplotlib writes it: several subpaths of lines and curves."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        parts.append(f"M {draw(coordinate):.6f} {draw(coordinate):.6f}")
        for command in draw(st.lists(st.sampled_from("LLLQCz"), max_size=12)):
            numbers = [f"{draw(coordinate):.6f}" for _ in range(NUMBERS[command.lower()])]
            parts.append(" ".join([command, *numbers]))
    return " \n".join(parts)


@settings(deadline=None)
@given(path_data())
def test_a_relative_path_is_the_same_path_to_a_twentieth(data):
    same(evaluate(relative_path(data)), evaluate(data), 0.05 + 1e-6)


def test_rounding_does_not_accumulate_along_a_path(rng):
    points = np.cumsum(rng.uniform(0.04, 0.06, size=(5000, 2)), axis=0)
    data = "M 0 0 " + " ".join(f"L {x:.6f} {y:.6f}" for x, y in points)
    ours = evaluate(relative_path(data))
    np.testing.assert_allclose(ours[-1][1][0], points[-1], atol=0.05 + 1e-6)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("M 10 20 \nL 10.52 19.4 \nL 11 -0.3 ", "M10 20l.5-.6 .5-19.7"),
        ("M 0 0 L 1 0 L 1 1 z L 2 2", "M0 0l1 0 0 1zl2 2"),
        ("M 1 1 Q 2 2 3 1 C 4 4 5 5 6 6 M 8 8 L 9 8", "M1 1q1 1 2 0c1 3 2 4 3 5M8 8l1 0"),
        ("M 0 0 L 10 0 Q 11 0 11 1 L 12 1", "M0 0l10 0q1 0 1 1l1 0"),
        ("M -0.04 0.04 L -0.06 0.00001", "M0 0l-.1 0"),
        ("", ""),
    ],
)
def test_how_paths_are_written(data, expected):
    assert relative_path(data) == expected
    same(evaluate(relative_path(data)), evaluate(data), 0.05 + 1e-6)


def drawn(draw, size=(3, 2), prefix="fig"):
    with mpl.rc_context(RC):
        fig = Figure(figsize=size)
        FigureCanvasSVG(fig)
        draw(fig)
        return svg_tree(fig, prefix)


def rich(fig):
    left, right = fig.subplots(1, 2)
    for i, name in enumerate(CYCLE):
        left.plot([0, 1], [i, i + 1], "o-", label=name)
    left.legend()
    left.set(title=r"$\alpha x_1^2$, in words", xlabel='a & b < c > "d"', ylabel="ns0: left")
    left.axhspan(0, 1, hatch="//", alpha=0.5)
    right.imshow(np.arange(4.0).reshape(2, 2))
    right.scatter([0, 1], [0, 1], color=PALETTE["red"])
    right.fill_between([0, 1], [0, 1], color=PALETTE["sky"], alpha=0.3)
    right.annotate("here", (0, 0), (1, 1), arrowprops={"arrowstyle": "->"})


def test_the_picture_is_well_formed_and_scales_with_the_page():
    root = ET.fromstring(svg_text(drawn(rich)))
    assert root.tag == f"{SVG}svg"
    assert root.attrib == {"viewBox": "0 0 216 144"}
    assert all(element.tag.startswith(SVG) for element in root.iter())


def test_text_reads_as_it_was_written():
    text = svg_text(drawn(rich))
    assert {"ns0: left", 'a & b < c > "d"'} <= {e.text for e in ET.fromstring(text).iter(f"{SVG}text")}
    assert "xmlns:" not in text
    assert "ns0:svg" not in text


def test_no_style_sheet_leaks_into_the_page():
    assert not [e for e in drawn(rich).iter() if e.tag.endswith(("style", "script", "metadata"))]


def references(root):
    text = svg_text(root)
    return re.findall(r"url\(#([^)]+)\)", text) + re.findall(r'href="#([^"]+)"', text)


def test_ids_are_prefixed_numbered_and_all_in_use():
    root = drawn(rich, prefix="my-figure")
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert sorted(ids) == sorted({f"my-figure-{i + 1}" for i in range(len(ids))})
    assert set(references(root)) == set(ids)
    assert len(ids) > 3  # clips, markers and a hatch


def test_ids_do_not_depend_on_what_is_drawn_where():
    def at(y):
        def draw(fig):
            ax = fig.subplots()
            ax.set(xlim=(0, 1), ylim=(0, 1))
            ax.plot([0, 1], [y, y], "o")

        return draw

    low, high = drawn(at(0.1)), drawn(at(0.9))
    assert references(low) == references(high)
    assert svg_text(low) != svg_text(high)


def test_the_palettes_colors_follow_the_theme_and_others_stay():
    def draw(fig):
        ax = fig.subplots()
        ax.plot([0, 1], color=PALETTE["green"])
        ax.plot([1, 0], color="#123456")

    text = svg_text(drawn(draw))
    assert f"stroke:var(--live-green,{PALETTE['green']})" in text
    assert "stroke:#123456" in text
    bare = re.sub(r"var\([^)]*\)", "", svg_text(drawn(rich)))
    assert not [name for name, color in PALETTE.items() if color in bare]


def test_the_line_cycle_is_the_palette():
    text = svg_text(drawn(rich))
    assert all(f"stroke:var(--live-{name}," in text for name in CYCLE)


def test_two_runs_and_two_processes_write_the_same_bytes():
    code = "import test_svg as t, sys; sys.stdout.write(t.svg_text(t.drawn(t.rich)))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] == svg_text(drawn(rich))


def test_settings_of_the_readers_own_do_not_matter():
    before = svg_text(drawn(rich))
    with mpl.rc_context(
        {"lines.linewidth": 9, "font.size": 20, "svg.fonttype": "path", "axes.edgecolor": "red"}
    ):
        assert svg_text(drawn(rich)) == before


def test_the_figure_is_drawn_where_it_was():
    """The tidied picture holds the same points as Matplotlib's own, element by element."""
    with mpl.rc_context(RC):
        fig = Figure(figsize=(3, 2))
        FigureCanvasSVG(fig)
        rich(fig)
        buffer = io.StringIO()
        fig.savefig(buffer, format="svg", metadata={"Date": None})
        ours, theirs = svg_tree(fig, "f"), ET.fromstring(buffer.getvalue())
    ours, theirs = (list(root.iter(f"{SVG}path")) for root in (ours, theirs))
    assert len(ours) == len(theirs) > 20
    for a, b in zip(ours, theirs, strict=True):
        same(evaluate(a.attrib["d"]), evaluate(b.attrib["d"]), 0.05 + 1e-6)
