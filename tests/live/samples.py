"""Small live figures that several tests look at."""

from itertools import product

import numpy as np

from livenotes.live import Choice, LiveFigure, Slider, Steps, live


def tiny_curve(fig, p, n, kind):
    """Two curves, a moving point and its number; or a line and no number at all."""
    ax = fig.subplots()
    ax.set(xlim=(0, 1), ylim=(-1, 1), title=f"p is {p:g}", xlabel="x < 1 & x > 0")
    x = np.linspace(0, 1, 21)
    if kind == "line":
        ax.plot(x, -p * x)
        return None
    ax.plot(x, p * x**n)
    ax.plot(x, x**n)
    ax.plot([0.5], [p * 0.5**n], "o")
    return {"slope & <more>": f"{p * n:.2f}", "words": "a </script> b" if p < 0 else "fine"}


def sample() -> LiveFigure:
    """A figure with every kind of control, and every character that markup may trip over."""
    return live(
        tiny_curve,
        title='A "curve" <of> sorts & more.',
        size=(3, 2),
        p=Slider(-1, 1, 0.5, start=0.5, label="p & <q>", unit=' "m"'),
        n=Steps([1, 2, 4], start=2),
        kind=Choice({"power": "Power & <more>", "line": "A line"}, label="Kind"),
    )


def states(figure: LiveFigure):
    """Every corner of the sliders for every choice, and the start."""
    ends = {
        name: list(control.values) if control.own_plates else [control.values[0], control.values[-1]]
        for name, control in figure.controls.items()
    }
    yield dict(figure.start)
    for corner in product(*ends.values()):
        yield dict(zip(ends, corner, strict=True))
